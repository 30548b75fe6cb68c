"""Calls for information on the server, the library and the model."""

import logging
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from twinlens import __version__
from twinlens.errors import TwinlensError
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.schemas.failures import FailureAnswer
from twinlens.rest.calls.schemas.library import (
    Architecture,
    Changes,
    Count,
    Health,
    LibraryCard,
    ModelCard,
    Stats,
    Tower,
)
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.news import News
from twinlens.rest.failures import RequestFailure, catalog_missing, library_missing, store_missing
from twinlens.rest.metrics import CONTENT_TYPE
from twinlens.types import TowerDescription

logger = logging.getLogger(__name__)
router = APIRouter(tags=["library"])
STARTED = time.time()
MOST_WAIT_S = 25.0  # proxies give up after half a minute or more
MOST_GENERATIONS = 2**62
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}, "description": "Prometheus text format"}
}
_NOT_HEALTHY: dict[int | str, dict[str, Any]] = {
    503: {"model": Health, "description": "not ready yet, stopping, or without its collection"}
}


@router.get("/health", response_model=Health, responses=_NOT_HEALTHY)
async def health(request: Request) -> Response:
    """Health of the server; 503 until queries can be answered, and while the collection is not at its place.

    "degraded": something is ``missing``. Without the photos' folder, searches go on, but nothing can be changed.
    """
    body, is_well = await health_of(request.app.state.engine)
    return JSONResponse(body, status_code=200 if is_well else 503)


async def health_of(engine: Engine) -> tuple[dict[str, Any], bool]:
    """A library's health, and whether its queries are answered."""
    is_ready = engine.state == "ready"
    missing = await engine.missing() if is_ready else None
    if is_ready and missing not in ("collection", "catalog"):
        await engine.facts()
    status = {"ready": "degraded" if missing else "healthy", "new": "starting"}.get(engine.state, engine.state)
    body = {
        "status": status,
        "model_loaded": engine.state in ("ready", "stopping"),
        "num_images": engine.known_photos if is_ready else 0,
    }
    if missing:
        body["missing"] = missing
    if engine.replica is not None:
        body |= {"replica_lag_s": engine.replica.lag_s, "replica_used": engine.replica.is_used}
    return body, is_ready and missing not in ("collection", "vectors", "catalog")


@router.get("/readyz", responses={503: {"model": FailureAnswer}})
async def ready(engine: Ready) -> dict[str, bool]:
    """For load balancers: 200 while this server accepts queries."""
    if engine.state != "ready":
        raise RequestFailure("stopping", "the server is about to stop", "try another server")
    await check_ready(engine)
    return {"ready": True}


async def check_ready(engine: Engine) -> None:
    """Raises RequestFailure if a part of the library without which queries cannot be answered is not at its place."""
    match await engine.missing():
        case "collection":
            raise library_missing("the collection")
        case "vectors":
            raise store_missing()
        case "catalog":
            raise catalog_missing()


@router.get("/api/stats")
async def stats(
    request: Request,
    engine: Ready,
    other_than: Annotated[
        int | None,
        Query(ge=0, le=MOST_GENERATIONS, description="wait until the library's generation is another one than this"),
    ] = None,
    wait_s: Annotated[float, Query(ge=0, le=MOST_WAIT_S, description="how long to wait for that, in seconds")] = 20.0,
) -> Stats:
    """Counts of the library and its model; at once, or when the library has changed."""
    if other_than is not None:
        news: News = request.app.state.news
        await news.wait(other_than=other_than, within_s=wait_s)
    facts, model = await engine.facts(), engine.collection.encoder.describe()
    return Stats(
        num_images=facts.photos,
        num_captions=facts.captions,
        num_skipped=facts.skipped,
        embedding_dim=model.dim,
        model=model.name,
        model_fingerprint=model.fingerprint,
        model_architecture=Architecture(
            image_input_dim=model.image.features_dim, text_input_dim=model.text.features_dim, shared_dim=model.dim
        ),
        languages=list(model.languages),
        generation=facts.generation,
        uptime_s=round(time.time() - STARTED, 1),
        version=__version__,
    )


@router.get("/api/model")
async def model_card(engine: Ready) -> ModelCard:
    """The model that the library is indexed with."""
    model = engine.collection.encoder.describe()
    return ModelCard(
        name=model.name,
        fingerprint=model.fingerprint,
        description=model.description,
        created=model.created,
        license=model.license,
        embedding_dim=model.dim,
        image=_tower(model.image),
        text=_tower(model.text),
        max_tokens=model.max_tokens,
        languages=list(model.languages),
        knows_words=model.knows_words,
        is_calibrated=model.is_calibrated,
        figures=model.figures,
    )


@router.get("/api/collection")
async def library_card(engine: Ready) -> LibraryCard:
    """Contents of the library: photos per camera and subfolder, dates."""
    facts, since_index = await engine.facts(), await engine.since_index()
    return LibraryCard(
        num_images=facts.photos,
        num_captions=facts.captions,
        num_skipped=facts.skipped,
        generation=facts.generation,
        is_complete=facts.is_complete,
        first_taken=facts.first_taken,
        last_taken=facts.last_taken,
        num_located=facts.located,
        num_undated=facts.undated,
        num_file_dated=facts.file_dated,
        cameras=[Count(name=name, images=images) for name, images in facts.cameras],
        folders=[Count(name=name, images=images) for name, images in facts.folders],
        since_index=None if since_index is None else Changes(**since_index.to_json()),
    )


@router.get("/metrics", response_class=Response, responses=_METRICS)
async def metrics(request: Request) -> Response:
    """Prometheus metrics, summed over all workers."""
    engine: Engine = request.app.state.engine
    if engine.state == "ready":
        try:
            await engine.facts()
        except (TwinlensError, RequestFailure) as error:  # the other counters matter most when something is wrong
            logger.warning("photos and captions could not be counted: %s", error)
    return Response(await engine.run("search", engine.metrics.text), media_type=CONTENT_TYPE)


def _tower(tower: TowerDescription) -> Tower:
    return Tower(architecture=tower.architecture, input_dim=tower.features_dim, quantization=tower.quantization)
