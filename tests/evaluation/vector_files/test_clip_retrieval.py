"""The folder of clip-retrieval, alone and on a data set."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from twinlens.data.captioned import CaptionedPhotos
from twinlens.errors import DataError
from twinlens.evaluation.vector_files.load import load_vectors
from twinlens.types import CaptionedImage

EYE = np.eye(4, dtype=np.float16)
ROWS = [("/in/0.jpg", "a dog"), ("/in/1.jpg", "a cat"), ("/in/0.jpg", "a hound"), ("/in/2.jpg", "a bird")]
IMAGES = EYE[[0, 1, 0, 2]]


def write_part(folder: Path, number: str, rows: Sequence[tuple[str | None, str | None]], images: np.ndarray) -> None:
    for name in ("img_emb", "text_emb", "metadata"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    np.save(folder / "img_emb" / f"img_emb_{number}.npy", images)
    np.save(folder / "text_emb" / f"text_emb_{number}.npy", images[:, ::-1])
    with (folder / "metadata" / f"metadata_{number}.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image_path", "caption"), *rows])


def test_the_folder_alone_pairs_each_photo_with_its_captions(tmp_path: Path) -> None:
    write_part(tmp_path / "emb", "0", ROWS, IMAGES)
    pairs = load_vectors(tmp_path / "emb", None, None, "test")
    assert pairs.image_ids == ("/in/0.jpg", "/in/1.jpg", "/in/2.jpg")
    assert pairs.captions == ("a dog", "a cat", "a hound", "a bird")
    assert pairs.text_image_index.tolist() == [0, 1, 0, 2]
    assert pairs.images.tolist() == EYE[:3].tolist()
    assert pairs.texts.tolist() == IMAGES[:, ::-1].tolist()
    assert pairs.name == "emb"


def test_parts_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in ("10", "9"):
        write_part(tmp_path, number, [(f"{number}.jpg", f"photo {number}")], EYE[[int(number) % 4]])
    pairs = load_vectors(tmp_path, None, None, "test")
    assert pairs.image_ids == ("9.jpg", "10.jpg")
    assert pairs.images.argmax(axis=1).tolist() == [1, 2]


def test_metadata_in_parquet_as_the_program_writes_it_is_read(tmp_path: Path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    write_part(tmp_path, "0", [], IMAGES)
    columns = {"image_path": [path for path, _ in ROWS], "caption": [caption for _, caption in ROWS]}
    parquet.write_table(pyarrow.table({**columns, "width": [1, 2, 3, 4]}), tmp_path / "metadata/metadata_0.parquet")
    (tmp_path / "metadata/metadata_0.csv").unlink()
    assert load_vectors(tmp_path, None, None, "test").text_image_index.tolist() == [0, 1, 0, 2]


def test_without_pyarrow_one_line_says_what_to_do_and_a_json_list_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    write_part(tmp_path, "0", [], IMAGES)
    (tmp_path / "metadata/metadata_0.csv").unlink()
    (tmp_path / "metadata/metadata_0.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r'pip install "twinlens\[parquet\]"'):
        load_vectors(tmp_path, None, None, "test")
    rows = [{"image_path": path, "caption": caption} for path, caption in ROWS]
    (tmp_path / "metadata/metadata_0.json").write_text(json.dumps(rows))
    assert load_vectors(tmp_path, None, None, "test").captions[2] == "a hound"


def test_on_a_data_set_photos_and_captions_are_found_by_name(tmp_path: Path) -> None:
    write_part(tmp_path, "0", ROWS, IMAGES)
    photos = [CaptionedImage("1.jpg", Path("1.jpg"), ("a cat",)), CaptionedImage("0.jpg", Path("0.jpg"), ("a hound",))]
    data = CaptionedPhotos("pets", photos, {"test": ["1.jpg", "0.jpg"]})
    pairs = load_vectors(tmp_path, None, data, "test")
    assert pairs.images.argmax(axis=1).tolist() == [1, 0]
    assert pairs.texts.argmax(axis=1).tolist() == [2, 3]
    assert pairs.notes == (f"1 photo of {tmp_path.name} is not in pets/test and was left out",)
    np.save(tmp_path / "own.npy", EYE[:2])
    assert load_vectors(tmp_path, tmp_path / "own.npy", data, "test").texts.argmax(axis=1).tolist() == [0, 1]


def test_rows_without_a_caption_are_left_out_and_counted(tmp_path: Path) -> None:
    write_part(tmp_path, "0", [*ROWS[:2], ("/in/9.jpg", ""), ROWS[3]], IMAGES)
    pairs = load_vectors(tmp_path, None, None, "test")
    assert pairs.image_ids == ("/in/0.jpg", "/in/1.jpg", "/in/2.jpg")
    assert pairs.notes == ("1 row without a caption was left out",)


@pytest.mark.parametrize(
    ("rows", "images", "message"),
    [
        (ROWS[:3], IMAGES, r"metadata_0\.csv has 3 rows, but img_emb_0\.npy has 4"),
        ([("a.jpg", "x")] * 4, IMAGES, "names the photo 'a.jpg' twice, in rows 0 and 1, with different vectors"),
        ([("", "x"), *ROWS[1:]], IMAGES, "row 0 has no image"),
        ([(path, "") for path, _ in ROWS], IMAGES, "has no captions"),
        (ROWS, np.full((4, 4), np.inf), "img_emb has NaN or infinity"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    tmp_path: Path, rows: list[tuple[str, str]], images: np.ndarray, message: str
) -> None:
    write_part(tmp_path, "0", rows, images)
    with pytest.raises(DataError, match=message) as raised:
        load_vectors(tmp_path, None, None, "test")
    assert "\n" not in str(raised.value)


def test_a_caption_that_is_no_text_is_told(tmp_path: Path) -> None:
    write_part(tmp_path, "0", ROWS, IMAGES)
    rows = [{"image_path": path, "caption": number} for number, (path, _) in enumerate(ROWS)]
    (tmp_path / "metadata/metadata_0.json").write_text(json.dumps(rows))
    with pytest.raises(DataError, match="metadata: the caption is 0, not a text"):
        load_vectors(tmp_path, None, None, "test")


def test_missing_parts_are_named(tmp_path: Path) -> None:
    write_part(tmp_path, "0", ROWS, IMAGES)
    write_part(tmp_path, "1", ROWS, IMAGES[:, :2])
    with pytest.raises(DataError, match=r"the same number of dimensions, got \[4, 4\], \[4, 2\]"):
        load_vectors(tmp_path, None, None, "test")
    (tmp_path / "metadata/metadata_1.csv").unlink()
    np.save(tmp_path / "img_emb/img_emb_1.npy", IMAGES)
    with pytest.raises(DataError, match=r"metadata_1\.parquet is missing; it has the names of the rows of img_emb_1"):
        load_vectors(tmp_path, None, None, "test")
    (tmp_path / "text_emb/text_emb_0.npy").unlink()
    (tmp_path / "text_emb/text_emb_1.npy").unlink()
    (tmp_path / "img_emb/img_emb_1.npy").unlink()
    with pytest.raises(DataError, match=r"contains no text_emb_0\.npy"):
        load_vectors(tmp_path, None, None, "test")
