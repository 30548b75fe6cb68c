"""Photos of the grid by their files, which people are not told of: what a tile is called is its caption or its date."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def ids(page: "Page") -> list[str]:
    """Ids of the photos in the grid, in their order."""
    found: list[str] = page.locator(".tile").evaluate_all("all => all.map((one) => one.dataset.id)")
    return found


def names(page: "Page") -> list[str]:
    """File names in the grid, in their order."""
    return [one.rpartition("/")[2] for one in ids(page)]


def tile_of(page: "Page", image_id: str) -> "Locator":
    """The tile of a photo."""
    return page.locator(f".tile[data-id={json.dumps(image_id, ensure_ascii=False)}]")


def called(page: "Page") -> list[str]:
    """What the photos in the grid are called, each with its number, in their order."""
    labels: list[str] = page.locator(".tile .open").evaluate_all("all => all.map((one) => one.ariaLabel)")
    return labels
