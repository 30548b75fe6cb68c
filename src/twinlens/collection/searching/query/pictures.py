"""Queries by pictures: like some of them, and not like others."""

import os
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image

from twinlens.collection.searching.query.query import Query
from twinlens.collection.searching.query.term import Term, photo_term
from twinlens.data.region import Region, parse_region
from twinlens.data.remote import is_url
from twinlens.errors import QueryError, valid_unicode

Picture: TypeAlias = str | os.PathLike[str] | Image.Image
"""A photo's path, an image URL, or a picture in memory."""

Pictures: TypeAlias = Picture | Sequence[Picture]
MOST_PICTURES = 32  # each is decoded and embedded


def similar_query(like: Pictures, *, without: Pictures = (), regions: str | Sequence[str] = ()) -> Query:
    """A query for photos that are like some pictures on average, and not like any of others.

    What is searched by is the mean of their unit vectors: what they have in common.

    Args:
        like: one or more.
        without: photos with a grade for one of these are left out.
        regions: parts of the first pictures that are meant, in their order; empty = all of one. See ``parse_region``.

    Raises:
        QueryError: there is no picture, or there are too many; a region is none, or of no picture.

    >>> similar_query(["a.jpg", "b.jpg"], without="c.jpg", regions="0,0,0.5,1").understood()
    'a.jpg (region 0,0,0.5,1) + b.jpg, without c.jpg'
    """
    wanted, unwanted = _several(like), _several(without)
    parts = [regions] if isinstance(regions, str) else list(regions)
    if not wanted:
        raise QueryError("there is no picture to search by; give at least one")
    if len(wanted) + len(unwanted) > MOST_PICTURES:
        raise QueryError(f"at most {MOST_PICTURES} pictures can be searched by, got {len(wanted) + len(unwanted)}")
    if len(parts) > len(wanted):
        raise QueryError(
            f"there are {len(parts)} regions for {len(wanted)} pictures; give one for each, in their order"
        )
    places = [parse_region(one) if one.strip() else None for one in parts]
    terms = tuple(
        _term(picture, number, region)
        for number, (picture, region) in enumerate(
            zip(wanted, [*places, *[None] * (len(wanted) - len(places))], strict=True), start=1
        )
    )
    left_out = [_term(picture, number) for number, picture in enumerate(unwanted, start=len(terms) + 1)]
    text = " ".join([*(term.value for term in terms), *(f"-{term.value}" for term in left_out)])
    return Query(
        terms,
        valid_unicode(text),
        without=tuple(Query((term,), valid_unicode(term.value)) for term in left_out),
    )


def _several(pictures: Pictures) -> list[Picture]:
    return [pictures] if isinstance(pictures, str | os.PathLike | Image.Image) else list(pictures)


def _term(picture: Picture, number: int, region: Region | None = None) -> Term:
    if isinstance(picture, Image.Image):
        return Term("photo", f"picture {number}", picture=picture, region=region)
    path = os.fspath(picture)
    return Term("url", path, region=region) if is_url(path) else photo_term(path, region=region)
