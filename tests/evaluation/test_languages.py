"""A model in several languages: each is measured by itself, over the photos that have captions in it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from conftest import ColourEncoder, PhotoMaker
from twinlens import api
from twinlens.cli.main import app
from twinlens.data.captioned import CaptionedPhotos
from twinlens.errors import DataError
from twinlens.evaluation.embedding_file import load_pairs, save_pairs
from twinlens.evaluation.languages import LanguagesReport, evaluate_languages
from twinlens.evaluation.pairs import EmbeddedPairs, embed_split
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.types import CaptionedImage

GERMAN = {"red": "rot", "green": "grün", "blue": "blau"}  # the model does not know them


@pytest.fixture
def data(make_photo: PhotoMaker) -> CaptionedPhotos:
    photos = [
        CaptionedImage(f"{name}.png", make_photo(f"{name}.png", name), (f"a {name} wall", own), languages=("en", "de"))
        for name, own in GERMAN.items()
    ]
    black = CaptionedImage("black.png", make_photo("black.png", "black"), ("a black wall",), languages=("en",))
    return CaptionedPhotos("walls", [*photos, black], {"test": [*(f"{name}.png" for name in GERMAN), "black.png"]})


@pytest.fixture
def pairs(data: CaptionedPhotos, encoder: ColourEncoder) -> EmbeddedPairs:
    return embed_split(encoder, data, "test")


def test_each_language_has_the_figures_of_its_captions_alone(
    pairs: EmbeddedPairs, data: CaptionedPhotos, encoder: ColourEncoder
) -> None:
    found = evaluate_languages(pairs)
    assert list(found.reports) == ["de", "en"]
    for language, report in found.reports.items():
        alone = evaluate_pairs(embed_split(encoder, data, "test", languages=[language]))
        assert report.to_json() == alone.to_json()
        assert report.protocol.startswith(f"walls/test in {language}: whole gallery")
    english, german = found.reports["en"], found.reports["de"]
    assert (english.n_images, english.n_captions, german.n_images, german.n_captions) == (4, 4, 3, 3)
    assert english.text_to_image["R@1"] == 100 > german.text_to_image["R@1"]
    mean = found.mean()["text_to_image"]["R@1"]
    assert mean == pytest.approx((english.text_to_image["R@1"] + german.text_to_image["R@1"]) / 2)
    assert found.to_json()["languages"].keys() == {"de", "en"}


def test_the_table_has_a_row_a_language_and_one_line_of_heads(pairs: EmbeddedPairs) -> None:
    lines = str(evaluate_languages(pairs)).splitlines()
    assert lines[0].startswith("walls/test: 2 languages, 4 photos, model ")
    assert lines[2].split() == ["captions", "R@1", "R@5", "R@10"] + ["R@1", "R@5", "R@10"]
    assert [line.split()[0] for line in lines[3:6]] == ["de", "en", "mean"]
    first = lines[4]
    for name in ("R@1", "R@5", "R@10"):  # figures end where their heads end
        place = lines[2].index(name) + len(name)
        assert first[place - 3 : place].strip(), (name, lines)


def test_progress_goes_on_from_language_to_language(pairs: EmbeddedPairs) -> None:
    seen: list[tuple[int, int]] = []
    evaluate_languages(pairs, on_progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (14, 14)
    assert seen == sorted(seen)


def test_saved_embeddings_keep_their_languages(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    save_pairs(pairs, tmp_path / "kept.npz")
    again = load_pairs(tmp_path / "kept.npz")
    assert again.languages == pairs.languages
    assert isinstance(api.evaluation.evaluate_captions(again), LanguagesReport)
    arrays = dict(np.load(tmp_path / "kept.npz"))
    np.savez(tmp_path / "short.npz", **{**arrays, "languages": arrays["languages"][1:]})
    with pytest.raises(DataError, match="languages has 6 entries for 7 rows"):
        load_pairs(tmp_path / "short.npz")


def test_a_language_that_the_data_lacks_is_named(data: CaptionedPhotos, encoder: ColourEncoder) -> None:
    with pytest.raises(DataError, match="walls has no captions in 'fr'; it has de, en"):
        embed_split(encoder, data, "test", languages=["fr"])
    plain = [replace(photo, languages=()) for photo in data.split("test")]
    with pytest.raises(DataError, match="does not say in which languages"):
        embed_split(encoder, CaptionedPhotos("plain", plain, {}), "all", languages=["fr"])


def test_the_command_writes_a_table_and_files_of_each_language(
    make_photo: PhotoMaker, encoder: ColourEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.evaluation, "load_model", lambda _: encoder)
    for name in GERMAN:
        make_photo(f"images/{name}.jpg", name)
    lines = [
        {"image/key": name, "en": {"caption": [f"a {name} wall"]}, "de": {"caption": [own]}}
        for name, own in GERMAN.items()
    ]
    folder = tmp_path / "photos"
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    asked = ["evaluate", "--data", str(folder), "--json", "-k", "1"]
    answer = CliRunner().invoke(app, [*asked, "--ranks", str(tmp_path / "ranks.csv")])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert list(told["languages"]) == ["de", "en"]
    assert {file.name for file in tmp_path.glob("ranks*")} == {"ranks-de.csv", "ranks-en.csv"}
    one = CliRunner().invoke(app, [*asked, "--language", "en"])
    assert json.loads(one.stdout) == told["languages"]["en"]
    both = CliRunner().invoke(app, ["evaluate", "--data", str(folder), "--compare", "default", "default"])
    assert (both.exit_code, "compare in one: --language de" in " ".join(both.stderr.split())) == (2, True)
