"""Rows of photos: full ones, last ones, and those of groups too small for a row of their own."""

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
LAY = """async ({ titles, parts, isComplete }) => {
  const address = document.querySelector("link[href$='layout.js']").href;
  const { Layout } = await import(address);
  const { joinedTitle } = await import(address.replace("layout", "outcome"));
  const layout = new Layout(1000, 200, 0, joinedTitle);
  const photos = titles.map((title) => ({ width: 100, height: 100, title }));
  for (const length of parts) {
    layout.place(photos.slice(0, length), (photo) => photo.title, isComplete && length === photos.length);
  }
  return layout.rows.map(({ title, widths, height }) => (title === null ? [widths.length, Math.round(height)] : title));
}"""


def rows(page: Page, titles: list[str | None], *, parts: list[int] | None = None, is_complete: bool = True) -> Any:
    """Titles, and numbers of photos with their height, of square photos in rows of five."""
    return page.evaluate(LAY, {"titles": titles, "parts": [*(parts or []), len(titles)], "isComplete": is_complete})


def test_a_last_row_is_as_high_as_full_ones(open_page: Any, site: str) -> None:
    page = open_page(site)
    assert rows(page, [None] * 7) == [[5, 200], [2, 200]]
    wide = LAY.replace("width: 100", "width: 130")
    found = page.evaluate(wide, {"titles": [None] * 5, "parts": [5], "isComplete": True})
    assert found == [[4, 192], [1, 192]]


def test_small_groups_share_a_row_and_large_ones_do_not(open_page: Any, site: str) -> None:
    page = open_page(site)
    small = ["June 2023"] * 2 + ["May 2023"] + ["March 2023"] * 2
    assert rows(page, small + ["July 2022"] * 6) == ["June – March 2023", [5, 200], "July 2022", [5, 200], [1, 200]]
    assert rows(page, ["2023", "2022", "No date", "No date"]) == ["2023 – 2022", [2, 200], "No date", [2, 200]]
    assert rows(page, ["2023"] * 2 + ["No sure matches"] * 2) == ["2023", [2, 200], "No sure matches", [2, 200]]


@pytest.mark.parametrize("parts", [[1], [2, 3], [4, 5, 6]])
def test_rows_are_the_same_whatever_part_of_the_photos_came_first(open_page: Any, site: str, parts: list[int]) -> None:
    page = open_page(site)
    titles = ["2023"] * 2 + ["2022"] * 2 + ["2021"] * 7 + ["2020"]
    assert rows(page, titles, parts=parts) == rows(page, titles)
