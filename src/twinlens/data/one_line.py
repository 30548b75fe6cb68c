"""Normalize a caption for storage: one line of valid Unicode."""


def one_line(caption: str) -> str:
    """The caption on one line, in valid Unicode without NUL, which no text of a catalog has, with single spaces.

    >>> one_line(" A dog  runs\\n across the grass . ")
    'A dog runs across the grass .'
    """
    return " ".join(caption.replace("\0", " ").encode("utf-8", "replace").decode().split())
