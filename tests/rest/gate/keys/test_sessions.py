"""Sessions: until when they are valid, and that they can be ended."""

import stat
import sys
from pathlib import Path

import pytest

from twinlens.rest.gate.keys import sessions as module
from twinlens.rest.gate.keys.keys import Key, KeyRing
from twinlens.rest.gate.keys.sessions import ENDED, SESSION_S, Sessions, sessions_in

ANA, BEN = Key.of("ana", "one"), Key.of("ben", "two", ["search"])
KEYS = KeyRing([ANA, BEN])


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "state")


def test_a_session_ends_after_its_time(sessions: Sessions) -> None:
    token = sessions.new(BEN, now=1000)
    assert sessions.key_of(token, KEYS, now=1000 + SESSION_S - 1) == BEN
    assert sessions.key_of(token, KEYS, now=1000 + SESSION_S + 1) is None


def test_a_session_ends_with_its_key(sessions: Sessions) -> None:
    token = sessions.new(ANA)
    assert sessions.key_of(token, KEYS) == ANA
    assert sessions.key_of(token, KeyRing([BEN])) is None
    assert sessions.key_of(token, KeyRing([Key.of("ana", "another")])) is None
    fewer = Key.of("ana", "one", ["search"])
    assert sessions.key_of(token, KeyRing([fewer])) == fewer  # what it may do now


def test_what_was_not_signed_is_no_session(sessions: Sessions, tmp_path: Path) -> None:
    token = sessions.new(BEN)
    name, session_id, expires, signature = token.split(".")
    other = Sessions(tmp_path / "other").new(BEN)
    for forged in (
        f"ana.{session_id}.{expires}.{signature}",
        f"{name}.{session_id}x.{expires}.{signature}",
        f"{name}.{session_id}.{int(expires) + 1}.{signature}",
        f"{name}.{session_id}.{expires}.",
        f"{name}.{signature}",
        "",
        "...",
        "ben...",
        "ben.\xff.9.\udcff",
        other,
    ):
        assert sessions.key_of(forged, KEYS) is None


def test_a_session_that_was_ended_is_ended_in_every_worker_and_after_a_restart(
    sessions: Sessions, tmp_path: Path
) -> None:
    worker = Sessions(tmp_path / "state")
    token, other = sessions.new(ANA), sessions.new(ANA)
    assert worker.key_of(token, KEYS) == ANA
    sessions.end(token, KEYS)
    for one in (sessions, worker, Sessions(tmp_path / "state")):
        assert one.key_of(token, KEYS) is None
        assert one.key_of(other, KEYS) == ANA
    worker.end(other, KEYS)
    assert sessions.key_of(other, KEYS) is None


def test_only_valid_sessions_are_listed_and_no_longer_than_they_would_have_lived(
    sessions: Sessions, tmp_path: Path
) -> None:
    for token in ("", "x", "ana.b.c.d", sessions.new(ANA, now=0)):
        sessions.end(token, KEYS)
    listed = tmp_path / "state" / ENDED
    assert not listed.exists()
    token = sessions.new(ANA)
    sessions.end(token, KEYS)
    with listed.open("ab") as file:
        file.write(b"long-ago 1000\n\xff\x00 no line of ours\n")
    assert Sessions(tmp_path / "state").key_of(token, KEYS) is None
    assert "long-ago" not in listed.read_text()
    assert sessions.key_of(token, KEYS) is None  # read again from the new list


def test_a_token_gives_no_key_away_and_its_secret_is_the_owners(sessions: Sessions, tmp_path: Path) -> None:
    token = sessions.new(Key.of("ana", "a-key-of-the-test-01"))
    assert "a-key-of-the-test-01" not in token
    assert Key.of("ana", "a-key-of-the-test-01").digest.hex() not in token
    if sys.platform != "win32":
        for file in ("", "secret"):
            assert stat.S_IMODE((tmp_path / "state" / file).stat().st_mode) & 0o077 == 0


def test_where_nothing_can_be_written_sessions_last_as_long_as_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    sessions = sessions_in(tmp_path / "file" / "sessions")
    assert "--state-folder" in caplog.text
    token = sessions.new(ANA)
    assert sessions.key_of(token, KEYS) == ANA
    sessions.end(token, KEYS)
    assert sessions.key_of(token, KEYS) is None


def test_a_secret_that_was_cut_is_made_anew(tmp_path: Path) -> None:
    token = Sessions(tmp_path).new(ANA)
    (tmp_path / "secret").write_bytes(b"")
    again = Sessions(tmp_path)
    assert len((tmp_path / "secret").read_bytes()) == 32
    assert again.key_of(token, KEYS) is None


def test_the_list_is_cleared_of_what_has_expired_while_it_is_used(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 200)
    listed = tmp_path / "state" / ENDED
    listed.write_text("long-ago 1000\n" * 20)
    token = sessions.new(ANA)
    sessions.end(token, KEYS)
    assert len(listed.read_text().splitlines()) == 1
    assert sessions.key_of(token, KEYS) is None
