"""Scan photo folders: photos, other files, what is left out, and folders that cannot be read."""

import os
import posixpath
import stat
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from twinlens.collection.indexing.excluding.companions import companion
from twinlens.collection.indexing.excluding.folders import with_own_file
from twinlens.collection.indexing.excluding.names import HIDDEN_FILE, IGNORE_FILE, NO_MEDIA, is_left_out, why_left_out
from twinlens.collection.indexing.excluding.placeholders import NOT_HERE, held_name, is_placeholder
from twinlens.collection.indexing.excluding.rules import Rules
from twinlens.collection.indexing.scanning.archives import NOT_OPENED, look_inside, why_not_opened
from twinlens.collection.indexing.scanning.found_files import FoundFile, FoundFiles
from twinlens.data.decoding.kinds import NOT_READ_YET, VIDEO_SUFFIXES, unread_kind
from twinlens.data.file_names import as_file, as_text
from twinlens.data.images import MAX_FILE_BYTES, PHOTO_SUFFIXES
from twinlens.data.metadata.beside import files_beside, is_beside
from twinlens.data.metadata.takeout_album import is_album_file
from twinlens.data.objects.listing import TreeListing
from twinlens.data.objects.object_path import ObjectPath
from twinlens.data.objects.storage import ObjectEntry
from twinlens.data.video.names import can_read_videos
from twinlens.errors import DataError, valid_unicode

Entry: TypeAlias = "os.DirEntry[str] | ObjectEntry"
LINK_OUT = "link that leads out of the folder, not followed; --follow-links includes it"
IN_NO_MEDIA = f"folder with a {NO_MEDIA} file"


class LeftOut(NamedTuple):
    """Files and folders that were left out for one reason; what lies in such a folder is not counted."""

    reason: str
    entries: int
    example: str  # the first one's path


@dataclass
class Scan:
    """Contents of one photo folder, sorted by path.

    Attributes:
        photos: files with the extension of a photo.
        beside: by the path of a photo, the files beside it that say something about it.
        albums: by the path of a folder, the file of Google Takeout that may tell which album it is; among others, too.
        others: path and reason of files that are not photos or not supported.
        unreadable: path and reason of subfolders that could not be opened and of broken links that
            lead out of the folder and are followed; known photos there do not count as missing.
        folders: all folders that could be opened, "" for the scanned one, and whether each is on
            another disk than the folder around it, as a mount point is.
        dates: modification time in ns of each folder that could be opened, "" for the scanned one.
        left_out: what was passed over: hidden files, what systems and programs keep, what patterns exclude.
        excluded: paths of what patterns and ``.nomedia`` files exclude: known photos there leave the collection.
        patterns: those of the collection that matched something.
        away: paths of files that a cloud holds; known photos there do not count as missing.
    """

    photos: FoundFiles = field(default_factory=FoundFiles)
    beside: dict[str, tuple[FoundFile, ...]] = field(default_factory=dict)
    albums: dict[str, FoundFile] = field(default_factory=dict, compare=False)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    folders: dict[str, bool] = field(default_factory=dict, compare=False)
    dates: dict[str, int] = field(default_factory=dict, compare=False)
    left_out: dict[str, LeftOut] = field(default_factory=dict, compare=False)
    excluded: set[str] = field(default_factory=set, compare=False)
    patterns: set[str] = field(default_factory=set, compare=False)
    away: set[str] = field(default_factory=set, compare=False)

    def leave_out(self, path: str, reason: str) -> None:
        """Counts a file or folder that is left out."""
        known = self.left_out.get(reason)
        self.left_out[reason] = LeftOut(reason, known.entries + 1, known.example) if known else LeftOut(reason, 1, path)


def scan_folder(root: Path, *, follow_links: bool = False, rules: Rules | None = None, archives: bool = False) -> Scan:
    """Scans a folder and its subfolders.

    Leaves out hidden files and folders, AppleDouble ``._`` files, what patterns exclude, and subfolders with a
    ``.nomedia`` file. A link to a photo in the folder is a photo of its own; one to a folder is followed unless its
    target is, contains or is inside a folder already scanned.

    Args:
        root: may itself be a link.
        follow_links: also index what is behind links that lead out of ``root``; otherwise they
            are listed as ``others``.
        rules: the patterns of the collection.
        archives: whether zip and tar files count as folders.

    Raises:
        OSError: ``root`` itself cannot be listed.
    """
    if isinstance(root, ObjectPath):
        return _scan_objects(root, rules or Rules())
    os.scandir(root).close()
    library = Path(os.path.realpath(root))
    walk = _Walk({str(library)}, None if follow_links else library)
    files = walk.files(root, "", rules or Rules(), disk=None)
    return _sorted_out(walk, files, library, follow_links=follow_links, archives=rules or Rules() if archives else None)


