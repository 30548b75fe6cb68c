"""Write the figures of the embedded model into README and docs, or check that they are up to date.

    scripts/figures.py                       # rewrite the pages: part of ``make docs``
    scripts/figures.py --check               # exit 1 when a page or a record is out of date: part of ``make check``
    COMMAND | scripts/figures.py --record NAME

A figure stands between ``<!-- figures: NAME -->`` and ``<!-- end figures -->``. It comes from the
model's manifest or from a recorded run in docs/figures; ``figure_texts.py`` says how it is worded.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from figure_records import FOLDER, read_records, write_record
from figure_texts import FIGURES, Sources

from twinlens.errors import TwinlensError
from twinlens.model.bundle import MANIFEST, Manifest

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = Path("src") / "twinlens" / "model" / "default"
HISTORY = Path("docs") / "decisions"  # speaks of models by name and date, and stays as it is
MARKED = re.compile(r"<!-- figures: ([\w-]+) -->(.*?)<!-- end figures -->", re.DOTALL)
OPENED = "<!-- figures:"
WANTED = {
    Path("README.md"): {"test-text-to-image", "test-image-to-text", "zero-shot"},
    Path("docs/results.md"): {"default-row"},  # make reproduce writes the page anew, without it
}


def main() -> int:
    """Writes, checks or records; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is out of date")
    parser.add_argument("--record", metavar="NAME", help="keep the JSON on stdin as docs/figures/NAME.json")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    options = parser.parse_args()
    try:
        manifest = Manifest.model_validate_json((options.root / BUNDLE / MANIFEST).read_text(encoding="utf-8"))
        if options.record:
            print(f"wrote {write_record(options.root, manifest, options.record, sys.stdin.read())}")
            return 0
        written = rewritten(options.root, manifest)
        if options.check and written:
            names = ", ".join(str(page) for page in written)
            raise TwinlensError(f"figures of the embedded model are out of date in {names}: run make docs")
    except TwinlensError as error:
        print(error, file=sys.stderr)
        return 1
    for page, text in written.items():
        (options.root / page).write_text(text, encoding="utf-8")
    return 0


def rewritten(root: Path, manifest: Manifest) -> dict[Path, str]:
    """Page → its text as it ought to be, of the pages that differ from that.

    Raises:
        TwinlensError: a record is out of date, or a marker cannot be filled.
    """
    sources = Sources(manifest, read_records(root, manifest))
    texts = {name: rendered(name, sources) for name in FIGURES}
    changed = {}
    for page in pages(root):
        text = (root / page).read_text(encoding="utf-8")
        filled = fill(text, texts, page)
        typed = MARKED.sub("", filled)
        if HISTORY not in page.parents and manifest.fingerprint in typed:
            line = next(number for number, own in enumerate(filled.splitlines(), 1) if manifest.fingerprint in own)
            raise TwinlensError(
                f"{page}, at line {line} or later, has the embedded model's fingerprint typed by hand: put "
                f"{OPENED} fingerprint --><!-- end figures --> there and run make docs"
            )
        if filled != text:
            changed[page] = filled
    return changed


def rendered(name: str, sources: Sources) -> str:
    """The text of a figure.

    Raises:
        TwinlensError: the manifest or a record lacks what it says.
    """
    try:
        return FIGURES[name](sources)
    except (LookupError, AttributeError, TypeError) as error:
        raise TwinlensError(
            f"figure {name!r} of scripts/figure_texts.py needs something that the manifest or the records in "
            f"{FOLDER} lack: {error!r}"
        ) from error


def pages(root: Path) -> Iterator[Path]:
    """README, CONTRIBUTING and all of docs."""
    yield from (Path(name) for name in ("README.md", "CONTRIBUTING.md") if (root / name).is_file())
    yield from (file.relative_to(root) for file in sorted((root / "docs").rglob("*.md")))


def fill(text: str, texts: Mapping[str, str], page: Path) -> str:
    """The page with the text of each figure between its markers.

    Raises:
        TwinlensError: a marker names no figure, is not closed, or is missing.
    """
    found = set()
    for marked in MARKED.finditer(text):
        name = marked[1]
        if name not in texts:
            raise TwinlensError(f"{page}: there is no figure {name!r}; add it to scripts/figure_texts.py")
        begins_line = text[: marked.start()].rpartition("\n")[2].strip(" >*-") == ""
        if begins_line and "\n" not in texts[name] and "\n" not in marked[2]:
            raise TwinlensError(f"{page}: figure {name!r} begins a line, which is then not read as Markdown; move it")
        found.add(name)
    if text.count(OPENED) != len(MARKED.findall(text)) or any(OPENED in own for _, own in MARKED.findall(text)):
        raise TwinlensError(f"{page}: a figure is not closed by <!-- end figures -->")
    if missing := WANTED.get(page, set()) - found:
        raise TwinlensError(f"{page}: the figure {sorted(missing)[0]!r} is missing; put its two comments there again")

    def one(marked: re.Match[str]) -> str:
        own = texts[marked[1]]
        block = f"\n{own}\n" if "\n" in own or "\n" in marked[2] else own
        return f"{OPENED} {marked[1]} -->{block}<!-- end figures -->"

    return MARKED.sub(one, text)


if __name__ == "__main__":
    sys.exit(main())
