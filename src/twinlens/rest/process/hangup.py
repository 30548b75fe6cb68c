"""SIGHUP: to a server without a terminal, or with one that is still open, it means "read again"."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

IS_KNOWN = hasattr(signal, "SIGHUP")  # not on Windows


class Hangup:
    """Tells the two meanings of SIGHUP apart; made when the server starts."""

    def __init__(self) -> None:
        self._ends_with_terminal = _has_terminal() and not _is_ignored()  # nohup ignores it

    def is_end(self) -> bool:
        """True if the terminal that the server was started in has been closed."""
        return self._ends_with_terminal and not _has_terminal()


def on_hangup(act: Callable[[], None]) -> None:
    """From now on SIGHUP runs ``act`` in the running event loop; only the main thread can do this."""
    if IS_KNOWN and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, act)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True


def _is_ignored() -> bool:
    return IS_KNOWN and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
