"""Names of columns with file names and with captions, as people write them."""

import re

# the first that a table has is used, so names of files come before names that may be numbers
IMAGE_COLUMNS = (
    *("image", "image_name", "file_name", "filename", "filepath", "file_path", "image_path", "image_file"),
    *("imagename", "imagepath", "image_filename", "photo", "picture", "img", "img_path", "path", "file", "image_id"),
)
CAPTION_COLUMNS = (
    *("caption", "captions", "comment", "text", "title", "description", "sentence", "sentences", "caption_text"),
    *("image_caption", "alt_text", "comments", "descriptions", "texts"),
)


def column_name(written: str) -> str:
    """A column's name in lower case, with ``_`` for spaces and hyphens.

    >>> column_name(' "Image Name"')
    'image_name'
    """
    return re.sub(r"[\s-]+", "_", written.strip().strip('"').strip().lower())
