"""Where the keys come from: settings and files, which are read again when they change."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from twinlens.errors import ConfigError
from twinlens.rest.gate.keys.keys import ONLY_KEY, Key, KeyRing
from twinlens.rest.gate.keys.keys_file import read_keys
from twinlens.rest.gate.keys.tokens import Tokens
from twinlens.rest.settings import Settings, read_key

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
_Seen = tuple[object, ...]


class KeySource:
    """The current keys of a server.

    A file that can no longer be read, or is not valid any more, changes nothing but the log.

    Args:
        settings: name the key, or the files.
        clock: seconds.

    Raises:
        ConfigError: a file cannot be read or is not valid, or there is no key in it.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        named = (settings.api_key_file, settings.keys_file, settings.tokens_file)
        self._files = [Path(file).expanduser() for file in named if file]
        self._tokens = self._read_tokens()
        self._seen, self._looked_at = self._look(), clock()
        self._ring = KeyRing(self._read())
        if not len(self._ring) and self._tokens is None:
            raise ConfigError(f"the keys file {settings.keys_file} has no key; write [name] and sha256 = … into it")

    def current(self) -> KeyRing:
        """The keys, at most a second old."""
        if self._files and self._clock() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._clock()
            if (seen := self._look()) != self._seen:
                self._seen = seen
                self.reload()
        return self._ring

    def find(self, shown: str) -> Key | None:
        """The key that was shown, or that a token stands for; None if it is a wrong one.

        Raises:
            RequestFailure: a token is not valid, or not any more.
        """
        found = self.current().find(shown)
        return found if found is not None or self._tokens is None else self._tokens.key_of(shown)

    def reload(self) -> None:
        """Reads the files again, changed or not."""
        try:
            ring, tokens = KeyRing(self._read()), self._read_tokens()
        except ConfigError as error:
            logger.error("%s; the keys stay as they were", error)
            return
        for before, now in ring.renamed_since(self._ring):
            logger.warning(
                "the key %r is called %r now: its favourites stay with the earlier name, and it begins without; "
                "give it that name again, or see “Favourites of a person” in the docs on Python, which moves them",
                before,
                now,
            )
        self._ring, self._tokens = ring, tokens
        logger.info("the keys were read again; there are now %d", len(self._ring))

    def _read_tokens(self) -> Tokens | None:
        file = self._settings.tokens_file
        return Tokens.read(Path(file)) if file else None

    def _read(self) -> list[Key]:
        settings = self._settings
        keys = read_keys(Path(settings.keys_file)) if settings.keys_file else []
        key = read_key(Path(settings.api_key_file)) if settings.api_key_file else settings.api_key
        if key is None:
            return keys
        if any(one.name == ONLY_KEY for one in keys):
            raise ConfigError(
                f"the keys file {settings.keys_file} names a key {ONLY_KEY!r}, like the one of --api-key; rename it"
            )
        return [Key.of(ONLY_KEY, key), *keys]

    def _look(self) -> list[_Seen]:
        public = [self._tokens.rules.keys] if self._tokens else []
        return [_seen(file) for file in [*self._files, *public]]


def _seen(file: Path) -> _Seen:
    try:
        found = file.stat()
    except OSError as error:
        return (error.errno,)
    return found.st_mtime_ns, found.st_size, found.st_ino
