"""Write a file whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside a file to write its new content to; it replaces the file when the block ends.

    If the block fails, the file stays as it was, and what was written is deleted. For one writer at a time.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "figures.json")
    ...     with whole_file(file) as place:
    ...         _ = place.write_text("{}")
    ...     [found.name for found in Path(folder).iterdir()]
    ['figures.json']
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error tells more
            partial.unlink(missing_ok=True)
        raise
