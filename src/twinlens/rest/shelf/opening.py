"""Opens the libraries of a server that are at their places."""

from collections.abc import Callable, Sequence

from twinlens.api.library import Collection, open_for_serving
from twinlens.errors import (
    CatalogDamagedError,
    CollectionBusyError,
    CollectionMissingError,
    CollectionNotFoundError,
    PhotosMissingError,
    StoreUnavailableError,
    TwinlensError,
)
from twinlens.rest.shelf.named import NamedLibrary

MAY_COME_BACK: tuple[type[TwinlensError], ...] = (
    CollectionNotFoundError,
    CollectionMissingError,
    PhotosMissingError,
    StoreUnavailableError,
    CatalogDamagedError,
    CollectionBusyError,
)
"""What a disk that is mounted, a server that is started or a repair puts right: the other libraries are served."""


def open_libraries(
    named: Sequence[NamedLibrary], *, model: str | None, prepare: Callable[[Collection], None] = lambda _: None
) -> dict[str, Collection]:
    """The libraries that can be opened now, by name; the others are left out.

    Args:
        named: at least one.
        model: must be that of all of them.
        prepare: is called with each, and closes it if it fails.

    Raises:
        TwinlensError: none can be opened, or one has a fault that waiting does not mend.
    """
    opened: dict[str, Collection] = {}
    reasons: list[TwinlensError] = []
    try:
        for one in named:
            try:
                collection = open_named(one, model=model)
                prepare(collection)
            except MAY_COME_BACK as error:
                reasons.append(error)
            else:
                opened[one.name] = collection
        if not opened:
            raise reasons[0]
    except BaseException:
        for collection in opened.values():
            collection.close()
        raise
    return opened


def open_named(one: NamedLibrary, *, model: str | None) -> Collection:
    """Opens one library; an empty folder is taken for one whose disk is not mounted.

    Raises:
        TwinlensError: it cannot be opened now.
    """
    return open_for_serving(one.place, model=model, may_be_empty=False)
