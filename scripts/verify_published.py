"""Checks pulled models against what is published of them, on a machine that reaches the model hub.

    scripts/verify_published.py [NAME…] --data path/to/flickr30k [--captions dataset_flickr30k.json]

Pulls each model of ``twinlens models list`` that is not here yet, evaluates it, and says whether R@1 in both
directions is within 0.5 of the published figures. With torch and transformers it also compares token ids, pixels
and embeddings with those of transformers. The exit code is 1 if a figure or a comparison is off, or missing.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twinlens import api
from twinlens.data.captioned import CaptionedPhotos
from twinlens.data.images import open_photo
from twinlens.errors import BundleError, DataError, TwinlensError, UnknownPartError
from twinlens.evaluation.pairs import captioned_photos
from twinlens.evaluation.report import DIRECTIONS
from twinlens.model.hub.published import Published
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.types import CaptionedImage

NAMES = ("clip-b32", "siglip-b16")
NEAR = 0.5  # per cent of R@1
GALLERY = 1000  # photos of Flickr30k's test split
COMPARED_PHOTOS, COMPARED_TEXTS = 100, 1000
MOST_PIXELS = 1.01  # of 255: one step of rounding, and float32's own error
LEAST_COSINE = 0.999


def main() -> int:
    """Verifies all models; the exit code."""
    options = _options()
    try:
        photos = read_photos(options)
        entries = [find_entry(name) for name in options.names]
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    verified = [verify(entry, photos, options) for entry in entries]  # all of them, whatever the first one gives
    return 0 if all(verified) else 1


def read_photos(options: argparse.Namespace) -> list[CaptionedImage]:
    """The photos of the published split.

    Raises:
        DataError: the data set is missing, or these are not the photos of which figures are published.
    """
    dataset, _ = api.datasets.open_captioned(options.data, **_places(options), ratios=None)
    if isinstance(dataset, CaptionedPhotos) and dataset.is_split_at_random:
        raise DataError(
            f"{options.data} has no splits of its own, and figures are published for the official one; give Karpathy's "
            "file with it: --captions dataset_flickr30k.json"
        )
    photos = captioned_photos(dataset, options.split)
    if len(photos) != options.gallery:
        raise DataError(
            f"split {options.split} of {options.data} has {len(photos):,} photos, but figures are published for "
            f"{options.gallery:,}; give that split, or its size with --gallery"
        )
    if missing := [photo for photo in photos if not photo.path.is_file()]:
        raise DataError(f"{len(missing):,} of {len(photos):,} photos are missing, such as {missing[0].path}")
    return photos


def find_entry(name: str) -> Published:
    """A row of the table of published models; raises UnknownPartError if there is none."""
    table = api.models.published()
    if name not in table:
        raise UnknownPartError(f"{name} is none of the published models, which are {', '.join(table)}")
    return table[name]


def verify(entry: Published, photos: list[CaptionedImage], options: argparse.Namespace) -> bool:
    """Whether one model is as published; what cannot be found out is said in one line."""
    try:
        encoder = OnnxDualEncoder(have(entry))
        is_near = check_recall(entry, encoder, options)
        is_same = check_parity(entry, encoder, photos, options)
    except TwinlensError as error:
        print(f"error: {entry.name}: {error}", file=sys.stderr)
        return False
    return is_near and is_same


def have(entry: Published) -> api.models.Bundle:
    """The model's bundle, pulled if it is not here yet."""
    folder = api.models.known_bundles().get(entry.name)
    if folder is None:
        return api.models.pull(entry.name, on_plan=show_plan)
    bundle = api.models.open_bundle(folder)
    source = bundle.manifest.source
    wanted = {"repository": entry.repository, "variant": entry.variant}
    if entry.revision:
        wanted["revision"] = entry.revision
    if other := {key: source.get(key) for key, value in wanted.items() if source.get(key) != value}:
        found = ", ".join(f"{key} {value}" for key, value in other.items())
        raise BundleError(
            f"the model of this name here is another ({found}); remove it first: twinlens models remove {entry.name}"
        )
    return bundle


def show_plan(plan: api.models.PullPlan) -> None:
    """Says what is about to be downloaded, and under which licence."""
    size = f"{plan.to_download_bytes / 1e6:,.0f} MB"
    licence = plan.license or "not stated"
    print(f"pulling {plan.source} at {plan.revision[:12]}, licence: {licence}, {size}", file=sys.stderr, flush=True)


