"""Interrupts (Ctrl-C), however they arrive."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts(kept: Callable[[], str] | None = None) -> Iterator[None]:
    """Lets every interrupt leave as a ``KeyboardInterrupt`` whose text is ``kept()``, what the user still has.

    A compiled package that is interrupted while it is imported raises ``ImportError`` with the interrupt as its cause.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        interrupt = _interrupt_behind(error)
        if interrupt is None:
            raise
        raise KeyboardInterrupt(kept() if kept else str(interrupt)) from None


def _interrupt_behind(error: BaseException | None) -> KeyboardInterrupt | None:
    """The interrupt that an exception is, or was raised from."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error
