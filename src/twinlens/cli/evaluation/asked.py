"""What ``twinlens evaluate`` is asked to measure, and which options go together with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from twinlens import api

CLASSES, CAPTIONS, COMPOSITIONAL = "zero-shot classification", "captioned photos", "a compositional set"
COMPARE, NPZ, VECTORS = "--compare", "--embeddings FILE.npz", "--embeddings"
OUTPUTS = ("--save-embeddings", "--ranks", "--plots")
REFUSED = {  # kind of evaluation → options that do not apply to it
    COMPARE: (
        *("--model", "--embeddings", "--folds", "--classes", "--prompt", "--record"),
        *("--save-embeddings", "--ranks", "--text-embeddings"),
    ),
    NPZ: (
        *("--data", "--captions", "--images", "--format", "--ratios", "--language", "--model"),
        *("--classes", "--prompt", "--record", "--save-embeddings", "--text-embeddings"),
    ),
    VECTORS: ("--model", "--classes", "--prompt", "--record"),
    CLASSES: ("--ratios", "--language", "-k", "--folds", "--text-embeddings", "--truth", *OUTPUTS),
    COMPOSITIONAL: (
        *("--ratios", "--language", "-k", "--folds", "--classes", "--prompt", "--text-embeddings", "--truth"),
        *OUTPUTS,
    ),
    CAPTIONS: ("--prompt", "--text-embeddings"),
}


@dataclass(frozen=True, slots=True)
class DataSource:
    """The data set given on the command line."""

    data: Path | None
    captions: Path | None
    images: Path | None
    kind: str | None
    split: str
    ratios: str | None
    languages: tuple[str, ...]
    truth: Path | None

    @property
    def is_named(self) -> bool:
        """Whether there is one."""
        return self.data is not None or (self.captions is not None and self.images is not None)

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.data or (self.captions or Path()).parent

    @property
    def is_compositional(self) -> bool:
        """Whether it is Winoground or SugarCrepe."""
        return api.evaluation.is_compositional(self.folder, kind=self.kind, captions=self.captions)

    @property
    def found_by(self) -> dict[str, Any]:
        """Arguments of ``api.datasets``."""
        return {"kind": self.kind, "captions": self.captions, "images": self.images}

    @property
    def chosen(self) -> dict[str, Any]:
        """Arguments of ``api.evaluation`` besides folder and split."""
        return {**self.found_by, "ratios": self.ratios, "languages": self.languages, "truth": self.truth}

    def given(self) -> dict[str, object]:
        """Option → value."""
        return {
            **{"--data": self.data, "--captions": self.captions, "--images": self.images, "--format": self.kind},
            **{"--ratios": self.ratios, "--language": self.languages, "--truth": self.truth},
        }


def what_is_asked(
    source: DataSource,
    *,
    compare: tuple[str, str] | None,
    embeddings: Path | None,
    classes: Path | None,
    given: Mapping[str, object],
) -> str:
    """The kind of evaluation, a key of REFUSED.

    Args:
        source: the data set.
        compare: two models or files.
        embeddings: vectors of other programs.
        classes: names of classes.
        given: option → value, of those that do not apply to each kind.

    Raises:
        typer.BadParameter: nothing is asked, or an option does not apply to it.
    """
    asked = _kind(source, compare=compare, embeddings=embeddings, classes=classes)
    if refused := [name for name in REFUSED[asked] if given.get(name)]:
        raise typer.BadParameter(f"{' and '.join(refused)} cannot be used with {asked}")
    return asked


def is_npz(name: str) -> bool:
    """Whether a file has photos, captions and which belong together."""
    return name.lower().endswith(".npz")


def _kind(source: DataSource, *, compare: tuple[str, str] | None, embeddings: Path | None, classes: Path | None) -> str:
    if compare:
        return COMPARE
    if embeddings:
        return NPZ if is_npz(embeddings.name) else VECTORS
    if not source.is_named:
        raise typer.BadParameter("no data set given; give --data DIR, or --captions FILE with --images DIR")
    if source.is_compositional:
        return COMPOSITIONAL
    is_classified = classes or api.evaluation.is_classified(source.folder, kind=source.kind, captions=source.captions)
    return CLASSES if is_classified else CAPTIONS
