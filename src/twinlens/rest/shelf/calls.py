"""Calls for a server with several libraries: which there are, and how they are."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from twinlens.rest.calls.library import check_ready, health_of
from twinlens.rest.engine.engine import Engine
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.keys import Key
from twinlens.rest.metrics import CONTENT_TYPE, Metrics

FRONT = "-"  # the label of what is asked of no library; not a name that one can have
router = APIRouter(tags=["libraries"])


class LibraryOnShelf(BaseModel):
    """A library of several."""

    name: str
    path: str
    num_images: int
    cover: str | None


class Libraries(BaseModel):
    """The libraries that a key opens, by name."""

    libraries: list[LibraryOnShelf]


@router.get("/api/libraries")
async def libraries(request: Request) -> Libraries:
    """The libraries that the key opens, and where they are: each has all the calls below its path."""
    key: Key | None = request.state.key
    opened = {name: one for name, one in _engines(request).items() if key is None or key.opens(name)}
    return Libraries(libraries=[await _card(name, one) for name, one in sorted(opened.items())])


@router.get("/health")
async def health(request: Request) -> Response:
    """Health of all libraries: that of the worst one, and without their names."""
    told = [await health_of(one) for one in _engines(request).values()]
    bodies = [body for body, _ in told]
    worst = next((body for body, is_well in told if not is_well), None)
    limited = next((body for body in bodies if body["status"] != "healthy"), None)
    body = {**(worst or limited or bodies[0]), "num_images": sum(one["num_images"] for one in bodies)}
    return JSONResponse(body, status_code=503 if worst else 200)


@router.get("/readyz")
async def ready(request: Request) -> dict[Literal["ready"], bool]:
    """For load balancers: 200 while queries to all libraries are answered."""
    if (state := request.app.state.engine.state) != "ready":
        raise RequestFailure(
            "stopping" if state == "stopping" else "starting", f"the server is {state}", "wait a moment"
        )
    for engine in _engines(request).values():
        await check_ready(engine)
    return {"ready": True}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics of the libraries that the key opens, each with its name as a label."""
    key: Key | None = request.state.key
    counted: Metrics = request.app.state.metrics
    names = None if key is None or key.libraries is None else [FRONT, *key.libraries]
    return Response(await run_in_threadpool(counted.text_of, names), media_type=CONTENT_TYPE)


def _engines(request: Request) -> dict[str, Engine]:
    engines: dict[str, Engine] = request.app.state.engines
    return engines


async def _card(name: str, engine: Engine) -> LibraryOnShelf:
    """A library whose engine is not ready yet, or that is not at its place now, has no cover."""
    cover = None
    if engine.state == "ready" and await engine.missing() is None:
        newest, _ = await engine.run("search", lambda: engine.collection.browse(k=1))
        cover = newest[0].id if newest else None
    return LibraryOnShelf(name=name, path=f"{name}/", num_images=engine.known_photos, cover=cover)
