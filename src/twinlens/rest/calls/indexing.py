"""Calls for indexing: start a run, follow it, get its progress."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from twinlens.api.indexing import IndexState
from twinlens.errors import TwinlensError
from twinlens.rest.calls.schemas import IndexAnswer
from twinlens.rest.calls.searching import Ready
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.index_run import IndexRun
from twinlens.rest.failures import failure_of

router = APIRouter(prefix="/api/index", tags=["indexing"])
LOOK_EVERY_S = 0.5
QUIET_S = 10.0  # proxies close connections that are silent for too long
EVENTS = "text/event-stream"
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["progress", "done", "failed", "stopped"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "the same fields as GET /api/index",
        },
    },
    "required": ["event", "data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {EVENTS: {"schema": _EVENT}},
        "description": "events 'progress', then 'done', 'failed' or 'stopped'",
    }
}


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

    return StreamingResponse(_events(engine, state), media_type=EVENTS)


@router.get("")
async def indexing_state(request: Request, _engine: Ready) -> IndexAnswer:
    """Progress of the last run that this server started, in any worker."""
    run: IndexRun = request.app.state.index_run
    return IndexAnswer(**asdict(await run.current()))


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
async def follow_indexing(request: Request, engine: Ready) -> StreamingResponse:
    """Progress of the current run as server-sent events until it ends; ends at once if none is running."""
    run: IndexRun = request.app.state.index_run
    return StreamingResponse(_events(engine, run.current), media_type=EVENTS)


async def _events(engine: Engine, read: Any) -> AsyncIterator[str]:
    told, silent_s = None, 0.0
    while True:
        try:
            state: IndexState = await read()
        except TwinlensError as error:  # the answer has started, so the status cannot tell any more
            state = IndexState("failed", message=failure_of(error).detail)
        fields = asdict(state)
        if state.stage != "running":
            yield _event(state.stage, fields)
            return
        shown = {**fields, "updated_at": None}
        if shown != told:
            told, silent_s = shown, 0.0
            yield _event("progress", fields)
        elif silent_s >= QUIET_S:
            silent_s = 0.0
            yield ": still at it\n\n"
        if engine.stopping.is_set():  # the run stops at the next file
            yield _event("stopped", asdict(replace(state, stage="stopped")))
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(engine.stopping.wait(), LOOK_EVERY_S)
        silent_s += LOOK_EVERY_S


def _event(name: str, fields: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(fields)}\n\n"