def _scan_objects(root: ObjectPath, rules: Rules) -> Scan:
    """Scans object storage by the same rules; there are no links, and neither videos nor archives are read."""
    with TreeListing() as tree:
        walk = _Walk({str(root)}, None, objects=tree)
        return _sorted_out(walk, walk.files(root, "", rules, disk=None), root, follow_links=True)


def scan_some(root: Path, places: Mapping[str, Rules], *, known: Container[str]) -> tuple[Scan, set[str]]:
    """Scans some folders of a photo folder, by the rules of ``scan_folder``; links that lead out are not followed.

    Args:
        root: the photo folder.
        places: folders to list, "" for ``root``, and the rules of the folder around each.
        known: folders that are not entered from the one around them; others are new, and scanned as a whole.

    Returns:
        The scan, and the subfolders that were met in what was listed.
    """
    library = Path(os.path.realpath(root))
    walk = _Walk({str(library)}, library, known)

    def files() -> Iterator[tuple[str, Entry]]:
        for below, rules in sorted(places.items()):
            if below not in walk.scan.folders:
                place = root / as_file(below)
                yield from walk.files(
                    place, as_file(below) + "/" if below else "", rules, disk=_disk_around(place, below)
                )

    scan = _sorted_out(walk, files(), library, follow_links=False)
    scan.photos = FoundFiles(
        sorted(scan.photos, key=lambda photo: photo.path.split("/"))
    )  # as if all were walked through
    return scan, walk.met


def _disk_around(place: Path, below: str) -> int | None:
    try:
        return place.parent.stat().st_dev if below else None
    except OSError:
        return None


def _sorted_out(
    walk: "_Walk",
    files: Iterator[tuple[str, Entry]],
    library: Path,
    *,
    follow_links: bool,
    archives: Rules | None = None,
) -> Scan:
    """What the files of a walk are; ``archives`` are looked into by these rules, or not at all."""
    scan, may_be_beside = walk.scan, list[FoundFile]()
    for name, entry in files:
        path = as_text(name)
        if _is_dead_link(entry):
            # outside, an unmounted disk looks like this: known photos there do not count as missing
            is_away = follow_links and _link_out(entry, library)
            (scan.unreadable if is_away else scan.others).append((path, "broken link"))
            continue
        reason = why_no_object(path) or why_not_a_photo(path) if walk.is_remote else why_not_a_photo(path)
        if may_belong := reason is not None and is_beside(path):
            reason = None
        if is_archive := archives is not None and reason == NOT_OPENED:
            reason = None
        if reason is not None and (what := companion(path)):
            scan.leave_out(path, what)
            continue
        reason = reason or (None if follow_links else _link_out(entry, library))
        if reason:
            scan.others.append((valid_unicode(path), reason))
            continue
        try:
            found = entry.stat()
        except OSError as error:
            scan.others.append((path, f"unreadable: {error.strerror}"))
            continue
        if is_placeholder(found):
            scan.leave_out(path, NOT_HERE)
            scan.away.add(path)
        elif is_archive and archives is not None and stat.S_ISREG(found.st_mode):
            _look_inside(scan, Path(entry.path), path, found.st_mtime_ns, archives)
        elif walk.is_remote and found.st_size > MAX_FILE_BYTES:
            scan.others.append((path, f"{found.st_size / 1e9:,.1f} GB, more than {MAX_FILE_BYTES / 1e9:.0f} GB"))
        elif stat.S_ISREG(found.st_mode):
            found_files = may_be_beside if may_belong else scan.photos
            found_files.append(FoundFile(path, found.st_size, found.st_mtime_ns))
        else:  # reading a pipe would block forever
            scan.others.append((path, "not a regular file"))
    if may_be_beside:
        _find_beside(scan, may_be_beside)
    return scan


