"""Settings of a published model that are none: whatever stands in them, the fault is one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from twinlens.errors import BundleError


@contextmanager
def followed(name: str, what: str) -> Iterator[None]:
    """Within it, settings of another program are read.

    Args:
        name: of the model.
        what: that they tell, such as "prepares photos".

    Raises:
        BundleError: they cannot be followed.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BundleError(f"{name} {what} in a way that cannot be followed: {_why(error)}") from error


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(fault["msg"] for fault in error.errors())
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return " ".join(str(error).split())[:300]
