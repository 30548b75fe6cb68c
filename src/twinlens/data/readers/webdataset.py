"""Webdataset shards: ``*.tar`` files in which members with the same name are a sample, ``0001.jpg`` + ``0001.txt``."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from twinlens.data.captioned import CaptionedPhotos, Source, caption_of, check_below
from twinlens.data.images import PHOTO_SUFFIXES
from twinlens.data.splits import group_splits, split_in_name
from twinlens.data.tar_file import read_member, tar_members
from twinlens.data.text_file import TextDecoder
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

LOOKED_FOR = ("*.tar",)


class _Sample(NamedTuple):
    photo: str  # member name
    image_id: str
    captions: tuple[str, ...]


def recognizes(directory: Path) -> list[Path] | None:
    """The shards in a folder and its subfolders, in order; None if there are none."""
    return sorted(file for file in directory.rglob("*.tar") if file.is_file()) or None


def read_webdataset(source: Source) -> CaptionedPhotos:
    """Photos and captions from tar shards; photos are not extracted.

    Captions come from the sample's ``.json`` ("caption" or "captions"), else from its ``.txt``, one per line.
    Samples without a photo or a caption are left out. The id is "file_name" in the JSON, else the
    photo's name in the shard. Splits come from the names of shards or folders, such as ``train-0001.tar``.

    Raises:
        DataError: a shard or a member cannot be read.
    """
    shards = [source.file] if source.file else recognizes(source.directory)
    if not shards:
        raise DataError(f"{source.directory} contains no .tar shards")
    photos: dict[str, CaptionedImage] = {}
    decoder = TextDecoder()
    splits: list[tuple[str, str | None]] = []
    for shard in shards:
        inside = shard.relative_to(source.directory) if shard.is_relative_to(source.directory) else Path(shard.name)
        split = split_in_name(*reversed(inside.parts))
        for sample in _samples(shard, decoder):
            # two shards may use the same name for different photos
            image_id = sample.image_id if sample.image_id not in photos else f"{inside.as_posix()}/{sample.image_id}"
            photos[image_id] = CaptionedImage(image_id, shard / sample.photo, sample.captions)
            splits.append((image_id, split))
    return source.captioned(photos.values(), group_splits(splits))


def _samples(shard: Path, decoder: TextDecoder) -> Iterator[_Sample]:
    members: dict[str, dict[str, str]] = {}  # key → extension → member
    for name in tar_members(shard):
        path = PurePosixPath(name)
        stem, _, extension = path.name.partition(".")
        if stem:  # skips macOS files such as "._0001.jpg"
            members.setdefault(str(path.with_name(stem)), {})[extension.lower()] = name
    for own in members.values():
        # a two-part extension such as "seg.png" is an additional picture, not the photo
        photo = next((own[extension] for extension in own if f".{extension}" in PHOTO_SUFFIXES), None)
        if photo is None:
            continue
        details = _json(shard, own["json"], decoder) if "json" in own else {}
        captions = _captions(details) or (_lines(shard, own["txt"], decoder) if "txt" in own else ())
        if captions:
            try:
                file_name = details.get("file_name")
                image_id = check_below(file_name if isinstance(file_name, str) and file_name else photo)
                check_below(photo)
            except ValueError as error:
                raise DataError(f"{shard}, member {photo}: {error}") from error
            yield _Sample(photo, image_id, captions)


def _json(shard: Path, member: str, decoder: TextDecoder) -> dict[str, Any]:
    try:
        details = json.loads(decoder.decode(read_member(shard, member), f"{shard}, member {member}"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{shard}, member {member} is not readable JSON: {error}") from error
    return details if isinstance(details, dict) else {}


def _captions(details: dict[str, Any]) -> tuple[str, ...]:
    value = details.get("captions", details.get("caption"))
    texts = value if isinstance(value, list) else [value]
    return tuple(caption for text in texts if isinstance(text, str) and (caption := caption_of(text)))


def _lines(shard: Path, member: str, decoder: TextDecoder) -> tuple[str, ...]:
    try:
        text = decoder.decode(read_member(shard, member), f"{shard}, member {member}")
    except ValueError as error:
        raise DataError(f"{shard}, member {member} is not readable text: {error}") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())
