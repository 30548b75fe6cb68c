"""Names that are left out of every index: hidden ones, and folders that systems and programs keep for themselves."""

IGNORE_FILE = ".twinlensignore"
NO_MEDIA = ".nomedia"  # as Android has it: nothing in this folder and below it is for galleries
ICLOUD_END = ".icloud"
IN_ICLOUD = "in iCloud, not on this disk"
HIDDEN_FILE, HIDDEN_FOLDER = "hidden file", "hidden folder"

IGNORED_FOLDERS = {
    "@eaDir": "thumbnails of a NAS",
    ".@__thumb": "thumbnails of a NAS",
    "@Recycle": "recycle bin of a NAS",
    "#recycle": "recycle bin of a NAS",
    "#snapshot": "earlier states kept by a NAS",
    "@Recently-Snapshot": "earlier states kept by a NAS",
    "__MACOSX": "doubles made by macOS",
    "$RECYCLE.BIN": "recycle bin",
    "System Volume Information": "kept by Windows",
    "lost+found": "kept by the file system",
}
"""What such folders hold, by their names."""

_OF_LOWER = {name.lower(): f"{name} folder ({what})" for name, what in IGNORED_FOLDERS.items()}
_STARTS = frozenset(name[0] for name in _OF_LOWER)
_OURS = frozenset((".twinlens", IGNORE_FILE, NO_MEDIA))


def is_left_out(name: str) -> bool:
    """Whether files and folders of this name are left out.

    >>> [is_left_out(name) for name in (".hidden.jpg", "$Recycle.Bin", "beach.jpg")]
    [True, True, False]
    """
    start = name[:1].lower()
    return start == "." or (start in _STARTS and name.lower() in _OF_LOWER)


def why_left_out(name: str, *, is_folder: bool) -> str | None:
    """Why files and folders of such a name are left out; None for those that twinlens itself has.

    >>> why_left_out(".DS_Store", is_folder=False), why_left_out("@eaDir", is_folder=True)
    ('hidden file', '@eaDir folder (thumbnails of a NAS)')
    >>> why_left_out(".IMG_1.HEIC.icloud", is_folder=False), why_left_out(".twinlens", is_folder=True)
    ('in iCloud, not on this disk', None)
    """
    if name in _OURS:
        return None
    if reason := _OF_LOWER.get(name.lower()):
        return reason
    if is_folder:
        return HIDDEN_FOLDER
    return IN_ICLOUD if name.endswith(ICLOUD_END) else HIDDEN_FILE
