"""``splits.json``: the photos of each split, by file name."""

from pathlib import Path

from twinlens.data.readers.json_file import read_json
from twinlens.data.splits import STANDARD_SPLITS
from twinlens.errors import DataError

NAME = "splits.json"


def read_splits(directory: Path) -> dict[str, list[str]]:
    """The splits that a folder gives; empty where it has no ``splits.json``.

    Photos under other keys than train, val and test belong to ``all`` only.

    Raises:
        DataError: the file does not hold what it should, or a photo is in it twice.
    """
    path = directory / NAME
    if not path.exists():
        return {}
    splits = read_json(path)
    if not isinstance(splits, dict) or not all(isinstance(ids, list) for ids in splits.values()):
        raise DataError(f"{path}: an object of lists was expected, as {{'train': […], 'test': […]}}")
    seen: dict[str, str] = {}
    for name, ids in splits.items():
        for image_id in ids:
            if not isinstance(image_id, str):
                raise DataError(f"{path}: split {name!r} must list file names, got {image_id!r:.80}")
            if image_id in seen:
                raise DataError(f"{path}: photo {image_id!r} is in {seen[image_id]!r} and in {name!r}; list it once")
            seen[image_id] = name
    known = {name: splits[name] for name in STANDARD_SPLITS if name in splits}
    if not known:
        raise DataError(f"{path} has none of {', '.join(STANDARD_SPLITS)}; without the file photos are dealt 80/10/10")
    return known
