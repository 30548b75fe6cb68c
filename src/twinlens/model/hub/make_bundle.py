"""A bundle from a published model's files: their settings are read, their graphs checked and tried out."""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from twinlens.errors import BundleError
from twinlens.model.bundle import IMAGE_MODEL, TEXT_MODEL, TOKENIZER, WEIGHTS, Bundle, save_bundle, write_manifest
from twinlens.model.graph import Graph
from twinlens.model.hub.folder import Folder
from twinlens.model.hub.layouts import Layout
from twinlens.model.hub.one_graph import split_towers
from twinlens.model.hub.onnx_file import GraphFile, read_graph, with_weights_named
from twinlens.model.hub.patches import refuse_patches
from twinlens.model.hub.photo_settings import photo_settings
from twinlens.model.hub.published import Published
from twinlens.model.hub.source import Source
from twinlens.model.hub.text_settings import TextSettings, text_settings
from twinlens.model.hub.towers import ImageNames, TextNames, image_names, text_names
from twinlens.model.onnx_encoder import OnnxDualEncoder
from twinlens.model.preprocess import Preprocessing

LOGIT_SCALE = 100.0  # at which CLIP's training stops; exports leave it out, and a search needs none


def make_bundle(
    name: str,
    source: Source,
    layout: Layout,
    files: Mapping[str, Path],
    staged: Path,
    *,
    variant: str,
    entry: Published | None,
) -> Bundle:
    """Writes a bundle and tries it out.

    Args:
        name: of the bundle.
        source: where the model came from.
        layout: which of its files is what.
        files: where they are here, by name.
        staged: an empty folder on the same disk.
        variant: how the weights are stored.
        entry: its row of the table of published models, if it has one.

    Raises:
        BundleError: a file cannot be read or is refused, or the towers do not fit each other.
    """
    settings = {what: _settings(source.name, files[path]) for what, path in layout.settings.items()}
    graphs = _graphs(layout, files, staged)
    image, text = read_graph(graphs[IMAGE_MODEL]), read_graph(graphs[TEXT_MODEL])
    refuse_patches(source.name, config={}, inputs=[given.name for given in image.inputs])
    photo, words = image_names(layout.image, image), text_names(layout.text, text)
    preprocessing = _preprocessing(source.name, settings, photo, is_open_clip=layout.is_open_clip)
    texts = text_settings(
        source.name,
        files[layout.tokenizer],
        config=settings.get("config", {}),
        tokenizer_config=settings.get("tokenizer", {}),
        graph_tokens=words.tokens,
        is_open_clip=layout.is_open_clip,
    )
    texts.tokenizer.save(str(staged / TOKENIZER))
    is_ours = not isinstance(source, Folder)
    made = {TOKENIZER: staged / TOKENIZER}
    made |= _graph_files(IMAGE_MODEL, layout.image, image, graphs, files, staged, is_ours=is_ours)
    made |= _graph_files(TEXT_MODEL, layout.text, text, graphs, files, staged, is_ours=is_ours)
    dim, *features = _dims(made[IMAGE_MODEL], photo, preprocessing)
    kind = str(settings.get("config", {}).get("model_type") or (entry.name if entry else "open_clip"))
    fields = {
        "name": name,
        "description": entry.description if entry else f"{source.name}, as published",
        "created": date.today().isoformat(),
        "license": source.license or (entry.license if entry else ""),
        "embedding_dim": dim,
        "logit_scale": LOGIT_SCALE,
        "image": {
            "architecture": f"{kind} image tower",
            "features_dim": features[0] if features else 0,
            "preprocessing": preprocessing.model_dump(mode="json"),
            "quantization": variant,
            **_image_fields(photo),
        },
        "text": {
            "architecture": f"{kind} text tower",
            "features_dim": 0,
            "quantization": variant,
            "languages": entry.languages if entry else (),
            **_text_fields(words, texts),
        },
        "source": source.describe() | {"variant": variant},
    }
    return _tried_out(source.name, save_bundle(staged, fields, made))


def check_kind(source: Source, layout: Layout) -> None:
    """Looks at a model's settings, which are small, before its graphs are fetched.

    Raises:
        BundleError: it is of a kind that no bundle can be made of.
    """
    files = source.fetch(tuple(layout.settings.values()))
    settings = {what: _settings(source.name, files[path]) for what, path in layout.settings.items()}
    refuse_patches(source.name, config=settings.get("config", {}), photos=_photo_fields(settings))


def _image_fields(names: ImageNames) -> dict[str, Any]:
    features = names.features or "features"
    return {"input": names.pixels, "embedding": names.embedding, "features": features, "unit_rows": False}


def _text_fields(names: TextNames, texts: TextSettings) -> dict[str, Any]:
    return {
        "max_tokens": texts.max_tokens,
        "padding": texts.padding,
        "pad_token_id": texts.pad_token_id,
        "padding_side": texts.padding_side,
        "ids_input": names.ids,
        "mask_input": names.mask,
        "embedding": names.embedding,
        "unit_rows": False,
    }


