"""Show errors in a box on the page, without a traceback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import streamlit as st

from twinlens.errors import TwinlensError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~$:")


@contextmanager
def show_errors() -> Iterator[None]:
    """Shows an error that the block raises as a box."""
    try:
        yield
    except TwinlensError as error:
        st.error(plain(str(error)))
    except OSError as error:  # a typed path can be anything: too long, or on an unmounted disk
        st.error(plain(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"))


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
