"""Audit of embeddings: ties, collapse, gallery size, and metrics under right and wrong protocols."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from twinlens.evaluation.audit.collapse import collapse_findings, measure_collapse, tie_findings
from twinlens.evaluation.audit.finding import SEVERITIES, AuditFinding
from twinlens.evaluation.audit.near_duplicates import NearDuplicate
from twinlens.evaluation.audit.protocols import ProtocolFigures, right_protocol, wrong_protocols
from twinlens.evaluation.audit.repeated_captions import RepeatedCaptions
from twinlens.evaluation.audit.report import AuditReport
from twinlens.evaluation.baselines import BASELINES
from twinlens.evaluation.baselines.chance import random_baseline
from twinlens.evaluation.baselines.row import Baseline
from twinlens.evaluation.metrics import first_ranks, relevant_ranks
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.score_ranks import lenient_ranks
from twinlens.plugins import load_part

SMALL_GALLERY = 200  # photos; chance R@10 is then 5 %, and results say little about larger galleries
NO_DATA = "split leaks, identical and near-duplicate photos, training rows: give --data DIR as well"


@dataclass(frozen=True, eq=False)
class DataFaults:
    """Findings about the photos and captions themselves; None = not checked."""

    findings: list[AuditFinding] = field(default_factory=list)
    same_photos: dict[str, list[list[str]]] | None = None
    near: list[NearDuplicate] | None = None
    captions: RepeatedCaptions | None = None


def audit_embeddings(
    pairs: EmbeddedPairs,
    *,
    data: DataFaults | None = None,
    trained: Sequence[ProtocolFigures] = (),
    not_checked: Sequence[str] = (NO_DATA,),
) -> AuditReport:
    """Audits the embeddings of one split, from any program.

    Args:
        pairs: of the split.
        data: findings about photos and captions.
        trained: protocols that score training photos.
        not_checked: what was not checked, and how to check it.
    """
    data = data or DataFaults()
    right = right_protocol(pairs)
    protocols = (right, *wrong_protocols(pairs), *trained)
    collapse = {"photo": measure_collapse(pairs.images), "caption": measure_collapse(pairs.texts)}
    findings = [*data.findings, *collapse_findings(collapse), *_ties(pairs), _gallery(pairs), *_flattering(protocols)]
    checked = ["gallery size", "ties", "collapse", "protocols"]
    checked += ["training photos"] if pairs.trained_on is not None else []
    checked += ["repeated captions"] if data.captions is not None else []
    checked += ["identical and near-duplicate photos across splits"] if data.near is not None else []
    return AuditReport(
        name=pairs.name,
        model=pairs.model,
        n_images=len(pairs.images),
        n_captions=len(pairs.texts),
        protocols=protocols,
        baselines=_baselines(pairs),
        findings=tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))),
        collapse=collapse,
        checked=tuple(checked),
        not_checked=tuple(not_checked),
        same_photos=data.same_photos,
        near_duplicates=None if data.near is None else tuple(data.near),
        captions=data.captions,
        skipped=pairs.skipped,
    )


def _ties(pairs: EmbeddedPairs) -> list[AuditFinding]:
    ways: dict[str, tuple[Any, ...]] = {
        "text → image": (pairs.texts, pairs.images, pairs.photo_of_text()),
        "image → text": (pairs.images, pairs.texts, pairs.texts_of_photo()),
    }
    against = {way: first_ranks(relevant_ranks(*arguments)) for way, arguments in ways.items()}
    in_favour = {way: first_ranks(lenient_ranks(*arguments)) for way, arguments in ways.items()}
    return tie_findings(against, in_favour)


def _gallery(pairs: EmbeddedPairs) -> AuditFinding:
    count = len(pairs.images)
    sentence = (
        f"the gallery has {count:,} photos and {len(pairs.texts):,} captions, chance text → image R@10 is "
        f"{min(100.0, 1000 / count):.1f} %; compare only with results on a gallery of this size"
    )
    return AuditFinding("gallery-size", "warning" if count <= SMALL_GALLERY else "note", sentence, count)


def _flattering(protocols: Sequence[ProtocolFigures]) -> list[AuditFinding]:
    right, *wrong = protocols
    found = []
    for way, key in (("text → image", "text_to_image"), ("image → text", "image_to_text")):
        best = max(wrong, key=lambda row: getattr(row, key)["R@1"])
        claimed, true = getattr(best, key)["R@1"], getattr(right, key)["R@1"]
        if claimed > true:
            sentence = (
                f"{way}: the most flattering wrong protocol, {best.name}, would claim R@1 {claimed:.1f}; "
                f"it is {true:.1f}"
            )
            found.append(AuditFinding("wrong-protocol", "note", sentence, 1))
    return found


def _baselines(pairs: EmbeddedPairs) -> tuple[Baseline, ...]:
    rows = pairs.texts_of_photo()
    if not pairs.captions:
        return (random_baseline([("",) * len(own) for own in rows]),)
    captions = [[pairs.captions[row] for row in own] for own in rows]
    return tuple(load_part("baseline", BASELINES, name)(captions) for name in BASELINES)
