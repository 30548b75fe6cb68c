from pathlib import Path

import numpy as np
import pytest

from twinlens.stores.milvus.kept_ids import NAME, KeptIds

SOME = np.array([1, 5, 2**40], dtype=np.int64)


def test_ids_are_kept_with_their_mark(tmp_path: Path) -> None:
    kept = KeptIds(tmp_path / "folder", of="a library")
    assert kept.of_mark("m1") is None
    kept.keep(SOME, mark="m1")
    found = KeptIds(tmp_path / "folder", of="a library").of_mark("m1")
    assert found is not None
    assert found.tolist() == SOME.tolist()
    assert kept.of_mark("m2") is None
    assert KeptIds(tmp_path / "folder", of="another").of_mark("m1") is None


@pytest.mark.parametrize("damage", ["cut", "other", "empty", "flipped"])
def test_a_damaged_file_is_not_believed(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    kept = KeptIds(tmp_path, of="a library")
    kept.keep(SOME, mark="m1")
    file = tmp_path / NAME
    content = file.read_bytes()
    at = content.index(SOME.tobytes())
    file.write_bytes(
        {
            "cut": content[:-200],
            "other": b"not a zip",
            "empty": b"",
            "flipped": content[:at] + b"\x07" + content[at + 1 :],
        }[damage]
    )
    assert kept.of_mark("m1") is None


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    KeptIds(tmp_path / "file", of="a library").keep(SOME, mark="m1")
