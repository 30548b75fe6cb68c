"""Queries: what may be asked in one box, how it is parsed, and its embedding."""

from twinlens.collection.searching.query.parse import as_query, parse_query, photo_query, picture_query, words_query
from twinlens.collection.searching.query.pictures import Pictures, similar_query
from twinlens.collection.searching.query.query import Query, QueryLike
from twinlens.collection.searching.query.removal import texts_without
from twinlens.collection.searching.query.sums import sum_of
from twinlens.collection.searching.query.term import MAX_WEIGHT, Term
from twinlens.collection.searching.query.vector import (
    QueryVector,
    embed_picture,
    embed_pixels,
    embed_query,
    embedded,
    summed,
    weighted_sum,
)

__all__ = [
    "MAX_WEIGHT",
    "Pictures",
    "Query",
    "QueryLike",
    "QueryVector",
    "Term",
    "as_query",
    "embed_picture",
    "embed_pixels",
    "embed_query",
    "embedded",
    "parse_query",
    "photo_query",
    "picture_query",
    "similar_query",
    "sum_of",
    "summed",
    "texts_without",
    "weighted_sum",
    "words_query",
]
