"""``docs/extend/``: what all pages have in common."""

import tomllib

import pytest

from extend.page import PAGES, ROOT, read_page

PARTS = ("loss", "reader", "store", "command", "filter", "encoder")
FAMILIES = {"reader": "dataset"}


def test_there_is_a_page_for_each_part_and_the_index_names_them() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {"README", "language", *PARTS}
    index = read_page("README.md").text
    for part in PARTS:
        family = FAMILIES.get(part, part)
        (row,) = (line for line in index.splitlines() if line.startswith(f"| [{part}]"))
        assert f"({part}.md)" in row
        assert f"`twinlens.{family}`" in row
        (contract,) = (cell.strip("` ") for cell in row.split("|") if "contracts/" in cell)
        assert (ROOT / "tests" / contract).is_file()


@pytest.mark.parametrize("part", PARTS)
def test_a_page_shows_the_file_its_entry_point_and_its_test(part: str) -> None:
    page = read_page(f"{part}.md")
    assert len(page.files) == 3, list(page.files)
    (module,) = (file for file in page.files if file.endswith(".py") and not file.startswith("test_"))
    assert f"test_{module}" in page.files
    groups = tomllib.loads(page.files["pyproject.toml"])["project"]["entry-points"]
    assert list(groups) == [f"twinlens.{FAMILIES.get(part, part)}"]
    for target in groups[f"twinlens.{FAMILIES.get(part, part)}"].values():
        assert target.partition(":")[0] == module.removesuffix(".py")
    headings = [line for line in page.text.splitlines() if line.startswith("#")]
    assert f"# Add {'an' if part == 'encoder' else 'a'} {part}" in headings
    assert {"## The file", "## Register it", "## Use it", "## Test it"} <= set(headings)


def test_the_package_of_the_index_is_the_encoder_s() -> None:
    package = tomllib.loads(read_page("README.md").files["pyproject.toml"])["project"]
    shown = tomllib.loads(read_page("encoder.md").files["pyproject.toml"])["project"]
    assert package["entry-points"] == shown["entry-points"]
    assert package["name"].replace("-", "_") + ".py" in read_page("encoder.md").files
