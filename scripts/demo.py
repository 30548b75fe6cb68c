"""``make demo``: index photos with the embedded model and answer a few queries."""

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from demo_questions import LANGUAGES, PHOTOS, Question, questions

from twinlens import api
from twinlens.cli.progress import IndexProgress
from twinlens.counted import counted
from twinlens.errors import TwinlensError

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".demo"
EVERYDAY_QUERIES = ("a dog", "a beach", "food on a table", "people at a party", "a sunset")  # of somebody's own photos
FIRST_ANSWERS_S = 45  # a large folder answers from what is indexed by then, and goes on
SHOWN = 3  # hits of each query
SHEET_STEP = 5  # every fifth question is in README's picture


class DemoProgress(IndexProgress):
    """Shows indexing; once, in the middle of a long run, what can be found already."""

    def __init__(self, collection: api.library.Collection, queries: tuple[str, ...]) -> None:
        super().__init__()
        self._collection, self._queries = collection, queries
        self._due = time.monotonic() + FIRST_ANSWERS_S

    def advanced(self, done: int, report: api.indexing.IndexReport) -> None:
        super().advanced(done, report)
        if time.monotonic() > self._due:
            self._due = float("inf")
            if ready := len(self._collection):
                print(f"\nAnswers from {counted(ready, 'photo')} so far (indexing goes on):")
                answer(self._collection, self._queries)


def main() -> int:
    """Runs the demo; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", default="", help="a folder of photos; default: the pictures in demo/photos")
    parser.add_argument("--query", default="", help="what to look for")
    parser.add_argument(
        "--sheet", default="", help="also write a picture of every fifth question and its hits, as in README"
    )
    options = parser.parse_args()
    try:
        return demo(options.photos, options.query, sheet_file=options.sheet)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was indexed is kept, the next run goes on", file=sys.stderr)
        return 130


def demo(given: str, query: str, *, sheet_file: str = "") -> int:
    """Indexes, searches, and says what to try next."""
    photos = Path(given).expanduser().resolve() if given else demo_photos()
    asked = [] if given or query else questions()
    queries = tuple(question.text for question in asked) or ((query,) if query else EVERYDAY_QUERIES)
    model = api.models.load_model("default").fingerprint  # a newer model gets a collection of its own
    place = WORK / f"collection-{hashlib.sha256(f'{photos} {model}'.encode()).hexdigest()[:8]}"
    print(f"Photos:      {photos} (only read)")
    print(f"Collection:  {place}")
    with api.library.Collection.create([photos], at=place) as collection:
        with DemoProgress(collection, queries) as progress:
            report = collection.index(listener=progress)
        indexed, skipped = counted(report.images, "photo"), counted(len(report.skipped), "file")
        print(f"{indexed} indexed, {skipped} skipped, {report.seconds:.1f} s")
        sheet = answer(collection, queries, asked)
    if asked:
        print(f"\n{tally(asked, [hits for _, hits in sheet])}")
    page = WORK / "hits.html"
    page.unlink(missing_ok=True)
    api.searching.write_contact_sheet(sheet, page)
    if sheet_file:
        Path(sheet_file).unlink(missing_ok=True)
        api.searching.write_contact_sheet(sheet[::SHEET_STEP], Path(sheet_file))
    program = ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin") / "twinlens"
    print(f"\nSee them: open {page} in a browser. Search as you type, on a page of your own:")
    print(f"  {program} serve --in {place}")
    if given:
        print("Search them again:")
        print(f'  {program} search "a dog on a beach" --in {place} --open')
    else:
        print("Search your own photos (indexed on the first search, only read, nothing leaves this machine):")
        print(f'  {program} search "a dog on a beach" --in ~/Pictures --open')
    print("Larger models understand more, and are one download away: " + f"{program} models list")
    return 0


def answer(
    collection: api.library.Collection, queries: Sequence[str], asked: Sequence[Question] = ()
) -> list[tuple[str, list[api.searching.Hit]]]:
    """Prints the best of each query that match, or that nothing does; all hits.

    Args:
        collection: the library.
        queries: what to look for.
        asked: the same as questions, where the right picture is known.
    """
    answers = []
    for number, query in enumerate(queries):
        question = asked[number] if asked else None
        found = collection.answer(query, k=5)
        hits = list(found.hits)
        answers.append((query, hits))
        print(f"\n  {query}" + (f"  ({LANGUAGES[question.language]})" if question else ""))
        if found.wording.note:
            print(f"    {found.wording.note}")
        for hit in (matching := [hit for hit in hits[:SHOWN] if hit.relevant is not False]):
            grade = "" if hit.grade is None else f"{hit.grade:<8}  "
            right = "  (right)" if question and hit.id == question.photo else ""
            print(f"    {hit.rank}  {grade}{hit.score:.3f}  {hit.id}{right}")
        if not matching:
            print(f"    no sure match; the closest is {hits[0].id}" if hits else "    no photos yet")
    return answers


def tally(asked: Sequence[Question], answers: Sequence[Sequence[api.searching.Hit]]) -> str:
    """How many questions are answered, and which are not."""
    missed = []
    for question, hits in zip(asked, answers, strict=True):
        if not question.is_answered_by(hits):
            first = hits[0].id if hits else "nothing"
            how = f"{first} comes first" if first != question.photo else "it comes first, but not as a match"
            missed.append(f"  {question.text}: {question.photo} is right; {how}")
    found = f"The right picture comes first, as a match, for {len(asked) - len(missed)} of {len(asked)} questions"
    return "\n".join([f"{found}. Not for:" if missed else f"{found}.", *missed])


def demo_photos() -> Path:
    """The folder of the demo's own pictures.

    Raises:
        TwinlensError: it is not there, as in a package without the repository.
    """
    if not PHOTOS.is_dir():
        raise TwinlensError(
            f"the demo's pictures come with the repository, in {PHOTOS}, which is not here; "
            "search your own: scripts/demo.py --photos ~/Pictures"
        )
    return PHOTOS


if __name__ == "__main__":
    sys.exit(main())
