"""Log files of the server's processes: the same in a worker as in its parent."""

import logging
from pathlib import Path

from twinlens.rest.process.logs import Logs


def test_a_worker_logs_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    file, log = tmp_path / "server.log", logging.getLogger("twinlens")
    handlers, level, log.propagate = log.handlers[:], log.level, False  # pytest's own capture takes no such name
    try:
        Logs({"twinlens": logging.INFO}, [str(file)]).start()
        log.info("skipped %s", "caf\udce9.jpg")
    finally:
        for handler in set(log.handlers) - set(handlers):
            log.removeHandler(handler)
            handler.close()
        log.setLevel(level)
        log.propagate = True
    assert r"skipped caf\udce9.jpg" in file.read_text(encoding="utf-8")