def check_recall(entry: Published, encoder: OnnxDualEncoder, options: argparse.Namespace) -> bool:
    """Whether R@1 is near the published figures."""
    if entry.flickr30k is None:
        print(f"{entry.name}: no figures of it are in the table, so that none can be verified")
        return True
    report = api.evaluation.evaluate(encoder, options.data, options.split, **_places(options))
    assert isinstance(report, api.evaluation.RetrievalReport)
    if report.skipped:
        raise DataError(f"{len(report.skipped)} photos cannot be read, e.g. {report.skipped[0].path}")
    parts, is_near = [], True
    for (title, direction), published in zip(DIRECTIONS, entry.flickr30k, strict=True):
        found = getattr(report, direction)["R@1"]
        is_near &= abs(found - published) <= NEAR + 1e-9
        parts.append(f"{title} {found:.1f} (published {published}, {found - published:+.1f})")
    print(f"{entry.name}: R@1 {', '.join(parts)}: {'within' if is_near else 'NOT within'} ± {NEAR}", flush=True)
    return is_near


def check_parity(
    entry: Published, encoder: OnnxDualEncoder, photos: list[CaptionedImage], options: argparse.Namespace
) -> bool:
    """Whether ids, pixels and embeddings are those of transformers, as far as it can be asked."""
    source = options.checkpoint or entry.checkpoint
    if missing := [package for package in ("torch", "transformers") if find_spec(package) is None]:
        need = " and ".join(missing)
        print(f"{entry.name}: not compared with transformers, without {need}: pip install 'twinlens[train]'")
        return True
    if not source:
        print(f"{entry.name}: not compared with transformers, for which no weights of it are known: see --checkpoint")
        return True
    from twinlens.training.importing.checkpoint import open_checkpoint
    from twinlens.training.importing.fetch import fetch_checkpoint
    from twinlens.training.importing.parity import Probes, compare_with_checkpoint
    from twinlens.training.importing.preparation import compare_preparation

    texts = [caption for photo in photos for caption in photo.captions][:COMPARED_TEXTS]
    given = Probes([open_photo(photo.path).image for photo in photos[:COMPARED_PHOTOS]], texts)
    checkpoint = open_checkpoint(fetch_checkpoint(source, options.checkpoints))
    prepared = compare_preparation(checkpoint, encoder.bundle, given)
    agreement = compare_with_checkpoint(checkpoint, encoder, given)
    is_same = not prepared.texts and prepared.pixels <= MOST_PIXELS and agreement.lowest > LEAST_COSINE
    ids = (
        f"token ids of {len(prepared.texts):,} texts differ, e.g. {prepared.texts[0]!r}"
        if prepared.texts
        else "all token ids the same"
    )
    print(
        f"{entry.name}: {source} in transformers: {ids}, pixels within {prepared.pixels:.2f}/255, {agreement}: "
        f"{'the same' if is_same else 'NOT the same'}",
        flush=True,
    )
    return is_same


def _places(options: argparse.Namespace) -> dict[str, Any]:
    return {"kind": options.kind, "captions": options.captions, "images": options.images}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=NAMES, help=f"default: {' '.join(NAMES)}")
    parser.add_argument("--data", required=True, help="folder of Flickr30k")
    parser.add_argument("--split", default="test")
    parser.add_argument("--kind", help="format of the data set; recognized without it")
    parser.add_argument("--captions", help="captions file, instead of the one in the folder")
    parser.add_argument("--images", help="folder of photos, instead of the one in the folder")
    parser.add_argument("--gallery", type=int, default=GALLERY, help=f"photos of the published split ({GALLERY:,})")
    parser.add_argument("--checkpoint", help="transformers' weights of the one model: folder or OWNER/NAME[@REVISION]")
    parser.add_argument("--checkpoints", type=Path, default=Path("runs/checkpoints"), help="where weights are kept")
    options = parser.parse_intermixed_args()  # names may stand before and after options
    if options.checkpoint and len(options.names) != 1:
        parser.error("--checkpoint is about one model; give its name")
    return options


if __name__ == "__main__":
    sys.exit(main())
