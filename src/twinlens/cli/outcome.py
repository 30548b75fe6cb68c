"""Exit codes, one-line errors and logging, shared by all commands."""

import functools
import inspect
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeAlias

import typer

from twinlens.cli.interrupts import interrupts
from twinlens.cli.streams import ReaderGoneError, StdoutError
from twinlens.errors import TwinlensError, valid_unicode

FOUND, OUR_ERROR, WRONG_USAGE, NOTHING_FOUND, INTERRUPTED = 0, 1, 2, 3, 130

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Arguments = ParamSpec("Arguments")
Verbose: TypeAlias = Annotated[bool, typer.Option("--verbose", "-v", help="Print more details on stderr.")]
LogFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="FILE", readable=False, help="Also write the log to this file."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]

logger = logging.getLogger("twinlens")


def as_exit_code(command: Callable[Arguments, int]) -> Callable[Arguments, None]:
    """Turns a command's result into an exit code, and an error into one line on stderr.

    An interrupt is one, too; a command that keeps what it has done says so in the ``KeyboardInterrupt``.
    """

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        try:
            with interrupts():
                code = command(*args, **kwargs)
                sys.stdout.flush()
        except StdoutError as error:
            code = stdout_failed(error)
        except TwinlensError as error:
            logger.debug("raised here", exc_info=error)
            say(f"error: {error}")
            code = OUR_ERROR
        except KeyboardInterrupt as interrupt:
            code = interrupted(str(interrupt))
        raise typer.Exit(code)

    run.__annotations__ = {**command.__annotations__, "return": None}
    return run


def logged(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command the options ``--verbose`` and ``--log-file``, as its last ones, and starts the log before it."""
    signature = inspect.signature(command)
    last = inspect.Parameter.KEYWORD_ONLY
    options = [
        inspect.Parameter("verbose", last, default=False, annotation=Verbose),
        inspect.Parameter("log_file", last, default=None, annotation=LogFile),
    ]

    @functools.wraps(command)
    def run(*, verbose: bool = False, log_file: Path | None = None, **values: Any) -> int:
        start_logging(verbose=verbose, log_file=log_file)
        return command(**values)

    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *options])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, "verbose": Verbose, "log_file": LogFile}
    return run


def interrupted(kept: str = "") -> int:
    """Says that the user ended the program, and what is kept if anything; returns the exit code."""
    say(f"interrupted; {kept}" if kept else "interrupted")
    return INTERRUPTED


def stdout_failed(error: StdoutError) -> int:
    """Says that results could not be written, unless their reader wanted no more; returns the exit code."""
    if isinstance(error, ReaderGoneError):
        return FOUND
    say(f"error: {error}")
    return OUR_ERROR


def say(message: str) -> None:
    """Prints one line for people on stderr; stdout is for results.

    Names of files, models and tensors come from anywhere: their control characters could draw on the terminal.
    """
    line = _CONTROL.sub("\ufffd", " ".join(message.split()))
    print(valid_unicode(line), file=sys.stderr)  # noqa: T201


def print_json(result: object) -> None:
    """Prints one result as JSON on stdout, in valid Unicode whatever bytes the names of files are."""
    typer.echo(valid_unicode(json.dumps(result, ensure_ascii=False), backslash="\\\\"))


def start_logging(*, verbose: bool, log_file: Path | None) -> None:
    """Sends the package's log to stderr, and to a file if one is given.

    Raises:
        TwinlensError: the file cannot be written.
    """
    logger.handlers.clear()
    logger.setLevel(logging.DEBUG if verbose or log_file else logging.WARNING)
    screen = logging.StreamHandler()
    screen.setLevel(logging.DEBUG if verbose else logging.WARNING)
    screen.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger.addHandler(screen)
    if log_file is None:
        return
    try:
        file = logging.FileHandler(log_file.expanduser(), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise TwinlensError(f"the log file {log_file} cannot be written: {error.strerror or error}") from error
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(file)
