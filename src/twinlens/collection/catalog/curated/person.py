"""Who asks: whose own marks a request means."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from twinlens.errors import QueryError

SHARED = ""
"""Nobody by name: the marks that all who use a library have in common."""

MOST_CHARACTERS = 200  # of a person's name; servers make shorter ones of what tokens say
_asking: ContextVar[str] = ContextVar("asking", default=SHARED)


@contextmanager
def asked_by(person: str) -> Iterator[None]:
    """Until the end of the block, favourites are those of a person: read, counted, found and changed.

    It holds for this thread, or this task of asyncio, and for threads that are started with its context.

    Args:
        person: a name, always written the same way; "" for the marks that all have in common.

    Raises:
        QueryError: it is no name.
    """
    if not isinstance(person, str) or len(person) > MOST_CHARACTERS or not person.isprintable():
        raise QueryError(f"a person is named by up to {MOST_CHARACTERS} letters on one line, got {str(person)[:60]!r}")
    before = _asking.set(person)
    try:
        yield
    finally:
        _asking.reset(before)


def asker() -> str:
    """The person who asks; "" for nobody by name. In SQL, a function without arguments."""
    return _asking.get()
