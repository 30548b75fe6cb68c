"""Figures as PNG, drawn once and cached for redraws of the page."""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Arguments = ParamSpec("Arguments")
DPI = 110
_GUARD = threading.Lock()  # matplotlib is not thread-safe, and each session has its own thread


def drawn(draw: "Callable[Arguments, Figure]", *args: Arguments.args, **kwargs: Arguments.kwargs) -> bytes:
    """The PNG of the figure that ``draw`` returns for these arguments."""
    buffer = io.BytesIO()
    with _GUARD:
        draw(*args, **kwargs).savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()
