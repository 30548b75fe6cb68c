"""Write a file whole or not at all."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A place beside a file to write its new content to; it replaces the file when the block ends.

    If the block fails, the file stays as it was, and what was written is deleted. For one writer at a time.

    Raises:
        FileExistsError: something is there that is not a regular file, such as a device; it is left alone.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "figures.json")
    ...     with whole_file(file) as place:
    ...         _ = place.write_text("{}")
    ...     [found.name for found in Path(folder).iterdir()]
    ['figures.json']
    """
    if path.exists() and not path.is_file():
        raise FileExistsError(errno.EEXIST, "is not a regular file", str(path))
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.unlink(missing_ok=True)  # of a process that was killed, or a link that leads elsewhere
        yield partial
        partial.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error tells more
            partial.unlink(missing_ok=True)
        raise
