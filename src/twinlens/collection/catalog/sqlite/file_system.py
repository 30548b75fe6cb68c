"""The kind of file system a folder is on: local to this machine, or possibly shared with others."""

import re
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import NamedTuple

# Local ones are listed, for any other may be shared: network file systems have hundreds of names (nfs4, cifs,
# fuse.sshfs, fuse.shfs, fuse.mergerfs, virtiofs, vboxsf, drvfs, 9p, …)
_LOCAL = frozenset(
    "apfs aufs bcachefs btrfs cramfs devtmpfs ecryptfs erofs exfat ext2 ext3 ext4 f2fs fuseblk hfs hfsplus iso9660 "
    "jffs2 jfs minix msdos nilfs2 ntfs ntfs3 overlay overlayfs ramfs reiser4 reiserfs romfs rootfs squashfs tmpfs "
    "ubifs udf ufs vfat xfs zfs fuse.fuse-overlayfs fuse.zfs".split()
)
_WINDOWS_DRIVES = {2: "removable disk", 3: "disk", 5: "CD", 6: "RAM disk"}  # of GetDriveType; the local ones
_WINDOWS_NETWORK_DRIVE = 4
MOUNT_PROGRAM_S = 10.0  # it only asks the kernel


class Reach(Enum):
    """Who may use the files of a file system at the same time."""

    LOCAL = "this machine only"
    SHARED = "possibly other machines"
    UNKNOWN = "not told by the system"


class FileSystem(NamedTuple):
    """The file system of a folder, with its name for messages."""

    name: str
    reach: Reach


class _Mount(NamedTuple):
    folder: str
    file_system: FileSystem


def file_system_of(path: Path) -> FileSystem:
    """The file system of a path.

    Args:
        path: absolute, with links resolved; need not exist.
    """
    if sys.platform == "win32":
        return _windows_drive(path)
    mounts = _linux_mounts() if sys.platform.startswith("linux") else _bsd_mounts()
    best = _Mount("", FileSystem("unknown", Reach.UNKNOWN))
    for mount in mounts:
        # a later mount on the same folder hides an earlier one, such as a share its automount
        if path.is_relative_to(mount.folder) and len(mount.folder) >= len(best.folder):
            best = mount
    return best.file_system


def network_file_system(path: Path) -> str | None:
    """Name of the file system that a path is on, if other machines may use it, too; else None."""
    found = file_system_of(path)
    return found.name if found.reach is Reach.SHARED else None


def _linux_mounts() -> list[_Mount]:
    try:
        table = Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # a container may hide it
        return []
    mounts = []
    for line in table.splitlines():
        _, folder, name, *_ = line.split(" ")
        folder = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), folder)  # spaces are escaped as \040
        mounts.append(_Mount(folder, FileSystem(name, Reach.LOCAL if name in _LOCAL else Reach.SHARED)))
    return mounts


def _bsd_mounts() -> list[_Mount]:
    """What macOS and the BSDs say: ``/dev/disk3s1 on /System (apfs, sealed, local, read-only)``."""
    try:
        done = subprocess.run(
            ["/sbin/mount"],
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=MOUNT_PROGRAM_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # another system, or a sandbox
        return []
    mounts = []
    for line in done.stdout.splitlines():
        if found := re.fullmatch(r".+? on (/.*) \((\w+), (.*)\)", line):
            options = found[3].split(", ")
            mounts.append(_Mount(found[1], FileSystem(found[2], Reach.LOCAL if "local" in options else Reach.SHARED)))
    return mounts


def _windows_drive(path: Path) -> FileSystem:
    kind = _windows_drive_type(path.anchor)
    if kind in _WINDOWS_DRIVES:
        return FileSystem(_WINDOWS_DRIVES[kind], Reach.LOCAL)
    if kind == _WINDOWS_NETWORK_DRIVE or path.anchor.startswith("\\\\"):
        return FileSystem("network drive", Reach.SHARED)
    return FileSystem("unknown", Reach.UNKNOWN)


def _windows_drive_type(root: str) -> int:
    import ctypes

    return int(getattr(ctypes, "windll").kernel32.GetDriveTypeW(root))  # noqa: B009 — only Windows has it
