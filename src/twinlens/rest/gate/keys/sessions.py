"""Sessions of the page: signed tokens, and the list of those that were ended before their time."""

import hmac
import logging
import os
import re
import secrets
import tempfile
import time
from pathlib import Path

from filelock import FileLock

from twinlens.rest.gate.keys.keys import Key, KeyRing

logger = logging.getLogger(__name__)
SESSION_S = 30 * 24 * 3600
SECRET = "secret"
ENDED = "ended"  # a line for each: id and expiry date
MOST_BYTES = 1_000_000  # above this, the expired ones are dropped
SECRET_BYTES = 32
_LINE = re.compile(r"([A-Za-z0-9_-]+) (\d+)")


class Sessions:
    """Makes, checks and ends session tokens; all workers and restarts share a folder.

    A token names its key, and is signed with the folder's secret and the key: it becomes invalid when
    the key is changed or removed. A token that was ended is listed until it would have expired.

    Args:
        folder: created if missing, readable for its owner only.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ended_file, self._lock = folder / ENDED, FileLock(folder / "lock")
        self._ended: dict[str, int] = {}
        self._read_up_to = (0, 0)  # inode, bytes
        with self._lock:
            self._secret = _secret(folder / SECRET)
            self._drop_expired()

    def new(self, key: Key, *, now: float | None = None) -> str:
        """A token for the cookie, valid for thirty days."""
        expires = int((time.time() if now is None else now) + SESSION_S)
        told = f"{key.name}.{secrets.token_urlsafe(12)}.{expires}"
        return f"{told}.{self._signature(told, key)}"

    def key_of(self, token: str, keys: KeyRing, *, now: float | None = None) -> Key | None:
        """The key that a session was started with; None if the token is not valid, or not any more."""
        told, _, signature = token.rpartition(".")
        key = keys.named(told.partition(".")[0])
        if key is None:
            return None
        if not hmac.compare_digest(self._signature(told, key).encode(), signature.encode("utf-8", "surrogateescape")):
            return None
        _, session_id, expires = told.split(".")
        if int(expires) <= (time.time() if now is None else now) or self._is_ended(session_id):
            return None
        return key

    def end(self, token: str, keys: KeyRing) -> None:
        """Makes a token invalid, in all workers at once; one that is not valid changes nothing."""
        if self.key_of(token, keys) is None:
            return
        _, session_id, expires, _ = token.split(".")
        with self._lock, os.fdopen(_private(self._ended_file, os.O_APPEND), "a", encoding="ascii") as file:
            file.write(f"{session_id} {expires}\n")
            file.flush()
            os.fsync(file.fileno())
            if file.tell() > MOST_BYTES:
                self._drop_expired()

    def _is_ended(self, session_id: str) -> bool:
        try:
            found = self._ended_file.stat()
        except FileNotFoundError:
            return False
        if self._read_up_to != (found.st_ino, found.st_size):
            self._ended = _ended_in(self._ended_file)
            self._read_up_to = (found.st_ino, found.st_size)
        return session_id in self._ended

    def _drop_expired(self) -> None:
        ended, now = _ended_in(self._ended_file), time.time()
        kept = {session_id: expires for session_id, expires in ended.items() if expires > now}
        if len(kept) < len(ended):
            new = self._ended_file.with_name(f"{ENDED}.new")
            with os.fdopen(_private(new, os.O_TRUNC), "w", encoding="ascii") as file:
                file.writelines(f"{session_id} {expires}\n" for session_id, expires in kept.items())
            new.replace(self._ended_file)

    def _signature(self, told: str, key: Key) -> str:
        # the key's digest alone would not do: it may be in a file that others can read
        return hmac.new(self._secret, b"twinlens session " + key.digest + told.encode(), "sha256").hexdigest()


def sessions_in(folder: Path) -> Sessions:
    """The sessions in a folder, or, where it cannot be written, in a temporary one of this process."""
    try:
        return Sessions(folder)
    except OSError as error:
        logger.warning(
            "%s cannot be written (%s): the page's sessions end with this process, and other workers do not know "
            "them; give a folder with --state-folder or TWINLENS_STATE_FOLDER",
            folder,
            error.strerror or error,
        )
        return Sessions(Path(tempfile.mkdtemp(prefix="twinlens-sessions-")))


def _secret(file: Path) -> bytes:
    if file.exists() and len(kept := file.read_bytes()) == SECRET_BYTES:
        return kept
    made = secrets.token_bytes(SECRET_BYTES)
    new = file.with_name(f"{file.name}.new")
    with os.fdopen(_private(new, os.O_TRUNC), "wb") as opened:
        opened.write(made)
    new.replace(file)
    return made


def _private(file: Path, flags: int) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600)


def _ended_in(file: Path) -> dict[str, int]:
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return {}
    whole = text[: text.rfind("\n") + 1]  # the last line may be being written
    lines = (_LINE.fullmatch(line) for line in whole.splitlines())
    return {line[1]: int(line[2]) for line in lines if line is not None}
