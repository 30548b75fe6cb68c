"""Tables as people write them: delimiters, names of columns, quotation, cells without a caption."""

import shutil
from pathlib import Path

import pytest

from twinlens.data.find import open_dataset
from twinlens.data.readers.delimited import delimited_rows, read_header
from twinlens.errors import DataError

ROWS = [("1.jpg", "a dog, big; and | brown"), ("2.jpg", 'a "cat"'), ("3.jpg", "two\nlines")]


def rows_of(folder: Path, text: str) -> list[tuple[str, str | None]]:
    (folder / "t.csv").write_bytes(text.encode())
    return list(delimited_rows(folder / "t.csv"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_with_quotes_and_line_ends_inside_them(tmp_path: Path, delimiter: str, end: str) -> None:
    quoted = [(name, '"{}"'.format(caption.replace('"', '""'))) for name, caption in ROWS]
    text = end.join(delimiter.join(row) for row in (("image", "caption"), *quoted))
    assert rows_of(tmp_path, text) == [(name, caption.replace("\n", " ")) for name, caption in ROWS]


@pytest.mark.parametrize("image", ["image", "file_name", "filename", "filepath", "path", "Image Name", '"image"'])
@pytest.mark.parametrize("caption", ["caption", "title", "text", "Comment", "description", "sentence", '"caption"'])
def test_columns_have_the_names_that_people_give_them(tmp_path: Path, image: str, caption: str) -> None:
    for delimiter in (";", "\t", ","):
        text = delimiter.join(("id", image, "split", caption)) + "\n" + delimiter.join(("7", "1.jpg", "val", "a dog"))
        assert rows_of(tmp_path, text) == [("1.jpg", "a dog")]


def test_caption_comes_before_other_texts() -> None:
    header = read_header("id;title;caption;path;image")
    assert header is not None
    assert (header.image, header.caption) == (4, 2)
    assert read_header("a dog, running") is None


@pytest.mark.parametrize("cell", ["", " ", "nan", "NaN", '""', '"nan"'])
def test_empty_cells_and_nan_are_no_caption(tmp_path: Path, cell: str) -> None:
    assert rows_of(tmp_path, f"image,caption\n1.jpg,{cell}\n2.jpg,a nan bread\n") == [
        ("1.jpg", None),
        ("2.jpg", "a nan bread"),
    ]


def test_unquoted_delimiters_belong_to_the_caption_and_other_columns_do_not(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "image,caption,split\n1.jpg,a dog, big,train\n2.jpg,a cat,val") == [
        ("1.jpg", "a dog, big"),
        ("2.jpg", "a cat"),
    ]
    assert rows_of(tmp_path, "caption;image\na dog; big;1.jpg") == [("1.jpg", "a dog; big")]
    assert rows_of(tmp_path, "image;caption;;\n1.jpg;a dog;;\n2.jpg;a cat") == [("1.jpg", "a dog"), ("2.jpg", "a cat")]


def test_excel_s_hint_is_no_row_and_counts_as_a_line(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "sep=;\r\nimage;caption\r\n1.jpg;a dog\r\n") == [("1.jpg", "a dog")]
    with pytest.raises(DataError, match=r"t\.csv, line 4: too few columns in '2\.jpg'"):
        rows_of(tmp_path, "sep=;\r\nimage;caption\r\n1.jpg;a dog\r\n2.jpg\r\n")


def test_a_row_without_a_file_name_is_told_and_an_empty_row_is_passed_over(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "image;caption\n1.jpg;a dog\n;\n") == [("1.jpg", "a dog")]
    with pytest.raises(DataError, match=r"t\.csv, line 2: the file name is missing in ';a dog'"):
        rows_of(tmp_path, "image;caption\n;a dog\n")


@pytest.mark.parametrize("text", ['image,caption\n1.jpg,"' + "a" * 200_000, "x" * 200_000])
def test_a_cell_or_line_without_end_is_one_line_with_its_number(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"t\.csv, line \d") as error:
        rows_of(tmp_path, text)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("name", ["cp1252.csv", "utf16.csv", "semicolon.csv", "nan.csv"])
def test_rows_without_caption_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    captions = {"cp1252.csv": "un café", "utf16.csv": "A dog", "semicolon.csv": "A dog, big", "nan.csv": "A dog"}
    delimiter, encoding = {"semicolon.csv": (";", "utf-8"), "utf16.csv": (",", "utf-16")}.get(name, (",", "cp1252"))
    rows = [f"{number}.jpg{delimiter}{captions[name]} " for number in range(4)]
    rows += [f"{number}.jpg{delimiter}" for number in range(4, 7)] if name == "nan.csv" else []
    (tmp_path / name).write_bytes("\n".join([f"image{delimiter}caption", *rows]).encode(encoding))
    (tmp_path / "images").mkdir()
    photos = open_dataset(tmp_path, file=tmp_path / name).split("all")
    assert [(photo.image_id, photo.captions) for photo in photos] == [
        (f"{number}.jpg", (captions[name],)) for number in range(4)
    ]
    assert ("3 without caption left out" in caplog.text) == (name == "nan.csv")
    shutil.copyfile(tmp_path / name, tmp_path / "captions.csv")
    assert len(open_dataset(tmp_path).split("all")) == 4  # found by looking, too


def test_split_list_may_name_photos_whose_caption_is_empty(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "captions.csv").write_text("image,caption\n1.jpg,a dog\n2.jpg,\n3.jpg,a cat\n")
    (tmp_path / "splits.json").write_text('{"train": ["1.jpg", "2.jpg"], "val": ["3.jpg"]}')
    assert [photo.image_id for photo in open_dataset(tmp_path).split("train")] == ["1.jpg"]
