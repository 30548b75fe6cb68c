"""Files that a cloud holds: what is in their place on this disk is left alone, since reading it would fetch them."""

import os
import stat

from twinlens.collection.indexing.excluding.names import ICLOUD_END, IN_ICLOUD

NOT_HERE = "held by a cloud, not on this disk"
_DATALESS = 0x4000_0000  # SF_DATALESS of macOS: iCloud, Dropbox and others through its File Provider
_RECALLED = (  # Windows: OneDrive, Dropbox and others through its Cloud Files
    getattr(stat, "FILE_ATTRIBUTE_OFFLINE", 0x1000) | 0x4_0000 | 0x40_0000  # recalled on open, on data access
)


def is_placeholder(found: os.stat_result) -> bool:
    """Whether a file has a name and a size, and its content is elsewhere, as far as the system tells."""
    flags, attributes = getattr(found, "st_flags", 0), getattr(found, "st_file_attributes", 0)
    return bool(flags & _DATALESS or attributes & _RECALLED)


def held_name(name: str, reason: str | None) -> str | None:
    """The name of the file that iCloud holds; None for other files that are left out.

    >>> held_name(".IMG_1.HEIC.icloud", IN_ICLOUD)
    'IMG_1.HEIC'
    """
    return name[1 : -len(ICLOUD_END)] if reason == IN_ICLOUD else None
