"""The options that name a server's API key, and which of them counts."""

from pathlib import Path

import typer


def chosen_key(context: typer.Context, key: str | None, file: Path | None) -> str | None:
    """The key of the command line, else that of the environment; each as a key or as a file.

    Args:
        context: of the command, whose options are ``api_key`` and ``api_key_file``.
        key: the first one's value.
        file: the second one's.

    Raises:
        ConfigError: there are two in one place, or the file cannot be read.
    """
    from twinlens.rest.settings import one_key

    is_key_typed, is_file_typed = _is_typed(context, "api_key"), _is_typed(context, "api_key_file")
    if is_key_typed or is_file_typed:
        typed = key if is_key_typed else None, file if is_file_typed else None
        return one_key(*typed, names=("--api-key", "--api-key-file"))
    return one_key(key, file, names=("TWINLENS_API_KEY", "TWINLENS_API_KEY_FILE"))


def _is_typed(context: typer.Context, option: str) -> bool:
    """True where the command line gave it, not the environment."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
