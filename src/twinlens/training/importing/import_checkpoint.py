"""Convert a published checkpoint to a model bundle, compared with transformers and optionally made smaller."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twinlens.errors import TrainingError
from twinlens.model.bundle import IMAGE_MODEL, MANIFEST, TEXT_MODEL, TOKENIZER, Bundle, save_bundle
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.training.importing.checkpoint import FAMILIES, Checkpoint, open_checkpoint
from twinlens.training.importing.graphs import PublishedImages, PublishedTexts
from twinlens.training.importing.licence import licence_and_languages
from twinlens.training.importing.parity import LEAST, Agreement, compare_bundles, compare_with_checkpoint, probes
from twinlens.training.parts.export import export_image_model, export_text_model
from twinlens.training.parts.quantization import Bits, Weights, quantize_layers, quantize_text, store_weights_as_float16

LARGEST_TOWER = 1_900_000_000  # bytes in float32; one ONNX file holds less than 2 GB


@dataclass(frozen=True)
class Imported:
    """A bundle that was made of a checkpoint.

    Attributes:
        bundle: the bundle; needs no torch.
        parity: the float32 bundle against transformers.
        loss: the bundle with smaller weights against the float32 one; None for float32.
        float32_bytes: size of the float32 graphs.
    """

    bundle: Bundle
    parity: Agreement
    loss: Agreement | None
    float32_bytes: int


def import_checkpoint(
    source: Path,
    out: Path,
    *,
    name: str,
    weights: Weights = "float32",
    architecture: str | None = None,
    origin: Mapping[str, str] | None = None,
) -> Imported:
    """Writes the bundle of a checkpoint.

    Args:
        source: a folder or a file, as ``open_checkpoint`` takes them.
        out: the bundle's folder; an existing bundle is replaced, other folders are not touched.
        name: of the model.
        weights: how they are stored.
        architecture: of a single file.
        origin: repository and revision, for the manifest; None = the folder's name.

    Raises:
        TrainingError: the checkpoint cannot be read or converted, or the bundle's embeddings differ from its own.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).exists():
        raise TrainingError(f"{out} contains something other than a bundle; choose a new folder")
    checkpoint = open_checkpoint(source, architecture=architecture)
    given = probes()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        files = _graphs(checkpoint, place)
        fields = _fields(checkpoint, name, origin)
        full = save_bundle(place / "float32", fields, files)
        parity = compare_with_checkpoint(checkpoint, OnnxDualEncoder(full), given)
        if not parity.lowest > LEAST:
            raise TrainingError(
                f"{source} was not imported: its bundle does not give the same embeddings as transformers, "
                f"which must agree to {LEAST}: {parity}"
            )
        fields["figures"] = {"parity": {"reference": "transformers", **_rounded(parity)}}
        size = sum(files[graph].stat().st_size for graph in (IMAGE_MODEL, TEXT_MODEL))
        if weights == "float32":
            return Imported(save_bundle(out, fields, files), parity, None, size)
        smaller = _smaller(files, place, weights)
        fields["image"]["quantization"] = fields["text"]["quantization"] = f"{weights} weights"
        small = save_bundle(place / "smaller", fields, smaller)
        loss = compare_bundles(OnnxDualEncoder(full), OnnxDualEncoder(small), given)
        fields["figures"]["loss"] = {"reference": "float32 weights", **_rounded(loss)}
        return Imported(save_bundle(out, fields, smaller), parity, loss, size)


def _graphs(checkpoint: Checkpoint, place: Path) -> dict[str, Path]:
    files = {IMAGE_MODEL: place / "image32.onnx", TEXT_MODEL: place / "text32.onnx", TOKENIZER: place / TOKENIZER}
    for side in (checkpoint.model.vision_model, checkpoint.model.text_model):
        if (size := 4 * sum(parameter.numel() for parameter in side.parameters())) > LARGEST_TOWER:
            raise TrainingError(
                f"{checkpoint.directory} has a tower of {size / 1e9:.1f} GB; one of up to {LARGEST_TOWER / 1e9:.1f} GB "
                "can be converted, choose a smaller model"
            )
    side = checkpoint.preprocessing.image_size
    outputs = ("embedding", "features")
    export_image_model(PublishedImages(checkpoint.model), files[IMAGE_MODEL], image_size=side, outputs=outputs)
    length = checkpoint.max_tokens if checkpoint.has_full_length else None
    export_text_model(PublishedTexts(checkpoint.model), files[TEXT_MODEL], only_length=length)
    checkpoint.text_tokenizer.save(str(files[TOKENIZER]))
    return files


def _smaller(files: dict[str, Path], place: Path, weights: Weights) -> dict[str, Path]:
    smaller = {**files, IMAGE_MODEL: place / "image_small.onnx", TEXT_MODEL: place / "text_small.onnx"}
    try:
        if weights == "float16":
            for graph in (IMAGE_MODEL, TEXT_MODEL):
                store_weights_as_float16(files[graph], smaller[graph])
        else:
            bits: Bits = 8 if weights == "int8" else 4
            quantize_layers(files[IMAGE_MODEL], smaller[IMAGE_MODEL], bits=bits)
            quantize_text(files[TEXT_MODEL], smaller[TEXT_MODEL], layers=bits, words=bits)
    except ValueError as error:
        raise TrainingError(f"its weights cannot be stored as {weights}: {error}; import it without that") from error
    return smaller


def _fields(checkpoint: Checkpoint, name: str, origin: Mapping[str, str] | None) -> dict[str, Any]:
    """The manifest without the files."""
    model, preprocessing = checkpoint.model, checkpoint.preprocessing
    dim, features_dim = PublishedImages(model).dims(preprocessing.image_size)
    licence, languages = licence_and_languages(checkpoint.directory)
    bias = getattr(model, "logit_bias", None)
    text: dict[str, Any] = {
        "architecture": model.config.text_config.model_type,
        "features_dim": int(model.config.text_config.hidden_size),
        "max_tokens": checkpoint.max_tokens,
        "languages": languages,
        "pad_token_id": int(checkpoint.tokenizer.pad_token_id or 0),
        "padding_side": checkpoint.tokenizer.padding_side,
    }
    if checkpoint.has_full_length:
        text |= {"padding": "full", "mask_input": None}
    return {
        "name": name,
        "description": f"{FAMILIES[checkpoint.family]} model, converted from a checkpoint",
        "created": datetime.now(UTC).date().isoformat(),
        "license": licence,
        "embedding_dim": dim,
        "logit_scale": round(float(model.logit_scale.exp()), 4),
        "logit_bias": None if bias is None else round(float(bias), 4),
        "image": {
            "architecture": model.config.vision_config.model_type,
            "features_dim": features_dim,
            "preprocessing": preprocessing.model_dump(mode="json"),
        },
        "text": text,
        "source": {
            "kind": checkpoint.kind,
            "family": checkpoint.family,
            **(origin or {"folder": checkpoint.directory.resolve().name}),
        },
    }


def _rounded(agreement: Agreement) -> dict[str, float]:
    return {key: round(value, 6) for key, value in asdict(agreement).items()}
