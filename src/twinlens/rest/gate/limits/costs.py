"""What a request costs, in tokens of the rate limit: one, unless it is named here."""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Annotated

from fastapi import Depends, Request

PICTURE_COST = 0.05  # a page that is scrolled asks for 80 thumbnails at once, and for 3,000 within a minute
RESULTS_OF_A_TOKEN = 100  # a search for so many takes about as long as a search for one
_OFTEN = ("/api/image/", "/api/shared/", "/static/", "/api/suggest")
_SELDOM = ("/tags", "/photos")  # suggestions for a photo look at a thousand texts; a share may have to search
CHARGE = "charge"  # in a request's state: takes further tokens; absent where there is no limit

Charge = Callable[[float], Awaitable[None]]


def cost_of_path(path: str) -> float:
    """What is known before the body is read."""
    return PICTURE_COST if path.startswith(_OFTEN) and not path.endswith(_SELDOM) else 1.0


def cost_of_search(top_k: int, *, queries: int = 1) -> float:
    """A search runs once for each query, and its answer grows with the results.

    >>> [cost_of_search(10), cost_of_search(200), cost_of_search(1000, queries=64)]
    [1, 2, 640]
    """
    return queries * max(1, ceil(top_k / RESULTS_OF_A_TOKEN))


def cost_of_explanation(passes: int) -> float:
    """A map of a photo: one token more for each time that the photo goes through the image tower, as for an upload."""
    return 1 + passes


def cost_of_labels(labels: int, phrases: int) -> float:
    """Tags to choose from: each name and each phrase is embedded, ten of them in some 0.1 s."""
    return (labels + phrases) / 10


def _charge_of(request: Request) -> Charge:
    charge: Charge | None = getattr(request.state, CHARGE, None)

    async def beyond_the_first(cost: float) -> None:
        if charge is not None and cost > 1:
            await charge(cost - 1)

    return beyond_the_first


Charged = Annotated[Charge, Depends(_charge_of)]
"""Takes what a call costs; the token that every request costs is already taken."""
