"""Compares the maps of ``twinlens explain`` on the committed boxes: grid, occlusion, and occlusion of random weights.

    scripts/pointing.py --photos path/to/photos [--model NAME|DIR] [--json]

The last is a negative control: every weight tensor of the image tower is shuffled, so that a map which still lies
on the objects would owe nothing to what the model has learned. A model without a grid has no first line.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from quality import point

from twinlens import api
from twinlens.errors import TwinlensError
from twinlens.evaluation.pointing_game import PointingReport
from twinlens.model.bundle import IMAGE_MODEL, Bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder


def main() -> int:
    """Measures all maps; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="the folder of the photos with boxes")
    parser.add_argument("--model", default="default", help="name or folder of a bundle")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    try:
        encoder = api.models.load_model(options.model)
        if not isinstance(encoder, OnnxDualEncoder):
            raise TwinlensError(f"{options.model} is not a bundle, whose weights can be shuffled")
        found = {}
        for name, report in reports(encoder, options.photos):
            found[name] = report.to_json()
            if not options.json:
                print(f"{name}: {report}", flush=True)
        if options.json:
            print(json.dumps(found))
    except TwinlensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def reports(encoder: OnnxDualEncoder, photos: Path) -> Iterator[tuple[str, PointingReport]]:
    """Each map's name and figures."""
    if encoder.has_grid:
        yield "grid", point(encoder, photos, kind="grid")
    yield "occlusion", point(encoder, photos, kind="occlusion")
    with tempfile.TemporaryDirectory() as folder:
        shuffled = OnnxDualEncoder(shuffle_weights(encoder.bundle, Path(folder)))
        yield "occlusion, shuffled weights", point(shuffled, photos, kind="occlusion")


def shuffle_weights(bundle: Bundle, folder: Path) -> Bundle:
    """The bundle with the values inside each weight tensor of the image tower in random order."""
    draw = np.random.default_rng(0)
    model = onnx.load(bundle.verified(IMAGE_MODEL))
    for tensor in model.graph.initializer:
        if len(tensor.dims) >= 2:
            values = numpy_helper.to_array(tensor)
            mixed = draw.permutation(values.ravel()).reshape(values.shape)
            tensor.CopyFrom(numpy_helper.from_array(mixed, tensor.name))
    onnx.save(model, folder / IMAGE_MODEL)
    files = {name: bundle.directory / name for name in bundle.manifest.files}
    fields = bundle.manifest.model_dump(mode="json", exclude={"files", "format_version"})
    return save_bundle(folder / "bundle", fields, {**files, IMAGE_MODEL: folder / IMAGE_MODEL})


if __name__ == "__main__":
    sys.exit(main())
