"""Pictures of the how-to pages, from the demo's photos: python scripts/how_to_pictures.py [--out FOLDER]."""

import argparse
import base64
import html
import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageOps
from screenshots import IMAGES, ROOT, chromium

from twinlens import Collection
from twinlens.api.explanation import explain
from twinlens.api.photos.describing import LANGUAGES
from twinlens.types import Hit

PHOTOS = ROOT / "demo" / "photos"
WIDE_PX = 280
LATIN = [language for language in LANGUAGES if language != "zh"]  # which fonts of any machine have
MOST_BYTES = 60_000  # a picture that is larger is saved with a lower quality
BEACH_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:Rating="4" exif:DateTimeOriginal="2022-08-14T17:30:00" exif:GPSLatitude="43,42.0N" exif:GPSLongitude="7,15.6E">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Ana at the sea</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>summer</rdf:li><rdf:li>family</rdf:li></rdf:Bag></dc:subject>
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Ana Silva</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


class Cell(NamedTuple):
    """A photo, or a picture, with the lines below it."""

    picture: Path | Image.Image
    lines: Sequence[str]
    width_px: int = 160


Rows = Sequence[tuple[str, Sequence[Cell]]]
"""Titles, each with the photos below it."""


def main() -> int:
    """Makes the pictures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--only", nargs="*", choices=sorted(PICTURES), help="default: all")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        photos = Path(shutil.copytree(PHOTOS, Path(folder, "photos")))
        for name in options.only or PICTURES:
            _take(browser, _page(PICTURES[name](photos)), options.out / f"how-to-{name}.jpg")
    return 0


def teach(photos: Path) -> Rows:
    """A word before and after it was taught."""
    word, learnt = "bucket list", [f"places/{name}.jpg" for name in ("eiffel-tower", "taj-mahal", "great-wall")]
    with _indexed(photos) as collection:
        before = collection.search(word, k=5)
        collection.teaching.teach_word(word, learnt)
        after = collection.search(word, k=5)
        collection.teaching.forget_word(word)
    return [(f"{word} – before", _hits(before)), (f"{word} – taught by three of these photos", _hits(after))]


def describing(photos: Path) -> Rows:
    """What the built-in list says of photos, in several languages."""
    files = [photos / name for name in ("animals/dog.jpg", "people/surfer.jpg", "people/orchestra.jpg")]
    with _indexed(photos) as collection:
        said = [[str(collection.caption(file, language=one)[0].caption) for one in LATIN] for file in files]
    return [("twinlens caption PHOTO", [Cell(*one, WIDE_PX) for one in zip(files, said, strict=True)])]


def pictures(photos: Path) -> Rows:
    """Photos like one, like two, and where in a photo words match."""
    horse, game, surfer = (
        photos / name for name in ("animals/horse.jpg", "people/footballers.jpg", "people/surfer.jpg")
    )
    with _indexed(photos) as collection:
        one, both = (_nearest(collection.similar(given, k=3)) for given in ([horse], [horse, game]))
        seen = explain(surfer, "a person", model=collection.encoder).picture
    return [
        ("similar horse.jpg", [Cell(horse, ["given"]), *one]),
        ("similar horse.jpg footballers.jpg", [Cell(horse, ["given"]), Cell(game, ["given"]), *both]),
        ("explain surfer.jpg 'a person'", [Cell(surfer, ["surfer.jpg"]), Cell(seen, ["bright where it matches"])]),
    ]


def grades(photos: Path) -> Rows:
    """Hits that match, and the closest where none does."""
    with _indexed(photos) as collection:
        return [(query, _hits(collection.search(query, k=5))) for query in ("old buildings", "a bank statement")]


def duplicates(photos: Path) -> Rows:
    """A group of copies with its evidence."""
    folder = photos.parent / "copies"
    folder.mkdir(exist_ok=True)
    for name in ("colosseum", "castle", "pagoda"):
        shutil.copy(photos / "places" / f"{name}.jpg", folder)
    shutil.copy(folder / "colosseum.jpg", folder / "copy of colosseum.jpg")
    with Image.open(folder / "colosseum.jpg") as photo:
        photo.resize((photo.width * 3 // 4, photo.height * 3 // 4)).save(folder / "sent.jpg", quality=70)
        photo.point([min(255, level * 6 // 5) for level in range(256)] * 3).save(folder / "colosseum-edited.jpg")
    with _indexed(folder) as collection:
        (group,) = collection.duplicates().groups
    best = Cell(group.best.path, ["best", group.best.path.name])
    others = [
        Cell(one.photo.path, [f"{one.kind}: {_evidence(one.figures)}", one.photo.path.name]) for one in group.others
    ]
    return [("twinlens duplicates", [best, *others])]


def albums(photos: Path) -> Rows:
    """An album with tags and stars."""
    names = ("kitten", "cat", "rabbit", "owl")
    with _indexed(photos) as collection:
        ids = [f"animals/{name}.jpg" for name in names]
        collection.tags.add("pets", ids[:3])
        for stars, photo in zip((5, 4, 3, 4), ids, strict=True):
            collection.ratings.rate(stars, [photo])
        collection.albums.save("Best animals", "has:rating rating>=4")
        shown = collection.albums.open("Best animals").shown
        cells = [Cell(hit.path, ["★" * (hit.rating or 0), ", ".join(hit.tags) or "–", hit.path.name]) for hit in shown]
        collection.albums.delete("Best animals")
        collection.ratings.rate(0, ids)
        collection.tags.remove("pets", ids[:3])
    return [("Best animals – the live album of has:rating rating>=4", cells)]


def metadata(photos: Path) -> Rows:
    """A photo found by what an XMP file beside it says."""
    folder = photos.parent / "told"
    folder.mkdir(exist_ok=True)
    shutil.copy(photos / "people" / "beach.jpg", folder)
    (folder / "beach.jpg.xmp").write_text(BEACH_XMP, encoding="utf-8")
    with _indexed(folder) as collection:
        (hit,) = collection.search("person:Ana place:Nice year:2022")
        card = collection.photo(hit.id)
    assert card is not None, "it was found"
    told = card.told
    lines = [
        f"title: {told.title}",
        f"people: {', '.join(told.people)}",
        f"keywords: {', '.join(told.keywords)}",
        f"stars: {told.rating}",
        f"taken: {card.taken_at} ({card.date_source})",
        f"position: {card.latitude:.2f}, {card.longitude:.2f}",
    ]
    return [("person:Ana place:Nice year:2022", [Cell(hit.path, lines)])]


PICTURES: dict[str, Callable[[Path], Rows]] = {
    one.__name__: one for one in (teach, describing, pictures, grades, duplicates, albums, metadata)
}


def _indexed(photos: Path) -> Collection:
    collection = Collection.open(photos)
    collection.index()
    return collection


def _hits(hits: Sequence[Hit]) -> list[Cell]:
    return [Cell(hit.path, [f"{hit.rank}. {hit.grade or 'no sure match'}", hit.path.name]) for hit in hits]


def _nearest(hits: Sequence[Hit]) -> list[Cell]:
    return [Cell(hit.path, [f"{hit.rank}. {hit.score:.2f}", hit.path.name]) for hit in hits]


def _evidence(figures: dict[str, float]) -> str:
    told = {"bits": "{:.0f} of 256 bits differ", "likeness": "likeness {:.3f}", "seconds": "{:.0f} s apart"}
    return ", ".join(told[name].format(value) for name, value in figures.items()) or "same content"


def _page(rows: Rows) -> str:
    sections = [
        f"<h2>{html.escape(title)}</h2><div>{''.join(_figure(cell) for cell in cells)}</div>" for title, cells in rows
    ]
    style = (
        "body{margin:0;padding:10px 12px;width:max-content;background:#fff;color:#222;"
        "font:13px/1.4 system-ui,'Noto Sans',sans-serif}"
        "h2{font-size:15px;margin:4px 0}div{display:flex;gap:10px}figure{margin:0 0 6px;flex:none}"
        "img{display:block;margin-bottom:3px}p{margin:0;overflow-wrap:anywhere}"
    )
    return f"<!doctype html><style>{style}</style><body>{''.join(sections)}</body>"


def _figure(cell: Cell) -> str:
    picture = Image.open(cell.picture) if isinstance(cell.picture, Path) else cell.picture
    buffer = io.BytesIO()
    size = (cell.width_px, cell.width_px * 3 // 4)
    ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), size, centering=(0.5, 0.35)).save(buffer, "PNG")
    source = base64.b64encode(buffer.getvalue()).decode("ascii")
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in cell.lines)
    return f'<figure style="width:{size[0]}px"><img src="data:image/png;base64,{source}">{lines}</figure>'


def _take(browser: Any, page: str, file: Path) -> None:
    tab = browser.new_page()
    tab.set_content(page)
    for quality in (85, 75, 65, 50):
        tab.locator("body").screenshot(path=file, type="jpeg", quality=quality)
        if file.stat().st_size <= MOST_BYTES:
            break
    tab.close()
    print(f"{file}: {file.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
