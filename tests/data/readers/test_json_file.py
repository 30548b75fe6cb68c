import pytest

from twinlens.data.readers.json_file import read_file_name, read_json, read_text
from twinlens.data.readers.json_lines import json_line_rows
from twinlens.errors import DataError


def test_file_gives_the_value_that_was_written(tmp_path, write_json):
    value = [{"caption": "Schnee ❄", "n": 3.5}, None]
    assert read_json(write_json("some.json", value)) == value


def test_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(DataError, match=r"some\.json is missing"):
        read_json(tmp_path / "some.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"\x89PNG\r\n"])
def test_file_of_another_kind_is_named_with_the_reason(tmp_path, content):
    path = tmp_path / "some.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"some\.json is not readable JSON: .+") as error:
        read_json(path)
    assert isinstance(error.value.__cause__, ValueError)


@pytest.mark.parametrize("start", ["[", '{"a":'])
def test_what_is_nested_without_end_is_no_json(tmp_path, start):
    (tmp_path / "some.json").write_text(start * 50_000)
    with pytest.raises(DataError, match=r"some\.json is not readable JSON"):
        read_json(tmp_path / "some.json")
    (tmp_path / "some.jsonl").write_text(f'{{"image": "a.jpg", "caption": {start * 50_000}\n')
    with pytest.raises(DataError, match=r"some\.jsonl, line 1"):
        list(json_line_rows(tmp_path / "some.jsonl"))


def test_text_of_an_entry_is_given_as_it_is():
    assert read_text({"caption": " a dog "}, "caption") == " a dog "


@pytest.mark.parametrize("value", [None, 3, ["a"], {}])
def test_value_that_is_no_text_is_refused(value):
    with pytest.raises(TypeError, match="caption"):
        read_text({"caption": value}, "caption")


@pytest.mark.parametrize("name", ["a.jpg", "2023/a.jpg", "..a.jpg", "a..jpg", "Été 1.jpg"])
def test_file_name_may_be_any_path_below_the_folder(name):
    assert read_file_name({"file_name": name}) == name


@pytest.mark.parametrize("name", ["", "..", "../a.jpg", "a/../b.jpg", "/a.jpg"])
def test_file_name_may_not_leave_the_folder(name):
    with pytest.raises(ValueError, match="not below the images folder"):
        read_file_name({"file_name": name})
