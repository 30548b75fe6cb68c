"""Everyday queries and the map of a match over a folder of photos: the part of ``make quality`` that wants looking at.

Writes contact sheets, one picture a kind of query, and pointing.json below ``runs/quality``; the sheets are judged
by eye in docs/quality.md. Photos of the committed boxes that the folder lacks are left out and counted.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinlens import api
from twinlens.collection.showing.match_map import match_map, occlusion_map, spread
from twinlens.collection.showing.occlusion import cover_cells
from twinlens.data.images import open_photo
from twinlens.errors import TwinlensError
from twinlens.evaluation.pointing_game import ObjectBox, PointingReport, pointing_game, read_boxes
from twinlens.protocols import DualEncoder
from twinlens.types import MapKind

ROOT = Path(__file__).resolve().parent.parent
BOXES, QUERIES = (ROOT / "benchmarks" / "quality" / name for name in ("boxes.json", "queries.txt"))
HITS = 5
SIDE_PX = 224  # of a map: finer than any box was drawn


def main() -> int:
    """Runs both; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of everyday photos, without captions")
    parser.add_argument("--model", default="default", help="name or folder of a bundle")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "quality", help="where sheets and figures go")
    options = parser.parse_args()
    try:
        encoder = api.models.load_model(options.model)
        folder = options.out / encoder.fingerprint
        folder.mkdir(parents=True, exist_ok=True)
        pointing = point(encoder, options.photos, kind="grid" if encoder.has_grid else "occlusion")
        (folder / "pointing.json").write_text(json.dumps(pointing.to_json(), indent=1) + "\n", encoding="utf-8")
        print(pointing)
        for own in pointing.missed:
            print(f"  missed: {own.words} in {own.photo}")
        for sheet in draw_sheets(options.photos, options.model, folder):
            print(f"{sheet}")
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def point(encoder: DualEncoder, photos: Path, *, kind: MapKind) -> PointingReport:
    """The pointing game over the committed boxes."""
    boxes = [own for own in read_boxes(BOXES) if (photos / own.photo).is_file()]
    if not boxes:
        raise TwinlensError(f"{photos} holds none of the photos in {BOXES.relative_to(ROOT)}; give the folder of them")
    return pointing_game(heat_maps(encoder, photos, boxes, kind=kind), boxes)


def heat_maps(
    encoder: DualEncoder, photos: Path, boxes: list[ObjectBox], *, kind: MapKind
) -> list[NDArray[np.float32]]:
    """[SIDE_PX, SIDE_PX] over the photo, for each box."""
    queries = encoder.encode_text([own.words for own in boxes])
    draw = match_map if kind == "grid" else occlusion_map
    cells, seen = {}, {}
    for name in {own.photo for own in boxes}:
        image = open_photo(photos / name, min_side=encoder.input_side).image
        cells[name] = encoder.encode_grid([image])[0] if kind == "grid" else cover_cells(encoder, image)
        edges = encoder.seen_box(image)
        sides = (image.width, image.height) * 2
        left, top, right, bottom = (SIDE_PX * edge / side for edge, side in zip(edges, sides, strict=True))
        seen[name] = (left, top, right, bottom)
    return [
        spread(draw(query, cells[own.photo]), (SIDE_PX, SIDE_PX), box=seen[own.photo])
        for query, own in zip(queries, boxes, strict=True)
    ]


def draw_sheets(photos: Path, model: str, folder: Path) -> list[Path]:
    """A contact sheet for each kind of query."""
    written = []
    with api.library.Collection.create([photos], at=folder / "collection", model=model) as collection:
        collection.index()
        for kind, queries in read_queries().items():
            sheet = [(query, collection.search(query, k=HITS)) for query in queries]
            written.append(folder / f"{kind}.png")
            api.searching.write_contact_sheet(sheet, written[-1])
    return written


def read_queries() -> dict[str, list[str]]:
    """Kind of query → queries, from lines below ``# kind``."""
    kinds: dict[str, list[str]] = {}
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            queries = kinds.setdefault(line.strip("# "), [])
        elif line.strip():
            queries.append(line.strip())
    return kinds


if __name__ == "__main__":
    sys.exit(main())
