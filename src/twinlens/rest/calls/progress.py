"""Progress of a run as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any, TypeVar

from twinlens.api.indexing import IndexState
from twinlens.errors import TwinlensError
from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.text_run import TextState
from twinlens.rest.failures import failure_of

State = TypeVar("State", IndexState, TextState)
LOOK_EVERY_S = 0.5
QUIET_S = 10.0  # proxies close connections that are silent for too long
EVENTS = "text/event-stream"


def described_stream(call: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a call that streams events, for the OpenAPI document; ``call`` has the same fields at once."""
    data = {"type": "string", "contentMediaType": "application/json", "description": f"the same fields as {call}"}
    event = {"type": "string", "enum": ["never", "progress", "done", "failed", "stopped"]}
    schema = {"type": "object", "properties": {"event": event, "data": data}, "required": ["event", "data"]}
    told = "events 'progress', then 'done', 'failed' or 'stopped'; 'never' where there was no run"
    return {200: {"content": {EVENTS: {"schema": schema}}, "description": told}}


async def events_of(
    engine: Engine, read: Callable[[], Awaitable[State]], failed: Callable[[str], State]
) -> AsyncIterator[str]:
    """Events until a run has ended, or the server stops.

    Args:
        engine: of the server.
        read: the state of the run now.
        failed: the state that is told, with a message, where it cannot be read.
    """
    told, silent_s = None, 0.0
    while True:
        try:
            state = await read()
        except TwinlensError as error:  # the answer has started, so the status cannot tell any more
            state = failed(failure_of(error).detail)
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
