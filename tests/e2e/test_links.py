"""Links that lead out of a library, from indexing to search."""

import json
import os
from pathlib import Path

import pytest

from conftest import draw_photo


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right there")
def test_links_out_of_the_library_are_indexed_by_a_flag_that_is_kept(run_here, tmp_path: Path) -> None:
    draw_photo(tmp_path / "photos" / "own.png", "red")
    draw_photo(tmp_path / "disk" / "deep" / "far.png", "blue")
    (tmp_path / "photos" / "disk").symlink_to(tmp_path / "disk")

    def images(*options: str) -> tuple[int, str]:
        done = run_here("index", tmp_path / "photos", "--json", *options)
        return json.loads(done.stdout)["images"], done.stderr

    count, said = images()
    assert count == 1
    assert "1 × link that leads out of the folder, not followed; --follow-links includes it, for example disk" in said
    assert images("--follow-links")[0] == 2
    assert images()[0] == 2
    found = run_here("search", "a photo", "--in", tmp_path / "photos", "--all").stdout
    assert "disk/deep/far.png" in found
    assert images("--no-follow-links")[0] == 1
