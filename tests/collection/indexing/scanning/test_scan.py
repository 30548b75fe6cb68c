import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from twinlens.collection.indexing.excluding.names import IGNORED_FOLDERS
from twinlens.collection.indexing.scanning.found_files import FoundFile, FoundFiles
from twinlens.collection.indexing.scanning.scan import LINK_OUT, Scan, scan_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def write(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def link(at: Path, target: Path | str) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(target)


def paths(scan: Scan) -> list[str]:
    return [file.path for file in scan.photos]


@pytest.fixture
def close_folder(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder unreadable, for any user."""
    real = os.scandir

    def close(folder: Path) -> None:
        def scandir(path: str | Path) -> object:
            if Path(path) == folder:
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)

    return close


def test_photos_come_with_size_and_date_below_the_folder(root: Path) -> None:
    file = write(root / "2023" / "June" / "beach.jpg", b"12345")
    os.utime(file, ns=(1, 1_700_000_000_123_456_789))
    assert scan_folder(root) == Scan(FoundFiles([FoundFile("2023/June/beach.jpg", 5, 1_700_000_000_123_456_789)]))


def test_the_order_does_not_depend_on_the_file_system(root: Path) -> None:
    for name in ("b.jpg", "a/z.jpg", "c/a.jpg", "a/b/c.jpg", "A.jpg"):
        write(root / name)
    assert paths(scan_folder(root)) == ["A.jpg", "a/b/c.jpg", "a/z.jpg", "b.jpg", "c/a.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "a.jpg",
        "a.JPG",
        "a.jpeg",
        "a.png",
        "a.webp",
        "a.heic",
        "a.HIF",
        "a.tiff",
        "a.avif",
        "a.CR3",
        "a.dng",
        "a.psd",
        "a.jxl",
    ],
)
def test_a_photo_is_known_by_its_ending(root: Path, name: str) -> None:
    write(root / name)
    assert paths(scan_folder(root)) == [name]


def test_an_empty_folder_holds_nothing(root: Path) -> None:
    assert scan_folder(root) == Scan()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("notes.txt", "not an image by its name (.txt)"),
        ("work.XCF", "kind not read yet: GIMP document (.xcf)"),
        ("README", "not an image by its name (no suffix)"),
        ("d/IMG_1.x3f", "kind not read yet: RAW photo (.x3f)"),
        ("logo.svg", "kind not read yet: drawing (.svg)"),
    ],
)
def test_other_files_are_told_with_a_reason(root: Path, name: str, reason: str) -> None:
    write(root / name)
    assert scan_folder(root) == Scan(others=[(name, reason)])


def test_hidden_files_and_folders_are_left_out(root: Path) -> None:
    for name in (".hidden.jpg", "._IMG_1.jpg", ".thumbnails/a.jpg", ".twinlens/x.jpg", "d/.trash/a.jpg"):
        write(root / name)
    assert scan_folder(root) == Scan()


@pytest.mark.parametrize("name", sorted(IGNORED_FOLDERS))
def test_folders_of_thumbnails_and_bins_are_left_out(root: Path, name: str) -> None:
    write(root / "d" / name / "a.jpg")
    assert scan_folder(root) == Scan()


@pytest.mark.parametrize(
    "name", ["Ünï cödé.jpg", "照片.jpg", "new\nline.jpg", "  spaces .jpg", "50% #1?.jpg", "'\"&<b>.jpg"]
)
def test_any_file_name_is_possible(root: Path, name: str) -> None:
    write(root / name)
    assert paths(scan_folder(root)) == [name]


def test_a_file_name_that_is_no_unicode_is_escaped(root: Path) -> None:
    try:
        with open(os.fsencode(root) + b"/caf\xe9.jpg", "wb") as file:  # noqa: PTH123
            file.write(b"x")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    write(root / r"caf\xe9.jpg")  # and one that looks like it
    assert paths(scan_folder(root)) == [r"caf\x5cxe9.jpg", r"caf\xe9.jpg"]


# --- links ------------------------------------------------------------------------------------


def test_a_link_to_a_photo_is_a_photo(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "photo", b"1234567")
    link(root / "linked.jpg", tmp_path / "elsewhere" / "photo")
    (found,) = scan_folder(root, follow_links=True).photos
    assert (found.path, found.size_bytes) == ("linked.jpg", 7)


def test_links_that_lead_out_of_the_folder_are_told(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "a.jpg")
    write(tmp_path / "root-2" / "b.jpg")  # its path begins like the folder's
    write(root / "own" / "c.jpg")
    link(root / "file.jpg", tmp_path / "elsewhere" / "a.jpg")
    link(root / "folder", "../elsewhere")
    link(root / "own" / "near", tmp_path / "root-2")
    link(root / "notes.txt", tmp_path / "elsewhere" / "a.jpg")
    link(tmp_path / "elsewhere" / "home", root)
    expected = [("file.jpg", LINK_OUT), ("folder", LINK_OUT), ("notes.txt", "not an image by its name (.txt)")]
    scan = scan_folder(root)
    assert (paths(scan), scan.others) == (["own/c.jpg"], [*expected, ("own/near", LINK_OUT)])
    followed = scan_folder(root, follow_links=True)
    assert paths(followed) == ["file.jpg", "folder/a.jpg", "own/c.jpg", "own/near/b.jpg"]


def test_links_within_the_folder_are_photos_of_their_own(root: Path, tmp_path: Path) -> None:
    write(root / "a.jpg")
    link(root / "sub" / "b.jpg", "../a.jpg")
    link(root / "sub" / "c.jpg", tmp_path / "way" / "a.jpg")  # out, and back in
    link(tmp_path / "way", root)
    assert scan_folder(root) == scan_folder(root, follow_links=True)
    assert paths(scan_folder(root)) == ["a.jpg", "sub/b.jpg", "sub/c.jpg"]
    assert paths(scan_folder(tmp_path / "way")) == ["a.jpg", "sub/b.jpg", "sub/c.jpg"]


def test_a_junction_of_windows_is_a_link(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        """What Python tells of a junction: a folder, no symbolic link."""

        name, path = "nas", str(root / "nas")

        def is_symlink(self) -> bool:
            return False

        def is_junction(self) -> bool:
            return True

        def is_dir(self) -> bool:
            return True

    class Listing(list):
        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda *_: None  # noqa: E731
        close = lambda self: None  # noqa: E731

    monkeypatch.setattr(os, "scandir", lambda path: Listing([Entry()] if Path(path) == root else []))
    real = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: "/disk" if str(path).endswith("nas") else real(path))
    assert scan_folder(root) == Scan(others=[("nas", LINK_OUT)])


def test_a_broken_link_is_told(root: Path) -> None:
    link(root / "gone.jpg", "nowhere.jpg")
    assert scan_folder(root) == Scan(others=[("gone.jpg", "broken link")])


def test_a_broken_link_that_is_followed_out_may_lead_to_a_disk_that_is_away(root: Path, tmp_path: Path) -> None:
    link(root / "nas", tmp_path / "nas")
    assert scan_folder(root, follow_links=True) == Scan(unreadable=[("nas", "broken link")])
    assert scan_folder(root) == Scan(others=[("nas", "broken link")])


def test_a_link_that_links_to_itself_is_told(root: Path) -> None:
    link(root / "loop.jpg", "loop.jpg")
    assert scan_folder(root) == Scan(others=[("loop.jpg", "broken link")])


@pytest.mark.parametrize("target", [".", "..", "../..", "../root", "../../root/sub"])
def test_links_that_lead_back_end(root: Path, target: str) -> None:
    write(root / "sub" / "a.jpg")
    link(root / "sub" / "again", target)
    assert paths(scan_folder(root)) == ["sub/a.jpg"]


def test_a_link_to_a_sibling_folder_gives_its_photos_once(root: Path) -> None:
    write(root / "a" / "x.jpg")
    link(root / "b", root / "a")
    link(root / "0", "a")  # comes before the folder itself
    assert paths(scan_folder(root)) == ["a/x.jpg"]


def test_a_link_to_a_folder_elsewhere_is_followed_once(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "deep" / "x.jpg")
    link(root / "one", tmp_path / "elsewhere")
    link(root / "two", tmp_path / "elsewhere")
    assert paths(scan_folder(root, follow_links=True)) == ["one/deep/x.jpg"]


def test_folders_elsewhere_that_link_to_each_other_end(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "left" / "x.jpg")
    write(tmp_path / "right" / "y.jpg")
    link(tmp_path / "left" / "over", tmp_path / "right")
    link(tmp_path / "right" / "over", tmp_path / "left")
    link(tmp_path / "right" / "home", root)
    link(root / "in", tmp_path / "left")
    assert sorted(paths(scan_folder(root, follow_links=True))) == ["in/over/y.jpg", "in/x.jpg"]


def test_a_folder_given_as_a_link_is_walked(root: Path, tmp_path: Path) -> None:
    write(root / "sub" / "a.jpg")
    link(root / "sub" / "again", root)
    link(tmp_path / "shortcut", root)
    assert paths(scan_folder(tmp_path / "shortcut")) == ["sub/a.jpg"]


# --- what cannot be opened --------------------------------------------------------------------


def test_a_folder_that_cannot_be_opened_is_told_and_the_others_are_walked(
    root: Path, close_folder: Callable[[Path], None]
) -> None:
    for name in ("a/1.jpg", "b/2.jpg", "b/c/3.jpg", "d.jpg"):
        write(root / name)
    close_folder(root / "b")
    scan = scan_folder(root)
    assert paths(scan) == ["a/1.jpg", "d.jpg"]
    assert scan.unreadable == [("b", "folder cannot be opened: Permission denied")]


def test_the_folder_itself_must_open(root: Path, close_folder: Callable[[Path], None]) -> None:
    close_folder(root)
    with pytest.raises(PermissionError):
        scan_folder(root)


def test_a_missing_folder_and_a_file_are_errors(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan_folder(root / "none")
    with pytest.raises(NotADirectoryError):
        scan_folder(write(root / "a.jpg"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_with_a_photos_name_is_no_photo(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")  # reading it would wait for ever
    assert scan_folder(root) == Scan(others=[("pipe.jpg", "not a regular file")])


def test_a_link_into_or_above_a_folder_seen_before_is_not_followed(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside" / "sub" / "a.jpg")
    link(tmp_path / "outside" / "sub" / "loop", tmp_path / "outside" / "sub")
    link(root / "linked", tmp_path / "outside")
    link(root / "z", tmp_path / "outside" / "sub")
    assert [photo.path for photo in scan_folder(root, follow_links=True).photos] == ["linked/sub/a.jpg"]


def test_folders_tell_whether_they_are_on_another_disk(root: Path) -> None:
    write(root / "sub" / "a.jpg")
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == root.stat().st_dev:
        pytest.skip("needs a second file system")
    with tempfile.TemporaryDirectory(dir=memory) as other:
        write(Path(other) / "deep" / "b.jpg")
        link(root / "mounted", other)
        assert scan_folder(root, follow_links=True).folders == {
            "": False,
            "mounted": True,
            "mounted/deep": False,
            "sub": False,
        }


def test_files_beside_photos_are_found_in_their_own_folder_and_are_not_left_out(root: Path) -> None:
    for name in ("a/beach.jpg", "a/beach.xmp", "a/beach.jpg.supplemental-met.json", "b/beach.jpg", "a/metadata.json"):
        write(root / name)
    scan = scan_folder(root)
    assert {photo: [file.path for file in files] for photo, files in scan.beside.items()} == {
        "a/beach.jpg": ["a/beach.xmp", "a/beach.jpg.supplemental-met.json"]
    }
    assert paths(scan) == ["a/beach.jpg", "b/beach.jpg"]
    assert scan.others == [("a/metadata.json", "not an image by its name (.json)")]


def test_what_programs_keep_beside_photos_is_counted_and_not_listed(root: Path) -> None:
    for name in (
        "IMG_1.HEIC",
        "IMG_1.AAE",
        "IMG_O1.AAE",
        "a/Thumbs.db",
        "a/DSC_1.pp3",
        "a/user-generated-memory-titles.json",
    ):
        write(root / name)
    scan = scan_folder(root)
    assert (paths(scan), scan.others) == (["IMG_1.HEIC"], [])
    assert {reason: (one.entries, one.example) for reason, one in scan.left_out.items()} == {
        "edits of Apple Photos (.aae)": (2, "IMG_1.AAE"),
        "small pictures of Windows (thumbs.db)": (1, "a/Thumbs.db"),
        "edits of RawTherapee (.pp3)": (1, "a/DSC_1.pp3"),
        "notes of Google Photos (user-generated-memory-titles.json)": (1, "a/user-generated-memory-titles.json"),
    }


def test_what_a_scan_asks_the_system_grows_with_folders_and_not_with_photos(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apart from the size and date of each photo, which its entry in the listing tells; none is opened."""
    asked: list[str] = []
    for name in ("stat", "lstat", "open", "readlink", "scandir"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, _n=name, _r=real, **more: asked.append(_n) or _r(*given, **more))
    counts = []
    for number in range(90):
        write(root / f"{number % 3}" / f"{number}.jpg")
        if number in (2, 89):
            asked.clear()
            assert len(scan_folder(root).photos) == number + 1
            counts.append(sorted(asked))
    assert counts[0] == counts[1]
    assert counts[1].count("scandir") == 5  # three folders, and theirs, which is tried first
    assert "open" not in counts[1]


def test_file_beside_a_photo_that_is_a_link_out_of_the_folder_is_not_read(root: Path, tmp_path: Path) -> None:
    write(root / "beach.jpg")
    link(root / "beach.xmp", write(tmp_path / "secret"))
    scan = scan_folder(root)
    assert (scan.beside, scan.others) == ({}, [("beach.xmp", LINK_OUT)])
