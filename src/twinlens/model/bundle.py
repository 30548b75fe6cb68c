"""Model bundles on disk: manifest, two ONNX towers, tokenizer, and a fingerprint."""

import hashlib
import json
import shutil
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from twinlens.errors import BundleError
from twinlens.model.preprocess import Preprocessing
from twinlens.relevance.maps import VERSION, Calibration, OtherCalibration
from twinlens.whole_file import whole_file
from twinlens.words.word_list import WORDS

MANIFEST = "model.json"
IMAGE_MODEL = "image.onnx"
TEXT_MODEL = "text.onnx"
TOKENIZER = "tokenizer.json"
ENGLISH_MODEL = "english.onnx"  # optional, with its tokenizer: see Manifest.english
ENGLISH_TOKENIZER = "english_tokenizer.json"
IMAGE_HEAD = "image_head.npy"  # optional: [D, F] float16, the linear map from pooled features to embeddings
HUBS = "hubs.npz"  # optional: banks of texts and photos, see Manifest.hubs
BANKS = ("words", "captions", "photos")  # in HUBS
HUB_DIMENSIONS = len(BANKS) + 2  # of a corrected embedding, beyond those of the towers
WITH_GRID = "with_grid"  # optional input of the image graph, so that indexing does not compute an unused grid
MODEL_FILES = (IMAGE_MODEL, TEXT_MODEL, TOKENIZER)
WEIGHTS = {IMAGE_MODEL: "image.onnx_data", TEXT_MODEL: "text.onnx_data"}  # optional: weights outside their graph
FORMAT_VERSION = 1

LanguageCode: TypeAlias = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
"""As in BCP 47, such as ``de`` or ``zh-Hant``."""


Padding: TypeAlias = Literal["longest", "full"]
PaddingSide: TypeAlias = Literal["left", "right"]

# What a manifest says of its graphs; a bundle that says nothing else has the fingerprint that it always had.
_IMAGE_GRAPH = ("input", "embedding", "features", "unit_rows")
_TEXT_GRAPH = ("padding", "pad_token_id", "padding_side", "ids_input", "mask_input", "embedding", "unit_rows")


class FileRecord(BaseModel):
    """Size and hash of one of the bundle's files, to detect damage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class ImageTower(BaseModel):
    """The graph in ``image.onnx``: pixels [B, 3, H, W] → embedding [B, D], features [B, F].

    Outputs are selected by name, so a graph may have more. If ``grid`` is set to rows and
    columns, the graph also returns ``grid`` [B, rows, columns, D] when its optional input
    ``with_grid`` is true: the projected features of each cell, before normalization.

    Attributes:
        features_dim: F; 0 if the graph has no output of pooled features.
        input: name of the graph's input.
        embedding: name of its output of embeddings.
        features: name of its output of pooled features.
        unit_rows: whether the graph's embeddings have length 1; if not, they are scaled to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    features_dim: int = Field(ge=0)
    preprocessing: Preprocessing
    quantization: str = "float32"
    grid: tuple[int, int] | None = None
    input: str = "pixels"
    embedding: str = "embedding"
    features: str = "features"
    unit_rows: bool = True


