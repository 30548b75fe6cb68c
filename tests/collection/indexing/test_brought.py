"""Photo vectors of another program: taken if they are the model's, refused with figures if not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import twinlens
from conftest import COLOURS, ColourEncoder, PhotoMaker
from twinlens import api
from twinlens.cli.main import app
from twinlens.collection.indexing.brought import BroughtVectors
from twinlens.errors import DataError
from twinlens.protocols import EncodedImages


class Counting(ColourEncoder):
    """Counts the photos that it embeds."""

    embedded = 0

    def encode_pixels(self, pixels: np.ndarray) -> EncodedImages:
        self.embedded += len(pixels)
        return super().encode_pixels(pixels)


@pytest.fixture
def photos(make_photo: PhotoMaker, tmp_path: Path) -> Path:
    """Twenty-four photos in two folders, two of each colour in each; the names in both are the same."""
    for seed, name in enumerate(COLOURS):
        for place in ("a", "b"):
            for shade in range(2):
                make_photo(f"{place}/{name}{shade}.png", name, seed=seed + 10 * shade + 20 * ord(place))
    return tmp_path / "photos"


@pytest.fixture
def rows(photos: Path) -> dict[str, np.ndarray]:
    """What the model gives for each photo, a little off, as another program's resizing makes it."""
    random, encoder = np.random.default_rng(0), ColourEncoder()
    files = sorted(photos.rglob("*.png"))
    found = encoder.encode_image([Image.open(file).convert("RGB") for file in files])
    found = found + random.normal(scale=0.01, size=found.shape)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return {file.relative_to(photos).as_posix(): row.astype(np.float32) for file, row in zip(files, found, strict=True)}


def brought(rows: dict[str, np.ndarray], *, prefix: str = "") -> BroughtVectors:
    return BroughtVectors(np.stack(list(rows.values())), [prefix + name for name in rows], "photos.npy")


@pytest.mark.parametrize("prefix", ["", "/data/of another/machine/", "C:\\photos\\"])
def test_vectors_are_taken_by_path_and_searched(
    photos: Path, rows: dict[str, np.ndarray], prefix: str, tmp_path: Path
) -> None:
    encoder = Counting()
    with twinlens.Collection.create(photos, at=tmp_path / "library", model=encoder) as library:
        report = library.index(embeddings=brought(rows, prefix=prefix))
        assert (report.added, report.brought, report.to_json()["brought"]) == (24, 24, 24)
        assert encoder.embedded == 16  # the sample
        hits = library.search("something red", k=4)
        assert {Path(hit.path).stem for hit in hits} == {"red0", "red1"}
        wanted = encoder.encode_text(["something red"])[0] @ rows["a/red0.png"]
        assert next(hit.score for hit in hits if hit.id == "a/red0.png") == pytest.approx(wanted, abs=1e-5)
        assert Path(library.similar(photos / "a" / "blue0.png", k=1)[0].path).stem.startswith("blue")
        assert library.index(embeddings=brought(rows)).unchanged == 24


def test_photos_without_a_vector_are_embedded_here(
    photos: Path, rows: dict[str, np.ndarray], make_photo: PhotoMaker, tmp_path: Path
) -> None:
    make_photo("new.png", "red", seed=99)
    encoder = Counting()
    with twinlens.Collection.create(photos, at=tmp_path / "library", model=encoder) as library:
        report = library.index(embeddings=brought(rows))
        assert (report.added, report.brought, encoder.embedded) == (25, 24, 17)


def test_vectors_of_another_model_are_refused_with_figures_and_nothing_is_kept(
    photos: Path, rows: dict[str, np.ndarray], tmp_path: Path
) -> None:
    turned = {name: np.roll(row, 1) for name, row in rows.items()}
    with twinlens.Collection.create(photos, at=tmp_path / "library", model=Counting()) as library:
        with pytest.raises(DataError, match=r"not those of model colours: cosine of 16 photos 0?-?.*, lowest .*0\.99"):
            library.index(embeddings=brought(turned))
        assert len(library) == 0
        short = BroughtVectors(np.ones((1, 4), dtype=np.float32) / 2, ["a/red0.png"], "photos.npy")
        with pytest.raises(DataError, match="has vectors of 4 dimensions, model colours 8"):
            library.index(embeddings=short)
        other = BroughtVectors(brought(rows).rows[:1], ["nothing.png"], "photos.npy")
        with pytest.raises(DataError, match=r"names none of the 24 photos; its names are like 'nothing\.png'"):
            library.index(embeddings=other)


def test_a_name_that_fits_two_photos_or_rows_is_left_out() -> None:
    vectors = BroughtVectors(np.eye(4, dtype=np.float32), ["x/one.jpg", "y/two.jpg", "z/two.jpg", "x/tre.webp"], "v")
    assert vectors.rows_of(["a/one.jpg", "b/two.jpg"]) == {"a/one.jpg": 0}
    assert vectors.rows_of(["a/one.jpg", "b/one.jpg"]) == {}
    assert vectors.rows_of(["y/two.jpg", "z/two.jpg", "q/one.jpg"]) == {"y/two.jpg": 1, "z/two.jpg": 2}
    assert vectors.rows_of(["x/one.jpg", "y/two.jpg", "q/tre.webp"]) == {"x/one.jpg": 0, "y/two.jpg": 1}
    assert vectors.rows_of(["tre.jpg"]) == {"tre.jpg": 3}


def test_the_command_reads_arrays_with_names_beside_them(
    photos: Path, rows: dict[str, np.ndarray], tmp_path: Path
) -> None:
    np.save(tmp_path / "photos.npy", np.stack(list(rows.values())))
    given = ["index", str(photos), "--collection", str(tmp_path / "library"), "--embeddings"]
    answer = CliRunner().invoke(app, [*given, str(tmp_path / "photos.npy")])
    assert (answer.exit_code, "no list of its photos' file names" in answer.stderr) == (1, True)
    (tmp_path / "photos.txt").write_text("\n".join(rows))
    answer = CliRunner().invoke(app, [*given, str(tmp_path / "photos.npy")])
    assert answer.exit_code == 1
    assert "has vectors of 8 dimensions, model default" in answer.stderr
    np.save(tmp_path / "twice.npy", np.stack([*rows.values(), rows["a/red0.png"]]))  # as with two captions a photo
    (tmp_path / "twice.txt").write_text("\n".join([*rows, "a/red0.png"]))
    read = api.indexing.read_brought_vectors(tmp_path / "twice.npy")
    assert (list(read.names), read.rows.shape) == (list(rows), (24, 8))


def test_vectors_that_cannot_be_checked_are_not_taken(
    photos: Path, rows: dict[str, np.ndarray], tmp_path: Path
) -> None:
    for name in list(rows)[:16]:
        (photos / name).write_bytes(b"no photo")
    encoder = Counting()
    some = brought(dict(list(rows.items())[:16]))
    with twinlens.Collection.create(photos, at=tmp_path / "library", model=encoder) as library:
        report = library.index(embeddings=some)
        assert (report.added, len(report.skipped), report.brought, encoder.embedded) == (8, 16, 0, 8)
