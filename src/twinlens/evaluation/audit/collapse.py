"""Detect collapsed embeddings, and ranks decided by ties."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twinlens.counted import counted
from twinlens.evaluation.audit.finding import AuditFinding
from twinlens.evaluation.metrics import Ranks
from twinlens.types import Embeddings

COLLAPSED_COSINE = 0.9  # mean over pairs; trained models are near 0.1, even a narrow cone is below 0.7
NARROW_SHARE = 0.1  # of the largest possible rank of N rows of length D


@dataclass(frozen=True, slots=True)
class Collapse:
    """How much of their space a set of embeddings uses.

    Attributes:
        mean_cosine: over all pairs of different rows, in [-1, 1]; 1 = all are equal; 0 for a single row.
        effective_rank: exp of the entropy of the normalized singular values (Roy and Vetterli 2007), 1 to min(N, D).
        possible_rank: min(N, D).
        repeated_rows: number of rows that are bit-identical to an earlier one.
    """

    mean_cosine: float
    effective_rank: float
    possible_rank: int
    repeated_rows: int

    def to_json(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)


def measure_collapse(rows: Embeddings) -> Collapse:
    """Measures the embeddings of photos or of captions.

    Args:
        rows: [N, D], unit rows.
    """
    count, wide = len(rows), rows.astype(np.float64)
    pairs = count * (count - 1)
    # sum over pairs of x·y = |sum of x|² − sum of |x|²
    cosines = float(np.square(wide.sum(axis=0)).sum() - np.square(wide).sum())
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(wide.T @ wide), 0))  # singular values
    shares = values[values > 1e-7 * values.max()] / values.sum()
    return Collapse(
        mean_cosine=round(cosines / pairs, 6) if pairs else 0.0,
        effective_rank=round(float(np.exp(-np.sum(shares * np.log(shares)))), 3),
        possible_rank=min(rows.shape),
        repeated_rows=count - len({row.tobytes() for row in rows}),
    )


def collapse_findings(kinds: dict[str, Collapse]) -> list[AuditFinding]:
    """Findings about collapsed, narrow and repeated embeddings.

    Args:
        kinds: "photo" and "caption" → what was measured.
    """
    found = []
    for kind, measured in kinds.items():
        if measured.mean_cosine >= COLLAPSED_COSINE:
            sentence = f"the {kind} embeddings have collapsed: mean cosine {measured.mean_cosine:.3f}"
            found.append(AuditFinding("collapsed-embeddings", "error", sentence, 1))
        elif measured.effective_rank < NARROW_SHARE * measured.possible_rank:
            sentence = (
                f"the {kind} embeddings use little of their space: effective rank "
                f"{measured.effective_rank:.1f} of {measured.possible_rank}"
            )
            found.append(AuditFinding("narrow-embeddings", "warning", sentence, 1))
    repeated = {kind: measured.repeated_rows for kind, measured in kinds.items() if measured.repeated_rows}
    if repeated:
        named = " and ".join(counted(count, f"{kind} embedding") for kind, count in repeated.items())
        sentence = f"bit-identical to another: {named}; repeated photos or captions, or a broken cache"
        found.append(AuditFinding("repeated-embeddings", "note", sentence, sum(repeated.values())))
    return found


def tie_findings(against: dict[str, Ranks], in_favour: dict[str, Ranks]) -> list[AuditFinding]:
    """Queries whose first right answer has the same score as a wrong one.

    Args:
        against: direction → [Q], first ranks with ties counted against the model.
        in_favour: the same with ties counted in favour of the model.
    """
    found = []
    for way, ranks in against.items():
        tied = int(np.count_nonzero(ranks != in_favour[way]))
        if not tied:
            continue
        strict, lenient = (100 * float(np.mean(one[way] == 1)) for one in (against, in_favour))
        raised = f"would raise R@1 from {strict:.1f} to {lenient:.1f}" if lenient > strict else "leaves R@1 as it is"
        sentence = (
            f"{way}: the best right answer ties with a wrong one in {tied:,} of {counted(len(ranks), 'query')}; "
            f"counting ties in favour {raised}"
        )
        found.append(AuditFinding("ties", "error" if lenient - strict >= 1 else "note", sentence, tied))
    return found
