import pytest

from twinlens.data.readers.classes_json import read_classes
from twinlens.errors import DataError

ROWS = [
    {"file_name": "a.jpg", "class_name": "tench"},
    {"file_name": "b.jpg", "class_name": "goldfish"},
    {"file_name": "c.jpg", "class_name": "tench"},
    {"file_name": "birds/d.jpg", "class_name": "great white shark"},
]


def test_labels_point_at_the_class_names(tmp_path, write_json):
    write_json("classes.json", ROWS)
    photos = read_classes(tmp_path)
    assert [photos.class_names[label] for label in photos.labels] == [row["class_name"] for row in ROWS]
    assert photos.class_names == ["tench", "goldfish", "great white shark"]


def test_paths_lie_in_the_images_folder_in_file_order(tmp_path, write_json):
    write_json("classes.json", ROWS)
    photos = read_classes(tmp_path)
    assert photos.paths == [tmp_path / "images" / row["file_name"] for row in ROWS]
    assert photos.name == tmp_path.name


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"classes\.json is missing"):
        read_classes(tmp_path)


@pytest.mark.parametrize("content", [{"a.jpg": "tench"}, "tench", 5, None, True])
def test_file_of_another_shape_says_what_came(tmp_path, write_json, content):
    write_json("classes.json", content)
    with pytest.raises(DataError, match=f"got {type(content).__name__}"):
        read_classes(tmp_path)


def test_file_without_photos_is_refused(tmp_path, write_json):
    write_json("classes.json", [])
    with pytest.raises(DataError, match="contains no photos"):
        read_classes(tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        {"file_name": "a.jpg"},
        {"class_name": "tench"},
        {"file_name": "a.jpg", "class_name": None},
        {"file_name": "../a.jpg", "class_name": "tench"},
        "a.jpg",
        None,
    ],
)
def test_incomplete_entry_is_named_by_its_number(tmp_path, write_json, row):
    write_json("classes.json", [*ROWS, row])
    with pytest.raises(DataError, match="entry 4"):
        read_classes(tmp_path)
