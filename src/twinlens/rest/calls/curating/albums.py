"""Calls for albums: list and open them, put photos in, save searches as live ones, rename and delete them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from twinlens.api.searching import words_query
from twinlens.rest.calls.curating.common import Name, Photos, writable
from twinlens.rest.calls.finding.searching import Ready, terms_of
from twinlens.rest.calls.results import json_of, page_length
from twinlens.rest.calls.schemas.results import SearchAnswer
from twinlens.rest.calls.schemas.values import DEEPEST_OFFSET, Body, Words
from twinlens.rest.engine.engine import Engine
from twinlens.rest.gate.limits.costs import Charged, cost_of_search

router = APIRouter(prefix="/api/albums", tags=["albums"])
AlbumName = Annotated[Name, Query(description="of the album; its case does not matter")]


class AlbumPhotos(Photos):
    """Photos to put into an album, or to take out."""

    name: Name
    is_in: bool = Field(default=True, strict=True, description="false takes them out")


class AlbumOrder(Photos):
    """Photos of an album that are to come first, in this order."""

    name: Name


class SavedSearch(Body):
    """A search to save as a live album."""

    name: Name
    query: Words


class AlbumRenaming(Body):
    """An album that is to get another name."""

    name: Name
    new_name: Name


class AlbumChange(BaseModel):
    """What a change has done."""

    changed: int = Field(description="photos that were put in or taken out")
    name: str = Field(description="of the album as it is written, in whatever case it was sent")


class AlbumCard(BaseModel):
    """An album."""

    name: str
    query: str | None = Field(description="of a live album, whose photos a search finds when it is opened")
    photos: int | None = Field(description="that people have put into it; null for a live album")


class AlbumsAnswer(BaseModel):
    """All albums of the library, by name."""

    num_albums: int
    albums: list[AlbumCard]


@router.get("")
async def albums(engine: Ready) -> AlbumsAnswer:
    """All albums; a search with ``album`` considers only the photos of that one."""
    cards = await engine.run("search", _cards, engine)
    return AlbumsAnswer(num_albums=len(cards), albums=cards)


@router.get("/photos")
async def album_photos(
    engine: Ready,
    charge: Charged,
    name: AlbumName,
    top_k: Annotated[int, Query(ge=1)] = 100,
    offset: Annotated[int, Query(ge=0, le=DEEPEST_OFFSET)] = 0,
) -> SearchAnswer:
    """The photos of an album: in its order, or as its search finds them now."""
    length = page_length(engine, None if top_k == 100 else top_k, usual=top_k)
    await charge(cost_of_search(length))
    answer = await engine.run("search", lambda: engine.collection.albums.open(name, k=length, offset=offset))
    return SearchAnswer(**json_of(answer))


@router.post("")
async def change_photos(body: AlbumPhotos, engine: Ready) -> AlbumChange:
    """Puts photos at the end of an album, which is made if it is new, or takes photos out, all or none."""
    return await engine.run("write", _change, engine, body)


@router.post("/order")
async def order_photos(body: AlbumOrder, engine: Ready) -> AlbumCard:
    """Puts photos of an album first, in the order given; the others follow as before."""
    return await engine.run("write", _order, engine, body)


@router.post("/saved")
async def save_search(body: SavedSearch, engine: Ready) -> AlbumCard:
    """Saves a search as a live album, or changes the search of one."""
    terms_of(engine, [body.query])
    return await engine.run("write", _save, engine, body)


@router.post("/rename")
async def rename_album(body: AlbumRenaming, engine: Ready) -> AlbumCard:
    """Gives an album another name."""
    return await engine.run("write", _rename, engine, body)


@router.delete("")
async def delete_album(name: AlbumName, engine: Ready) -> AlbumCard:
    """Deletes an album, and no photo; returns what it was."""
    return await engine.run("write", _delete, engine, name)


def _cards(engine: Engine) -> list[AlbumCard]:
    found = engine.collection.albums
    counts = found.counts()
    return [AlbumCard(name=one.name, query=one.query or None, photos=counts.get(one.name)) for one in found.all()]


def _card(engine: Engine, name: str) -> AlbumCard:
    return next(card for card in _cards(engine) if card.name == name)


def _change(engine: Engine, body: AlbumPhotos) -> AlbumChange:
    found = writable(engine, "change albums").albums
    changed = (found.add if body.is_in else found.remove)(body.name, body.image_ids)
    return AlbumChange(changed=changed, name=found.spelled(body.name))


def _order(engine: Engine, body: AlbumOrder) -> AlbumCard:
    found = writable(engine, "change albums").albums
    found.put_first(body.name, body.image_ids)
    return _card(engine, found.get(body.name).name)


def _save(engine: Engine, body: SavedSearch) -> AlbumCard:
    album = writable(engine, "change albums").albums.save(body.name, words_query(body.query))
    return _card(engine, album.name)


def _rename(engine: Engine, body: AlbumRenaming) -> AlbumCard:
    return _card(engine, writable(engine, "change albums").albums.rename(body.name, body.new_name).name)


def _delete(engine: Engine, name: str) -> AlbumCard:
    found = writable(engine, "change albums").albums
    card = _card(engine, found.get(name).name)
    found.delete(name)
    return card
