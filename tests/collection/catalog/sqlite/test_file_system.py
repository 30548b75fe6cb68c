import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from twinlens.collection.catalog.sqlite import file_system
from twinlens.collection.catalog.sqlite.file_system import FileSystem, Reach, file_system_of, network_file_system

MOUNTS = r"""
/dev/sda1 / ext4 rw,relatime 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//nas/photos /mnt/my\040photos cifs rw 0 0
nas:/x /mnt/Fotos-Öffentlich nfs rw 0 0
systemd-1 /mnt/auto autofs rw 0 0
nas:/y /mnt/auto nfs4 rw 0 0
sshfs /mnt/ssh fuse.sshfs rw 0 0
shfs /mnt/user fuse.shfs rw 0 0
a:b /mnt/pool fuse.mergerfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""
MAC_MOUNTS = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
devfs on /dev (devfs, local, nobrowse)
//anna@nas._smb._tcp.local/photos on /Volumes/my photos (smbfs, nodev, nosuid, mounted by anna)
/dev/disk4s1 on /Volumes/CARD (one) (msdos, local, nodev)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
"""


def read_from(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    real = Path.read_text

    def read_text(self: Path, *args: str, **options: str) -> str:
        return table.lstrip() if self == Path("/proc/mounts") else real(self, *args, **options)

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/photos", None),
        ("/home/anna/photos", "nfs4"),
        ("/home/local/photos", None),
        ("/homeless", None),
        ("/mnt/my photos/2023", "cifs"),
        ("/mnt/Fotos-Öffentlich/2023", "nfs"),
        ("/mnt/auto/photos", "nfs4"),
        ("/mnt/ssh", "fuse.sshfs"),
        ("/mnt/user/photos", "fuse.shfs"),
        ("/mnt/pool/photos", "fuse.mergerfs"),
        ("/tmp/x", None),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(
    monkeypatch: pytest.MonkeyPatch, path: str, expected: str | None
) -> None:
    read_from(monkeypatch, MOUNTS)
    assert network_file_system(Path(path)) == expected


@pytest.mark.parametrize(
    "name",
    "fuse.shfs fuse.mergerfs fuse.glusterfs fuse.ceph-fuse fuse.s3fs virtiofs vboxsf drvfs fuse.grpcfuse 9p smb3 fuse "
    "afs lustre gfs2 fuse.something-new".split(),
)
def test_what_is_not_known_to_be_local_counts_as_shared(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    read_from(monkeypatch, f"/dev/sda1 / ext4 rw 0 0\nx /photos {name} rw 0 0\n")
    assert file_system_of(Path("/photos/a")) == FileSystem(name, Reach.SHARED)
    assert file_system_of(Path("/other")).reach is Reach.LOCAL


@pytest.mark.parametrize("name", "ext4 btrfs xfs zfs f2fs ntfs3 fuseblk exfat vfat overlay tmpfs bcachefs".split())
def test_local_file_systems_are_known_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    read_from(monkeypatch, f"x / {name} rw 0 0\n")
    assert file_system_of(Path("/photos")) == FileSystem(name, Reach.LOCAL)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/Users/anna", FileSystem("apfs", Reach.LOCAL)),
        ("/Volumes/my photos/2023", FileSystem("smbfs", Reach.SHARED)),
        ("/Volumes/CARD (one)/DCIM", FileSystem("msdos", Reach.LOCAL)),
    ],
)
def test_macos_tells_which_ones_are_local(monkeypatch: pytest.MonkeyPatch, path: str, expected: FileSystem) -> None:
    def run(line: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(line, 0, MAC_MOUNTS.lstrip(), "")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert file_system_of(Path(path)) == expected


@pytest.mark.parametrize(
    ("path", "drive_type", "reach"),
    [
        ("C:\\Photos", 3, Reach.LOCAL),
        ("E:\\DCIM", 2, Reach.LOCAL),
        ("Z:\\Photos", 4, Reach.SHARED),
        ("\\\\nas\\photos\\2023", 1, Reach.SHARED),
        ("Q:\\Photos", 1, Reach.UNKNOWN),
    ],
)
def test_windows_tells_the_type_of_a_drive(
    monkeypatch: pytest.MonkeyPatch, path: str, drive_type: int, reach: Reach
) -> None:
    asked = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(file_system, "_windows_drive_type", lambda root: asked.append(root) or drive_type)
    assert file_system_of(PureWindowsPath(path)).reach is reach  # type: ignore[arg-type]
    assert asked == [PureWindowsPath(path).anchor]


def test_a_system_that_does_not_tell_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_program(line: list[str], **options: object) -> None:
        raise FileNotFoundError(line[0])

    monkeypatch.setattr(sys, "platform", "haiku")
    monkeypatch.setattr(subprocess, "run", no_program)
    assert file_system_of(tmp_path).reach is Reach.UNKNOWN
    assert network_file_system(tmp_path) is None
