"""The ``twinlens`` program: its commands and nothing else."""

import io
import sys
from typing import Annotated

import typer

from twinlens import __version__
from twinlens.cli import app as app_command
from twinlens.cli import (
    audit,
    caption,
    datasets,
    doctor,
    evaluate,
    explain,
    export,
    index,
    models,
    reindex,
    search,
    serve,
    similar,
    status,
    train,
)

app = typer.Typer(
    name="twinlens",
    help="Search a folder of photos by words, offline. Photos are only read; nothing leaves this machine.",
    epilog="Example: twinlens search 'a dog on a beach' --in ~/Pictures",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twinlens {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None: ...


for _command in (
    index,
    search,
    similar,
    caption,
    explain,
    serve,
    app_command,
    status,
    reindex,
    train,
    evaluate,
    audit,
    export,
    doctor,
):
    app.command(_command.__name__.rpartition(".")[2], epilog=_command.EXAMPLE)(_command.run)
app.add_typer(models.app, name="models")
app.add_typer(datasets.app, name="datasets")


def main() -> None:
    """Entry point of the ``twinlens`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # every file name can be printed: as UTF-8 into files and pipes, escaped on a terminal that lacks a letter
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    app()
