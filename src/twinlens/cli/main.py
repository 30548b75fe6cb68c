"""The ``twinlens`` program: finds and runs its commands."""

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from twinlens import __version__
from twinlens.cli.commands import COMMANDS
from twinlens.cli.interrupts import interrupts
from twinlens.cli.outcome import interrupted, say, stdout_failed
from twinlens.cli.streams import StdoutError, prepare_streams
from twinlens.plugins import load_part, part_names

_HELP = ["-h", "--help"]
_BREAK = re.compile(r"(?<!\n)\n(?!\s|[*-] )")  # within a paragraph; not before a line of a list


class Commands(Mapping[str, Any]):
    """All commands by name, built in and from installed packages; each is loaded on first use.

    A command is a module or an object with ``run`` and ``EXAMPLE``, or with ``app`` for a group of commands.
    An installed command that cannot be loaded is left out with a warning on stderr.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}
        self._left_out: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in part_names("command", COMMANDS) if name not in self._left_out)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _load(self, name: str) -> Any:
        if name in self._left_out:
            raise KeyError(name)
        try:
            return _click_command(name, load_part("command", COMMANDS, name))
        except (Exception, SystemExit) as error:  # plugin code can raise anything
            if name in COMMANDS:
                raise
            if name not in part_names("command", COMMANDS):
                raise KeyError(name) from error
            self._left_out.add(name)
            say(f"warning: the command {name!r} was left out, its package failed: {error.__cause__ or error!r}")
            raise KeyError(name) from error


class Program(TyperGroup):
    """The group of all commands; a command is imported only when it is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = Commands()

    def invoke(self, ctx: Any) -> Any:
        """Runs a command; Typer would end without a word if it is interrupted while it is being loaded."""
        try:
            with interrupts():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(interrupted()) from None

    def get_params(self, ctx: Any) -> list[Any]:
        """Options of the program itself."""
        return _without_values(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Names of the commands that can be loaded."""
        return [name for name in self.commands if name in self.commands]


def _click_command(name: str, part: Any) -> Any:
    """Converts a command to a click command."""
    holder, panel = typer.Typer(), "Commands" if name in COMMANDS else "Commands of installed packages"
    if hasattr(part, "run"):
        holder.command(name, epilog=part.EXAMPLE, rich_help_panel=panel)(part.run)
    else:
        holder.add_typer(part.app, name=name, rich_help_panel=panel)
    command = typer.main.get_group(holder).commands[name]
    fill_lines(command)
    _hide_values(command)
    return command


def _hide_values(command: Any) -> None:
    _without_values(command.get_params(typer.Context(command, help_option_names=_HELP)))
    for inner in getattr(command, "commands", {}).values():
        _hide_values(inner)


def _without_values(params: list[Any]) -> list[Any]:
    """Flags take no value; in their help, Typer would ask for a "<bool>"."""
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


def fill_lines(command: Any) -> None:
    """Joins the lines of each paragraph of the help, which Typer would break as in the source, in any terminal."""
    command.help = command.help and _BREAK.sub(" ", inspect.cleandoc(command.help))
    for inner in getattr(command, "commands", {}).values():
        fill_lines(inner)


app = typer.Typer(
    name="twinlens",
    cls=Program,
    help="Search your photos by text, offline. Photos are only read; nothing leaves this machine.",
    epilog="Example: twinlens search 'a dog on a beach' --in ~/Pictures",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": _HELP},
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


def main() -> None:
    """Entry point of the ``twinlens`` command."""
    prepare_streams()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except StdoutError as error:  # of --help and --version; commands handle their own
        sys.exit(stdout_failed(error))
