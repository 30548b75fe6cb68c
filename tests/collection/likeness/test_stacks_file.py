"""The file of stacks follows any changes by the families of what has changed, as if all were found anew."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.rows import FileState
from twinlens.collection.likeness import stacks_file
from twinlens.collection.likeness.stacks_file import DerivedStacks
from twinlens.data.exif import PhotoDetails
from twinlens.embedding.local import PhotoVector

NAMES = (
    "IMG_0001.HEIC",
    "img_0001.mov",
    "IMG_E0001.jpg",
    "IMG_0001-edited.jpg",
    "IMG_2.CR2",
    "img_2.JPG",
    "É1.jpg",
    "a(1).jpg",
    "a-edited(1).jpg",
    "P.MP",
    "P.MP.jpg",
)
PATHS = [f"{folder}{name}" for folder in ("", "a/", "Été/") for name in NAMES]
PHOTO = st.tuples(
    st.sampled_from(["put", "put", "remove", "rename"]),
    st.integers(0, len(PATHS) - 1),
    st.integers(0, len(PATHS) - 1),
    st.sampled_from([None, 0, 1, 2, 3, 4]),  # second of the shot
    st.sampled_from(["Canon", "Nikon"]),
    st.sampled_from([0.0, 0.1, 1.2]),  # by which angle it shows something else
)
Change = tuple[str, int, int, int | None, str, float]


def apply(catalog: Catalog, change: Change) -> None:
    what, one, other, second, camera, angle = change
    state = FileState(1, PATHS[one], 1, 1, bytes([one, other]))
    known = catalog.files.at(1, PATHS[one])
    with catalog.writing() as writer:
        if what == "put":
            taken_at = None if second is None else f"2023-06-01T12:00:0{second}"
            features = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) ** 2  # likeness takes the root
            vector = PhotoVector(np.eye(1, 8, dtype=np.float32)[0], features)
            writer.put_photo(state, PhotoDetails(4, 3, taken_at=taken_at, camera=camera), vector, reader_version=1)
        elif known is not None and what == "remove":
            writer.remove(known.id)
        elif known is not None and catalog.files.at(1, PATHS[other]) is None:
            writer.rename(known.id, state._replace(path=PATHS[other]))


def told(stacks: DerivedStacks) -> list[list[int]]:
    return [part.tolist() for part in stacks.synced(wait=True)]


@settings(max_examples=40, deadline=None, phases=[Phase.generate])  # what fails is small as it is
@given(first=st.lists(PHOTO, max_size=25), steps=st.lists(st.lists(PHOTO, min_size=1, max_size=3), max_size=6))
def test_stacks_follow_any_changes(first: list[Change], steps: list[list[Change]]) -> None:
    with TemporaryDirectory() as place, TemporaryDirectory() as elsewhere:
        catalog = Catalog(Path(place) / "catalog.sqlite", create=True)
        catalog.add_folder("photos", "..")
        followed = DerivedStacks(catalog, Path(place), writable=True)
        for changes in (first, *steps):
            for change in changes:
                apply(catalog, change)
            anew = DerivedStacks(catalog, Path(elsewhere), writable=False)
            assert told(followed) == told(anew)
            assert [*map(list, followed._state.families)] == [*map(list, anew._state.families)]
        catalog.close()


def test_another_process_goes_on_from_the_file(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog.add_folder("photos", "..")
    for one in range(2):
        apply(catalog, ("put", one, one, 0, "Canon", 0.0))
    before = told(DerivedStacks(catalog, tmp_path, writable=True))
    assert before[1] == [1, 1]
    monkeypatch.setattr(stacks_file, "related_photos", None)  # nobody looks at all photos
    apply(catalog, ("put", 2, 2, 0, "Canon", 0.0))
    assert told(DerivedStacks(catalog, tmp_path, writable=True))[1] == [1, 1, 1]
    apply(catalog, ("remove", 0, 0, None, "", 0.0))
    assert told(DerivedStacks(catalog, tmp_path, writable=True))[0] == [2, 3]
