"""Start the Streamlit page in this process: on this machine only, without telemetry or prompts."""

import os
import socket
from importlib.util import find_spec
from pathlib import Path

from twinlens.apps.settings import AppSettings
from twinlens.errors import ConfigError

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("streamlit_app.py")
OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",  # no prompt for an e-mail address
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",  # a traceback is for the terminal
    "client.toolbarMode": "viewer",
    "runner.magicEnabled": "false",
    "logger.hideWelcomeMessage": "true",
    "global.developmentMode": "false",
}


def check_extra() -> None:
    """Says what is missing before anything is started.

    Raises:
        ConfigError: Streamlit is not installed.
    """
    if find_spec("streamlit") is None:
        raise ConfigError('streamlit is missing for the app; install it: pip install "twinlens[streamlit]"')


def free_port(port: int) -> int:
    """The port itself where nobody listens on it; for 0 one that is free.

    Raises:
        ConfigError: it is taken, or may not be used.
    """
    with socket.socket() as probe:
        if os.name != "nt":  # there the option would let two servers share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} is taken or may not be used ({error.strerror}); try another: --port {port + 1}"
            ) from error
        return int(probe.getsockname()[1])


def run_page(settings: AppSettings, *, port: int) -> None:
    """Serves the page until Ctrl+C.

    Args:
        settings: handed to the page in the environment, where no list of processes shows the key.
        port: of ``free_port``.
    """
    from streamlit.web import cli

    os.environ.update(settings.to_environment())
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": port}.items()]
    cli.main(args=["run", str(PAGE), *options], prog_name="streamlit", standalone_mode=False)
