from importlib.resources import files

from twinlens.evaluation.classes.categories import categories_of, imagenet_categories

NAMES = [
    line.split("\t")[0]
    for line in files("twinlens.training.loop")
    .joinpath("imagenet_classes.txt")
    .read_text(encoding="utf-8")
    .splitlines()
]


def test_every_imagenet_class_has_one_category() -> None:
    text = files("twinlens.evaluation").joinpath("imagenet_categories.txt").read_text(encoding="utf-8")
    listed = [name for line in text.splitlines() for name in line.split("\t")[1].split(", ")]
    assert sorted(listed) == sorted(set(NAMES))
    assert len(NAMES) == 1000


def test_well_known_classes_are_where_one_looks_for_them() -> None:
    wanted = {"beagle": "dogs", "goldfish": "fish", "pizza": "food and drink", "cello": "musical instruments"}
    assert {name: imagenet_categories()[name] for name in wanted} == wanted


def test_names_are_known_in_other_letters_too() -> None:
    assert categories_of(["Golden_Retriever", "PIZZA "]) == ["dogs", "food and drink"]


def test_the_dog_and_the_jacket_are_told_apart_by_their_capital() -> None:
    assert categories_of(["Cardigan", "cardigan"]) == ["dogs", "clothing and bags"]


def test_classes_of_another_kind_have_no_categories() -> None:
    assert categories_of(["joy", "anger", "pizza"]) is None
