"""The log files of the server's processes: the same in each worker, and opened again after a rotation."""

import logging
from dataclasses import dataclass

LOGGERS = ("twinlens", "twinlens.access", "twinlens.queries", "twinlens.collection")


@dataclass(frozen=True)
class Logs:
    """A process's logging setup, to be passed on to its workers."""

    levels: dict[str, int]
    files: list[str]

    @classmethod
    def here(cls) -> "Logs":
        """That of this process."""
        files = [handler.baseFilename for handler in _files()]
        return cls({name: logging.getLogger(name).level for name in LOGGERS}, files)

    def start(self) -> None:
        """Sets up logging in a worker."""
        logging.basicConfig(format="%(levelname)s: %(message)s")
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)
        for file in self.files:
            handler = logging.FileHandler(file, encoding="utf-8", errors="backslashreplace")
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            logging.getLogger("twinlens").addHandler(handler)


def reopen_log_files() -> None:
    """Closes the log files, which a rotation may have renamed; the next line opens a new one."""
    for handler in _files():
        handler.close()


def _files() -> list[logging.FileHandler]:
    return [one for one in logging.getLogger("twinlens").handlers if isinstance(one, logging.FileHandler)]
