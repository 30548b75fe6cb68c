"""Check environment, models and a collection, for ``twinlens doctor``."""

import platform
import shutil
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from PIL import Image

from twinlens.api.library import find_existing
from twinlens.collection.collection import Collection
from twinlens.errors import CollectionNotFoundError, TwinlensError
from twinlens.model.bundle import MODEL_FILES, open_bundle
from twinlens.model.load import known_bundles, load_model


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: a line of ``twinlens doctor``."""

    what: str
    ok: bool
    detail: str


def check_up(place: str | Path | None = None) -> list[Finding]:
    """Checks the environment, the models, and the collection if there is one."""
    findings = [Finding("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")]
    findings.append(_check_packages())
    free = shutil.disk_usage(tempfile.gettempdir()).free
    findings.append(Finding("disk", free > 1e9, f"{free / 1e9:.1f} GB free for temporary files"))
    findings += [_check_model(name, folder) for name, folder in known_bundles().items()]
    try:
        opened = find_existing(place)
    except CollectionNotFoundError as error:
        findings.append(Finding("collection", place is None, str(error)))
        return findings
    except TwinlensError as error:
        findings.append(Finding("collection", False, str(error)))
        return findings
    with opened.collection as collection:
        findings.append(_check_collection(collection))
    return findings


def _check_packages() -> Finding:
    found, missing = [], []
    for name in ("numpy", "pillow", "pillow-heif", "onnxruntime", "tokenizers", "numkong"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}; reinstall twinlens")
    return Finding("packages", True, ", ".join(found))


def _check_model(name: str, folder: Path) -> Finding:
    what = f"model {name}"
    try:
        bundle = open_bundle(folder)
        for file in MODEL_FILES:
            bundle.verified(file)
        encoder = load_model(folder)
        grey = encoder.encode_image([Image.new("RGB", (64, 64), "grey")])
        words = encoder.encode_text(["a photo of a dog", "a photo of a puppy", "the annual tax report"])
    except TwinlensError as error:
        return Finding(what, False, str(error))
    unit = np.allclose(np.linalg.norm(np.vstack([grey, words]), axis=1), 1.0, atol=1e-3)
    sensible = float(words[0] @ words[1]) > float(words[0] @ words[2])
    if not unit or not sensible:
        return Finding(what, False, "the self-test returned wrong embeddings; reinstall twinlens")
    return Finding(what, True, f"fingerprint {bundle.fingerprint}, D = {encoder.dim}, self-test passed")


def _check_collection(collection: Collection) -> Finding:
    faults = collection.faults()
    missing = [str(folder.path) for folder in collection.folders() if not folder.path.is_dir()]
    if missing:
        faults.append(f"photo folder missing: {', '.join(missing)}")
    try:
        if len(collection):
            collection.encoder.verify()
    except TwinlensError as error:
        faults.append(str(error))
    holds = f"{len(collection):,} photos, {collection.catalog.captions.count():,} captions, {collection.path}"
    detail = "; ".join(faults) if faults else holds
    return Finding("collection", not faults, detail)
