"""Start Streamlit in this process: local connections only, no telemetry, no prompts."""

import os
import socket
from importlib.util import find_spec
from pathlib import Path

from twinlens.apps.streamlit.settings import AppSettings
from twinlens.errors import ConfigError

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("streamlit_app.py")
OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",  # no prompt for an e-mail address
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",  # tracebacks go to the terminal
    "client.toolbarMode": "viewer",
    "runner.magicEnabled": "false",
    "logger.hideWelcomeMessage": "true",
    "global.developmentMode": "false",
}


def check_extra() -> None:
    """Checks that Streamlit is installed.

    Raises:
        ConfigError: Streamlit is not installed.
    """
    if find_spec("streamlit") is None:
        raise ConfigError('streamlit, which the app needs, is not installed: pip install "twinlens[streamlit]"')


def free_port(port: int) -> int:
    """The port if it is free; for 0, any free port.

    Raises:
        ConfigError: it is in use or not permitted.
    """
    with socket.socket() as probe:
        if os.name != "nt":  # on Windows the option would let two servers share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(
                f"port {port} is in use or not permitted ({error.strerror}); try another: --port {port + 1}"
            ) from error
        return int(probe.getsockname()[1])


def run_page(settings: AppSettings, *, port: int) -> None:
    """Runs the app until Ctrl+C.

    Args:
        settings: passed to the page in environment variables, so that the key is not in the process list.
        port: from ``free_port``.
    """
    from streamlit.web import cli

    os.environ.update(settings.to_environment())
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": port}.items()]
    cli.main(args=["run", str(PAGE), *options], prog_name="streamlit", standalone_mode=False)
