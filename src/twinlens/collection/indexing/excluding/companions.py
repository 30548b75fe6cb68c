"""Files that programs and cameras put beside photos, and that say nothing which is read: counted, not listed."""

import posixpath

_KEPT = {  # by how their names end
    ".aae": "edits of Apple Photos",
    ".pp3": "edits of RawTherapee",
    ".arp": "edits of ART",
    ".dop": "edits of DxO PhotoLab",
    ".cos": "edits of Capture One",
    ".cot": "preview of Capture One",
    ".cop": "preview of Capture One",
    ".on1": "edits of ON1",
    ".nksc": "edits of Nikon",
    ".thm": "small picture of a video",
    ".lrv": "small copy of a video",
}
_BY_NAME = {
    "thumbs.db": "small pictures of Windows",
    "ehthumbs.db": "small pictures of Windows",
    "desktop.ini": "look of a folder in Windows",
    "picasa.ini": "notes of Picasa",
    "print-subscriptions.json": "notes of Google Photos",
    "shared_album_comments.json": "notes of Google Photos",
    "user-generated-memory-titles.json": "notes of Google Photos",
}


def companion(path: str) -> str | None:
    """What such a file is; None for others.

    >>> companion("2023/IMG_1.AAE"), companion("2023/Thumbs.db"), companion("2023/IMG_1.HEIC")
    ('edits of Apple Photos (.aae)', 'small pictures of Windows (thumbs.db)', None)
    """
    name = posixpath.basename(path).lower()
    suffix = posixpath.splitext(name)[1]
    if what := _BY_NAME.get(name):
        return f"{what} ({name})"
    return f"{_KEPT[suffix]} ({suffix})" if suffix in _KEPT else None
