"""What the page says when something is wrong: our errors in one box, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from twinlens.errors import TwinlensError

_MARKDOWN = frozenset("\\`*_{}[]()#+-.!|<>~$:")


@contextmanager
def told() -> Iterator[None]:
    """Shows an error of ours in place of what the block would have shown."""
    try:
        yield
    except TwinlensError as error:
        st.error(plain(str(error)))
    except OSError as error:  # a typed folder may be anything: a name too long, a disk that is gone
        st.error(plain(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"))


def plain(text: str) -> str:
    r"""Text for a box that reads Markdown, so that it shows as it is.

    >>> plain("photos/*new*: <b>")
    'photos/\\*new\\*\\: \\<b\\>'
    """
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in text)
