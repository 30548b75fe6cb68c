"""Options of commands that can work on other machines."""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from twinlens import api

if TYPE_CHECKING:
    from twinlens.api.cluster import ClusterEmbedding

On: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="local|auto|ADDRESS",
        help="Compute with Ray: on this machine, on the cluster that runs here, or on that at HOST:PORT or "
        'ray://HOST:PORT. Needs the extra "ray".',
        show_default=False,
    ),
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Workers for --on; default: one for each CPU.", show_default=False),
]


def embedding_on(on: str | None, workers: int | None) -> "AbstractContextManager[ClusterEmbedding | None]":
    """The machines that are asked for; None without --on."""
    if on is None:
        no_workers(workers)
        return nullcontext()
    return api.cluster.embedding_on(on, workers=workers)


def no_workers(workers: int | None) -> None:
    """Refuses workers of no cluster."""
    if workers is not None:
        raise typer.BadParameter("--workers is for --on; give --on local to use this machine's cores by Ray")
