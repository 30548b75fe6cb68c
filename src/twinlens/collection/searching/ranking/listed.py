"""Candidates of a query without words: listed in an order, or those first that are least like what is left out."""

from collections.abc import Iterable, Sequence

import numpy as np

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition
from twinlens.collection.catalog.order import Order
from twinlens.collection.searching.ranking.ranked import Best, Candidates, Ranked
from twinlens.types import Ids


class Listed(Ranked):
    """Photos that satisfy a condition, in an order; all of them match.

    Args:
        catalog: of the photos.
        condition: of the query and its filters.
        order: newest first, if no other is asked for.
    """

    all_match = True

    def __init__(self, catalog: Catalog, condition: Condition, order: Order = "date") -> None:
        self._catalog, self.condition, self.order = catalog, condition, order
        self._found = catalog.select_ids(condition)
        super().__init__(self.ids, len(self._found))

    def ids(self) -> Ids:
        """[N], all of them, ascending."""
        return self._found

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """Nothing is compared."""
        return dict.fromkeys(items, 0.0)

    def best_of(self, items: Ids, count: int) -> Best:
        """By id."""
        return _unscored(items[:count])

    def _rank(self, count: int) -> Best:
        """By the catalog."""
        return _unscored(self._catalog.ordered(self._found, self.order, count))


class InGivenOrder(Ranked):
    """Photos that people have put in an order; all of them match.

    Args:
        photos: their ids, in the order.
    """

    all_match = True

    def __init__(self, photos: Sequence[int]) -> None:
        self._photos = np.array(photos, dtype=np.int64)
        super().__init__(self.ids, len(photos))

    def ids(self) -> Ids:
        """[N], all of them, ascending."""
        return np.sort(self._photos)

    def scores(self, items: Iterable[int]) -> dict[int, float]:
        """Nothing is compared."""
        return dict.fromkeys(items, 0.0)

    def best_of(self, items: Ids, count: int) -> Best:
        """Those that come first."""
        return _unscored(self._photos[np.isin(self._photos, items)][:count])

    def _rank(self, count: int) -> Best:
        return _unscored(self._photos[:count])


class LeastLike(Candidates):
    """Photos least like a vector first, which is the negative of what is left out; all of them match."""

    all_match = True


def _unscored(ids: Ids) -> Best:
    return Best(ids, np.zeros(len(ids), dtype=np.float32))
