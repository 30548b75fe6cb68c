"""``twinlens app``: the Streamlit page, to search, to measure and to look at training runs."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens.cli.key import chosen_key
from twinlens.cli.options import Model, Place
from twinlens.cli.outcome import FOUND, LogFile, Verbose, as_exit_code, say, start_logging

EXAMPLE = "Example: twinlens app --in ~/Pictures"


@as_exit_code
def run(
    context: typer.Context,
    place: Place = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="Search what this running 'twinlens serve' has instead.")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            "--api-key", metavar="KEY", envvar="TWINLENS_API_KEY", show_envvar=True, help="What the server wants."
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="TWINLENS_API_KEY_FILE", readable=False, help="A file that holds the key."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one and says which.")] = 8501,
    model: Model = None,
    verbose: Verbose = False,
    log_file: LogFile = None,
) -> int:
    """Open the Streamlit app: search by words and by picture, evaluate, look at training runs.

    Only this machine can open it. Collection and model can be chosen on the page, too.
    Needs the extra 'streamlit'.
    """
    from twinlens.apps.launch import HOST, check_extra, free_port, run_page
    from twinlens.apps.settings import AppSettings

    start_logging(verbose=verbose, log_file=log_file)
    check_extra()
    if server is not None and place is not None:
        raise typer.BadParameter("photos are searched here or on a server: give --in or --server")
    settings = AppSettings(
        collection=None if place is None else str(place.expanduser()),
        model=model,
        server=server,
        api_key=chosen_key(context, api_key, api_key_file),
    )
    port = free_port(port)
    say(f"the app is at http://{HOST}:{port}; Ctrl+C stops")
    run_page(settings, port=port)
    return FOUND
