"""``captions.json`` + ``images/`` (+ ``splits.json``): one entry per caption, several per photo."""

from collections.abc import Mapping
from pathlib import Path

from twinlens.data.captioned import CaptionedPhotos, Source, caption_of, note_uncaptioned
from twinlens.data.readers.json_file import read_file_name, read_json, read_text
from twinlens.data.readers.splits_json import read_splits
from twinlens.data.splits import DEFAULT_RATIOS
from twinlens.errors import DataError
from twinlens.types import CaptionedImage

NAME = "captions.json"
LOOKED_FOR = (NAME,)


class CaptionsJson(CaptionedPhotos):
    """A folder with ``captions.json``: ``[{"file_name": …, "caption": …}]``.

    ``splits.json`` maps train, val and test to file names; photos under other
    keys belong to ``all`` only. Without it, photos are split at random.

    Args:
        directory: contains captions.json and images/ (or images/images/).
        file: the captions file, if it is not captions.json.
        images: the folder of photos, if it is not images/.
        ratios: split name → share, used only without splits.json.
        seed: of the random split.

    Raises:
        DataError: a file is missing or malformed.
    """

    def __init__(
        self,
        directory: Path,
        *,
        file: Path | None = None,
        images: Path | None = None,
        ratios: Mapping[str, float] = DEFAULT_RATIOS,
        seed: int = 0,
    ) -> None:
        captions = _read_captions(file or directory / NAME)
        folder = Source(directory, file, images).photo_folder(list(captions), "images", "Images")
        photos = [CaptionedImage(name, folder / name, tuple(own)) for name, own in captions.items() if own]
        # a captions file of somebody's choice may be about some photos of the lists only
        splits = {
            split: [name for name in names if captions.get(name, file is None)]
            for split, names in read_splits(directory).items()
        }
        super().__init__(directory.resolve().name, photos, splits, ratios=ratios, seed=seed)


def recognizes(directory: Path) -> Path | None:
    """``captions.json`` in a folder; None if missing."""
    return directory / NAME if (directory / NAME).is_file() else None


def read_captions_json(source: Source) -> CaptionsJson:
    """Photos and captions from ``captions.json``, with the splits in ``splits.json`` if it exists.

    Raises:
        DataError: as ``CaptionsJson``.
    """
    return CaptionsJson(
        source.directory, file=source.file, images=source.images, ratios=source.ratios, seed=source.seed
    )


def _read_captions(path: Path) -> dict[str, list[str]]:
    captions: dict[str, list[str]] = {}
    rows = read_json(path)
    if not isinstance(rows, list):
        raise DataError(f"{path}: expected a list of {{file_name, caption}}, got {type(rows).__name__}")
    n_empty = 0
    for number, row in enumerate(rows):
        try:
            file_name, value = read_file_name(row), row["caption"]
            caption = caption_of(value if isinstance(value, float) else read_text(row, "caption"))
        except (TypeError, KeyError, ValueError) as error:
            wanted = "a file_name below images/ and a caption"
            raise DataError(f"{path}, entry {number}: expected {wanted}, got {row!r:.80}") from error
        own = captions.setdefault(file_name, [])
        if caption is None:
            n_empty += 1
        else:
            own.append(caption)
    note_uncaptioned(n_empty, path)
    if not any(captions.values()):
        raise DataError(f"{path} contains no captions")
    return captions
