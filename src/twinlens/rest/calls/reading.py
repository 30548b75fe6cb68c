"""Calls for the text in pictures: start reading it, follow that, ask how much was read."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from twinlens.api.photos.recognizing import can_read_texts
from twinlens.rest.calls.finding.searching import Ready
from twinlens.rest.calls.progress import EVENTS, described_stream, events_of
from twinlens.rest.engine.text_run import TextRun, TextState

router = APIRouter(prefix="/api/index/texts", tags=["indexing"])
_STREAM = described_stream("GET /api/index/texts, without the counts of the library")


class TextAnswer(BaseModel):
    """Progress of reading the text in pictures, and how much was read in the whole library."""

    stage: Literal["never", "running", "done", "failed", "stopped"] = Field(
        description="of the last run of this server"
    )
    done: int
    to_read: int | None = Field(description="photos of this run that look as if they had text")
    with_text: int | None
    failed: int
    started_at: float | None
    updated_at: float | None
    message: str | None
    is_installed: bool = Field(description="whether text can be read here: twinlens[ocr]")
    num_read: int = Field(description="photos of the library that were read")
    num_with_text: int = Field(description="those in which something is written")
    num_unlikely: int = Field(description="photos that were left out: nothing in them looks like writing")
    num_waiting: int = Field(description="photos that have not been looked at yet")


@router.post("", response_class=StreamingResponse, responses=_STREAM)
async def start_reading(
    request: Request,
    engine: Ready,
    all_photos: Annotated[
        bool, Query(alias="all", description="also read photos in which nothing looks like writing")
    ] = False,
) -> StreamingResponse:
    """Reads the text in pictures that have not been looked at yet, and reports progress as server-sent events.

    Needs the extra ``ocr``. The run continues if the client disconnects. Only one runs at a time.
    """
    run: TextRun = request.app.state.text_run
    await engine.run("search", engine.check_present)
    await run.start(all_photos=all_photos)
    return StreamingResponse(events_of(engine, run.current, failed), media_type=EVENTS)


@router.get("")
async def reading_state(request: Request, _engine: Ready) -> TextAnswer:
    """Progress of the last run of this server, and how much was read by whichever program."""
    run: TextRun = request.app.state.text_run
    counts = await run.counts()
    return TextAnswer(
        **asdict(run.state),
        is_installed=can_read_texts(),
        num_read=counts.read,
        num_with_text=counts.with_text,
        num_unlikely=counts.unlikely,
        num_waiting=counts.waiting,
    )


@router.get("/events", response_class=StreamingResponse, responses=_STREAM)
async def follow_reading(request: Request, engine: Ready) -> StreamingResponse:
    """Progress of the current run as server-sent events until it ends; ends at once if none is running."""
    run: TextRun = request.app.state.text_run
    return StreamingResponse(events_of(engine, run.current, failed), media_type=EVENTS)


def failed(message: str) -> TextState:
    """What is told where the progress cannot be read."""
    return TextState("failed", message=message)
