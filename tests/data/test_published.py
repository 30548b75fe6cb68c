import pytest

from twinlens.data import READERS
from twinlens.data.published import PUBLISHED, find_published
from twinlens.errors import DataError


@pytest.mark.parametrize("name", ["flickr8k", "flickr30k", "coco", "visual-genome"])
def test_published_data_is_described_in_full(name):
    found = find_published(name)
    assert found.name == name
    assert found.home.startswith("https://")
    assert found.captions > found.images > 1000
    assert found.licence
    assert found.citation
    assert found.layout


def test_letters_may_be_large():
    assert find_published("COCO") is PUBLISHED["coco"]


def test_unknown_name_gives_the_known_ones_and_the_nearest():
    with pytest.raises(DataError, match=r"flickr8k, flickr30k, coco, visual-genome; did you mean 'flickr30k'\?"):
        find_published("flick30k")


def test_files_of_the_layouts_are_those_that_readers_look_for():
    layouts = " ".join(line for found in PUBLISHED.values() for line in found.layout)
    names = ("Flickr8k.token.txt", "results_20130124.token", "captions_train2017.json", "region_descriptions.json")
    assert all(name in layouts for name in (*names, "image_data.json"))
    assert "visual-genome" in READERS
