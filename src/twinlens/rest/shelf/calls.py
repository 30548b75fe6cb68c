"""Calls for a server with several libraries: which there are, and how they are."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from twinlens.rest.failures import RequestFailure, library_missing
from twinlens.rest.gate.keys.keys import Key
from twinlens.rest.metrics import CONTENT_TYPE, Metrics
from twinlens.rest.shelf.slot import Slot

FRONT = "-"  # the label of what is asked of no library; not a name that one can have
router = APIRouter(tags=["libraries"])


class LibraryOnShelf(BaseModel):
    """A library of several."""

    name: str
    path: str
    num_images: int
    cover: str | None
    is_missing: bool


class Libraries(BaseModel):
    """The libraries that a key opens, by name."""

    libraries: list[LibraryOnShelf]


@router.get("/api/libraries")
async def libraries(request: Request) -> Libraries:
    """The libraries that the key opens, and where they are: each has all the calls below its path."""
    key: Key | None = request.state.key
    opened = {name: one for name, one in _slots(request).items() if key is None or key.opens(name)}
    return Libraries(libraries=[await _card(name, one) for name, one in sorted(opened.items())])


@router.get("/health")
async def health(request: Request) -> Response:
    """Health of all libraries together, without their names: 503 until one of them answers queries.

    "degraded": something is ``missing`` in one of them; each library's own call says in which.
    """
    told = [await slot.health() for slot in _slots(request).values()]
    state = request.app.state.engine.state
    is_well = state == "ready" and any(answers for _, answers in told)
    bodies = [body for body, _ in sorted(told, key=lambda one: one[1])]  # the worst first
    body = {
        "status": "starting" if state == "new" else state,
        "model_loaded": any(one["model_loaded"] for one in bodies),
        "num_images": sum(one["num_images"] for one in bodies),
    }
    if state == "ready":
        body["status"] = "healthy" if all(one["status"] == "healthy" for one in bodies) else "degraded"
        body |= next(({"missing": one["missing"]} for one in bodies if "missing" in one), {})
    return JSONResponse(body, status_code=200 if is_well else 503)


@router.get("/readyz")
async def ready(request: Request) -> dict[Literal["ready"], bool]:
    """For load balancers: 200 while queries to one of the libraries are answered: another server has the same disks."""
    if (state := request.app.state.engine.state) != "ready":
        raise RequestFailure(
            "stopping" if state == "stopping" else "starting", f"the server is {state}", "wait a moment"
        )
    for slot in _slots(request).values():
        if (await slot.health())[1]:
            return {"ready": True}
    raise library_missing("the collection of every library")


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus metrics of the libraries that the key opens, each with its name as a label."""
    key: Key | None = request.state.key
    counted: Metrics = request.app.state.metrics
    names = None if key is None or key.libraries is None else [FRONT, *key.libraries]
    return Response(await run_in_threadpool(counted.text_of, names), media_type=CONTENT_TYPE)


def _slots(request: Request) -> dict[str, Slot]:
    slots: dict[str, Slot] = request.app.state.slots
    return slots


async def _card(name: str, slot: Slot) -> LibraryOnShelf:
    """A library whose engine is not ready yet, or that is not at its place now, has no cover."""
    engine, cover = slot.engine, None
    missing = "collection" if engine is None else None
    if engine is not None and engine.state == "ready" and (missing := await engine.missing()) is None:
        newest, _ = await engine.run("search", lambda: engine.collection.browse(k=1))
        cover = newest[0].id if newest else None
    return LibraryOnShelf(
        name=name,
        path=f"{name}/",
        num_images=0 if engine is None else engine.known_photos,
        cover=cover,
        is_missing=missing in ("collection", "vectors"),
    )
