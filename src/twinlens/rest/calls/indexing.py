"""Calls for indexing: start a run, follow it, get its progress."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from twinlens.api.indexing import IndexState
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.progress import EVENTS, described_stream, events_of
from twinlens.rest.engine.index_run import IndexRun

router = APIRouter(prefix="/api/index", tags=["indexing"])
_STREAM = described_stream("GET /api/index")


class KeptFolder(BaseModel):
    """A folder whose photos are missing, but stay in the library: perhaps its disk is not mounted."""

    path: str
    photos: int
    reason: str


class IndexAnswer(BaseModel):
    """Progress of indexing."""

    stage: Literal["never", "running", "done", "failed", "stopped"]
    found: int | None
    to_read: int | None
    done: int
    skipped: int
    started_at: float | None
    updated_at: float | None
    counts: dict[str, int]
    message: str | None
    kept_folders: list[KeptFolder] = []


@router.post("", response_class=StreamingResponse, responses=_STREAM)
async def start_indexing(
    request: Request,
    engine: Ready,
    verify: Annotated[
        bool, Query(description="also read the photos whose size and date have not changed, and their metadata")
    ] = False,
) -> StreamingResponse:
    """Scans the library's folders again, and reports progress as server-sent events.

    The run continues if the client disconnects. Only one runs at a time, whichever process started it.
    """
    run: IndexRun = request.app.state.index_run
    await engine.run("search", engine.check_present)
    await run.start(verify=verify)

    async def state() -> IndexState:
        return run.state

    return StreamingResponse(events_of(engine, state, failed), media_type=EVENTS)


@router.get("")
async def indexing_state(request: Request, _engine: Ready) -> IndexAnswer:
    """Progress of the last run that this server started, in any worker."""
    run: IndexRun = request.app.state.index_run
    return IndexAnswer(**asdict(await run.current()))


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
async def follow_indexing(request: Request, engine: Ready) -> StreamingResponse:
    """Progress of the current run as server-sent events until it ends; ends at once if none is running."""
    run: IndexRun = request.app.state.index_run
    return StreamingResponse(events_of(engine, run.current, failed), media_type=EVENTS)


def failed(message: str) -> IndexState:
    """What is told where the progress cannot be read."""
    return IndexState("failed", message=message)
