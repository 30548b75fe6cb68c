r"""Paths of photos as text: valid Unicode in the catalog, in ids and in answers, whatever bytes the names have on disk.

On Linux a file name is bytes. Python shows a byte that is no UTF-8 as a lone surrogate, which neither SQLite nor
JSON takes. As text it is ``\xe9``; and a backslash that somebody typed in front of such letters is ``\x5c``.
"""

import os
import re
import unicodedata
from pathlib import Path

from twinlens.errors import valid_unicode

_BYTES_IN_NAMES = os.sep == "/"  # names of Windows are Unicode, and a backslash is no part of them
_AMBIGUOUS = re.compile(r"\\(?=x(?:5c|[89a-f][0-9a-f]))")
_ESCAPED = re.compile(r"\\x(5c|[89a-f][0-9a-f])")


def as_text(path: str) -> str:
    r"""The path in valid Unicode; ``as_file`` is the inverse, so no two files have the same.

    >>> as_text("caf\udce9.jpg"), as_text(r"caf\xe9.jpg"), as_text(r"a\b.jpg")
    ('caf\\xe9.jpg', 'caf\\x5cxe9.jpg', 'a\\b.jpg')
    """
    if not _BYTES_IN_NAMES:
        return path
    return valid_unicode(_AMBIGUOUS.sub(r"\\x5c", path))


def as_file(text: str) -> str:
    r"""The path on disk of a text from ``as_text``.

    >>> as_file(r"caf\xe9.jpg") == "caf\udce9.jpg"
    True
    """
    if not _BYTES_IN_NAMES:
        return text
    return _ESCAPED.sub(lambda match: os.fsdecode(bytes.fromhex(match[1])), text)


def relative_text(path: Path, root: Path) -> str:
    """The path below a folder, as text with "/".

    Raises:
        ValueError: it is not below that folder.
    """
    return as_text(path.relative_to(root).as_posix())


def same_form(text: str) -> str:
    """The text in one Unicode form: macOS writes ``ü`` as two characters, others as one."""
    return unicodedata.normalize("NFC", text)


def on_one_line(text: str) -> str:
    r"""The text with line breaks and other control characters escaped, in valid Unicode.

    >>> on_one_line("new\nline.jpg")
    'new\\nline.jpg'
    """
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in valid_unicode(text)
    )


def archive_name(text: str) -> str:
    """The name of a photo in an archive: Windows would take a backslash for a folder, or for a way out of one."""
    return text.replace("\\", "_")
