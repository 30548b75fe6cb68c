"""Sums of whole queries, such as of pictures and words."""

from collections.abc import Sequence
from dataclasses import replace

from twinlens.collection.searching.query.query import Query
from twinlens.collection.searching.query.vector import summed
from twinlens.collection.searching.query.where import all_of_these
from twinlens.errors import QueryError


def sum_of(parts: Sequence[tuple[float, Query]], *, without: Sequence[Query] = ()) -> Query:
    """The weighted sum of several queries; what one of them demands or leaves out holds for the sum.

    Args:
        parts: weights and queries.
        without: what else is left out.

    Raises:
        QueryError: they cancel each other out, or one of them has alternatives.
    """
    if len(parts) == 1 and parts[0][0] > 0:
        query = parts[0][1]
        if not without:
            return query
        if query.either:
            raise QueryError("a query with alternatives (OR) cannot leave out pictures")
        return replace(query, without=(*query.without, *without))
    if any(query.either for _, query in parts):
        raise QueryError("a query that is added to pictures cannot have alternatives (OR)")
    terms = tuple(replace(term, weight=weight * term.weight) for weight, query in parts for term in query.terms)
    return Query(
        terms,
        " + ".join(query.text if weight == 1 else f"{weight:g} {query.text}" for weight, query in parts),
        summed([(weight, query.vector) for weight, query in parts if query.terms]),
        embedding_s=sum(query.embedding_s for _, query in parts),
        where=all_of_these(query.where for _, query in parts),
        without=(*(one for _, query in parts for one in query.without), *without),
        notes=tuple(dict.fromkeys(note for _, query in parts for note in query.notes)),
    )
