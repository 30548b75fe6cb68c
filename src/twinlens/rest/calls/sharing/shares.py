"""Calls for shares: make a link that shows photos, a search or an album to others; list and revoke them."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field, model_validator

from twinlens.api.filters import known_filters
from twinlens.api.library import Collection
from twinlens.api.photos.sharing import MOST_DAYS, USUAL_DAYS, NewShare, Share
from twinlens.api.searching import Sort
from twinlens.rest.calls.curating.common import MOST_PHOTOS, MOST_TYPED, writable
from twinlens.rest.calls.finding.searching import Ready, terms_of
from twinlens.rest.calls.results import filters_of
from twinlens.rest.calls.schemas.fields import FilterFields
from twinlens.rest.calls.schemas.values import ImageId, Whole, Words
from twinlens.rest.engine.engine import Engine
from twinlens.rest.settings import Settings

router = APIRouter(prefix="/api/shares", tags=["shares"])
Reach = Literal["this_machine", "others", "everyone"]
REACH = (
    "who a link works for: 'this_machine' where no other can connect; 'everyone' where the server asks for no key, so "
    "that whoever has a link can open the whole library, too"
)
Number = Annotated[int, Path(ge=1, le=2**53, description="of the share")]


class ShareFields(FilterFields):
    """What to share: photos; or what a search finds, by words, filters or both; an album is one by 'album' alone."""

    image_ids: Annotated[list[ImageId], Field(min_length=1, max_length=MOST_PHOTOS)] | None = None
    query: Words | None = None
    sort: Sort = "relevance"
    heading: str = Field(default="", max_length=MOST_TYPED, description="that the page of the share shows")
    expires_days: Annotated[Whole, Field(ge=1, le=MOST_DAYS)] | None = Field(
        default=USUAL_DAYS, description="until the link expires; null for never"
    )
    originals: bool = Field(
        default=False, strict=True, description="allow to download the files, with all that the camera wrote into them"
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        others = self.filters() or self.query is not None
        if (self.image_ids is not None) == bool(others):
            raise ValueError("give either image_ids, or a query, filters or both")
        return self

    def filters(self) -> dict[str, Any]:
        """The filters that are set."""
        values = {name: getattr(self, name) for name in known_filters()}
        return {name: value for name, value in values.items() if value not in (None, False)}


class ShareCard(BaseModel):
    """A share, without its key."""

    number: int
    heading: str
    kind: Literal["photos", "search", "album"]
    photos: int | None = Field(description="how many were chosen; null for a search or an album")
    query: str | None = Field(description="of a search; empty with filters alone")
    filters: dict[str, str | int | float | bool] = Field(description="of a search")
    album: str | None = Field(description="its name; null for another kind, and once it is deleted")
    originals: bool
    made_at: str = Field(description="in UTC")
    expires_at: str | None = Field(description="in UTC; null for never")
    revoked_at: str | None
    has_ended: bool
    opened: int = Field(description="how many times its page was opened")


class ShareMade(BaseModel):
    """A share, and its link, which is told only now: the server keeps a hash of the key."""

    share: ShareCard
    key: str
    address: str = Field(description="of the link, relative to the server's; the key is behind '#', so no log has it")
    reach: Reach = Field(description=REACH)


class SharesAnswer(BaseModel):
    """All shares, the newest first."""

    num_shares: int
    shares: list[ShareCard]
    reach: Reach = Field(description=REACH)


@router.get("")
async def shares(engine: Ready) -> SharesAnswer:
    """All shares; those that have expired or were revoked stay in the list for ninety days."""
    cards = await engine.run("search", _cards, engine.collection)
    return SharesAnswer(num_shares=len(cards), shares=cards, reach=reach_of(engine.settings))


@router.post("")
async def share(body: ShareFields, engine: Ready) -> ShareMade:
    """Makes a link that shows photos, a search or an album, and nothing else, until it expires or is revoked."""
    if body.query is not None:
        terms_of(engine, [body.query])
    made = await engine.run("write", _add, engine, body)
    card = _card(engine.collection, made.share)
    return ShareMade(share=card, key=made.key, address=f"share#{made.key}", reach=reach_of(engine.settings))


@router.delete("/{number}")
async def revoke(number: Number, engine: Ready, request: Request) -> ShareCard:  # noqa: ARG001 — as all calls
    """Ends a share at once."""
    return await engine.run("write", _revoke, engine, number)


def reach_of(settings: Settings) -> Reach:
    """Who links of this server work for."""
    if settings.is_local and not settings.trusted_proxies and not settings.allowed_hosts:
        return "this_machine"
    return "others" if settings.needs_key else "everyone"


def _add(engine: Engine, body: ShareFields) -> NewShare:
    found = writable(engine, "share photos").shares
    asked: dict[str, Any] = {"days": body.expires_days, "originals": body.originals}
    if body.image_ids is not None:
        return found.share_photos(body.image_ids, heading=body.heading, **asked)
    filters = body.filters()
    if body.query is None and list(filters) == ["album"]:
        return found.share_album(filters["album"], heading=body.heading or None, **asked)
    filters_of(body)  # tells whether a folder can be asked for
    return found.share_search(body.query or "", sort=body.sort, heading=body.heading, **asked, **filters)


def _revoke(engine: Engine, number: int) -> ShareCard:
    collection = writable(engine, "revoke shares")
    return _card(collection, collection.shares.revoke(number))


def _cards(collection: Collection) -> list[ShareCard]:
    return [_card(collection, one) for one in collection.shares.all()]


def _card(collection: Collection, one: Share) -> ShareCard:
    shown = one.shows
    return ShareCard(
        number=one.number,
        heading=one.heading,
        kind="photos" if shown.photos is not None else "search" if shown.album is None else "album",
        photos=None if shown.photos is None else len(shown.photos),
        query=shown.query,
        filters=shown.filters,
        album=collection.shares.album_of(one),
        originals=one.with_originals,
        made_at=one.made_at,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        has_ended=collection.shares.has_ended(one),
        opened=one.opened,
    )
