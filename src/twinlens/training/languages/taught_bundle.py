"""Write a bundle of a taught text tower and the existing image tower with its new head."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import onnx

from twinlens.model.bundle import IMAGE_HEAD, IMAGE_MODEL, TEXT_MODEL, TOKENIZER, Bundle, save_bundle
from twinlens.model.training_photos import TRAINING_PHOTOS
from twinlens.training.languages.image_head import PhotoHead, write_image_head
from twinlens.training.languages.plan import TeachingPlan
from twinlens.training.parts.dual_encoder import TextSide
from twinlens.training.parts.export import TextModel, export_text_model, keep_positions
from twinlens.training.parts.quantization import Bits, quantize_text


def write_taught_bundle(
    side: TextSide,
    photo_head: PhotoHead,
    model: Bundle,
    out: Path,
    plan: TeachingPlan,
    *,
    languages: Sequence[str],
    layers: Bits = 8,
    words: Bits = 4,
) -> Bundle:
    """Writes the bundle; it has no calibration yet, since scores of other texts need another one.

    Args:
        side: the taught tower and its head.
        photo_head: the image tower's trained head.
        model: whose image tower is copied; collections embed the features that they have with the new head.
        out: the bundle's folder.
        plan: how it was taught.
        languages: codes of the languages that it understands.
        layers: bits of the layers' weights.
        words: bits of the word embeddings.
    """
    old = model.manifest
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        head = photo_head.weight.detach().numpy()
        files = {IMAGE_MODEL: folder / IMAGE_MODEL, IMAGE_HEAD: folder / IMAGE_HEAD}
        write_image_head(model.verified(IMAGE_MODEL), files[IMAGE_MODEL], head)
        np.save(files[IMAGE_HEAD], head.astype(np.float16), allow_pickle=False)
        if TRAINING_PHOTOS in old.files:
            files[TRAINING_PHOTOS] = model.verified(TRAINING_PHOTOS)
        export_text_model(TextModel(side.tower, side.head).eval(), folder / "text32.onnx")
        graph = onnx.load(str(folder / "text32.onnx"))
        keep_positions(graph, side.max_tokens)
        onnx.save(graph, str(folder / "text32.onnx"))
        files[TEXT_MODEL] = folder / TEXT_MODEL
        quantize_text(folder / "text32.onnx", files[TEXT_MODEL], layers=layers, words=words)
        files[TOKENIZER] = folder / TOKENIZER
        # without indentation, which doubles the size
        files[TOKENIZER].write_text(side.tower.tokenizer.to_str(pretty=False), encoding="utf-8")
        fields = old.model_dump(
            mode="json", exclude={"files", "format_version", "calibration", "hubs", "figures", "bridges"}
        )
        fields |= {
            "description": f"{old.image.architecture} and multilingual-e5-small, taught the space of {old.name}.",
            "created": datetime.now(UTC).date().isoformat(),
            "text": {
                "architecture": "e5-small",
                "features_dim": side.tower.features_dim,
                "max_tokens": side.max_tokens,
                "quantization": f"int{layers} weights, int{words} words",
                "languages": list(languages),
            },
            "training": {**old.training, "languages": asdict(plan)},
            "same_features": [*old.same_features, old.fingerprint],
        }
        return save_bundle(out, fields, files)
