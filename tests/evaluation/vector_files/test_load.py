"""Vectors of other programs on a small data set: every row finds its photo or caption, or one line says why not."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from twinlens.data.captioned import CaptionedPhotos
from twinlens.errors import DataError
from twinlens.evaluation.vector_files.array_file import read_array
from twinlens.evaluation.vector_files.load import load_vectors
from twinlens.types import CaptionedImage

PHOTOS = {"a/1.jpg": ("a dog", "a dog runs"), "a/2.jpg": ("a cat",), "b/3.jpg": ("two  birds", "a dog")}
CAPTIONS = [caption for own in PHOTOS.values() for caption in own]
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(3, 8)).astype(np.float32)
TEXTS = RANDOM.normal(size=(5, 8)).astype(np.float32)
TEXTS[4] = TEXTS[0]  # the same caption


@pytest.fixture
def data() -> CaptionedPhotos:
    photos = [CaptionedImage(name, Path(name), captions) for name, captions in PHOTOS.items()]
    return CaptionedPhotos("pets", photos, {"test": list(PHOTOS)})


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """``photos.npy`` with names in an order of its own, ``texts.npy`` in the order of the data."""
    np.save(tmp_path / "photos.npy", IMAGES[[2, 0, 1]])
    (tmp_path / "photos.txt").write_text("b/3.jpg\na/1.jpg\na/2.jpg\n")
    np.save(tmp_path / "texts.npy", TEXTS)
    return tmp_path


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def assert_in_order(folder: Path, data: CaptionedPhotos, images: str = "photos.npy", texts: str = "texts.npy") -> None:
    pairs = load_vectors(folder / images, folder / texts, data, "test")
    assert pairs.images == pytest.approx(unit(IMAGES), abs=1e-2)
    assert pairs.texts == pytest.approx(unit(TEXTS), abs=1e-2)
    assert pairs.text_image_index.tolist() == [0, 0, 1, 2, 2]
    assert (pairs.name, pairs.image_ids, pairs.captions) == ("pets/test", tuple(PHOTOS), tuple(CAPTIONS))


def test_rows_find_their_photos_by_the_list_beside_the_array(arrays: Path, data: CaptionedPhotos) -> None:
    assert_in_order(arrays, data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photos.txt", "/data/pets/b/3.jpg\r\nC:\\pets\\a\\1.jpg\r\na/2.jpg"),
        ("photos.txt", "3\n1\n2\n"),
        ("photos.json", json.dumps(["3.jpg", "1.jpg", "2.jpg"])),
        ("photos.json", json.dumps([{"file_name": f"x/{n}.jpg", "split": "test"} for n in (3, 1, 2)])),
        ("photos.csv", "id,File Name\n9,b/3.jpg\n8,a/1.jpg\n7,a/2.jpg\n"),
        ("photos.tsv", "image\tsize\n3.jpg\t9\n1.jpg\t9\n2.jpg\t9\n"),
    ],
)
def test_lists_may_be_texts_json_or_tables_and_name_photos_with_other_folders(
    arrays: Path, data: CaptionedPhotos, name: str, content: str
) -> None:
    (arrays / "photos.txt").unlink()
    (arrays / name).write_text(content)
    assert_in_order(arrays, data)


def test_a_list_in_parquet_is_read(arrays: Path, data: CaptionedPhotos) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (arrays / "photos.txt").unlink()
    parquet.write_table(pyarrow.table({"image_path": ["3.jpg", "1.jpg", "2.jpg"]}), arrays / "photos.parquet")
    assert_in_order(arrays, data)


def test_captions_with_a_list_may_stand_in_any_order_and_once_each(arrays: Path, data: CaptionedPhotos) -> None:
    np.save(arrays / "texts.npy", TEXTS[[3, 2, 1, 0]])
    (arrays / "texts.txt").write_text("two  birds\na cat\na dog runs\n a dog\n")
    assert_in_order(arrays, data)


def write_safetensors(path: Path, kind: str, numbers: np.ndarray, **more: object) -> None:
    entry = {"dtype": kind, "shape": list(numbers.shape), "data_offsets": [0, numbers.nbytes]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "embeddings": entry, **more}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + numbers.tobytes())


@pytest.mark.parametrize("kind", ["F64", "F32", "F16", "BF16"])
def test_safetensors_are_read_in_every_width(arrays: Path, data: CaptionedPhotos, kind: str) -> None:
    widths = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
    rows = (TEXTS.view(np.uint32) >> 16).astype(np.uint16) if kind == "BF16" else TEXTS.astype(widths[kind])
    write_safetensors(arrays / "texts.safetensors", kind, rows)
    assert_in_order(arrays, data, texts="texts.safetensors")


def test_photos_outside_the_split_are_left_out_and_counted(arrays: Path, data: CaptionedPhotos) -> None:
    np.save(arrays / "photos.npy", np.vstack([IMAGES, IMAGES]))
    (arrays / "photos.txt").write_text("a/1.jpg\na/2.jpg\nb/3.jpg\nc/4.jpg\nc/5.jpg\nc/6.jpg\n")
    pairs = load_vectors(arrays / "photos.npy", arrays / "texts.npy", data, "test")
    assert len(pairs.images) == 3
    assert "3 photos of photos.npy are not in pets/test and were left out" in pairs.notes


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("photos.txt", "3.jpg\n1.jpg\n", "photos.txt has 2 entries, but photos.npy has 3 rows"),
        ("photos.txt", "3.jpg\n\n2.jpg\n", "row 1 has no image"),
        ("photos.txt", "3.jpg\n1.jpg\n9.jpg\n", "lacks 1 of the 3 photos of pets/test, the first is 'a/2.jpg'"),
        ("photos.txt", "x\ny\nz\n", "lacks 3 of the 3 photos of pets/test, .* its own names are like 'x'"),
        ("photos.txt", "3.jpg\n1.jpg\n1.jpg\n", "names the photo '1.jpg' twice, in rows 1 and 2, with different"),
        ("texts.txt", "a dog\na cat\na\nb\nc\n", "lacks 2 of the 5 captions of pets/test, the first is 'a dog runs'"),
        ("texts.txt", "a dog\na dog\na\nb\nc\n", "names the caption 'a dog' twice, in rows 0 and 1"),
        ("photos.npy", IMAGES * np.array([[1], [np.nan], [1]]), "photos.npy has NaN or infinity in 1 row, .* row 1"),
        ("photos.npy", IMAGES * 0, "photos.npy has 3 rows of zeros"),
        ("photos.npy", IMAGES[:0], r"photos.npy must be \[rows, D\] with at least one row, got \[0, 8\]"),
        ("photos.npy", IMAGES[:, :, None], r"photos.npy must be \[rows, D\] .* got \[3, 8, 1\]"),
        ("photos.npy", np.ones((3, 8), np.int8), "photos.npy must be floating point numbers, got int8"),
        ("photos.npy", IMAGES[:, :4], "must be in the same space"),
        ("photos.npy", np.array([[None], [{}], [0]]), "not a readable .npy file of plain numbers"),
        ("texts.npy", TEXTS[:4], "texts.npy has 4 rows, but pets/test has 5 captions"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    arrays: Path, data: CaptionedPhotos, name: str, content: str | np.ndarray, message: str
) -> None:
    if isinstance(content, str):
        (arrays / name).write_text(content)
    else:
        np.save(arrays / name, content)
    with pytest.raises(DataError, match=message) as raised:
        load_vectors(arrays / "photos.npy", arrays / "texts.npy", data, "test")
    assert "\n" not in str(raised.value)


def test_two_photos_of_one_name_need_their_folders(arrays: Path) -> None:
    photos = [CaptionedImage(name, Path(name), ("x",)) for name in ("a/1.jpg", "b/1.jpg")]
    data = CaptionedPhotos("pets", photos, {"test": ["a/1.jpg", "b/1.jpg"]})
    np.save(arrays / "texts.npy", TEXTS[:2])
    (arrays / "photos.txt").write_text("b/1.jpg\na/1.jpg\nc/1.jpg\n")
    assert load_vectors(arrays / "photos.npy", arrays / "texts.npy", data, "test").images == pytest.approx(
        unit(IMAGES[[0, 2]]), abs=1e-6
    )
    (arrays / "photos.txt").write_text("x/b/1.jpg\nx/a/1.jpg\nx/c/1.jpg\n")
    with pytest.raises(DataError, match="lacks 2 of the 2 photos"):
        load_vectors(arrays / "photos.npy", arrays / "texts.npy", data, "test")


def test_pickles_are_refused_unopened(arrays: Path, data: CaptionedPhotos) -> None:
    for name in ("texts.pt", "texts.pkl"):
        (arrays / name).write_bytes(b"cos\nsystem\n(S'exit 1'\ntR.")
        with pytest.raises(DataError, match="is a pickle, which could run any program"):
            load_vectors(arrays / "photos.npy", arrays / name, data, "test")


def test_damaged_arrays_are_told_apart(arrays: Path, data: CaptionedPhotos) -> None:
    write_safetensors(arrays / "two.safetensors", "F32", TEXTS, other={})
    write_safetensors(arrays / "whole.safetensors", "I64", TEXTS.astype(np.int64))
    write_safetensors(arrays / "cut.safetensors", "F32", TEXTS)
    (arrays / "cut.safetensors").write_bytes((arrays / "cut.safetensors").read_bytes()[:-4])
    (arrays / "huge.safetensors").write_bytes(b"\xff" * 64)
    (arrays / "empty.npy").write_bytes(b"")
    wanted = {
        "two.safetensors": "must hold one array, got embeddings, other",
        "whole.safetensors": "must hold floating point numbers, got I64",
        "cut.safetensors": "not a readable .safetensors file",
        "huge.safetensors": "not a readable .safetensors file",
        "empty.npy": "not a readable .npy file",
        "absent.npy": "is missing",
        "photos.txt": "expected a .npy or a .safetensors file",
    }
    for name, message in wanted.items():
        with pytest.raises(DataError, match=message):
            load_vectors(arrays / "photos.npy", arrays / name, data, "test")


def npy(header: str) -> bytes:
    padded = header.ljust(118).encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(padded)) + padded + bytes(64)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 512)}")),
        ("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-5, 4)}")),
        ("x.npy", npy("{'descr': __import__('os')}")),
        ("x.npy", npy("(" * 3000)),
        ("x.safetensors", {"shape": [10**15, 10**15], "data_offsets": [0, 64]}),
        ("x.safetensors", {"shape": [4, 4], "data_offsets": [0, 10**18]}),
        ("x.safetensors", {"shape": [4, 4], "data_offsets": [64, 0]}),
        ("x.safetensors", {"shape": [-1, 4], "data_offsets": [0, 64]}),
        ("x.safetensors", {"shape": "4", "data_offsets": [0, 64]}),
    ],
)
def test_absurd_headers_take_no_memory_and_are_one_line(tmp_path: Path, name: str, content: bytes | dict) -> None:
    if isinstance(content, dict):
        header = json.dumps({"x": {"dtype": "F32", **content}}).encode()
        content = struct.pack("<Q", len(header)) + header + bytes(64)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="is not a readable"):
        read_array(tmp_path / name)


def test_what_is_missing_for_an_evaluation_is_told(arrays: Path, data: CaptionedPhotos) -> None:
    photos, texts = arrays / "photos.npy", arrays / "texts.npy"
    with pytest.raises(DataError, match="give the data set as well"):
        load_vectors(photos, texts, None, "test")
    with pytest.raises(DataError, match="give those of the captions as well: --text-embeddings"):
        load_vectors(photos, None, data, "test")
    with pytest.raises(DataError, match="is not a folder of clip-retrieval"):
        load_vectors(arrays, texts, data, "test")
    (arrays / "photos.txt").unlink()
    with pytest.raises(DataError, match=r"no list of its photos' file names.*photos\.txt, photos\.json"):
        load_vectors(photos, texts, data, "test")
    with pytest.raises(DataError, match=r"gone\.npy is missing"):
        load_vectors(arrays / "gone.npy", None, data, "test")
