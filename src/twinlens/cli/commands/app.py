"""``twinlens app``: the Streamlit app for searching, evaluating and viewing training runs."""

from pathlib import Path
from typing import Annotated

import typer

from twinlens.cli.key import chosen_key
from twinlens.cli.options.common import Model, Place
from twinlens.cli.outcome import FOUND, as_exit_code, logged, say

EXAMPLE = "Example: twinlens app --in ~/Pictures"


@as_exit_code
@logged
def run(
    context: typer.Context,
    place: Place = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="Search through this running 'twinlens serve' instead.")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            "--api-key", metavar="KEY", envvar="TWINLENS_API_KEY", show_envvar=True, help="The server's API key."
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="TWINLENS_API_KEY_FILE", readable=False, help="File that contains the key."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 picks a free one and prints it.")] = 8501,
    model: Model = None,
) -> int:
    """Open the Streamlit app: search by text or by photo, evaluate models, view training runs.

    It can only be opened on this machine. Collection and model can also be chosen on the page.
    Needs the extra 'streamlit'.
    """
    from twinlens.apps.streamlit.launch import HOST, check_extra, free_port, run_page
    from twinlens.apps.streamlit.settings import AppSettings

    check_extra()
    if server is not None and place is not None:
        raise typer.BadParameter("--in searches on this machine, --server on a server; give only one of them")
    settings = AppSettings(
        collection=None if place is None else str(place.expanduser()),
        model=model,
        server=server,
        api_key=chosen_key(context, api_key, api_key_file)[0],
    )
    port = free_port(port)
    say(f"the app is at http://{HOST}:{port}; Ctrl+C stops")
    run_page(settings, port=port)
    return FOUND
