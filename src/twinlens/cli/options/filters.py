"""Command-line options generated from the list of filters."""

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer

from twinlens import api

FilterValues: TypeAlias = dict[str, Any]
"""Filter name → the given value; None or False if not given."""

_METAVARS = {"date": "DATE", "folder": "FOLDER"}


def with_filters(command: Callable[..., int]) -> Callable[..., int]:
    """Adds an option per filter to a command, which receives their values in its parameter ``filters``."""
    options = [_option(one) for one in api.filters.known_filters().values()]
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        parameters += options if parameter.name == "filters" else [parameter]

    @functools.wraps(command)
    def run(**values: Any) -> int:
        filters = {option.name: values.pop(option.name) for option in options}
        return command(**values, filters=filters)

    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    run.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def check_filters(filters: FilterValues) -> None:
    """Checks all values before any work is done.

    Raises:
        typer.BadParameter: a value is not valid for its filter.
    """
    from twinlens.errors import QueryError

    try:
        api.filters.Filters(**filters)
    except QueryError as error:
        name, _, fault = str(error).partition(" ")
        raise typer.BadParameter(f"--{name.replace('_', '-')} {fault}") from error


def _option(one: "api.filters.Filter") -> inspect.Parameter:
    flag = one.kind == "flag"
    option: Any = typer.Option(
        f"--{one.name.replace('_', '-')}",
        help=one.help,
        rich_help_panel="Filters",
        case_sensitive=False,
        metavar=None if flag or one.choices else _METAVARS.get(one.kind, "TEXT"),
    )
    value: Any = StrEnum(one.name, {choice: choice for choice in one.choices}) if one.choices else str
    annotation: Any = Annotated[bool, option] if flag else Annotated[value | None, option]
    default = False if flag else None
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
