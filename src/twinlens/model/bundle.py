"""A model bundle on disk: manifest, two ONNX towers, a tokenizer, and the fingerprint of what decides a vector."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinlens.errors import BundleError
from twinlens.model.preprocess import Preprocessing
from twinlens.relevance.maps import Calibration

MANIFEST = "model.json"
IMAGE_MODEL = "image.onnx"
TEXT_MODEL = "text.onnx"
TOKENIZER = "tokenizer.json"
WITH_GRID = "with_grid"  # optional input of the image graph: indexing does not pay for a grid that nobody looks at
MODEL_FILES = (IMAGE_MODEL, TEXT_MODEL, TOKENIZER)
FORMAT_VERSION = 1


class FileRecord(BaseModel):
    """Size and hash of one of the bundle's files, so that damage is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class ImageTower(BaseModel):
    """What stands in ``image.onnx``: pixels [B, 3, H, W] → embedding [B, D], features [B, F].

    Outputs are asked for by name, so a graph may give more. Where ``grid`` holds rows and
    columns it gives ``grid`` [B, rows, columns, D], each cell of the picture through the
    head before length 1, when its optional input ``with_grid`` is true.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    features_dim: int = Field(ge=1)
    preprocessing: Preprocessing
    quantization: str = "float32"
    grid: tuple[int, int] | None = None


class TextTower(BaseModel):
    """What stands in ``text.onnx``: input_ids, attention_mask [B, T] → embedding [B, D]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    features_dim: int = Field(ge=1)
    max_tokens: int = Field(ge=4)
    quantization: str = "float32"


class Manifest(BaseModel):
    """``model.json``; the schema of a bundle, version 1.

    ``calibration``, ``figures``, ``training``, ``bridges`` and the texts may change without
    changing the fingerprint; towers, tokenizer and preprocessing may not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int
    name: str
    description: str = ""
    created: str = ""
    license: str = ""
    embedding_dim: int = Field(ge=1)
    logit_scale: float = Field(gt=0.0)
    image: ImageTower
    text: TextTower
    files: dict[str, FileRecord]
    calibration: Calibration | None = None
    training: dict[str, Any] = Field(default_factory=dict)
    figures: dict[str, Any] = Field(default_factory=dict)
    bridges: dict[str, FileRecord] = Field(default_factory=dict)  # fingerprint of an earlier model → see ``bridge``

    @property
    def fingerprint(self) -> str:
        """16 hex digits over weights, tokenizer, preprocessing and text length."""
        decides = {
            "files": {name: self.files[name].sha256 for name in MODEL_FILES},
            "preprocessing": self.image.preprocessing.model_dump(mode="json"),
            "max_tokens": self.text.max_tokens,
        }
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


class Bundle:
    """A bundle that was opened: its manifest was read and its files are there."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest

    def __repr__(self) -> str:
        return f"<Bundle {self.manifest.name!r} {self.fingerprint} in {self.directory}>"

    @property
    def fingerprint(self) -> str:
        """The manifest's fingerprint; ``verified`` proves the files agree with it."""
        return self.manifest.fingerprint

    def verified(self, name: str) -> Path:
        """Path of one of the bundle's files, after its hash was checked.

        Raises:
            BundleError: the file's content is not what the manifest recorded, or it is gone.
        """
        path = self.directory / name
        try:
            record = file_record(path)
        except OSError as error:
            raise BundleError(f"{path} cannot be read ({error.strerror or error}); get the bundle again") from error
        if record != self.manifest.files[name]:
            raise BundleError(f"{path} is damaged: its content is not what {MANIFEST} recorded; get the bundle again")
        return path


def open_bundle(directory: Path) -> Bundle:
    """Opens a bundle and checks that it is whole: schema, version, files and sizes.

    Raises:
        BundleError: the directory is no bundle, or a part is missing, cut or unknown.
    """
    manifest_path = directory / MANIFEST
    if not manifest_path.is_file():
        raise BundleError(
            f"{directory} is not a model bundle: it has no {MANIFEST}; expected {', '.join((MANIFEST, *MODEL_FILES))}"
        )
    try:
        fields = json.loads(manifest_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{manifest_path} is not readable JSON ({error}); get the bundle again") from error
    version = fields.get("format_version") if isinstance(fields, dict) else None
    if version != FORMAT_VERSION:
        raise BundleError(
            f"{manifest_path} has format_version {version!r}, this release opens {FORMAT_VERSION}; "
            "update twinlens or export the model again"
        )
    try:
        manifest = Manifest.model_validate(fields)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise BundleError(f"{manifest_path} is not a valid manifest: {faults}") from error
    _check_files(directory, manifest)
    return Bundle(directory, manifest)


def _check_files(directory: Path, manifest: Manifest) -> None:
    for name in MODEL_FILES:
        if name not in manifest.files:
            raise BundleError(f"{directory / MANIFEST} does not list {name}; export the model again")
        path, wanted = directory / name, manifest.files[name].size_bytes
        if not path.is_file():
            raise BundleError(f"model bundle {directory} is not complete: {name} is missing; get the bundle again")
        if (size := path.stat().st_size) != wanted:
            raise BundleError(f"{path} is damaged: {size:,} bytes, {wanted:,} expected; get the bundle again")


def save_bundle(directory: Path, manifest_fields: dict[str, Any], files: dict[str, Path]) -> Bundle:
    """Writes a bundle: copies the three files, records their hashes, writes the manifest last.

    Args:
        directory: made when missing; the bundle's files in it are replaced.
        manifest_fields: the manifest without ``files`` and ``format_version``.
        files: where the three model files are now, by their name in the bundle.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in MODEL_FILES:
        if files[name] != directory / name:
            shutil.copyfile(files[name], directory / name)
    records = {name: file_record(directory / name) for name in MODEL_FILES}
    manifest = Manifest.model_validate({**manifest_fields, "format_version": FORMAT_VERSION, "files": records})
    write_manifest(directory, manifest)
    return Bundle(directory, manifest)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Writes ``model.json`` whole or not at all."""
    partial = directory / (MANIFEST + ".partial")
    partial.write_text(json.dumps(manifest.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    partial.replace(directory / MANIFEST)


def file_record(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(size_bytes=path.stat().st_size, sha256=digest)
