import zipfile
from pathlib import Path

import numpy as np
import pytest

from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import ARRAYS, load_pairs, save_pairs
from twinlens.evaluation.pairs import EmbeddedPairs

EYE = np.eye(2, dtype=np.float32)
PLAIN = dict(zip(ARRAYS, (EYE, EYE, np.arange(2)), strict=True))


def test_what_is_saved_is_read_again_bit_for_bit(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(2, 5))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    names, captions = ("a/ß.jpg", "\udcff.jpg"), ("ein Hund 🐕", 'a dog, "quoted"\n')
    pairs = EmbeddedPairs(rows, rows[::-1], np.array([1, 0]), "data/test", "f00d", names, captions)
    save_pairs(pairs, tmp_path / "x.npz")
    again = load_pairs(tmp_path / "x.npz")
    for name in ("images", "texts", "text_image_index"):
        assert np.array_equal(getattr(again, name), getattr(pairs, name))
    assert (again.name, again.model, again.image_ids, again.captions) == ("data/test", "f00d", names, captions)
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]


def test_the_three_arrays_of_another_program_are_enough(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "clip.npz", **PLAIN)
    pairs = load_pairs(tmp_path / "clip.npz")
    assert (pairs.name, pairs.model, pairs.image_ids, pairs.captions) == ("clip", None, (), ())


def test_pairs_of_rows_give_a_text_several_photos_and_are_kept(tmp_path: Path) -> None:
    pairs = np.array([[1, 0], [0, 1], [0, 0]])
    np.savez(tmp_path / "x.npz", **{**PLAIN, "text_image_index": pairs})
    for place in ("x.npz", "again.npz"):
        found = load_pairs(tmp_path / place)
        assert found.text_image_index.tolist() == [1, 0]
        assert [own.tolist() for own in found.photo_of_text()] == [[0, 1], [0]]
        assert [own.tolist() for own in found.texts_of_photo()] == [[0, 1], [0]]
        save_pairs(found, tmp_path / "again.npz")


def test_the_numbers_of_captions_are_kept(tmp_path: Path) -> None:
    save_pairs(EmbeddedPairs(EYE, EYE, np.arange(2), caption_ids=(712230, 38)), tmp_path / "x.npz")
    assert load_pairs(tmp_path / "x.npz").caption_ids == (712230, 38)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({**PLAIN, "text_image_index": np.array([[0, 0], [1, 2]])}, "must be from 0 to 1"),
        ({**PLAIN, "text_image_index": np.array([[0, 0], [2, 1]])}, "texts must be from 0 to 1, but pair 1 has 2"),
        ({**PLAIN, "text_image_index": np.array([[0, 0], [0, 1]])}, "1 text has no photo, the first is text 1"),
        ({**PLAIN, "text_image_index": np.array([[0, 0], [1, 0]])}, "1 photo has no caption"),
        ({**PLAIN, "caption_ids": np.array([1])}, "caption_ids has 1 entries for 2 rows"),
        ({"images": EYE}, "lacks image_embeddings, text_embeddings, text_image_index; it has images"),
        ({**PLAIN, "text_image_index": np.array([0, 2])}, "x.npz: text_image_index must be from 0 to 1"),
        ({**PLAIN, "image_embeddings": EYE * np.nan}, "x.npz: image_embeddings has NaN"),
        ({**PLAIN, "text_image_index": np.array([0, 0])}, "1 photo has no caption"),
        ({**PLAIN, "captions": np.array(["one"])}, "captions has 1 entries for 2 rows"),
        ({**PLAIN, "text_embeddings": np.array([[None], [{}]])}, "not a readable npz file of plain arrays"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(DataError, match=message) as raised:
        load_pairs(tmp_path / "x.npz")
    assert "\n" not in str(raised.value)


def test_files_that_are_no_npz_are_told_apart(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", EYE)
    (tmp_path / "text.npz").write_text("no zip file")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "whole.npz", **PLAIN)
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as huge:
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 512)}".ljust(118).encode()
        huge.writestr("image_embeddings.npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:200])
    wanted = {
        "one.npy": "is a single array",
        "absent.npz": "is missing",
        **dict.fromkeys(("text.npz", "empty.npz", "cut.npz", "huge.npz", ""), "not a readable"),
    }
    for name, message in wanted.items():
        with pytest.raises(DataError, match=message):
            load_pairs(tmp_path / name)


def test_what_could_not_be_written_is_refused(tmp_path: Path) -> None:
    pairs = EmbeddedPairs(EYE, EYE, np.arange(2))
    with pytest.raises(DataError, match=r"must end in \.npz"):
        save_pairs(pairs, tmp_path / "photo.jpg")
    with pytest.raises(DataError, match="does not exist"):
        save_pairs(pairs, tmp_path / "absent" / "x.npz")
    (tmp_path / "x.npz").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        save_pairs(pairs, tmp_path / "x.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["x.npz"]