def _graphs(layout: Layout, files: Mapping[str, Path], staged: Path) -> dict[str, Path]:
    """One graph for photos and one for texts."""
    if layout.image != layout.text:
        return {IMAGE_MODEL: files[layout.image], TEXT_MODEL: files[layout.text]}
    if read_graph(files[layout.image]).weights:
        raise BundleError(f"{layout.image} has both towers and its weights outside; choose a smaller --variant")
    made = {name: staged / name for name in (IMAGE_MODEL, TEXT_MODEL)}
    split_towers(files[layout.image], made[IMAGE_MODEL], made[TEXT_MODEL])
    return made


def _settings(name: str, path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path.name} of {name} is not readable JSON ({error}); pull the model again") from error
    if not isinstance(read, dict):
        raise BundleError(f"{path.name} of {name} is not a table of settings")
    return read


def _graph_files(
    own: str,
    path: str,
    graph: GraphFile,
    graphs: Mapping[str, Path],
    files: Mapping[str, Path],
    staged: Path,
    *,
    is_ours: bool,
) -> dict[str, Path]:
    """A tower's graph, and its weights where they are outside, under a bundle's names in its folder."""
    if not graph.weights:
        return {own: _placed(graphs[own], staged / own, is_ours=is_ours)}
    *others, weights = sorted(graph.weights)
    stored = Path(path).with_name(weights).as_posix()
    if others or stored not in files:
        listed = ", ".join([*others, weights])
        raise BundleError(f"{path} keeps its weights in {listed}, which cannot be had; choose another --variant")
    renamed = staged / own
    renamed.write_bytes(with_weights_named(graphs[own], WEIGHTS[own]))
    return {own: renamed, WEIGHTS[own]: _placed(files[stored], staged / WEIGHTS[own], is_ours=is_ours)}


def _placed(file: Path, place: Path, *, is_ours: bool) -> Path:
    """The file in the bundle's folder: another name for what was downloaded, a copy of what is the user's."""
    if file == place:
        return place
    if is_ours:
        try:
            os.link(file, place)
        except OSError:  # a file system without links
            shutil.copyfile(file, place)
    else:
        shutil.copyfile(file, place)
    return place


def _preprocessing(
    name: str, settings: Mapping[str, dict[str, Any]], photo: ImageNames, *, is_open_clip: bool
) -> Preprocessing:
    made = photo_settings(name, _photo_fields(settings), is_open_clip=is_open_clip)
    if photo.side is not None and photo.side != made.image_size:
        raise BundleError(
            f"{name} is inconsistent: its graph takes {photo.side} pixels, its settings say {made.image_size}"
        )
    return made


def _photo_fields(settings: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """How photos are prepared: in a file of its own, or a part of another."""
    whole = settings.get("image") or settings.get("processor") or {}
    part = whole.get("image_processor")
    return part if isinstance(part, dict) else whole


def _dims(path: Path, photo: ImageNames, preprocessing: Preprocessing) -> list[int]:
    """Lengths of an image graph's embedding and features, found by running it: many exports do not state them."""
    graph = Graph(path, inputs=(photo.pixels,), outputs={})
    side = preprocessing.image_size
    outputs = [photo.embedding, *([photo.features] if photo.features else [])]
    try:
        return [int(rows.shape[-1]) for rows in graph.run(outputs, {photo.pixels: np.zeros((1, 3, side, side))})]
    except Exception as error:  # ONNX Runtime raises its own
        raise BundleError(f"its image graph cannot be run: {_line(error)}; choose another export or variant") from error


def _tried_out(name: str, bundle: Bundle) -> Bundle:
    """The bundle, after a photo and texts were embedded; with full texts if short ones cannot be.

    Raises:
        BundleError: the towers do not fit each other, or give no numbers.
    """
    encoder = OnnxDualEncoder(bundle, threads=1)
    picture = Image.linear_gradient("L").convert("RGB")
    try:
        rows = [encoder.encode_image([picture]), encoder.encode_text(["a dog"]), encoder.encode_text(["", "a red car"])]
    except BundleError:
        raise
    except Exception as error:  # ONNX Runtime raises its own
        if bundle.manifest.text.padding == "longest":  # some graphs state any length and take one, as MobileCLIP's
            text = bundle.manifest.text.model_copy(update={"padding": "full"})
            manifest = bundle.manifest.model_copy(update={"text": text})
            write_manifest(bundle.directory, manifest)
            return _tried_out(name, Bundle(bundle.directory, manifest))
        raise BundleError(f"{name} cannot be run: {_line(error)}; choose another export or variant") from error
    if not all(np.isfinite(row).all() and np.allclose(np.linalg.norm(row, axis=1), 1, atol=1e-3) for row in rows):
        raise BundleError(f"{name} gives embeddings that are no numbers; choose another export or variant")
    return bundle


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
