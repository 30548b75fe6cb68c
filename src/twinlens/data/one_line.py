"""A caption as it is stored: on one line, and valid Unicode."""


def one_line(caption: str) -> str:
    """A caption as it is kept: on one line, and valid Unicode.

    >>> one_line(" A dog  runs\\n across the grass . ")
    'A dog runs across the grass .'
    """
    return " ".join(caption.encode("utf-8", "replace").decode().split())
