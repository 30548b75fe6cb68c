"""Contents that an index run replaces, stored until it is complete.

A photo whose path now shows another known content was moved; one whose path shows new content was edited, and keeps
what was given to it. After an interrupt between two photos that have swapped names, the content of the second one
is no longer in the catalog, so the next run must be told that it was there.
"""

import json
from collections.abc import Iterable

from twinlens.collection.catalog.catalog import Catalog

KEY = "replaced_contents"  # in the catalog's meta table


def note_replaced(catalog: Catalog, contents: Iterable[bytes]) -> set[bytes]:
    """Stores what a run is about to replace; returns it with what interrupted runs have replaced."""
    before = earlier(catalog)
    now = before.union(contents)
    if now != before:
        catalog.set_meta({KEY: json.dumps(sorted(content.hex() for content in now))})
    return now


def forget_replaced(catalog: Catalog) -> None:
    """Called when a run is complete."""
    if catalog.meta(KEY) is not None:
        catalog.forget_meta(KEY)


def earlier(catalog: Catalog) -> set[bytes]:
    """What interrupted runs have replaced; nothing if that cannot be read."""
    try:
        return {bytes.fromhex(content) for content in json.loads(catalog.meta(KEY) or "[]")}
    except (ValueError, TypeError, RecursionError):  # overwritten
        return set()
