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
from twinlens.collection.indexing.scanning.missing import MissingFolder
from twinlens.collection.place.locate import find_collection, find_lost, photos_path
from twinlens.counted import counted
from twinlens.errors import CatalogDamagedError, CollectionNotFoundError, ConfigError, TwinlensError
from twinlens.model.bundle import open_bundle
from twinlens.model.load import DEFAULT, known_bundles, load_model
from twinlens.model.providers import AUTO, PROVIDERS, VARIABLE, choose_providers, device_name, wanted_device


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check: a line of ``twinlens doctor``.

    Attributes:
        what: the thing that was checked.
        ok: whether it is as it should be.
        detail: what was found.
        remedy: what to do; None if it is ok.
    """

    what: str
    ok: bool
    detail: str
    remedy: str | None = None


def check_up(place: str | Path | None = None) -> list[Finding]:
    """Checks the environment, the models, and the collection if there is one."""
    findings = [Finding("python", True, f"{platform.python_version()} on {platform.system()} {platform.machine()}")]
    findings += [_check_packages(), _check_device()]
    free = shutil.disk_usage(tempfile.gettempdir()).free
    findings.append(_finding("disk", f"{free / 1e9:.1f} GB free for temporary files", remedy=_disk_remedy(free)))
    findings += [_check_model(name, folder) for name, folder in known_bundles().items()]
    try:
        opened = find_existing(place)
    except CollectionNotFoundError as error:
        findings.append(_no_collection(place, error))
        return findings
    except CatalogDamagedError as error:
        findings.append(_damaged(place, error))
        return findings
    except TwinlensError as error:
        findings.append(_finding("collection", str(error), remedy="see the message above"))
        return findings
    with opened.collection as collection:
        try:
            findings.append(_check_collection(collection))
        except CatalogDamagedError as error:
            findings.append(_finding("collection", str(error), remedy=_repair_command(collection.path)))
    return findings


def _finding(what: str, detail: str, *, remedy: str | None = None) -> Finding:
    return Finding(what, remedy is None, detail, remedy)


def _disk_remedy(free: int) -> str | None:
    return None if free > 1e9 else f"free some space in {tempfile.gettempdir()}"


def _no_collection(place: str | Path | None, error: CollectionNotFoundError) -> Finding:
    folder = photos_path(place if place is not None else ".")
    if (lost := find_lost(folder)) is not None:
        return _lost(lost)
    return _finding("collection", str(error), remedy=None if place is None else f"twinlens index {folder}")


def _damaged(place: str | Path | None, error: CatalogDamagedError) -> Finding:
    folder = photos_path(place if place is not None else ".")
    if find_collection(folder) is None and (lost := find_lost(folder)) is not None:
        return _lost(lost)
    return _finding("collection", str(error), remedy=_repair_command(place))


def _lost(collection: Path) -> Finding:
    detail = f"the catalog of {collection} is missing, although photos were indexed there"
    return _finding(
        "collection", detail, remedy=f"put catalog.sqlite back from a copy, or: {_repair_command(collection)}"
    )


def _repair_command(place: str | Path | None) -> str:
    return "twinlens repair" if place is None else f"twinlens repair --in {place}"


def _check_packages() -> Finding:
    found, missing = [], []
    for name in ("numpy", "pillow", "pillow-heif", "onnxruntime", "tokenizers", "numkong"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return _finding("packages", f"missing: {', '.join(missing)}", remedy="reinstall twinlens")
    return Finding("packages", True, ", ".join(found))


def _check_device() -> Finding:
    """Which processors ONNX Runtime has; each model's line says on which it runs."""
    import onnxruntime

    available, wanted = onnxruntime.get_available_providers(), wanted_device()
    try:
        first = choose_providers(available, wanted)[0]
    except ConfigError as error:
        return _finding("device", str(error), remedy=f"set {VARIABLE}={AUTO}")
    others = [device_name(one) for one in PROVIDERS.values() if one in available and one != first]
    also = f"; there is also {', '.join(others)}" if others else ""
    return _finding("device", f"{device_name(first)} ({VARIABLE}={wanted}){also}", remedy=None)


def _check_model(name: str, folder: Path) -> Finding:
    what = f"model {name}"
    try:
        bundle = open_bundle(folder)
        for file in bundle.manifest.files:
            bundle.verified(file)
        encoder = load_model(folder)
        grey = encoder.encode_image([Image.new("RGB", (64, 64), "grey")])
        words = encoder.encode_text(["a photo of a dog", "a photo of a puppy", "the annual tax report"])
    except TwinlensError as error:
        return _finding(what, str(error), remedy=_model_remedy(name, folder))
    unit = np.allclose(np.linalg.norm(np.vstack([grey, words]), axis=1), 1.0, atol=1e-3)
    sensible = float(words[0] @ words[1]) > float(words[0] @ words[2])
    if not unit or not sensible:
        return _finding(what, "the self-test returned wrong embeddings", remedy=_model_remedy(name, folder))
    model = encoder.describe()
    languages = f", understands {', '.join(model.languages)}" if model.languages else ""
    tells = ", tells unknown words" if model.knows_words else ""
    detail = f"fingerprint {bundle.fingerprint}, D = {encoder.dim}{languages}{tells}"
    return Finding(what, True, f"{detail}, self-test passed on {encoder.computed_on}")


def _model_remedy(name: str, folder: Path) -> str:
    return "reinstall twinlens" if name == DEFAULT else f"put the model in {folder} back from its source, or remove it"


def _check_collection(collection: Collection) -> Finding:
    faults, remedies = collection.faults(), []
    if faults:
        remedies.append(_repair_command(collection.path))
    missing = [str(folder.path) for folder in collection.folders() if not folder.path.is_dir()]
    if missing:
        faults.append(f"photo folder missing: {', '.join(missing)}")
        remedies.append("connect its disk, or move the folder back")
    for kept in collection.status()["kept_folders"]:
        faults.append(str(MissingFolder(**kept)))
        remedies.append("connect its disk; if the photos are really gone: twinlens index --forget-missing")
    try:
        if len(collection):
            collection.encoder.verify()
    except TwinlensError as error:
        faults.append(str(error))
        remedies.append(f"put the model back, or embed with another: twinlens reindex {collection.path} --model NAME")
    captions = counted(collection.catalog.captions.count(), "caption")
    holds = f"{counted(len(collection), 'photo')}, {captions}, {collection.path}"
    return _finding("collection", "; ".join(faults) or holds, remedy="; ".join(remedies) or None)
