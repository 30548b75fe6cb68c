"""Folders that are not indexed unless somebody says so: a home folder, a root, a system folder."""

import os
import sys
from pathlib import Path

from twinlens.data.objects.object_path import ObjectPath

_SYSTEM_FOLDERS = {
    "linux": "/bin /boot /dev /etc /lib /lib32 /lib64 /opt /proc /run /sbin /snap /sys /usr /var",
    "darwin": "/Applications /Library /System /bin /cores /dev /opt /private/etc /private/var/db /sbin /usr",
}
_WINDOWS_FOLDERS = ("SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData")  # environment variables
_OUTER_FOLDERS = ("/mnt", "/media", "/Volumes", "/run/media", "/srv")  # disks are mounted in them; those are fine


def broad_folder(folder: Path) -> str | None:
    """What a folder is that is too much to index unasked; None for any other.

    Args:
        folder: absolute, with links resolved.

    >>> broad_folder(Path("/"))
    'the root of a file system'
    """
    if isinstance(folder, ObjectPath):
        return None
    if folder == Path(folder.anchor):
        return "the root of a file system"
    home = _home()
    if home is not None and folder == home:
        return "your home folder"
    if home is not None and home.is_relative_to(folder):
        return "a folder of home folders"
    if any(folder.is_relative_to(system) for system in _system_folders()):
        return "a folder of the system"
    if folder.as_posix() in _OUTER_FOLDERS:
        return "a folder where disks are mounted"
    return None


def _home() -> Path | None:
    try:
        return Path(os.path.realpath(Path.home()))
    except RuntimeError:  # a user without one
        return None


def _system_folders() -> list[Path]:
    if sys.platform == "win32":
        return [Path(os.environ[name]) for name in _WINDOWS_FOLDERS if os.environ.get(name)]
    names = _SYSTEM_FOLDERS.get(sys.platform, _SYSTEM_FOLDERS["linux"])
    home = _home()  # a service's own home may lie in a system folder, as /var/lib/NAME
    return [Path(name) for name in names.split() if home is None or not home.is_relative_to(name)]
