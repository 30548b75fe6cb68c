"""Rows of the charts and tables of training runs."""

from pathlib import Path

from apps.conftest import a_run
from twinlens.api.runs import read_run
from twinlens.apps.streamlit.measuring import curves
from twinlens.apps.streamlit.measuring.charts import lines


def test_rows_of_a_run_are_those_of_its_log(tmp_path: Path) -> None:
    run = read_run(a_run(tmp_path / "first"))
    losses = curves.loss_rows("first", run.epochs)
    assert losses[:2] == [
        {"run": "first", "kind": "train", "epoch": 1, "value": 1.0},
        {"run": "first", "kind": "val", "epoch": 1, "value": 2.0},
    ]
    recalls = curves.recall_rows("first", run.epochs, "R@10")
    assert [(row["kind"], row["epoch"], row["value"]) for row in recalls[:2]] == [
        ("text → image", 1, 60.0),
        ("image → text", 1, 60.0),
    ]
    assert {row["kind"] for row in curves.rate_rows("first", run.epochs)} == {"heads"}
    assert curves.best_epoch(run.epochs) == 1
    assert curves.of_best(recalls, {"first": 1}) == recalls[:2]
    chart = lines(recalls, y="R@10", best=recalls[:2])
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["line", "point"]


def test_a_run_in_a_row_says_how_it_ended(tmp_path: Path) -> None:
    rows = {
        name: curves.summary_row(name, read_run(a_run(tmp_path / name, **options)))
        for name, options in {
            "early": {},
            "whole": {"epochs": 3},
            "going": {"finished": False},
            "new": {"epochs": 0, "finished": False},
        }.items()
    }
    states = {name: row["state"] for name, row in rows.items()}
    assert states == {
        "early": "stopped early",
        "whole": "finished",
        "going": "running, or interrupted",
        "new": "no epoch is finished yet",
    }
    assert (rows["early"]["epochs"], rows["early"]["best epoch"], rows["early"]["R@1 text → image"]) == (
        "2 of 3",
        1,
        10.0,
    )
    assert (rows["new"]["best epoch"], rows["new"]["R@1 image → text"]) == (None, None)


def test_settings_that_differ_are_found_at_any_depth() -> None:
    first = {"seed": 1, "stages": [{"epochs": 3, "loss": {"name": "x"}}], "data": {"split": ["a", "b"]}}
    second = {"seed": 1, "stages": [{"epochs": 5, "loss": {"name": "x"}}, {"epochs": 1}], "data": {"split": ["a"]}}
    assert curves.differing({"a": first, "b": second}) == [
        {"setting": "stages[1].epochs", "a": "3", "b": "5"},
        {"setting": "data.split", "a": "['a', 'b']", "b": "['a']"},
        {"setting": "stages[2].epochs", "a": "", "b": "1"},
    ]
    assert curves.differing({"a": first, "same": dict(first)}) == []
