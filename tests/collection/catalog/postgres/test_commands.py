"""``--catalog`` on the command line, as users type it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import PhotoMaker
from twinlens.cli.main import app
from twinlens.collection.catalog.postgres.address import Address


def test_a_library_on_a_server_is_indexed_searched_and_marked_by_its_address(
    address: Address, models: None, make_photo: PhotoMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*line: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, line)
        assert done.exit_code == code, done.output
        return done.stdout if not code else done.output

    make_photo("red.png", "red")
    make_photo("blue.png", "blue")
    where = ("--catalog", str(address))
    assert "there is no catalog at postgresql://" in run("search", "red", *where, code=1)
    assert json.loads(run("index", str(tmp_path / "photos"), *where, "--json"))["added"] == 2
    run("tag", "add", "kids", str(tmp_path / "photos" / "red.png"), *where)
    for option in ("--catalog", "--in"):
        found = json.loads(run("search", "tag:kids", option, str(address), "--json", code=0))
        assert [hit["image_id"] for hit in found["results"]] == ["red.png"]
    assert json.loads(run("status", *where, "--json"))["catalog"] == str(address)
    assert json.loads(run("reindex", str(address), "--model", "default", "--json"))["unchanged"] == 2
    assert "TWINLENS_CATALOG_PASSWORD" in run("status", "--in", "postgresql://anna:secret@h/db", code=2)
    assert "a folder is needed" in run("index", str(address), code=1)
    assert [one.name for one in tmp_path.iterdir() if one.is_dir()] == ["photos"]  # nothing was made here
