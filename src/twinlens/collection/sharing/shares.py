"""The shares of a collection: photos, a search or an album that others may see by a link."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.names import tidy_name
from twinlens.collection.catalog.curated.shares import MOST_SHARES, Share, Shown
from twinlens.collection.curating.albums import Albums
from twinlens.collection.curating.given_photos import GivenPhotos, PhotoLike
from twinlens.collection.searching.filtering import Filters
from twinlens.collection.searching.query import words_query
from twinlens.collection.searching.search import Page, Sort
from twinlens.collection.searching.searcher import Searcher
from twinlens.collection.sharing.key import fits, new_key, number_in
from twinlens.collection.sharing.shown_photos import NamedPhotos, differ_by_person, named, photos_shown
from twinlens.data.one_line import one_line
from twinlens.errors import QueryError, ShareEndedError, UnknownShareError

logger = logging.getLogger(__name__)
USUAL_DAYS = 30
MOST_DAYS = 36_500
MOST_PHOTOS = 10_000  # of a share of photos, as of whatever else is given to photos at once
KEPT_DAYS = 90  # a share that has ended stays in the list for so long
LOOK_AGAIN_S = 10.0  # what a search or an album shows is at most this old
MOST_KEPT = 32  # shares whose photos are held in memory


class NewShare(NamedTuple):
    """A share that was just made.

    Attributes:
        share: as the list has it.
        key: opens it; known only now, since only a hash of it is kept.
    """

    share: Share
    key: str


class SharedPhoto(NamedTuple):
    """A photo as those see it who have the link.

    Attributes:
        name: what it is called in this share; nothing of its path.
        width: pixels, upright.
        height: pixels, upright.
        taken_on: day, as 2026-11-29.
        duration_s: length of a video; None for a photo.
        behind: name of a photo before it that it is a near copy of, or of the same shot; None for most.
        num_alike: how many stand behind it.
    """

    name: str
    width: int | None
    height: int | None
    taken_on: str | None
    duration_s: float | None
    behind: str | None = None
    num_alike: int = 0


class Shares:
    """What is shared; ``collection.shares``.

    Whoever has a share's key sees what it shows until it expires or is revoked, and nothing else. A share of photos
    always shows these; one of a search or of an album what that has when the link is opened.

    Args:
        catalog: of the collection.
        photos: finds photos by id or path.
        searcher: finds what a search shows.
        albums: opens albums.
        clock: the time, in UTC.
    """

    def __init__(
        self,
        catalog: Catalog,
        photos: GivenPhotos,
        searcher: Searcher,
        albums: Albums,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalog, self._photos, self._searcher, self._albums = catalog, photos, searcher, albums
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[tuple[int, float], NamedPhotos]] = {}

    # --- making and managing ------------------------------------------------------------------

    def share_photos(
        self, photos: Iterable[PhotoLike], *, heading: str = "", days: int | None = USUAL_DAYS, originals: bool = False
    ) -> NewShare:
        """Shares photos.

        Args:
            photos: by id or path, in this order.
            heading: that the page of the share shows.
            days: until the link expires; None = never.
            originals: allow to download the files, with all that the camera wrote into them.

        Raises:
            QueryError: a photo is unknown, there are none or too many, or a value is invalid; nothing was shared.
            CollectionError: the catalog cannot be written.
        """
        numbers = self._photos.numbers(photos)
        if not 0 < len(numbers) <= MOST_PHOTOS:
            raise QueryError(
                f"a share has 1 to {MOST_PHOTOS:,} photos, got {len(numbers):,}; share an album or a search"
            )
        shown = Shown(photos=tuple(numbers), contents=tuple(self._catalog.shares.contents(numbers)))
        return self._add(shown, heading, days, originals=originals)

    def share_search(
        self,
        query: str = "",
        *,
        sort: Sort = "relevance",
        heading: str = "",
        days: int | None = USUAL_DAYS,
        originals: bool = False,
        **filters: Any,
    ) -> NewShare:
        """Shares what a search finds, now and later.

        Args:
            query: words and fields, as in the search box; "" with filters alone.
            sort: order of the photos.
            heading: see ``share_photos``.
            days: see ``share_photos``.
            originals: see ``share_photos``.
            filters: see ``search``.

        Raises:
            QueryError: the search is invalid, has neither words nor a filter, or asks for favourites of one's own.
            CollectionError: the catalog cannot be written.
        """
        given = {key: value for key, value in filters.items() if value not in (None, False)}
        asked, _ = Filters(**given), Page(k=1, sort=sort)
        if query.strip():
            words_query(query)  # tells whether it can be used
        elif not given:
            raise QueryError("a search to share has words or a filter; without either it would show the whole library")
        asked.condition(self._searcher.scope())
        if "folder" in given:
            given["folder"] = self._in_library(Path(str(given["folder"])))
        plain = {key: value if isinstance(value, int | float) else str(value) for key, value in given.items()}
        shown = Shown(query=one_line(query), filters=plain, sort=sort)
        self._refuse_own(shown)
        return self._add(shown, heading, days, originals=originals)

    def share_album(
        self, album: str, *, heading: str | None = None, days: int | None = USUAL_DAYS, originals: bool = False
    ) -> NewShare:
        """Shares an album, with the photos that it has now and later; see ``share_photos``.

        Raises:
            UnknownAlbumError: there is no such album.
            QueryError: a value is invalid.
            CollectionError: the catalog cannot be written.
        """
        found = self._albums.get(album)
        shown = Shown(album=found.number)
        self._refuse_own(shown)
        return self._add(shown, found.name if heading is None else heading, days, originals=originals)

    def all(self) -> list[Share]:
        """All shares, the newest first; those that have ended are listed for ninety days."""
        return self._catalog.shares.all()

    def has_ended(self, share: Share) -> bool:
        """Whether it has expired or was revoked."""
        return share.revoked_at is not None or self._is_past(share.expires_at)

    def revoke(self, number: int) -> Share:
        """Ends a share at once.

        Raises:
            UnknownShareError: there is none with this number.
            CollectionError: the catalog cannot be written.
        """
        self._catalog.shares.revoke(number, at=_text(self._clock()))
        if (share := self._catalog.shares.find(number)) is None:
            raise UnknownShareError(f"there is no share {number}; 'twinlens share list' lists all")
        return share

    def told(self, share: Share) -> str:
        """What a share shows, in words."""
        shown = share.shows
        if shown.photos is not None:
            return "1 photo" if len(shown.photos) == 1 else f"{len(shown.photos):,} photos"
        if shown.album is not None:
            album = self.album_of(share)
            return "an album that is deleted" if album is None else f"the album {album!r}"
        parts = [f"{name}: {value}" for name, value in shown.filters.items()]
        return ", ".join(["the search", *parts] if not shown.query else [f"the search {shown.query!r}", *parts])

    def album_of(self, share: Share) -> str | None:
        """The present name of the album that it shows; None for another kind, and once the album is deleted."""
        album = None if share.shows.album is None else self._catalog.albums.numbered(share.shows.album)
        return None if album is None else album.name

    # --- for those who have the link ----------------------------------------------------------

    def find(self, key: str) -> Share:
        """The share that a key opens.

        Raises:
            UnknownShareError: none has this key.
            ShareEndedError: it has expired or was revoked.
        """
        number = number_in(key)
        share = None if number is None else self._catalog.shares.find(number)
        if not fits(key, share.digest if share else None) or share is None:
            raise UnknownShareError("no share has this key")
        if share.revoked_at is not None:
            raise ShareEndedError("revoked")
        if self._is_past(share.expires_at):
            raise ShareEndedError("expired")
        return share

    def note_opened(self, share: Share) -> None:
        """Counts that a share was opened; a library that cannot be written counts nothing."""
        if not self._catalog.read_only:
            self._catalog.shares.note_opened(share.number)

    def photos(self, share: Share, *, k: int, offset: int = 0) -> tuple[list[SharedPhoto], int]:
        """A page of what a share shows, and how many photos there are.

        Raises:
            ShareEndedError: what it showed is gone.
        """
        found = self._named(share)
        numbers, alike = found.numbers, Counter(found.first.values())
        names = list(numbers)[offset : offset + k]
        records = self._catalog.photos(numbers[name] for name in names)
        shown = [(name, records[numbers[name]]) for name in names if numbers[name] in records]
        photos = [
            SharedPhoto(
                name,
                record.width,
                record.height,
                record.taken_at[:10] if record.taken_at and record.date_source != "file" else None,
                record.duration_ms / 1000 if record.duration_ms else None,
                found.first.get(name),
                alike[name],
            )
            for name, record in shown
        ]
        return photos, len(numbers)

    def num_entries(self, share: Share) -> int:
        """How many photos of a share stand behind no other.

        Raises:
            ShareEndedError: what it showed is gone.
        """
        return self._named(share).num_entries

    def photo_id(self, share: Share, name: str) -> str | None:
        """The id of a photo that a share shows, by its name there; None if it shows no such photo.

        Raises:
            ShareEndedError: what it showed is gone.
        """
        number = self._named(share).numbers.get(name)
        return None if number is None else next(iter(self._photos.ids([number])), None)

    # --- inside -------------------------------------------------------------------------------

    def _add(self, shown: Shown, heading: str, days: int | None, *, originals: bool) -> NewShare:
        heading = tidy_name(heading, "share") if heading.strip() else ""
        expires_at = None if days is None else _text(self._clock() + timedelta(days=_checked(days)))
        table, now = self._catalog.shares, self._clock()
        with self._catalog.transaction():
            table.delete_ended(before=_text(now - timedelta(days=KEPT_DAYS)))
            if table.count() >= MOST_SHARES:
                raise QueryError(f"a library may have {MOST_SHARES:,} shares; revoke some, which are forgotten later")
            number = table.add(heading, shown, with_originals=originals, made_at=_text(now), expires_at=expires_at)
            key = new_key(number)
            table.set_digest(number, key.digest)
            share = table.find(number)
        assert share is not None
        return NewShare(share, key.text)

    def _named(self, share: Share) -> NamedPhotos:
        """What a share shows now."""
        now, generation = time.monotonic(), self._catalog.generation
        if (kept := self._kept.get(share.number)) is not None:
            (known, at), found = kept
            if known == generation and now - at < LOOK_AGAIN_S:
                return found
        try:
            entries = photos_shown(share.shows, self._catalog, self._photos, self._searcher, self._albums)
        except QueryError as error:
            logger.warning("share %d shows nothing any more: %s", share.number, error)
            raise ShareEndedError("gone") from error
        found = named(entries, share.digest)
        with self._lock:
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[share.number] = ((generation, now), found)
        return found

    def _refuse_own(self, shown: Shown) -> None:
        """Raises QueryError if a link would show other photos than who makes it sees."""
        if differ_by_person(shown, self._catalog, self._photos, self._searcher, self._albums):
            raise QueryError(
                "this asks for favourites that only you see, and a link shows those of everybody; "
                "choose the photos and share these"
            )

    def _in_library(self, folder: Path) -> str:
        """A folder without the place of the library, which may move, and which no link tells."""
        for home in self._searcher.scope().folders:
            if folder.is_absolute() and folder.is_relative_to(home.path):
                return home.prefix + folder.relative_to(home.path).as_posix()
        return str(folder)

    def _is_past(self, at: str | None) -> bool:
        return at is not None and at <= _text(self._clock())


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _checked(days: object) -> int:
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise QueryError(f"a share expires after 1 to {MOST_DAYS:,} days, or never; got {days!r}")
    return days
