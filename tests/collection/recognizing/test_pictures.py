from itertools import pairwise

import pytest
from PIL import Image

from twinlens.collection.recognizing.pictures import LONG_SIDE, MOST_PARTS, OVERLAP, SHORT_SIDE, parts_to_read


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        ((30, 20), [(30, 20)]),
        ((1000, 700), [(1000, 700)]),
        ((2000, 1500), [(1280, 960)]),
        ((1500, 2000), [(960, 1280)]),
    ],
)
def test_pictures_are_reduced_and_never_enlarged(size: tuple[int, int], parts: list[tuple[int, int]]) -> None:
    found = [part.size for part in parts_to_read(Image.new("RGB", size))]
    assert found == parts


@pytest.mark.parametrize("size", [(1080, 2400), (300, 9000), (9000, 400), (90, 40_000)])
def test_long_pictures_are_read_in_parts_that_overlap_and_cover_them(size: tuple[int, int]) -> None:
    found = parts_to_read(Image.new("RGB", size))
    along = 0 if size[0] > size[1] else 1
    assert 2 <= len(found) <= MOST_PARTS
    for part in found:
        assert part.size[along] <= LONG_SIDE + 1
        assert part.size[1 - along] <= SHORT_SIDE


def test_parts_of_a_long_picture_follow_each_other() -> None:
    rows = Image.linear_gradient("L").resize((500, 5000))
    found = parts_to_read(rows.convert("RGB"))
    edges = [(part.getpixel((0, 0))[0], part.getpixel((0, part.height - 1))[0]) for part in found]
    assert (edges[0][0], edges[-1][1]) == (0, 255)
    assert all(before[1] >= after[0] for before, after in pairwise(edges))
    assert sum(part.height for part in found) == 5000 + OVERLAP * (len(found) - 1)