def _look_inside(scan: Scan, archive: Path, path: str, mtime_ns: int, rules: Rules) -> None:
    """Adds the photos in an archive; they have its date."""
    try:
        inside = look_inside(archive, why_not_a_photo)
    except DataError as error:  # what is known of it stays
        scan.unreadable.append((path, f"archive cannot be read: {error}"))
        return
    for name, size in inside.photos:
        if not _is_excluded_inside(scan, path, name, rules):
            scan.photos.append(FoundFile(f"{path}/{name}", size, mtime_ns))
    for name, reason in inside.others:
        if what := companion(name):
            scan.leave_out(f"{path}/{name}", what)
        else:
            scan.others.append((f"{path}/{valid_unicode(name)}", reason))
    for _ in range(inside.hidden):
        scan.leave_out(path, HIDDEN_FILE)


def _is_excluded_inside(scan: Scan, path: str, name: str, rules: Rules) -> bool:
    """Whether patterns leave out a member of an archive, or a folder around it in there."""
    around = [name[: place + 1] for place, letter in enumerate(name) if letter == "/"]
    for part in (*around, name):
        rule = rules.deciding(f"{path}/{part}".rstrip("/"), is_folder=part.endswith("/"))
        if rule is None:
            continue
        if not rule.source:
            scan.patterns.add(rule.pattern)
        if rule.excludes:
            scan.leave_out(f"{path}/{name}", rule.reason)
            scan.excluded.add(f"{path}/{name}")
            return True
    return False


def _find_beside(scan: Scan, files: list[FoundFile]) -> None:
    """Files that belong to no photo are others."""
    by_path = {file.path: file for file in files}
    photos, others = (_by_folder(paths) for paths in ((photo.path for photo in scan.photos), by_path))
    left = dict(by_path)
    for folder, names in others.items():
        for photo, beside in files_beside(photos.get(folder, ()), names).items():
            scan.beside[folder + photo] = tuple(by_path[folder + name] for name in beside)
            for name in beside:
                left.pop(folder + name, None)
    for path in left:
        folder, _, name = path.rpartition("/")
        if folder and is_album_file(name):
            scan.albums.setdefault(folder, left[path])
    for path in left:
        if what := companion(path):
            scan.leave_out(path, what)
        else:
            scan.others.append((valid_unicode(path), why_not_a_photo(path) or ""))
    scan.others.sort()


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Names by the folder that they are in, with "/" at its end; "" for the scanned one."""
    names: dict[str, list[str]] = {}
    for path in paths:
        cut = path.rfind("/") + 1
        names.setdefault(path[:cut], []).append(path[cut:])
    return names


class _Walk:
    """Goes through a folder.

    Args:
        seen: folders that were scanned already, links resolved.
        library: links that lead out of it are not followed; None = all are.
        known: subfolders that are not entered.
        objects: lists the folders, if they are in object storage.

    Attributes:
        scan: what was found.
        is_remote: whether the folders are in object storage.
        met: the subfolders in what was listed.
    """

    def __init__(
        self, seen: set[str], library: Path | None, known: Container[str] = (), *, objects: TreeListing | None = None
    ) -> None:
        self.scan, self.met = Scan(), set[str]()
        self._seen, self._library, self._known = seen, library, known
        self._objects, self.is_remote = objects, objects is not None

    def files(self, folder: Path, prefix: str, rules: Rules, *, disk: int | None) -> Iterator[tuple[str, Entry]]:
        """Files below a folder; ``disk`` is the device of the folder around it."""
        own = as_text(prefix.rstrip("/"))
        try:
            state, entries = self._look(folder, own)
        except OSError as error:
            if self.is_remote and (not own or isinstance(error, ConnectionError)):  # then no folder can be opened
                raise
            self.scan.unreadable.append((own, f"folder cannot be opened: {error.strerror or error}"))
            return
        inner = self._rules_in(folder, own, rules, entries)
        if inner is None:
            return
        self.scan.folders[own] = disk is not None and state is not None and state.st_dev != disk
        if state is not None:
            self.scan.dates[own] = state.st_mtime_ns
        if self._objects is not None and isinstance(folder, ObjectPath):
            self._objects.expect(folder / name for name in self._entered(entries, prefix, inner))
        for entry in entries:
            path = prefix + entry.name
            if is_left_out(entry.name):
                if reason := why_left_out(entry.name, is_folder=is_folder(entry)):
                    self.scan.leave_out(as_text(path), reason)
                    if held := held_name(entry.name, reason):
                        self.scan.away.add(as_text(prefix + held))
            elif inner and self._is_excluded(entry, path, inner):
                continue
            elif not is_folder(entry):
                yield path, entry
            elif self._library is not None and (reason := _link_out(entry, self._library)):
                self.scan.others.append((as_text(path), reason))
            elif _is_new(entry, self._seen):
                self.met.add(as_text(path))
                if as_text(path) in self._known:
                    continue
                yield from self.files(folder / entry.name, path + "/", inner, disk=state.st_dev if state else None)

    def _look(self, folder: Path, own: str) -> tuple[os.stat_result | None, Sequence[Entry]]:
        """The state of a folder, which object storage does not have, and what is in it, by name."""
        if self._objects is not None and isinstance(folder, ObjectPath):
            found = self._objects.entries(folder)
            if found.unnamed:
                place = f"{own}//" if own else "//"
                self.scan.others.append((place, "objects behind an empty name, to which no path leads"))
            return None, sorted(found.entries)
        state = folder.stat()  # before it is listed: what is added meanwhile counts as added later
        with os.scandir(folder) as listing:
            return state, sorted(listing, key=lambda entry: entry.name)

    def _entered(self, entries: Sequence[Entry], prefix: str, rules: Rules) -> Iterator[str]:
        """The names of the folders that will be listed."""
        for entry in entries:
            if entry.is_dir() and not is_left_out(entry.name):
                rule = rules.deciding(as_text(prefix + entry.name), is_folder=True) if rules else None
                if rule is None or not rule.excludes:
                    yield entry.name

    def _rules_in(self, folder: Path, own: str, rules: Rules, entries: Sequence[Entry]) -> Rules | None:
        """The rules in a folder; None if it is left out as a whole."""
        names = {entry.name for entry in entries if entry.name in (IGNORE_FILE, NO_MEDIA)}
        if NO_MEDIA in names and own:  # the photo folder itself was named by a person
            self.scan.leave_out(own, IN_NO_MEDIA)
            self.scan.excluded.add(own)
            return None
        if IGNORE_FILE not in names:
            return rules
        file = f"{own}/{IGNORE_FILE}" if own else IGNORE_FILE
        try:
            inner, faults = with_own_file(rules, folder, own)
        except OSError as error:
            reason = f"folder is left alone: its {IGNORE_FILE} cannot be read ({error.strerror or error})"
            self.scan.unreadable.append((own, reason))
            return None
        self.scan.others += [(file, f"no pattern, passed over: {line}") for line in faults]
        return inner

    def _is_excluded(self, entry: Entry, path: str, rules: Rules) -> bool:
        name = as_text(path)
        rule = rules.deciding(name, is_folder=is_folder(entry))
        if rule is None:
            return False
        if not rule.source:
            self.scan.patterns.add(rule.pattern)
        if rule.excludes:
            self.scan.leave_out(name, rule.reason)
            self.scan.excluded.add(name)
        return rule.excludes


def _is_dead_link(entry: Entry) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)  # noqa: PTH110 — also False for a loop


def is_folder(entry: Entry) -> bool:
    """Whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _is_link(entry: Entry) -> bool:
    is_junction = getattr(entry, "is_junction", None)  # a link of Windows; asked for since Python 3.12
    return entry.is_symlink() or bool(is_junction and is_junction())


