"""The picture in the clipboard."""

from pathlib import Path

from PIL import Image, ImageGrab

from twinlens.errors import QueryError


def clipboard_picture() -> Image.Image | Path:
    """The picture that was copied, or the file of a photo that was.

    Raises:
        QueryError: there is no picture in the clipboard, or it cannot be read on this machine.
    """
    try:
        found = ImageGrab.grabclipboard()
    except (NotImplementedError, OSError, ValueError) as error:  # Linux needs wl-paste or xclip
        raise QueryError(f"the clipboard cannot be read: {error}; save the picture to a file") from error
    if isinstance(found, Image.Image):
        return found
    if found:
        return Path(found[0])
    raise QueryError("there is no picture in the clipboard; copy one, or give a file")
