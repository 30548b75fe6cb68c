"""The report of an audit: findings, and metrics under the right protocol next to the wrong ones."""

import textwrap
from dataclasses import dataclass, field
from typing import Any

from twinlens.counted import counted
from twinlens.embedding.local import Skipped
from twinlens.evaluation.audit.collapse import Collapse
from twinlens.evaluation.audit.finding import AuditFinding
from twinlens.evaluation.audit.near_duplicates import NearDuplicate
from twinlens.evaluation.audit.protocols import ProtocolFigures
from twinlens.evaluation.audit.repeated_captions import RepeatedCaptions
from twinlens.evaluation.baselines.row import Baseline

COLUMNS = ("R@1", "R@5", "R@10", "MedR")
WIDTH = 110


@dataclass(frozen=True)
class AuditReport:
    """An audited result.

    Attributes:
        name: data and split.
        model: the model's fingerprint; None if unknown.
        n_images: N, number of photos in the gallery.
        n_captions: M, number of captions in the gallery.
        protocols: the right one first.
        baselines: results of methods that a model should beat.
        findings: most severe first.
        collapse: of "photo" and "caption" embeddings.
        checked: what was checked; where there is no finding, all is well.
        not_checked: what was not checked, and how to check it.
        same_photos: groups of byte-identical photos, as found by ``datasets info``.
        near_duplicates: pairs across splits.
        captions: repeated captions.
        skipped: photos that could not be read; they are not part of any metric.
    """

    name: str
    model: str | None
    n_images: int
    n_captions: int
    protocols: tuple[ProtocolFigures, ...]
    baselines: tuple[Baseline, ...]
    findings: tuple[AuditFinding, ...]
    collapse: dict[str, Collapse]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]
    same_photos: dict[str, list[list[str]]] | None = None
    near_duplicates: tuple[NearDuplicate, ...] | None = None
    captions: RepeatedCaptions | None = None
    skipped: tuple[Skipped, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens audit --json``."""
        near = self.near_duplicates
        return {
            "name": self.name,
            "model": self.model,
            "n_images": self.n_images,
            "n_captions": self.n_captions,
            "findings": [finding.to_json() for finding in self.findings],
            "protocols": [protocol.to_json() for protocol in self.protocols],
            "baselines": [baseline.to_json() for baseline in self.baselines],
            "collapse": {kind: measured.to_json() for kind, measured in self.collapse.items()},
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
            "same_photos": self.same_photos,
            "near_duplicates": None if near is None else [_pair_json(pair) for pair in near],
            "captions": None if self.captions is None else self.captions.to_json(),
            "skipped": [skipped._asdict() for skipped in self.skipped],
        }

    def __str__(self) -> str:
        model = f", model {self.model}" if self.model else ""
        lines = [f"{self.name}: {counted(self.n_images, 'photo')}, {counted(self.n_captions, 'caption')}{model}", ""]
        lines += [_wrapped(str(finding), "  ") for finding in self.findings]
        lines += [f"checked: {', '.join(self.checked)}"]
        lines += [f"not checked: {what}" for what in self.not_checked]
        lines += ["", f"{'':<40}{'text → image':^28}  {'image → text':^28}"]
        lines.append(f"{'':<40}" + "  ".join("".join(f"{name:>7}" for name in COLUMNS) for _ in range(2)))
        lines += [_figures("right: " if row.is_right else "wrong: ", row) for row in self.protocols]
        lines += [_figures("baseline: ", row) for row in self.baselines]
        lines += ["", "what each row does:"]
        lines += [_wrapped(f"{row.name}: {row.sentence}", "  ") for row in self.protocols]
        lines += [_wrapped(f"{row.name} uses {row.uses}", "  ") for row in self.baselines]
        return "\n".join(lines)


def _figures(kind: str, row: ProtocolFigures | Baseline) -> str:
    both = (row.text_to_image, row.image_to_text)
    return f"{kind + row.name:<40}" + "  ".join("".join(f"{own[name]:>7.1f}" for name in COLUMNS) for own in both)


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False)


def _pair_json(pair: NearDuplicate) -> dict[str, Any]:
    return {
        "image_id": pair.image_id,
        "other_id": pair.other_id,
        "other_split": pair.other_split,
        "bits": pair.bits,
        "cosine": pair.cosine,
    }