def _link_out(entry: Entry, library: Path) -> str | None:
    if not _is_link(entry) or Path(os.path.realpath(entry.path)).is_relative_to(library):
        return None
    return LINK_OUT


def _is_new(entry: Entry, seen: set[str]) -> bool:
    if not _is_link(entry):
        return True
    target = os.path.realpath(entry.path)
    if any(Path(target).is_relative_to(known) or Path(known).is_relative_to(target) for known in seen):
        return False
    seen.add(target)
    return True


def why_no_object(path: str) -> str | None:
    """Why an object cannot be indexed though a file could; judged by its name."""
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in VIDEO_SUFFIXES:
        return "video in object storage, not read; a copy in a folder is"
    return "archive in object storage, not opened; unpack it there" if why_not_opened(suffix) else None


def why_not_a_photo(path: str) -> str | None:
    """Why a file cannot be indexed, judged by its name; None for a photo."""
    if valid_unicode(path) != path:  # on Windows
        return "file name is not valid Unicode"
    suffix = posixpath.splitext(path)[1].lower()  # a Path takes four times as long, for every file of every run
    if suffix in PHOTO_SUFFIXES or (suffix in VIDEO_SUFFIXES and can_read_videos()):
        return None
    if kind := unread_kind(suffix):
        return f"{NOT_READ_YET}: {kind} ({suffix})"
    if reason := why_not_opened(suffix):
        return reason
    return f"not an image by its name ({suffix if suffix.strip('.') else 'no suffix'})"
