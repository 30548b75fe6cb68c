"""Texts in every encoding that Excel, editors and shells write, and files that are no text."""

import gzip
import logging
from pathlib import Path

import pytest
from PIL import Image

from twinlens.data.text_file import LOOK_BYTES, TextDecoder, read_text_file, start_of_text
from twinlens.errors import DataError

TEXT = "image,caption\n1.jpg,un café à la crème\n2.jpg,“a dog”\n"
WITH_MARK = {
    "utf-8-sig": b"",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\0\0",
    "utf-32-be": b"\0\0\xfe\xff",
}


@pytest.mark.parametrize("encoding", WITH_MARK)
def test_a_byte_order_mark_says_the_encoding_and_is_no_text(
    tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(WITH_MARK[encoding] + (TEXT + "雪 ❄").encode(encoding))
    assert read_text_file(file) == TEXT + "雪 ❄" == start_of_text(file)
    assert not caplog.records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "cp1252"])
def test_without_a_mark_the_bytes_say_it(tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.encode(encoding))
    assert read_text_file(file) == TEXT == start_of_text(file)
    assumed = {"utf-8": None, "cp1252": "Windows-1252"}.get(encoding, encoding.upper())
    assert [record.getMessage() for record in caplog.records] == (
        [f"{file} is not in UTF-8; it was read as {assumed}"] if assumed else []
    )


def test_chinese_in_utf_16_without_a_mark_is_read(tmp_path: Path) -> None:
    text = "image,caption\n" + "1.jpg,一只狗在公园里跑\n" * 9
    (tmp_path / "a.csv").write_bytes(text.encode("utf-16-le"))
    assert read_text_file(tmp_path / "a.csv") == text


def test_bytes_that_windows_leaves_undefined_are_latin_1(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 \x81 and so on")
    assert read_text_file(tmp_path / "a.txt") == "café \x81 and so on"


@pytest.mark.parametrize("kind", ["png", "jpg", "gz", "nul"])
def test_a_binary_file_is_refused_in_one_line(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"a.{kind}"
    if kind in ("png", "jpg"):
        Image.effect_noise((64, 64), 50).save(file)
    else:
        file.write_bytes(
            gzip.compress(TEXT.encode() * 9, mtime=0) if kind == "gz" else b"a dog\na cat\0\n" + b"a bird\n" * 99
        )
    with pytest.raises(DataError, match=rf"a\.{kind} cannot be read as text: it is a binary file") as error:
        read_text_file(file)
    assert "\n" not in str(error.value)
    assert isinstance(start_of_text(file), str)


def test_one_damaged_letter_of_utf_8_is_named_and_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("ein Fuß\nim Schnee\nüber ".encode() + b"\xe9\n")
    with pytest.raises(DataError, match=r"a\.txt cannot be read as text: line 3 is not valid UTF-8"):
        read_text_file(tmp_path / "a.txt")


def test_half_a_letter_at_the_end_of_the_look_is_no_other_encoding(tmp_path: Path) -> None:
    text = "a" * (LOOK_BYTES - 1) + "é" * 9
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert start_of_text(tmp_path / "a.txt").startswith("a" * (LOOK_BYTES - 1))
    assert read_text_file(tmp_path / "a.txt") == text


def test_the_encoding_of_many_files_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    decoder = TextDecoder()
    with caplog.at_level(logging.WARNING):
        assert {decoder.decode(b"caf\xe9", name) for name in range(9)} == {"café"}
    assert [record.getMessage() for record in caplog.records] == ["0 is not in UTF-8; it was read as Windows-1252"]


@pytest.mark.parametrize("look", [read_text_file, start_of_text])
def test_a_missing_file_is_named(tmp_path: Path, look: object) -> None:
    with pytest.raises(DataError, match=r"gone\.txt cannot be read: No such file"):
        look(tmp_path / "gone.txt")  # type: ignore[operator]
