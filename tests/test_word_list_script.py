"""scripts/word_list.py makes a bundle's word list from a wheel of wordfreq, captions and names of emoji."""

import gzip
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from twinlens.model.bundle import MANIFEST, open_bundle
from twinlens.model.load import DEFAULT_BUNDLE
from twinlens.words.word_list import ALPHABETS, WORDS, WordList

ROOT = Path(__file__).parents[1]
WORDS_BY_LANGUAGE = {"en": [["the"], [], ["dog", "x", "abc1", "DOG", "狗"]], "de": [["der"], ["Straße"]]}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import word_list

    yield word_list
    sys.modules.pop("word_list", None)


def packed(value: Any) -> bytes:
    """A msgpack file of the kinds that wordfreq uses."""
    match value:
        case int():
            return bytes([value]) if value < 128 else b"\xcd" + value.to_bytes(2)
        case str():
            data = value.encode()
            return (bytes([0xA0 + len(data)]) if len(data) < 32 else b"\xd9" + bytes([len(data)])) + data
        case list():
            return b"\xdc" + len(value).to_bytes(2) + b"".join(map(packed, value))
    return (
        b"\x80" + b""
        if not value
        else b"\xde" + len(value).to_bytes(2) + b"".join(packed(key) + packed(own) for key, own in value.items())
    )


def write_wheel(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        for language in (*ALPHABETS, "zh", "ja", "ko"):
            buckets = [
                {"format": "cB", "version": 1},
                *WORDS_BY_LANGUAGE.get(language, [["车" if language == "zh" else "a"]]),
            ]
            wheel.writestr(f"wordfreq/data/small_{language}.msgpack.gz", gzip.compress(packed(buckets)))
        mapping = gzip.compress(packed({ord("車"): "车", ord("龘"): "龙"}))
        wheel.writestr("wordfreq/data/_chinese_mapping.msgpack.gz", mapping)
    return path


def test_a_list_is_added_to_a_bundle(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for file in DEFAULT_BUNDLE.iterdir():
        if file.name not in (MANIFEST, WORDS):
            (bundle / file.name).symlink_to(file)
    manifest = json.loads((DEFAULT_BUNDLE / MANIFEST).read_text(encoding="utf-8"))
    manifest["english"] = None  # a bundle before it gets a second tower
    del manifest["files"][WORDS]
    (bundle / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    before = open_bundle(bundle).fingerprint
    captions = tmp_path / "captions.json"
    captions.write_text(
        json.dumps([{"file_name": "a.jpg", "caption": "A giraffe, rarely"}] * 3 + [{"caption": "giraffe"}] * 2)
    )
    names = {"annotations": {"annotations": {"🐶": {"tts": ["dog face"]}, "+": {"tts": ["plus"]}}}}
    for language in (*ALPHABETS, "zh", "ja", "ko"):
        (tmp_path / "cldr" / language).mkdir(parents=True)
        (tmp_path / "cldr" / language / "annotations.json").write_text(json.dumps(names))
    wheel = write_wheel(tmp_path / "wordfreq.whl")
    arguments = ["x", str(bundle), str(wheel), "--annotations", str(tmp_path / "cldr"), "--captions", f"en={captions}"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert script.main() == 0
    assert "bytes in" in capsys.readouterr().out
    words = WordList(bundle / WORDS)
    english = words.lexicon("en")
    assert english.level("the") == 0
    assert english.level("dog") is not None
    assert english.level("giraffe") is not None  # five captions have it
    assert english.level("rarely") is None  # three do
    assert english.level("face") is not None  # of an emoji
    assert [english.level(odd) for odd in ("x", "abc1", "plus", "狗")] == [None] * 4
    assert words.lexicon("de").has("strasse")
    assert words.signs >= {"车", "車"}  # the traditional form, too
    assert "龘" not in words.signs
    assert open_bundle(bundle).fingerprint == before
    with zipfile.ZipFile(bundle / WORDS) as file:
        assert b"ShareAlike 4.0" in file.read("LICENSE.txt")


@pytest.mark.parametrize("word", ["recieve", "beautifull", "calender", "begining"])
def test_misspellings_of_frequent_words_are_left_out(script: Any, word: str) -> None:
    known = dict.fromkeys(("receive", "beautiful", "calendar", "beginning"), 1e-4)
    assert script.is_misspelling(word, 1e-7, known)


@pytest.mark.parametrize("word", ["stork", "wombat", "magpie", "receive"])
def test_rare_words_are_no_misspellings(script: Any, word: str) -> None:
    known = dict.fromkeys(("store", "combat", "maggie", "receive"), 1e-4)
    assert not script.is_misspelling(word, 1e-7, known)
