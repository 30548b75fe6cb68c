"""A server's API key from options and environment, and their precedence."""

from pathlib import Path

import typer


def chosen_key(context: typer.Context, key: str | None, file: Path | None) -> tuple[str | None, Path | None]:
    """The key from the command line, else from the environment, and its file if it is in one.

    Args:
        context: of a command with the options ``api_key`` and ``api_key_file``.
        key: value of ``api_key``.
        file: value of ``api_key_file``.

    Raises:
        ConfigError: key and file are both given in the same place, or the file cannot be read.
    """
    from twinlens.rest.settings import one_key

    is_key_typed, is_file_typed = _is_typed(context, "api_key"), _is_typed(context, "api_key_file")
    if is_key_typed or is_file_typed:
        typed = key if is_key_typed else None, file if is_file_typed else None
        return one_key(*typed, names=("--api-key", "--api-key-file")), typed[1]
    return one_key(key, file, names=("TWINLENS_API_KEY", "TWINLENS_API_KEY_FILE")), file


def _is_typed(context: typer.Context, option: str) -> bool:
    """True if the option was given on the command line, not by the environment."""
    source = context.get_parameter_source(option)
    return source is not None and source.name == "COMMANDLINE"
