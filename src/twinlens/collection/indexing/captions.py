"""Index a caption file into the catalog; an interrupt loses at most one batch."""

import logging
import posixpath
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import vector_bytes
from twinlens.collection.indexing.telling.progress import CaptionPlan, IndexListener, SilentListener
from twinlens.collection.indexing.telling.report import CaptionReport
from twinlens.collection.place.photo_folders import PhotoFolder
from twinlens.data.file_names import relative_text, same_form
from twinlens.data.find import open_dataset
from twinlens.data.one_line import one_line
from twinlens.embedding.local import Skipped, check_unit_rows
from twinlens.errors import DataError
from twinlens.protocols import Dataset, DualEncoder
from twinlens.types import CaptionedImage

logger = logging.getLogger(__name__)
BATCH_SIZE = 256  # captions per transaction: about a second of work
BYTES_A_CAPTION = 300  # a catalog row without its embedding, its text in an index included


def open_captions(source: Path, folders: Sequence[PhotoFolder]) -> Dataset:
    """Opens captions in any format that ``data`` reads: a file, or the folder of a data set.

    Args:
        source: the caption file or folder; need not contain the photos.
        folders: the collection's photo folders, used if the data has no photos of its own.

    Raises:
        DataError: the captions cannot be read.
    """
    photos = folders[0].path
    if not source.is_dir():
        return open_dataset(source.parent, file=source, images=photos)
    try:
        return open_dataset(source)
    except DataError as error:
        logger.debug("%s without photos of its own: %s", source, error)
        return open_dataset(source, images=photos)


def index_captions(
    catalog: Catalog,
    encoder: DualEncoder,
    folders: Sequence[PhotoFolder],
    captions: Dataset,
    *,
    listener: IndexListener | None = None,
) -> CaptionReport:
    """Sets the captions of each listed photo.

    Known captions are not embedded again; photos that are not listed keep theirs. Each
    batch is one transaction.

    Args:
        catalog: of the collection; the caller holds the indexing lock.
        encoder: the collection's model.
        folders: all folders of the collection.
        captions: see ``open_captions``.
        listener: called with the plan and the progress.

    Raises:
        DataError: none of the photos listed is in the collection.
    """
    started = time.perf_counter()
    listener = listener or SilentListener()
    report = CaptionReport()
    listed = _captions_by_photo(catalog, folders, captions, report)
    known = catalog.captions.known()
    new = [(photo, text) for photo, texts in listed.items() for text in texts if text not in known.get(photo, {})]
    old = [one for photo, texts in listed.items() for text, one in known.get(photo, {}).items() if text not in texts]
    found = sum(map(len, listed.values()))
    report.unchanged = found - len(new)
    disk_bytes = len(new) * (vector_bytes(encoder.dim) + BYTES_A_CAPTION)
    listener.captions_planned(CaptionPlan(found, len(new), disk_bytes))
    _add(catalog, encoder, new, report, listener)
    _remove(catalog, old, report)  # after adding, so that a killed run leaves no photo without captions
    report.captions = catalog.captions.count()
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _captions_by_photo(
    catalog: Catalog, folders: Sequence[PhotoFolder], captions: Dataset, report: CaptionReport
) -> dict[int, dict[str, None]]:
    """Photo id → captions in the listed order, without duplicates; reports unmatched photos."""
    images = captions.split("all")
    places = match_photos(images, catalog, folders)
    listed: dict[int, dict[str, None]] = {}
    for image in images:
        texts = [text for caption in image.captions if (text := one_line(caption))]
        place = places[image.image_id]
        if isinstance(place, int):
            listed.setdefault(place, {}).update(dict.fromkeys(texts))
        else:
            report.unmatched += len(texts)
            report.unmatched_photos.append(Skipped(image.image_id, place))
    if not listed:
        where = ", ".join(str(folder.path) for folder in folders)
        raise DataError(
            f"none of the {len(images):,} photos that the captions name was found in {where} by path or file name, "
            f"for example {images[0].image_id!r}; give captions of photos in the collection"
        )
    return listed


def match_photos(
    images: Sequence[CaptionedImage], catalog: Catalog, folders: Sequence[PhotoFolder]
) -> dict[str, int | str]:
    """Image id → catalog id of its photo, or the reason why there is none.

    A photo is matched by its path relative to a photo folder, else by its file name if
    that is unique both in the collection and in ``images``; the Unicode form of names does not matter.
    """
    files = catalog.files.all()
    photos = {key: file.id for key, file in files.items() if file.skip_reason is None}
    in_one_form = {(folder_id, same_form(path)): photo_id for (folder_id, path), photo_id in photos.items()}
    by_name: dict[str, list[int]] = {}
    for (_, path), photo_id in photos.items():
        by_name.setdefault(same_form(posixpath.basename(path)), []).append(photo_id)
    listed = Counter(_file_name(image) for image in images)
    matched: dict[str, int | str] = {}
    for image in images:
        name, keys = _file_name(image), _paths(image, folders)
        namesakes = by_name.get(name, [])
        skipped = next((files[key].skip_reason for key in keys if key in files and key not in photos), None)
        here = [photos[key] for key in keys if key in photos]
        here += [photos_id for key in keys if (photos_id := in_one_form.get((key[0], same_form(key[1])))) is not None]
        if here:
            matched[image.image_id] = here[0]
        elif skipped:
            matched[image.image_id] = f"the photo was skipped: {skipped}"
        elif len(namesakes) == listed[name] == 1:
            matched[image.image_id] = namesakes[0]
        elif namesakes:
            matched[image.image_id] = f"no photo has this path, and the name {name!r} is not unique"
        else:
            matched[image.image_id] = "no photo has this path or this name"
    return matched


def _add(
    catalog: Catalog,
    encoder: DualEncoder,
    new: Iterable[tuple[int, str]],
    report: CaptionReport,
    listener: IndexListener,
) -> None:
    """Embeds and commits, batch by batch."""
    waiting = iter(new)
    while batch := list(islice(waiting, BATCH_SIZE)):
        texts = [text for _, text in batch]
        embeddings = encoder.encode_text(texts)
        check_unit_rows(embeddings, count=len(texts), dim=encoder.dim)
        with catalog.writing() as writer:
            for (photo_id, text), embedding in zip(batch, embeddings, strict=True):
                writer.put_caption(photo_id, text, embedding)
        report.added += len(batch)
        report.cut += sum(encoder.seen_part(text) != text for text in texts)
        listener.captions_advanced(report.added)


def _remove(catalog: Catalog, old: Sequence[int], report: CaptionReport) -> None:
    for start in range(0, len(old), 1000):
        with catalog.writing() as writer:
            for caption_id in old[start : start + 1000]:
                writer.remove_caption(caption_id)
                report.removed += 1


def _file_name(image: CaptionedImage) -> str:
    return same_form(PurePosixPath(image.image_id.replace("\\", "/")).name)


def _paths(image: CaptionedImage, folders: Sequence[PhotoFolder]) -> list[tuple[int, str]]:
    """Folder ids and paths that a listed photo may have in the catalog."""
    path = posixpath.normpath(image.image_id.replace("\\", "/"))
    paths = [
        (folder.id, relative_text(image.path, folder.path))
        for folder in folders
        if image.path.is_relative_to(folder.path)
    ]
    paths += [
        (folder.id, path.removeprefix(folder.prefix))
        for folder in folders
        if folder.prefix and path.startswith(folder.prefix)
    ]
    return paths + [(folder.id, path) for folder in folders]
