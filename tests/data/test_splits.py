import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinlens.data.splits import check_split_name, group_splits, parse_ratios, seeded_splits, split_in_name
from twinlens.errors import DataError

IDS = [f"{number}.jpg" for number in range(200)]
ids = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=60)
shares = st.lists(st.integers(0, 10), min_size=1, max_size=5).filter(any)


@settings(deadline=None, derandomize=True, database=None)
@given(image_ids=ids, shares=shares, seed=st.integers(0, 1000))
def test_every_photo_is_in_one_split_and_splits_have_their_share(image_ids, shares, seed):
    ratios = {str(number): share / sum(shares) for number, share in enumerate(shares)}
    splits = seeded_splits(image_ids, ratios=ratios, seed=seed)
    assert list(splits) == list(ratios)
    assert sorted(image_id for ids in splits.values() for image_id in ids) == sorted(image_ids)
    for name, ids in splits.items():
        assert abs(len(ids) - ratios[name] * len(image_ids)) <= 1


@settings(deadline=None, derandomize=True, database=None)
@given(image_ids=ids, shuffle=st.integers(0, 1000))
def test_order_of_the_photos_does_not_change_the_deal(image_ids, shuffle):
    shuffled = random.Random(shuffle).sample(image_ids, len(image_ids))
    assert seeded_splits(shuffled) == seeded_splits(image_ids)


def test_ratios_are_eighty_ten_ten_unless_told_otherwise():
    assert {name: len(ids) for name, ids in seeded_splits(IDS).items()} == {"train": 160, "val": 20, "test": 20}


def test_ratios_may_be_any_that_sum_to_one():
    splits = seeded_splits(IDS, ratios={"train": 0.7, "val": 0.15, "test": 0.15})
    assert [len(ids) for ids in splits.values()] == [140, 30, 30]
    assert [len(ids) for ids in seeded_splits(IDS, ratios={"train": 0.8, "test": 0.2}).values()] == [160, 40]


def test_seed_decides_the_deal():
    assert seeded_splits(IDS, seed=3) == seeded_splits(IDS, seed=3)
    assert seeded_splits(IDS, seed=3) != seeded_splits(IDS, seed=4)


def test_deal_mixes_the_photos():
    train = set(seeded_splits(IDS)["train"])
    assert train != set(sorted(IDS)[: len(train)])


def test_deal_is_the_same_in_every_release():
    # worked out once: a change here would move photos between train and test of everybody's data
    splits = seeded_splits([f"{number:02}" for number in range(10)], seed=0)
    assert splits == {"train": ["00", "01", "02", "03", "04", "05", "07", "08"], "val": ["09"], "test": ["06"]}


@pytest.mark.parametrize("ratios", [{"train": 0.8, "test": 0.3}, {"train": 0.5}, {}])
def test_ratios_that_do_not_sum_to_one_are_refused(ratios):
    with pytest.raises(DataError, match="sum to 1"):
        seeded_splits(IDS, ratios=ratios)


def test_photo_that_comes_twice_is_refused():
    with pytest.raises(DataError, match="more than once"):
        seeded_splits(["a.jpg", "b.jpg", "a.jpg"])


@pytest.mark.parametrize("name", ["train", "test", "all"])
def test_known_split_passes(name):
    check_split_name(name, ["train", "test"])
    with pytest.raises(DataError):  # the same name with a letter more does not
        check_split_name(name + "x", ["train", "test"])


def test_unknown_split_names_the_known_ones_and_the_nearest():
    with pytest.raises(DataError) as error:
        check_split_name("tset", ["train", "test"])
    assert "'tset'" in str(error.value)
    assert "train, test, all" in str(error.value)
    assert "did you mean 'test'?" in str(error.value)


@pytest.mark.parametrize(
    ("text", "ratios"),
    [
        ("70/15/15", {"train": 0.7, "val": 0.15, "test": 0.15}),
        ("80/20", {"train": 0.8, "val": 0.2}),
        ("80/0/20", {"train": 0.8, "test": 0.2}),
        ("0.7/0.2/0.1", {"train": 0.7, "val": 0.2, "test": 0.1}),
        (" 33.4 / 33.3 / 33.3 ", {"train": 0.334, "val": 0.333, "test": 0.333}),
    ],
)
def test_ratios_are_read_as_per_cent_or_parts_of_one(text, ratios):
    assert parse_ratios(text) == pytest.approx(ratios)
    assert list(parse_ratios(text)) == list(ratios)
    splits = seeded_splits(IDS, ratios=parse_ratios(text))
    assert sum(len(ids) for ids in splits.values()) == len(IDS)


@pytest.mark.parametrize("text", ["", "80", "a/b", "80/10/5/5", "120/-20", "nan/1", "inf/1", "80,20"])
def test_ratios_that_are_none_say_how_to_write_them(text):
    with pytest.raises(DataError, match="such as 70/15/15, or of train/val such as 80/20") as error:
        parse_ratios(text)
    assert repr(text) in str(error.value)


def test_ratios_that_do_not_sum_to_a_hundred_say_what_they_sum_to():
    with pytest.raises(DataError, match="sum to 90, not to 100"):
        parse_ratios("70/10/10")


@pytest.mark.parametrize(
    ("names", "split"),
    [
        (["train-00000-of-00001.parquet"], "train"),
        (["cc3m-train-0001.tar"], "train"),
        (["coco_val2017-000.tar"], "val"),
        (["validation-0.tar"], "val"),
        (["0000.tar", "dev", "test"], "val"),
        (["TEST.tar"], "test"),
        (["latest.tar"], None),
        (["strain-1.tar", "data"], None),
        (["other-000000.tar"], None),
        ([], None),
    ],
)
def test_split_is_a_word_of_a_name(names, split):
    assert split_in_name(*names) == split


def test_grouped_splits_keep_their_order_and_leave_out_photos_of_none():
    images = [("c", "test"), ("a", "train"), ("x", None), ("b", "test"), ("d", "train")]
    assert group_splits(images) == {"train": ["a", "d"], "test": ["c", "b"]}


def test_lone_train_is_left_to_the_deal_but_a_lone_test_stands():
    assert group_splits([("a", "train"), ("b", None)]) == {}
    assert group_splits([("a", "test"), ("b", None)]) == {"test": ["a"]}
