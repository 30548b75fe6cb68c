"""``docs/extend/store.md``: the store passes the exact contract and holds a collection's vectors."""

from pathlib import Path

import pytest

from conftest import ColourEncoder, PhotoMaker
from extend.conftest import Install, Run
from twinlens import Collection
from twinlens.errors import UnknownPartError


@pytest.fixture
def photos(make_photo: PhotoMaker) -> Path:
    for number, colour in enumerate(["red", "green", "blue", "red", "white"]):
        make_photo(f"{colour}-{number}.png", colour, seed=number)
    return make_photo("black.png", "black").parent


def test_the_page_s_contract_test_passes(install: Install, site: Path, tmp_path: Path) -> None:
    assert "passed" in install("store.md").run_its_test(site, tmp_path)


def test_a_collection_keeps_its_vectors_in_it(install: Install, photos: Path, encoder: ColourEncoder) -> None:
    with Collection.create([photos], model=encoder) as collection:
        collection.index()
        expected = [(hit.id, hit.score) for hit in collection.search("red", k=6)]
    install("store.md")
    with Collection.create([photos], model=encoder, store="dict") as collection:
        assert collection.store == "dict"
        found = [(hit.id, hit.score) for hit in collection.search("red", k=6)]
        assert [photo for photo, _ in found] == [photo for photo, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)
        assert collection.faults() == []
        assert (collection.path / "dict-photos" / "vectors.npz").is_file()
    with Collection.open(photos, model=encoder) as collection:  # the choice is kept
        assert collection.store == "dict"
        assert len(collection.search("blue", k=6)) == 6


def test_photos_that_come_and_go_come_and_go_in_it(
    install: Install, photos: Path, encoder: ColourEncoder, make_photo: PhotoMaker
) -> None:
    install("store.md")
    with Collection.create([photos], model=encoder, store="dict") as collection:
        collection.index()
        make_photo("yellow.png", "yellow")
        (photos / "red-0.png").unlink()
        collection.index()
        ids = {hit.id for hit in collection.search("yellow", k=10)}
        assert "yellow.png" in ids
        assert "red-0.png" not in ids
        assert collection.faults() == []


def test_a_store_that_is_not_installed_is_named(photos: Path, encoder: ColourEncoder) -> None:
    with pytest.raises(UnknownPartError, match="no store is called 'dict'; known: exact"):
        Collection.create([photos], model=encoder, store="dict")


def test_the_command_line_chooses_it_and_changes_back(install: Install, run: Run, photos: Path) -> None:
    install("store.md")
    done = run("index", photos, "--store", "dict")
    assert done.returncode == 0, done.stderr
    found = run("search", "something red", "--in", photos, "--all")
    assert found.returncode == 0, found.stderr
    assert (photos / ".twinlens" / "dict-photos" / "vectors.npz").is_file()
    assert run("index", photos, "--store", "exact").returncode == 0
    assert run("search", "something red", "--in", photos, "--all").stdout == found.stdout
