"""``splits.json``: the file names of each split."""

from pathlib import Path

from twinlens.data.readers.json_file import read_json
from twinlens.data.splits import STANDARD_SPLITS
from twinlens.errors import DataError

NAME = "splits.json"


def read_splits(directory: Path) -> dict[str, list[str]]:
    """The splits in a folder's ``splits.json``; empty if there is no such file.

    Photos under other keys than train, val and test belong to ``all`` only.

    Raises:
        DataError: the file is malformed, or lists a photo twice.
    """
    path = directory / NAME
    if not path.exists():
        return {}
    splits = read_json(path)
    if not isinstance(splits, dict) or not all(isinstance(ids, list) for ids in splits.values()):
        raise DataError(f"{path}: expected an object of lists, such as {{'train': […], 'test': […]}}")
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
        raise DataError(
            f"{path} has none of {', '.join(STANDARD_SPLITS)}; remove the file to split photos at random 80/10/10"
        )
    return known
