"""Photos that have changed are put into a known order, without sorting the others."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinlens.types import Ids


class Inserted(NamedTuple):
    """An order of photos.

    Attributes:
        ids: [N], in the order.
        places: [M], where those lie that have been put into it, ascending.
    """

    ids: Ids
    places: NDArray[np.int64]


def put_into_order(ids: Ids, changed: Ids, key_of: Callable[[int], Any]) -> Inserted | None:
    """The order after photos have changed; None if it cannot be told, because more have changed meanwhile.

    Args:
        ids: [N], in the order until now.
        changed: photos that may be anywhere now, or nowhere.
        key_of: by which a photo is compared; None for what is in no order.
    """
    staying: Ids = ids[~np.isin(ids, changed)]
    keys = {number: key for number in changed.tolist() if (key := key_of(number)) is not None}
    new = sorted(keys, key=lambda number: keys[number])
    seen = range(len(staying))
    try:
        at = [bisect_left(seen, keys[number], key=lambda place: key_of(int(staying[place]))) for number in new]
    except TypeError:  # a photo that one is compared with has gone
        return None
    places = np.array(at, dtype=np.int64)
    return Inserted(np.insert(staying, places, new), places + np.arange(len(new)))
