"""Calls for information on the server, the library and the model."""

import logging
import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from twinlens import __version__
from twinlens.errors import TwinlensError
from twinlens.rest.calls.schemas import Architecture, Count, FailureAnswer, Health, LibraryCard, ModelCard, Stats, Tower
from twinlens.rest.calls.searching import Ready
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure
from twinlens.rest.metrics import CONTENT_TYPE
from twinlens.types import TowerDescription

logger = logging.getLogger(__name__)
router = APIRouter(tags=["library"])
STARTED = time.time()
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}, "description": "Prometheus text format"}
}
_NOT_HEALTHY: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "not ready yet, or stopping"}}


@router.get("/health", response_model=Health, responses=_NOT_HEALTHY)
async def health(request: Request) -> Response:
    """Health of the server; 503 until queries can be answered."""
    engine: Engine = request.app.state.engine
    is_loaded = engine.state in ("ready", "stopping")
    images = (await engine.facts()).photos if engine.state == "ready" else 0
    status = {"ready": "healthy", "new": "starting"}.get(engine.state, engine.state)
    body = {"status": status, "model_loaded": is_loaded, "num_images": images}
    return JSONResponse(body, status_code=200 if engine.state == "ready" else 503)


@router.get("/readyz", responses={503: {"model": FailureAnswer}})
async def ready(engine: Ready) -> dict[str, bool]:
    """For load balancers: 200 while this server accepts queries."""
    if engine.state != "ready":
        raise RequestFailure("stopping", "the server is about to stop", "try another server")
    return {"ready": True}


@router.get("/api/stats")
async def stats(engine: Ready) -> Stats:
    """Counts of the library and its model."""
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
        is_calibrated=model.is_calibrated,
        figures=model.figures,
    )


@router.get("/api/collection")
async def library_card(engine: Ready) -> LibraryCard:
    """Contents of the library: photos per camera and subfolder, dates."""
    facts = await engine.facts()
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