class TextTower(BaseModel):
    """The graph in ``text.onnx``: input_ids, attention_mask [B, T] → embedding [B, D].

    Attributes:
        features_dim: width of the backbone; 0 = not stated.
        max_tokens: longer texts are truncated.
        languages: that it understands; none = not stated.
        padding: "longest" fills a batch up to its longest text; "full" up to ``max_tokens``,
            for a model that was trained so and knows nothing else (SigLIP), or a graph of that length.
        pad_token_id: id of the padding token; None = the tokenizer's, see ``tokenizer.pad_id``.
        padding_side: where the padding stands.
        ids_input: name of the graph's input of token ids.
        mask_input: name of its input of the mask; None = it has none.
        embedding: name of its output of embeddings.
        unit_rows: whether the graph's embeddings have length 1; if not, they are scaled to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str
    features_dim: int = Field(ge=0)
    max_tokens: int = Field(ge=4)
    quantization: str = "float32"
    languages: tuple[LanguageCode, ...] = ()
    padding: Padding = "longest"
    pad_token_id: int | None = Field(default=None, ge=0)
    padding_side: PaddingSide = "right"
    ids_input: str = "input_ids"
    mask_input: str | None = "attention_mask"
    embedding: str = "embedding"
    unit_rows: bool = True


class HubSettings(BaseModel):
    """How the banks in ``hubs.npz`` correct embeddings; see ``model.hubs.Hubs``.

    Attributes:
        sharpness: s, of a bank's nearness; the larger, the more the nearest rows decide.
        width: w, the length that carries a correction.
        reach: largest nearness beyond the level for which a corrected score is exact.
        short: number of tokens up to which a text is all words.
        long: number of tokens from which on it is all caption.
        strength: of each bank, the share of its nearness that is taken off a score.
        level: of each bank, the mean nearness of what it corrects.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sharpness: float = Field(gt=0.0)
    width: float = Field(gt=0.0)
    reach: float = Field(ge=0.0)
    short: int = Field(ge=0)
    long: int
    strength: dict[str, float]
    level: dict[str, float]

    @model_validator(mode="after")
    def _is_complete(self) -> "HubSettings":
        if self.long <= self.short:
            raise ValueError(f"long must be more than short, {self.short}")
        for table in (self.strength, self.level):
            if set(table) != set(BANKS):
                raise ValueError(f"expected the banks {', '.join(BANKS)}")
        return self


def _format_of(calibration: Any) -> str:
    version = calibration.get("version") if isinstance(calibration, dict) else getattr(calibration, "version", None)
    return "calibration" if version == VERSION else "other"


AnyCalibration: TypeAlias = Annotated[
    Annotated[Calibration, Tag("calibration")] | Annotated[OtherCalibration, Tag("other")], Discriminator(_format_of)
]
"""The calibration of a manifest: one that this release reads, or any other."""


class Manifest(BaseModel):
    """The schema of ``model.json``, version 1.

    The fingerprint covers towers, tokenizer and preprocessing, but not ``calibration``,
    ``figures``, ``training``, ``bridges``, ``same_features``, ``source`` and the descriptions.

    Attributes:
        english: a second text tower, in ``english.onnx`` with ``english_tokenizer.json``: an English text's embedding
            is a weighted sum of both, scaled to length 1. Needs ``words.zip``, which tells what is English.
        english_share: the second tower's weight in the sum; the first has the rest.
        embedding_dim: D of the towers; see ``dim``.
        hubs: corrects embeddings by ``hubs.npz``; None = they are as the towers made them.
        logit_scale: 1 / temperature.
        logit_bias: added to scaled cosines by a model trained with the sigmoid loss; None = it has none, or not known.
        source: where a published model came from, such as its repository and revision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int
    name: str
    description: str = ""
    created: str = ""
    license: str = ""
    embedding_dim: int = Field(ge=1)
    logit_scale: float = Field(gt=0.0)
    logit_bias: float | None = None
    image: ImageTower
    text: TextTower
    english: TextTower | None = None
    english_share: float = Field(default=0.5, gt=0.0, lt=1.0)
    hubs: HubSettings | None = None
    files: dict[str, FileRecord]
    calibration: AnyCalibration | None = None
    training: dict[str, Any] = Field(default_factory=dict)
    figures: dict[str, Any] = Field(default_factory=dict)
    bridges: dict[str, FileRecord] = Field(default_factory=dict)  # fingerprint of an older model → see ``bridge``
    same_features: tuple[str, ...] = ()  # fingerprints of older models with the same features, see IMAGE_HEAD
    source: dict[str, str] = Field(default_factory=dict)

    @property
    def dim(self) -> int:
        """D of the model's embeddings."""
        return self.embedding_dim + (HUB_DIMENSIONS if self.hubs else 0)

    @property
    def model_files(self) -> tuple[str, ...]:
        """Names of the files that an embedding depends on."""
        weights = [name for name in WEIGHTS.values() if name in self.files]
        english = (ENGLISH_MODEL, ENGLISH_TOKENIZER, WORDS) if self.english is not None else ()
        hubs = (HUBS,) if self.hubs is not None else ()
        return (*MODEL_FILES, *weights, *english, *hubs)

    @property
    def fingerprint(self) -> str:
        """Hash of weights, tokenizer, preprocessing, text length and padding; 16 hex digits."""
        decides = {
            "files": {name: self.files[name].sha256 for name in self.model_files if name in self.files},
            "preprocessing": self.image.preprocessing.model_dump(mode="json"),
            "max_tokens": self.text.max_tokens,
            **_said("image", self.image, _IMAGE_GRAPH),
            **_said("text", self.text, _TEXT_GRAPH),
        }
        if self.english is not None:
            decides |= {"english.max_tokens": self.english.max_tokens, "english_share": self.english_share}
            decides |= _said("english", self.english, _TEXT_GRAPH)
        if self.hubs is not None:
            decides["hubs"] = self.hubs.model_dump(mode="json")
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:16]


