"""A file with several keys: what it may contain, and what is said of the rest."""

import hashlib
from pathlib import Path

import pytest

from twinlens.errors import ConfigError
from twinlens.rest.gate.keys.key_source import LOOK_EVERY_S, KeySource
from twinlens.rest.gate.keys.keys import KeyRing
from twinlens.rest.gate.keys.keys_file import read_keys
from twinlens.rest.settings import Settings

LONG = "a-key-of-the-test-01"
OTHER = "another-key-of-the-test"
HASH = hashlib.sha256(OTHER.encode()).hexdigest()


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_keys_have_names_and_scopes(tmp_path: Path) -> None:
    text = f'[family]\nkey = "{LONG}"\n[ana]\nsha256 = "{HASH}"\nscopes = ["search", "curate", "index"]\n'
    ring = KeyRing(read_keys(written(tmp_path / "keys.toml", text)))
    family, ana = ring.find(LONG), ring.find(OTHER)
    assert family is not None
    assert ana is not None
    assert (family.name, family.scopes) == ("family", {"search"})
    assert (ana.name, ana.scopes) == ("ana", {"search", "curate", "index"})
    assert ring.find(HASH) is None  # the hash is no key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[a]\nkey = "short"', "16 or more"),
        ("[a]\n", "either 'key' or 'sha256'"),
        (f'[a]\nkey = "{LONG}"\nsha256 = "{HASH}"', "either 'key' or 'sha256'"),
        (f'[a]\nsha256 = "{HASH[:-1]}"', "64 hexadecimal digits"),
        (f'[a]\nkey = "{LONG}"\nscopes = ["admin"]', "search, curate, index"),
        (f'[a]\nkey = "{LONG}"\nscopes = "search"', "must be a list"),
        (f'[a]\nkey = "{LONG}"\nscope = ["search"]', "unknown fields: scope"),
        (f'[a]\nkey = "{LONG}"\nfavourites = "mine"', 'favourites must be "own" or "shared", got \'mine\''),
        (f'["a b"]\nkey = "{LONG}"', "letters, digits"),
        (f'key = "{LONG}"', "outside of a table"),
        (f'[a]\nkey = "{LONG}"\nrequests_per_day = 0', "requests_per_day must be a whole number of at least 1"),
        (f'[a]\nkey = "{LONG}"\nrequests_per_minute = true', "requests_per_minute must be a whole number"),
        (f'[a]\nkey = "{LONG}"\n[b]\nkey = "{LONG}"', "two names"),
        (f'[a]\nkey = "{LONG}\n[b]\n', "not valid TOML (line 2)"),
        (f"[a]\nkey = {LONG}", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_what_is_not_valid_is_said_without_the_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_keys(written(tmp_path / "keys.toml", text))
    assert said in str(error.value)
    assert LONG not in str(error.value)


def test_a_file_that_is_missing_or_has_no_key_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        KeySource(Settings(keys_file=str(tmp_path / "none")))
    with pytest.raises(ConfigError, match="has no key"):
        KeySource(Settings(keys_file=str(written(tmp_path / "keys.toml", "# none yet\n"))))
    named = written(tmp_path / "keys.toml", f'[default]\nkey = "{LONG}"\n')
    with pytest.raises(ConfigError, match="rename it"):
        KeySource(Settings(api_key="one", keys_file=str(named)))


def test_files_are_read_again_when_they_change_at_most_every_second(tmp_path: Path) -> None:
    several = written(tmp_path / "keys.toml", f'[family]\nkey = "{LONG}"\n')
    single = written(tmp_path / "key", "the-first-key\n")
    now = [0.0]
    settings = Settings(api_key="the-first-key", api_key_file=str(single), keys_file=str(several))
    source = KeySource(settings, clock=lambda: now[0])

    def names() -> set[str]:
        ring = source.current()
        found = [ring.find(key) for key in ("the-first-key", "the-second-key", LONG, OTHER)]
        return {f"{key.name}{number}" for number, key in enumerate(found) if key is not None}

    assert names() == {"default0", "family2"}
    written(several, f'[ana]\nsha256 = "{HASH}"\n')
    written(single, "the-second-key\n")
    assert names() == {"default0", "family2"}
    now[0] += LOOK_EVERY_S
    assert names() == {"default1", "ana3"}


def test_a_file_that_becomes_invalid_or_is_gone_changes_no_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path / "keys.toml", f'[family]\nkey = "{LONG}"\n')
    now = [0.0]
    source = KeySource(Settings(keys_file=str(file)), clock=lambda: now[0])
    for change in (lambda: written(file, f'[family]\nkey = "{LONG[:4]}"\n'), file.unlink):
        change()
        now[0] += LOOK_EVERY_S
        assert source.current().find(LONG) is not None
        assert "stay as they were" in caplog.text
        caplog.clear()
    written(file, f'[ana]\nkey = "{OTHER}"\n')
    now[0] += LOOK_EVERY_S
    assert source.current().find(LONG) is None


def test_a_key_that_gets_another_name_is_told_where_its_favourites_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = 'favourites = "own"\n'
    file = written(tmp_path / "keys.toml", f'[ana]\nkey = "{LONG}"\n{own}[family]\nsha256 = "{HASH}"\n')
    source = KeySource(Settings(keys_file=str(file)))
    written(file, f'[ana-phone]\nkey = "{LONG}"\n{own}[all]\nsha256 = "{HASH}"\n')
    source.reload()
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 1, "shared favourites have no name"
    assert warnings[0].startswith("the key 'ana' is called 'ana-phone' now: its favourites stay with the earlier name")
