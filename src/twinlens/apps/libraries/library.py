"""``Library``: the interface that the app searches, for local and served collections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from twinlens.api.filters import Filters
from twinlens.api.library import PlacesMap, View
from twinlens.api.photos.describing import ENGLISH, Language
from twinlens.api.searching import LISTED, Answer, Page, Query, Search, Sort, Target
from twinlens.apps.libraries.duplicates import FindsDuplicates
from twinlens.apps.libraries.giving import Giving
from twinlens.apps.libraries.teaching import Teaching
from twinlens.types import Grade, Hit

THUMBNAIL_PX = 480  # sharp at a quarter of a wide page
UPLOADED = "the uploaded picture"
VIEWED_PX = 1024  # of a photo that is looked at by itself
EVERYTHING = Query((), "all photos")
MOST_ARCHIVE_MB = 256  # it is held in memory


@dataclass(frozen=True, slots=True)
class LibraryCard:
    """Facts about a library for the sidebar.

    Attributes:
        place: folder, or URL of the server.
        num_images: searchable photos.
        num_captions: searchable captions.
        model: name of the model.
        fingerprint: of the model.
        is_complete: False until an index run has finished.
        since_index: what has changed in the photo folders since, at least, such as "3 new, 1 gone".
    """

    place: str
    num_images: int
    num_captions: int
    model: str
    fingerprint: str
    is_complete: bool = True
    since_index: str = ""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Options of a search.

    Attributes:
        k: number of hits.
        show_all: include hits that do not match.
        all_copies: show near copies of a picture one by one, not as one hit.
        language: of built-in descriptions.
        filters: values by filter name.
        offset: number of best hits to skip, for paging.
        sort: order of the hits.
        min_grade: leave out hits with a lower grade.
        explain: say why each hit was found.
    """

    k: int = 10
    show_all: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)
    all_copies: bool = False
    offset: int = 0
    sort: Sort = "relevance"
    min_grade: Grade | None = None
    explain: bool = False
    language: Language = ENGLISH

    def search(self, query: Query, target: Target = "image", filters: Filters | None = None) -> Search:
        """The search for a query with these options; filters may be given in the place of their values."""
        return Search(
            query,
            Filters(**self.filters) if filters is None else filters,
            Page(self.k, self.offset, self.sort),
            target,
            show_all=self.show_all,
            min_grade=self.min_grade,
            group=not self.all_copies,
            explain=self.explain,
        )


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is known about a photo.

    Attributes:
        id: as in hits.
        captions: oldest first.
        title: from its file, or a file beside it, as the next ones.
        description: as people wrote it.
        keywords: of it.
        people: in it.
        place: by its position.
        taken_at: the camera's local time.
        camera: maker and model.
        lens: its model.
        text: what is written in the picture, a piece a line.
        width: pixels, upright.
        height: pixels, upright.
        size_bytes: of the file.
        duration_s: of a video; None for a photo.
        tags: by name.
        albums: into which people have put it.
        rating: stars; None without.
        is_favourite: marked by the user.
    """

    id: str
    captions: Sequence[str] = ()
    title: str | None = None
    description: str | None = None
    keywords: Sequence[str] = ()
    people: Sequence[str] = ()
    place: str | None = None
    taken_at: str | None = None
    camera: str | None = None
    lens: str | None = None
    text: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    duration_s: float | None = None
    tags: Sequence[str] = ()
    albums: Sequence[str] = ()
    rating: int | None = None
    is_favourite: bool = False


@dataclass(frozen=True, slots=True)
class AskedPicture:
    """A picture that is searched by: an uploaded one, or a photo of the library.

    Attributes:
        data: of an uploaded picture.
        photo_id: of a photo of the library; empty for an uploaded picture.
        region: the part that is meant, such as "10%,20%,50%,50%"; of a video with "@" and the seconds; empty for all.
        is_wanted: False if what is like it is left out.
    """

    data: bytes = field(default=b"", repr=False)
    photo_id: str = ""
    region: str = ""
    is_wanted: bool = True


def listing(photos: Sequence[Mapping[str, Any]], count: int, options: SearchOptions) -> Answer:
    """The answer where nothing is searched for, but photos are listed in an order.

    Args:
        photos: fields of each: id, is_missing, and those that a hit has as well.
        count: number of photos on all pages together.
        options: that asked for them.
    """
    hits = [
        Hit(rank, path=Path(str(photo["id"])), score=0.0, **photo)
        for rank, photo in enumerate(photos, options.offset + 1)
    ]
    search = replace(options, show_all=True).search(EVERYTHING)
    return Answer(search, hits, count, None, "", 0.0, ungraded=LISTED, num_entries=count)


class Library(Protocol):
    """Searchable photos and captions; may be shared between sessions.

    Attributes:
        giving: what people give to its photos.
        teaching: what people teach it.
        duplicates: groups of photos of which one may be enough.
    """

    @property
    def giving(self) -> Giving:
        """Tags, ratings, marks, captions, albums and feedback."""

    @property
    def teaching(self) -> Teaching:
        """Words of one's own, and lessons."""

    @property
    def duplicates(self) -> FindsDuplicates:
        """Groups of duplicates with their evidence."""

    def card(self) -> LibraryCard:
        """Current facts about the library."""

    def by_words(self, words: str, options: SearchOptions) -> Answer:
        """Photos that fit a text, or a weighted sum of texts."""

    def by_pictures(self, pictures: Sequence[AskedPicture], options: SearchOptions, words: str = "") -> Answer:
        """Photos that look like the wanted pictures on average, fit words as well, and are not like the others.

        A photo of the library does not find itself.
        """

    def captions_of(self, picture: bytes, options: SearchOptions) -> Answer:
        """The library's captions that fit an uploaded picture."""

    def browse(self, options: SearchOptions) -> Answer:
        """Photos without a query, newest first if no other order is asked for."""

    def months(self, options: SearchOptions) -> list[tuple[str | None, int]]:
        """How many photos that pass the filters are from each month, such as "2023-06"; None for those without a date.

        The newest come first.
        """

    def places(self, view: View, options: SearchOptions, words: str = "") -> PlacesMap:
        """Where photos were taken that pass the filters and match the words, as clusters of what a map shows."""

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Values of filters that this library has: its folders and cameras, by the filter's kind."""

    def examples(self) -> Sequence[str]:
        """Queries that this library answers, for people who have not asked anything yet."""

    def photo(self, photo_id: str) -> PhotoFacts:
        """What is known about a photo."""

    def described(self, photo_id: str, language: Language = ENGLISH) -> Answer:
        """What a photo of the library shows, in everyday descriptions of the built-in list."""

    def thumbnail(self, photo_id: str, *, side: int = THUMBNAIL_PX, at_s: float | None = None) -> bytes:
        """An upright JPEG of a photo, with its longer side at most ``side`` pixels; of a video at a time."""

    def why(self, photo_id: str, words: str) -> bytes:
        """A PNG of a photo, darkened where the words do not match it."""

    def archive(self, photo_ids: Sequence[str]) -> bytes:
        """A zip of photo files."""
