"""The call that shows duplicates; nothing is deleted or moved."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from twinlens.api.library import Collection
from twinlens.api.photos.duplicates import DuplicateGroup, Duplicates, GroupedPhoto, Kind, Similar
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.values import DATE_SOURCE, DEEPEST_OFFSET, OWN_CAPTION, PLACE
from twinlens.rest.engine.duplicate_search import DuplicateSearch
from twinlens.types import DateSource

router = APIRouter(prefix="/api", tags=["library"])
MOST_GROUPS = 200
Captions: TypeAlias = Mapping[str, str | None]
"""Photo id → its caption."""


class GroupedFile(BaseModel):
    """A file of a group."""

    image_id: str = Field(description="as in results; of a RAW file that is no photo of the library, its path")
    size_bytes: int | None = Field(description="null for such a RAW file, as are the next four")
    width: int | None
    height: int | None
    taken_at: str | None
    date_source: DateSource | None = Field(default=None, description=DATE_SOURCE)
    is_favourite: bool = False
    rating: int | None = None
    tags: list[str] = []
    caption: str | None = Field(default=None, description=OWN_CAPTION)
    place: str | None = Field(default=None, description=PLACE)
    has_picture: bool = Field(description="it is a photo of the library, so it can be shown")
    in_archive: bool = Field(description="it lies in a zip or tar file, so nobody can move it alone")


class SimilarFile(GroupedFile):
    """A file besides the best one, and why it is there."""

    kind: Kind = Field(description="exact: same content; near: same picture saved again; series: another shot")
    of: str = Field(description="image_id of the file that it was compared with")
    figures: dict[str, float] = Field(description="the evidence: bits of 256 that differ, likeness, seconds apart")


class GroupAnswer(BaseModel):
    """Photos of which one may be enough."""

    best: GroupedFile = Field(description="most pixels, then most bytes, then the oldest file")
    others: list[SimilarFile]


class DuplicatesAnswer(BaseModel):
    """One page of the groups, or how far the search is."""

    stage: Literal["running", "done"]
    done: int = Field(description="photos opened so far, to compare their pictures")
    total: int = Field(description="photos to open; 0 while that is not known")
    num_groups: int
    kinds: dict[Kind, int] = Field(description="how many files of each kind there are besides the best ones")
    in_archives: dict[Kind, int] = Field(description="how many of these lie in archives")
    not_compared: int = Field(description="photos left out: gone or changed since the last index run, or links")
    has_features: bool = Field(description="whether pictures were compared, and not only contents and names")
    offset: int
    groups: list[GroupAnswer]


@router.get("/duplicates")
async def duplicates(
    request: Request,
    engine: Ready,
    kind: Annotated[list[Kind] | None, Query(description="only groups with such files, and only those of them")] = None,
    offset: Annotated[int, Query(ge=0, le=DEEPEST_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_GROUPS)] = 50,
) -> DuplicatesAnswer:
    """Groups of photos of which one may be enough. Nothing is deleted or moved.

    Looking for them may take minutes in a large library: then ``stage`` is "running", and the same call asks again.
    What was found is kept until the library changes.
    """
    search: DuplicateSearch = request.app.state.duplicates
    state = await search.look()
    if state.found is None:
        nothing = Duplicates((), ())
        return _answer("running", nothing, [], offset=offset, groups=[], progress=(state.done, state.total))
    chosen = state.found.of_kinds(kind)
    page = chosen[offset : offset + limit]
    groups = await engine.run("search", _groups, engine.collection, page)
    return _answer("done", state.found, chosen, offset=offset, groups=groups, progress=(state.done, state.total))


def _answer(
    stage: Literal["running", "done"],
    found: Duplicates,
    chosen: list[DuplicateGroup],
    *,
    offset: int,
    groups: list[GroupAnswer],
    progress: tuple[int, int],
) -> DuplicatesAnswer:
    packed = Counter(other.kind for group in found.groups for other in group.others if other.photo.in_archive)
    return DuplicatesAnswer(
        stage=stage,
        done=progress[0],
        total=progress[1],
        num_groups=len(chosen),
        kinds=found.counts(),
        in_archives={one: packed[one] for one in found.kinds},
        not_compared=found.not_compared,
        has_features=found.has_features,
        offset=offset,
        groups=groups,
    )


def _groups(collection: Collection, page: list[DuplicateGroup]) -> list[GroupAnswer]:
    ids = [one.id for group in page for one in (group.best, *(other.photo for other in group.others))]
    captions = {one.id: one.own_caption for one in collection.listed(ids)}
    return [
        GroupAnswer(
            best=_file(collection, group.best, captions),
            others=[_similar(collection, one, captions) for one in group.others],
        )
        for group in page
    ]


def _similar(collection: Collection, other: Similar, captions: Captions) -> SimilarFile:
    photo = _file(collection, other.photo, captions)
    return SimilarFile(**photo.model_dump(), kind=other.kind, of=other.of, figures=other.figures)


def _file(collection: Collection, photo: GroupedPhoto, captions: Captions) -> GroupedFile:
    """A file, with what is known of it."""
    card = collection.photo(photo.id)
    return GroupedFile(
        image_id=photo.id,
        size_bytes=photo.size_bytes,
        width=photo.width,
        height=photo.height,
        taken_at=card.taken_at if card else None,
        date_source=card.date_source if card else None,
        is_favourite=card is not None and card.is_favourite,
        rating=card.rating if card else None,
        tags=list(card.tags) if card else [],
        caption=captions.get(photo.id),
        place=card.told.place if card else None,
        has_picture=card is not None,
        in_archive=photo.in_archive,
    )