def _said(side: str, tower: BaseModel, names: tuple[str, ...]) -> dict[str, Any]:
    """Those fields of a tower that are not at their defaults."""
    return {f"{side}.{name}": value for name, value in tower.model_dump(exclude_defaults=True).items() if name in names}


class Bundle:
    """An open bundle: its manifest is valid and its files exist."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self.directory = directory
        self.manifest = manifest

    def __repr__(self) -> str:
        return f"<Bundle {self.manifest.name!r} {self.fingerprint} in {self.directory}>"

    @cached_property
    def fingerprint(self) -> str:
        """The manifest's fingerprint; ``verified`` checks that the files agree with it."""
        return self.manifest.fingerprint

    def without_hubs(self) -> "Bundle":
        """The same bundle, whose embeddings are as the towers make them."""
        return Bundle(self.directory, self.manifest.model_copy(update={"hubs": None}))

    def verified(self, name: str) -> Path:
        """Checks the hash of one of the bundle's files, and of a graph's weights, and returns its path.

        Raises:
            BundleError: the file is missing, or its hash differs from the manifest.
        """
        if WEIGHTS.get(name) in self.manifest.files:
            self.verified(WEIGHTS[name])
        path = self.directory / name
        try:
            record = file_record(path)
        except OSError as error:
            raise BundleError(f"{path} cannot be read ({error.strerror or error}); get the bundle again") from error
        if record != self.manifest.files[name]:
            raise BundleError(f"{path} is damaged: its content does not match {MANIFEST}; get the bundle again")
        return path


def open_bundle(directory: Path) -> Bundle:
    """Opens a bundle and checks schema, version, files and sizes.

    Raises:
        BundleError: the directory is not a bundle, or a file is missing or damaged.
    """
    manifest_path = directory / MANIFEST
    if not manifest_path.is_file():
        raise BundleError(
            f"{directory} is not a model bundle: it has no {MANIFEST}; expected {', '.join((MANIFEST, *MODEL_FILES))}"
        )
    try:
        fields = json.loads(manifest_path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
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
    for name in manifest.model_files:
        if name not in manifest.files:
            raise BundleError(f"{directory / MANIFEST} does not list {name}; export the model again")
        path, wanted = directory / name, manifest.files[name].size_bytes
        if not path.is_file():
            raise BundleError(f"model bundle {directory} is incomplete: {name} is missing; get the bundle again")
        if (size := path.stat().st_size) != wanted:
            raise BundleError(f"{path} is damaged: {size:,} bytes, {wanted:,} expected; get the bundle again")


def save_bundle(directory: Path, manifest_fields: dict[str, Any], files: dict[str, Path]) -> Bundle:
    """Writes a bundle: copies the three files, records their hashes, writes the manifest last.

    Args:
        directory: created if missing; existing bundle files are replaced.
        manifest_fields: the manifest without ``files`` and ``format_version``.
        files: current paths of the three model files, by their name in the bundle, and of others to be kept with them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in (*MODEL_FILES, *(files.keys() - MODEL_FILES)):
        if files[name] != directory / name:
            shutil.copyfile(files[name], directory / name)
    records = {name: file_record(directory / name) for name in files}
    manifest = Manifest.model_validate({**manifest_fields, "format_version": FORMAT_VERSION, "files": records})
    write_manifest(directory, manifest)
    return Bundle(directory, manifest)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Writes ``model.json`` atomically."""
    with whole_file(directory / MANIFEST) as place:
        place.write_text(json.dumps(manifest.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")


def file_record(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(size_bytes=path.stat().st_size, sha256=digest)
