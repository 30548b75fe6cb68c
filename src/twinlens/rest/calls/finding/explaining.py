"""The call that shows where in a photo a text matches."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from twinlens.api.explanation import passes
from twinlens.rest.calls.finding.searching import Ready, terms_of
from twinlens.rest.calls.photos import file_of
from twinlens.rest.calls.results import words
from twinlens.rest.calls.schemas.explanations import ExplainAnswer
from twinlens.rest.calls.schemas.searches import ExplainRequest
from twinlens.rest.failures import unknown_image
from twinlens.rest.gate.callers import client_of
from twinlens.rest.gate.envelope import PHOTO_POLICY
from twinlens.rest.gate.limits.costs import Charged, cost_of_explanation

router = APIRouter(prefix="/api", tags=["search"])
PNG = "image/png"
_TWO_KINDS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {PNG: {"schema": {"type": "string", "format": "binary"}}},
        "description": "a map or, with `Accept: image/png`, the photo, darkened where the text does not match",
    }
}


@router.post("/explain", response_model=ExplainAnswer, responses=_TWO_KINDS)
async def explain(body: ExplainRequest, request: Request, engine: Ready, charge: Charged) -> ExplainAnswer | Response:
    """Where in a photo a text matches: a grid of numbers, or a picture with `Accept: image/png`.

    The map comes from the model's own grid if it has one. Otherwise parts of the photo are covered one after the other,
    which takes as long as embedding 49 photos and counts as much.
    """
    terms_of(engine, [body.query])
    file = await engine.run("search", file_of, engine, body.image_id)
    await charge(cost_of_explanation(passes(engine.collection.encoder)))
    query = await words(engine, body.query)
    hit = await engine.run("search", engine.collection.match, query, body.image_id)
    if hit is None:
        raise unknown_image(body.image_id)
    explained = await engine.explained(file, query, hit.score, client=client_of(request.scope))
    if _wants_picture(request.headers.get("accept", "")):
        data = await engine.run("explain", explained.png)
        return Response(data, media_type=PNG, headers={"Content-Security-Policy": PHOTO_POLICY})
    fields = explained.to_json()
    del fields["image_path"]
    return ExplainAnswer(
        **{**fields, "score": round(hit.score, 6)},
        understood=query.understood(),
        image_id=hit.id,
        probability=hit.probability,
        grade=hit.grade,
        how=explained.how,
    )


def _wants_picture(accept: str) -> bool:
    """True if PNG is accepted by name and JSON is not.

    >>> [_wants_picture(accept) for accept in ("image/png", "image/*;q=0.8, */*;q=0.5", "*/*", "application/json")]
    [True, True, False, False]
    """
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return not kinds.isdisjoint({PNG, "image/*"}) and "application/json" not in kinds
