import numpy as np
import pytest

from twinlens.evaluation.audit.collapse import collapse_findings, measure_collapse, tie_findings


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_measures_equal_a_plain_loop() -> None:
    rows = unit(np.random.default_rng(0).normal(size=(20, 6)) + 0.7)
    found = measure_collapse(rows)
    cosines = [float(rows[i] @ rows[j]) for i in range(20) for j in range(20) if i != j]
    shares = np.linalg.svd(rows.astype(float), compute_uv=False)
    shares = shares / shares.sum()
    assert found.mean_cosine == pytest.approx(np.mean(cosines), abs=1e-5)
    assert found.effective_rank == pytest.approx(np.exp(-np.sum(shares * np.log(shares))), abs=1e-2)
    assert (found.possible_rank, found.repeated_rows) == (6, 0)


def test_orthogonal_rows_use_every_direction() -> None:
    found = measure_collapse(np.eye(5, dtype=np.float32))
    assert (found.mean_cosine, found.effective_rank) == (0.0, pytest.approx(5.0, abs=1e-3))


def test_one_vector_for_all_has_rank_one() -> None:
    rows = np.tile(unit(np.array([[1.0, 2.0, 3.0]])), (7, 1))
    found = measure_collapse(rows)
    assert found.mean_cosine == pytest.approx(1.0, abs=1e-5)
    assert found.effective_rank == pytest.approx(1.0, abs=1e-2)
    assert found.repeated_rows == 6


def test_one_row_is_no_collapse() -> None:
    assert measure_collapse(np.array([[1, 0]], dtype=np.float32)).mean_cosine == 0.0


def test_findings_name_the_kind_that_collapsed() -> None:
    fine = measure_collapse(np.eye(5, dtype=np.float32))
    collapsed = measure_collapse(np.tile(np.array([[1, 0]], dtype=np.float32), (3, 1)))
    found = collapse_findings({"photo": fine, "caption": collapsed})
    assert [(finding.code, finding.severity) for finding in found] == [
        ("collapsed-embeddings", "error"),
        ("repeated-embeddings", "note"),
    ]
    assert "caption embeddings have collapsed" in found[0].sentence
    assert collapse_findings({"photo": fine, "caption": fine}) == []


def test_vectors_in_a_plane_of_a_large_space_are_narrow() -> None:
    random = np.random.default_rng(1)
    rows = np.zeros((200, 100), dtype=np.float32)
    rows[:, :2] = unit(random.normal(size=(200, 2)))
    found = collapse_findings({"photo": measure_collapse(rows)})
    assert [finding.code for finding in found] == ["narrow-embeddings"]


def test_ties_that_decide_are_an_error_and_few_are_a_note() -> None:
    strict = np.array([1] * 150 + [2] * 50)
    every = tie_findings({"text → image": strict}, {"text → image": np.ones(200, dtype=int)})
    assert [(finding.severity, finding.count) for finding in every] == [("error", 50)]
    assert "from 75.0 to 100.0" in every[0].sentence
    late = strict.copy()
    late[-1] = 7
    few = tie_findings({"text → image": late}, {"text → image": strict})
    assert [(finding.severity, finding.count) for finding in few] == [("note", 1)]
    assert few[0].sentence.endswith("leaves R@1 as it is")
    assert tie_findings({"text → image": strict}, {"text → image": strict}) == []
