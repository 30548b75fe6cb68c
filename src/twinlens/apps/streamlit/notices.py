"""Show errors in a box on the page, without a traceback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import streamlit as st

from twinlens.errors import (
    CollectionNotFoundError,
    NoCaptionsError,
    NothingToLearnError,
    QueryError,
    TwinlensError,
    without_commands,
)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_HERE = {
    NothingToLearnError: "write captions of open photos, or say with the thumbs what fits a search",
    NoCaptionsError: "write some below open photos",
    CollectionNotFoundError: "index these photos first",
}
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~$:")


@contextmanager
def show_errors() -> Iterator[None]:
    """Shows an error that the block raises as a box."""
    try:
        yield
    except TwinlensError as error:
        st.error(plain(told_here(error)))
    except OSError as error:  # a typed path can be anything: too long, or on an unmounted disk
        st.error(plain(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"))


def told_here(error: TwinlensError) -> str:
    """An error with what to do about it in the app, where a message names a command for that.

    >>> told_here(NoCaptionsError("no captions are known here yet; add them: twinlens index PHOTOS --captions FILE"))
    'no captions are known here yet; write some below open photos'
    """
    if not isinstance(error, QueryError | NothingToLearnError | CollectionNotFoundError):
        return str(error)  # what only a command can mend
    fault = without_commands(str(error))
    advice = next((said for kind, said in _HERE.items() if isinstance(error, kind)), "")
    return f"{fault}; {advice}" if advice and fault != str(error) else fault


def attempt(action: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result | None:
    """What an action gives; None where it fails, which is shown as a box."""
    with show_errors():
        return action(*args, **kwargs)
    return None  # type: ignore[unreachable]  # an error that was shown leads here


def plain(text: str) -> str:
    r"""Escapes text for a box that renders Markdown.

    >>> plain("photos/*new*: <b>")
    'photos/\\*new\\*\\: \\<b\\>'
    """
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in text)
