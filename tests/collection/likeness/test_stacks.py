"""Files of one shot, and shots of one burst, are stacks; look-alikes with other names or moments are not."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from twinlens.collection.catalog.files.file_facts import FileFacts
from twinlens.collection.likeness.near_copies import NO_GROUPS, Groups
from twinlens.collection.likeness.stacks import FIRST, STACK_KINDS, Stacks, find_stacks, joined
from twinlens.types import Embeddings, Ids

AT = "2023-06-01T12:00:{:02d}"


def photo(
    number: int, path: str, second: int | None = None, camera: str | None = "Canon R5", folder: int = 1
) -> FileFacts:
    shot_at = None if second is None else AT.format(second)
    return FileFacts(number, folder, path, 1, 1, b"", 40, 30, shot_at, camera)


def looks(angles: Mapping[int, float]) -> "object":
    """Likeness of photos that lie at angles; those without one have no features."""

    def read(ids: Ids) -> dict[int, Embeddings]:
        known = {number: angles[number] for number in ids.tolist() if number in angles}
        return {number: np.array([np.cos(one), np.sin(one)], dtype=np.float32) for number, one in known.items()}

    return read


def told(photos: Sequence[FileFacts], angles: Mapping[int, float] | None = None) -> dict[str, dict[str, str]]:
    """The stacks: by the path of the first one, those of the others and why."""
    alike = angles if angles is not None else {one.id: 0.0 for one in photos}
    stacks = find_stacks(photos, looks(alike))  # type: ignore[arg-type]
    paths = {one.id: one.path for one in photos}
    found: dict[str, dict[str, str]] = {}
    for number, first, kind in zip(*map(np.ndarray.tolist, stacks), strict=True):
        members = found.setdefault(paths[first], {})
        if kind != FIRST:
            members[paths[number]] = STACK_KINDS[kind]
    return found


@pytest.mark.parametrize("raw", ["a/img_1.CR2", "a/IMG_1.dng"])
def test_a_raw_file_and_its_picture_are_one_shot_whatever_they_look_like(raw: str) -> None:
    photos = [photo(1, raw), photo(2, "a/IMG_1.JPG"), photo(3, "a/IMG_2.JPG"), photo(4, "b/IMG_1.JPG")]
    assert told(photos, {}) == {"a/IMG_1.JPG": {raw: "raw"}}


def test_a_live_photo_and_its_edited_versions_are_one_shot() -> None:
    names = ["IMG_0001.MOV", "IMG_0001.HEIC", "IMG_E0001.JPG", "IMG_0001-edited.jpg", "IMG_0001_edit.jpg"]
    photos = [photo(number, name) for number, name in enumerate(names, start=1)]
    assert told(photos) == {
        "IMG_0001.HEIC": {
            "IMG_0001.MOV": "live",
            "IMG_E0001.JPG": "edited",
            "IMG_0001-edited.jpg": "edited",
            "IMG_0001_edit.jpg": "edited",
        }
    }


def test_the_motion_photo_of_a_pixel_is_one_with_its_video_and_its_edited_copy() -> None:
    photos = [photo(number, name) for number, name in enumerate(["PXL_1.MP", "PXL_1.MP-edited.jpg", "PXL_1.MP.jpg"])]
    assert told(photos) == {"PXL_1.MP.jpg": {"PXL_1.MP": "live", "PXL_1.MP-edited.jpg": "edited"}}


def test_what_google_and_phones_call_an_edited_copy_is_one() -> None:
    long = "a_very_long_name_of_a_photo_from_a_holiday"
    pairs = [
        ("a.jpg", "a-bearbeitet.jpg"),
        ("b.jpg", "b-編集済み.jpg"),
        ("c(2).jpg", "c-edited(2).jpg"),
        (f"{long}.jpg", f"{long}-edi.jpg"),
        ("d.HEIC", "d-modifie\u0301.jpg"),
    ]
    photos = [
        photo(number, name, number // 2, camera=None)
        for number, name in enumerate(name for pair in pairs for name in pair)
    ]
    assert told(photos, dict.fromkeys(range(10), 0.0)) == {first: {other: "edited"} for first, other in pairs}


def test_what_an_iphone_calls_an_edited_copy_is_one_however_it_was_cut_if_it_has_the_moment() -> None:
    photos = [photo(1, "IMG_0001.HEIC", 1), photo(2, "IMG_E0001.HEIC", 1)]
    assert told(photos, {1: 0.0, 2: 1.5}) == {"IMG_0001.HEIC": {"IMG_E0001.HEIC": "edited"}}
    assert told([photo(1, "IMG_0001.HEIC", 1), photo(2, "IMG_E0001.HEIC", 7)], {}) == {}
    assert told([photo(1, "IMG_0001.HEIC"), photo(2, "IMG_E0001.HEIC")], {}) == {}


def test_a_number_in_brackets_is_no_version_nor_is_what_looks_different_or_has_another_moment() -> None:
    photos = [photo(1, "a.jpg"), photo(2, "a (1).jpg"), photo(3, "a-edited.jpg"), photo(4, "credit.jpg")]
    assert told(photos, {1: 0.0, 2: 0.0, 3: 1.5, 4: 0.0}) == {}
    assert told(photos, {1: 0.0}) == {}
    assert told([photo(1, "a.jpg", 1), photo(2, "a-edited.jpg", 9)]) == {}


def test_shots_within_a_second_of_each_other_that_look_alike_are_a_burst() -> None:
    photos = [photo(number, f"IMG_{number}.jpg", second) for number, second in ((1, 3), (2, 3), (3, 4), (4, 5), (5, 8))]
    assert told(photos) == {"IMG_1.jpg": {"IMG_2.jpg": "burst", "IMG_3.jpg": "burst", "IMG_4.jpg": "burst"}}
    assert told(photos, {1: 0.0, 2: 1.0, 3: 0.1, 4: 1.1, 5: 0.0}) == {
        "IMG_1.jpg": {"IMG_3.jpg": "burst"},
        "IMG_2.jpg": {"IMG_4.jpg": "burst"},
    }


def test_two_cameras_at_one_party_are_two_bursts_and_photos_without_a_camera_are_none() -> None:
    shots = [
        photo(1, "a1.jpg", 1),
        photo(2, "b1.jpg", 1, "iPhone"),
        photo(3, "a2.jpg", 2),
        photo(4, "b2.jpg", 2, "iPhone"),
    ]
    assert told(shots) == {"a1.jpg": {"a2.jpg": "burst"}, "b1.jpg": {"b2.jpg": "burst"}}
    assert told([photo(1, "c1.jpg", 1, None), photo(2, "c2.jpg", 1, None)]) == {}


def test_the_raw_files_of_a_burst_are_in_its_stack() -> None:
    photos = [photo(1, "I1.CR3", 1), photo(2, "I1.JPG", 1), photo(3, "I2.CR3", 2), photo(4, "I2.JPG", 2)]
    assert told(photos) == {"I1.JPG": {"I1.CR3": "raw", "I2.CR3": "raw", "I2.JPG": "burst"}}


def ids(*numbers: int) -> Ids:
    return np.array(numbers, dtype=np.int64)


def test_copies_and_stacks_that_share_a_photo_are_one_entry() -> None:
    stacks = Stacks(ids(1, 2, 7, 8), ids(1, 1, 8, 8), np.array([FIRST, 0, 3, FIRST], dtype=np.uint8))
    copies = Groups(ids(2, 5, 9, 10), ids(5, 5, 9, 9))
    entries = joined(copies, stacks)
    assert dict(zip(entries.ids.tolist(), entries.leaders.tolist(), strict=True)) == {
        **dict.fromkeys((1, 2, 5), entries.leaders[0]),
        **dict.fromkeys((7, 8), entries.leaders[3]),
        **dict.fromkeys((9, 10), 9),
    }
    assert len(set(entries.leaders.tolist())) == 3
    assert joined(copies, Stacks(ids(), ids(), np.empty(0, dtype=np.uint8))) is copies
    assert joined(NO_GROUPS, stacks).ids.tolist() == [1, 2, 7, 8]


def test_a_stack_tells_what_each_file_is_to_the_one_that_was_found() -> None:
    stacks = Stacks(ids(1, 2, 7), ids(1, 1, 1), np.array([FIRST, 0, 3], dtype=np.uint8))
    assert stacks.kinds_of(1, [2, 7, 9]) == ["raw", "burst", None]
    assert stacks.kinds_of(2, [1, 7]) == ["raw", "burst"]
    assert stacks.kinds_of(9, [1]) == [None]


def test_what_did_not_change_is_not_compared_again() -> None:
    photos = [photo(number, f"IMG_{number}.jpg", second) for number, second in enumerate((1, 2, 3, 30, 31), start=1)]
    photos += [photo(6, "a.jpg"), photo(7, "a-edited.jpg")]
    angles = dict.fromkeys(range(1, 9), 0.0)
    read: list[int] = []

    def counted(ids: Ids) -> dict[int, Embeddings]:
        read.extend(ids.tolist())
        return looks(angles)(ids)  # type: ignore[operator,no-any-return]

    before = find_stacks(photos, counted)
    added = [*photos, photo(8, "IMG_8.jpg", 32)]
    read.clear()
    after = find_stacks(added, counted, known=before, changed={8})
    assert read == [4, 5, 8]
    anew = find_stacks(added, counted)
    assert [part.tolist() for part in after] == [part.tolist() for part in anew]
    left = [one for one in added if one.id not in (1, 4)]  # the first ones of both bursts
    after = find_stacks(left, counted, known=after, changed={1, 4})
    assert [part.tolist() for part in after] == [part.tolist() for part in find_stacks(left, counted)]
