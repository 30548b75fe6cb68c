"""Compare two models on the same pairs with a paired bootstrap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlens.errors import DataError
from twinlens.evaluation.bootstrap import RESAMPLES, Interval, middle_95, resampled_means
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.query_values import query_values
from twinlens.evaluation.report import DIRECTIONS
from twinlens.evaluation.retrieval import checked_ks, ranks_both_ways

MEASURES = ("R@", "R-", "MRR", "mAP", "nDCG")  # higher is better in all of them


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric of A and B.

    Attributes:
        a: value of A.
        b: value of B.
        difference: a − b.
        ci95: 95 % confidence interval of the difference; both models are resampled with the same photos.
        a_ci95: interval of A.
        b_ci95: interval of B.
        a_better: share of resamples in which A is strictly better, in [0, 1].
    """

    a: float
    b: float
    difference: float
    ci95: Interval
    a_ci95: Interval
    b_ci95: Interval
    a_better: float


@dataclass(frozen=True)
class Comparison:
    """Two models on one data set.

    Attributes:
        a: name of A.
        b: name of B.
        data: name of the data.
        n_images: N.
        n_captions: M.
        text_to_image: metric → difference.
        image_to_text: the same for image → text.
    """

    a: str
    b: str
    data: str
    n_images: int
    n_captions: int
    text_to_image: dict[str, Difference]
    image_to_text: dict[str, Difference]

    def to_json(self) -> dict[str, Any]:
        """The fields of ``twinlens evaluate --compare A B --json``."""
        fields: dict[str, Any] = {"a": self.a, "b": self.b, "data": self.data}
        fields |= {"n_images": self.n_images, "n_captions": self.n_captions}
        for _, direction in DIRECTIONS:
            own: dict[str, Difference] = getattr(self, direction)
            fields[direction] = {
                name: {
                    "a": found.a,
                    "b": found.b,
                    "difference": found.difference,
                    "ci95": list(found.ci95),
                    "a_ci95": list(found.a_ci95),
                    "b_ci95": list(found.b_ci95),
                    "a_better": found.a_better,
                }
                for name, found in own.items()
            }
        return fields

    def reports(self) -> dict[str, dict[str, Any]]:
        """Name → report as in ``evaluate --json``, for A and B."""
        reports: dict[str, dict[str, Any]] = {f"A: {self.a}": {}, f"B: {self.b}": {}}
        for _, direction in DIRECTIONS:
            own: dict[str, Difference] = getattr(self, direction)
            for letter, report in zip("ab", reports.values(), strict=True):
                figures = {name: getattr(found, letter) for name, found in own.items()}
                ci95 = {name: getattr(found, f"{letter}_ci95") for name, found in own.items()}
                report[direction] = {**figures, "ci95": ci95}
        return reports

    def __str__(self) -> str:
        lines = [
            f"{self.data}: {self.n_images:,} photos, {self.n_captions:,} captions; A = {self.a}, B = {self.b}",
            f"{'':<24}{'A':>8}{'B':>8}{'A - B':>9}  {'95 % interval':<20}resamples in which A is better",
        ]
        for title, direction in DIRECTIONS:
            for name, found in getattr(self, direction).items():
                places = 3 if name == "MRR" else 1
                low, high = (f"{end:+.{places}f}" for end in found.ci95)
                lines.append(
                    f"{title + ' ' + name:<24}{found.a:>8.{places}f}{found.b:>8.{places}f}"
                    f"{found.difference:>+9.{places}f}  {f'[{low}, {high}]':<20}{100 * found.a_better:.1f} %"
                )
        return "\n".join(lines)


def compare_pairs(
    first: EmbeddedPairs,
    second: EmbeddedPairs,
    *,
    names: tuple[str, str] = ("A", "B"),
    ks: Sequence[int] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compares A with B; both are resampled with the same photos.

    Args:
        first: A's embeddings.
        second: B's, of the same photos and captions in the same order; D may differ.
        names: names of A and B.
        ks: cut-offs of R@K; None = 1, 5 and 10.
        resamples: number of bootstrap resamples.
        seed: of the bootstrap.
        on_progress: called with the number of queries ranked and the total.

    Raises:
        DataError: the two do not have the same photos and captions.
    """
    _check_same(first, second)
    cutoffs = checked_ks(ks, len(first.images))
    asked = first.queries()
    total = 2 * sum(len(queries.rows) for queries in asked.values())

    def after(start: int) -> Callable[[int, int], None] | None:
        return (lambda done, _: on_progress(start + done, total)) if on_progress else None

    ranks = ranks_both_ways(first, after(0)), ranks_both_ways(second, after(total // 2))
    found = []
    for direction, queries in asked.items():
        a, b = (query_values(own[direction], cutoffs) for own in ranks)
        found.append(_differences(a, b, queries.photos, resamples=resamples, seed=seed))
    return Comparison(*names, first.judged_by(), len(first.images), len(first.texts), *found)


def _differences(
    first: dict[str, NDArray[np.float64]],
    second: dict[str, NDArray[np.float64]],
    photo_of_query: NDArray[np.int64],
    *,
    resamples: int,
    seed: int,
) -> dict[str, Difference]:
    measured = [name for name in first if name.startswith(MEASURES)]
    columns = [own for name in measured for own in (first[name] - second[name], first[name], second[name])]
    values = np.column_stack(columns)  # [Q, 3 V]
    drawn = resampled_means(values, photo_of_query, resamples=resamples, seed=seed).T  # [3 V, R]
    found = {}
    for name, each in zip(measured, drawn.reshape(len(measured), 3, -1), strict=True):
        a, b = float(first[name].mean()), float(second[name].mean())
        ci95, a_ci95, b_ci95 = (middle_95(column) for column in each)
        better = float(np.mean(each[0] > 0))
        found[name] = Difference(round(a, 6), round(b, 6), round(a - b, 6), ci95, a_ci95, b_ci95, better)
    return found


def _check_same(first: EmbeddedPairs, second: EmbeddedPairs) -> None:
    sizes = [f"{len(own.images):,} photos and {len(own.texts):,} captions" for own in (first, second)]
    if sizes[0] != sizes[1]:
        raise DataError(f"A has {sizes[0]}, B has {sizes[1]}; a comparison needs the same data")
    same = np.array_equal(first.text_image_index, second.text_image_index) and _have_same_answers(first, second)
    for mine, others in ((first.image_ids, second.image_ids), (first.captions, second.captions)):
        same = same and (not mine or not others or mine == others)
    if not same:
        raise DataError(
            "A and B have different photos or captions, or a different order; embed both from the same data set"
        )


def _have_same_answers(first: EmbeddedPairs, second: EmbeddedPairs) -> bool:
    if first.right is None or second.right is None:
        return first.right is second.right
    return first.right.equals(second.right)
