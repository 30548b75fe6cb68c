"""Every plot drawn from real arrays, and read back from the figure."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from conftest import ColourEncoder, PhotoMaker
from installed_package import install_package
from twinlens.data.images import open_photo
from twinlens.errors import DataError, TwinlensError
from twinlens.evaluation.comparison import compare_pairs
from twinlens.evaluation.metrics import first_ranks, recall_at_k, relevant_ranks
from twinlens.evaluation.pairs import EmbeddedPairs, checked_pairs
from twinlens.evaluation.plots import PLOTS
from twinlens.evaluation.plots.canvas import DPI, RIGHT_COLOUR, WRONG_COLOUR, new_figure, save_figure
from twinlens.evaluation.plots.cosine_heat_map import draw_cosine_heat_map
from twinlens.evaluation.plots.embedding_map import METHODS, draw_embedding_map, flat_places, is_drawable
from twinlens.evaluation.plots.model_comparison import draw_model_comparison
from twinlens.evaluation.plots.rank_histogram import draw_rank_histogram, rank_bins
from twinlens.evaluation.plots.recall_curves import curve_ks, draw_recall_curves
from twinlens.evaluation.plots.retrieval_grid import draw_retrieval_grid, found_photos
from twinlens.evaluation.plots.score_histogram import draw_score_histogram, pair_cosines
from twinlens.evaluation.plots.training_curves import draw_training_curves, read_training_log
from twinlens.evaluation.plots.write import write_comparison_plot, write_plots
from twinlens.evaluation.retrieval import evaluate_pairs
from twinlens.evaluation.truth.right_answers import RightAnswers

NAMES = ("red", "green", "blue", "yellow", "white", "black")


@pytest.fixture
def pairs() -> EmbeddedPairs:
    random = np.random.default_rng(0)
    images = random.normal(size=(30, 8))
    index = np.repeat(np.arange(30), 3)
    return checked_pairs(images, images[index] + random.normal(size=(90, 8)), index, name="drawn/test")


@pytest.fixture
def colours(make_photo: PhotoMaker, encoder: ColourEncoder) -> tuple[EmbeddedPairs, dict[str, Path]]:
    """Six photos, one a colour; the caption of the black one asks for white."""
    paths = {f"{name}.png": make_photo(f"{name}.png", name) for name in NAMES}
    captions = tuple(f"something {name}" for name in (*NAMES[:-1], "white"))
    images = encoder.encode_image([open_photo(path).image for path in paths.values()])
    pairs = checked_pairs(
        images, encoder.encode_text(captions), np.arange(6), image_ids=tuple(paths), captions=captions, name="colours"
    )
    return pairs, paths


def epoch(number: int, **changed: object) -> dict[str, object]:
    line: dict[str, object] = {
        "epoch": number,
        "stage": 1,
        "losses": {"pairs": 3.0 / number, "loss": 4.0 / number},
        "val_loss": 2.0,
        "text_to_image": {"R@1": 10.0 * number, "R@10": 60.0},
        "image_to_text": {"R@1": 12.0, "R@10": 70.0},
        "learning_rates": {"heads": 1e-3},
        "best": number == 2,
    }
    return line | changed


# --- training curves --------------------------------------------------------------------------


def test_training_curves_show_the_log(tmp_path: Path) -> None:
    lines = [epoch(1), epoch(2), epoch(3, stage=2, val_loss=None, text_to_image={}, image_to_text={})]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"epoch": 4, "lo')
    epochs = read_training_log(tmp_path)
    assert [line["epoch"] for line in epochs] == [1, 2, 3]  # the last line was cut short
    losses, recalls, rates = draw_training_curves(epochs).axes
    assert losses.lines[0].get_ydata().tolist() == [3.0, 1.5, 1.0]
    assert losses.lines[1].get_xdata().tolist() == [1, 2]
    drawn = {line.get_label(): list(line.get_ydata()) for line in recalls.lines}
    assert drawn["text → image R@1"] == [10.0, 20.0]
    assert rates.lines[0].get_label() == "heads"


@pytest.mark.parametrize("text", ["", "no json\n", '["a list"]\n', '{"epoch": 1}\n'])
def test_what_is_no_training_log_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"metrics\.jsonl"):
        read_training_log(tmp_path)
    with pytest.raises(DataError, match="No such file"):
        read_training_log(tmp_path / "gone.jsonl")


# --- curves, bars, histograms -----------------------------------------------------------------


def test_recall_curves_are_the_measures(pairs: EmbeddedPairs) -> None:
    recall, precision = draw_recall_curves(pairs).axes
    drawn, chance = recall.lines[0], recall.lines[1]
    ranks = first_ranks(relevant_ranks(pairs.texts, pairs.images, pairs.photo_of_text()))
    assert drawn.get_xdata().tolist() == curve_ks(30) == [*range(1, 11), 20, 30]
    assert drawn.get_ydata().tolist() == [100 * recall_at_k(ranks, k) for k in curve_ks(30)]
    assert chance.get_ydata() == pytest.approx([100 * k / 30 for k in curve_ks(30)], abs=1e-3)
    assert precision.lines[0].get_ydata()[-1] == pytest.approx(100 / 30)


def test_recall_curves_have_the_intervals_of_the_report_as_bands(pairs: EmbeddedPairs) -> None:
    recall, _ = draw_recall_curves(pairs).axes
    low, high = evaluate_pairs(pairs).ci95["text_to_image"]["R@5"]
    band = recall.collections[0].get_paths()[0].vertices
    assert {round(float(y), 4) for x, y in band if x == 5} == {low, high}
    assert len(recall.collections) == 2


def test_titles_tell_how_much_was_measured_and_of_which_model(pairs: EmbeddedPairs) -> None:
    of_model = replace(pairs, model="a444aa74408d9cfa")
    heading = "drawn/test: 30 photos, 90 captions, model a444aa74408d9cfa"
    assert draw_recall_curves(of_model).get_suptitle() == heading
    assert draw_rank_histogram(of_model).get_suptitle() == heading
    assert draw_score_histogram(of_model).axes[0].get_title() == heading
    assert draw_cosine_heat_map(of_model).axes[0].get_title().startswith(heading)
    title = draw_embedding_map(of_model, method="tsne", seed=3).axes[0].get_title()
    assert title == f"{heading}\nt-SNE, perplexity 19, seed 3: 30 photos and a caption of each"


def test_bars_of_ranks_are_as_wide_as_their_range(pairs: EmbeddedPairs) -> None:
    axes = draw_rank_histogram(pairs).axes[0]
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.containers[0]]
    assert bars[:4] == [(0.5, 1.0), (1.5, 1.0), (2.5, 3.0), (5.5, 5.0)]
    assert axes.get_xscale() == "log"


@pytest.mark.parametrize("draw", [draw_recall_curves, draw_score_histogram, draw_embedding_map])
def test_legends_stand_beside_the_panels(pairs: EmbeddedPairs, draw: Callable[[EmbeddedPairs], Figure]) -> None:
    figure = draw(pairs)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    place = legend.get_window_extent()
    for axes in figure.axes:
        assert axes.get_legend() is None
        assert not place.overlaps(axes.get_window_extent())


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_plots_are_written_as_svg_and_pdf_with_the_same_bytes_each_time(
    pairs: EmbeddedPairs, tmp_path: Path, kind: str
) -> None:
    first, again = (write_plots(tmp_path / name, pairs, maps=["pca"], kind=kind) for name in ("first", "again"))
    assert {path.suffix for path in first} == {f".{kind}"}
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


@pytest.mark.parametrize(("count", "expected"), [(1, [1]), (4, [1, 2, 3, 4]), (5000, [*range(1, 11), 20, 40, 80, 100])])
def test_curves_end_at_the_gallery_or_at_100(count: int, expected: list[int]) -> None:
    assert curve_ks(count) == expected


def test_bars_compare_models_with_their_intervals() -> None:
    figures = {"R@1": 20.0, "R@5": 40.0, "R@10": 50.0}
    ours = {"text_to_image": {**figures, "ci95": {"R@1": [15.0, 26.0], "R@5": [38.0, 44.0], "R@10": [45.0, 57.0]}}}
    reports = {
        "ours": {**ours, "image_to_text": figures},
        "chance": {"text_to_image": figures, "image_to_text": figures},
    }
    left, right = draw_model_comparison(reports).axes
    assert [bar.get_height() for bar in left.containers[0]] == [20.0, 40.0, 50.0]
    assert len(left.collections) == 1  # one set of intervals
    assert left.collections[0].get_segments()[0][:, 1].tolist() == [15.0, 26.0]
    assert len(right.collections) == 0
    with pytest.raises(DataError, match="report of chance has no R@7 in text_to_image"):
        draw_model_comparison({"chance": reports["chance"]}, measures=["R@1", "R@7"])
    with pytest.raises(DataError, match="at least one"):
        draw_model_comparison({})


def test_a_comparison_is_drawn_with_each_models_interval(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    worse = checked_pairs(pairs.images, pairs.texts + random.normal(size=pairs.texts.shape), pairs.text_image_index)
    found = compare_pairs(pairs, worse, names=("ours", "theirs"), ks=[1, 3])
    assert write_comparison_plot(tmp_path / "new", found) == tmp_path / "new" / "model_comparison.png"
    figure = draw_model_comparison(found.reports(), measures=["R@1", "R@3"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["A: ours", "B: theirs"]
    assert figure.axes[0].collections[0].get_segments()[0][:, 1] == pytest.approx(found.text_to_image["R@1"].a_ci95)
    with Image.open(tmp_path / "new" / "model_comparison.png") as picture:
        assert picture.width >= 7 * DPI


def test_heat_map_has_captions_in_rows_and_photos_in_columns(colours: tuple[EmbeddedPairs, dict[str, Path]]) -> None:
    pairs, _ = colours
    axes = draw_cosine_heat_map(pairs).axes[0]
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(pairs.texts @ pairs.images.T, abs=1e-5)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(pairs.captions)


def test_cosines_of_unmatched_pairs_are_of_other_photos(pairs: EmbeddedPairs) -> None:
    matched, unmatched = pair_cosines(pairs, drawn=40_000)
    scores = pairs.texts @ pairs.images.T
    own = np.zeros(scores.shape, dtype=bool)
    own[np.arange(90), pairs.text_image_index] = True
    assert matched == pytest.approx(scores[own], abs=1e-5)
    assert set(unmatched.round(4)) <= set(scores[~own].round(4)) | set((scores[~own] + 1e-4).round(4)) | set(
        (scores[~own] - 1e-4).round(4)
    )
    assert unmatched.mean() == pytest.approx(scores[~own].mean(), abs=0.01)
    figure = draw_score_histogram(pairs)
    assert [text.get_text()[:16] for text in figure.legends[0].get_texts()] == ["200,000 unmatche", "90 matched pairs"]


def test_one_photo_has_no_unmatched_pair() -> None:
    lone = checked_pairs(np.eye(1, 4), np.eye(1, 4), np.array([0]))
    assert len(pair_cosines(lone)[1]) == 0
    for draw in (
        draw_score_histogram,
        draw_recall_curves,
        draw_rank_histogram,
        draw_cosine_heat_map,
        draw_embedding_map,
    ):
        assert draw(lone).axes


def test_rank_bars_add_up_to_all_queries(pairs: EmbeddedPairs) -> None:
    left, right = draw_rank_histogram(pairs).axes
    for axes in (left, right):
        assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(100.0)
    ranks = first_ranks(relevant_ranks(pairs.texts, pairs.images, pairs.photo_of_text()))
    assert left.patches[0].get_height() == pytest.approx(100 * np.mean(ranks == 1))


@pytest.mark.parametrize("count", [1, 2, 3, 10, 11, 1000, 5000, 8091])
def test_rank_bins_hold_every_rank_once(count: int) -> None:
    ranks = [rank for first, last in rank_bins(count) for rank in range(first, last + 1)]
    assert ranks == list(range(1, count + 1))


# --- maps -------------------------------------------------------------------------------------


def test_principal_components_keep_distances_in_a_plane() -> None:
    random = np.random.default_rng(0)
    flat = random.normal(size=(12, 2))
    turned = flat @ np.linalg.qr(random.normal(size=(6, 2)))[0].T
    places = flat_places(turned.astype(np.float32))
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    assert np.linalg.norm(places[:, None] - places[None], axis=-1) == pytest.approx(distances, abs=1e-4)


@pytest.mark.slow
def test_neighbours_stay_together_in_a_t_sne_map() -> None:
    pytest.importorskip("sklearn")
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 16) * 4, 15, axis=0)
    rows = (centres + 0.1 * random.normal(size=centres.shape)).astype(np.float32)
    places = flat_places(rows, method="tsne")
    groups = np.repeat(np.arange(3), 15)
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (groups[distances.argmin(axis=1)] == groups).all()
    assert flat_places(rows, method="tsne") == pytest.approx(places)


def test_a_map_says_what_is_missing_and_what_there_is(pairs: EmbeddedPairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)  # as if it were not installed
    with pytest.raises(TwinlensError, match=r'pip install "twinlens\[umap\]", or use pca'):
        draw_embedding_map(pairs, method="umap")
    with pytest.raises(DataError, match="did you mean 'tsne'"):
        draw_embedding_map(pairs, method="t-sne")


# --- grids ------------------------------------------------------------------------------------


def test_grid_frames_right_photos_green_and_wrong_ones_red(colours: tuple[EmbeddedPairs, dict[str, Path]]) -> None:
    pairs, paths = colours
    rows = found_photos(pairs, [0, 5], paths, k=3)
    assert rows[0].found[0].path.name == "red.png"
    assert [found.is_right for found in rows[0].found] == [True, False, False]
    assert [found.is_right for found in rows[1].found] == [False, False, False]  # it asks for white
    figure = draw_retrieval_grid(rows)
    first, second = figure.axes[1], figure.axes[2]
    assert first.get_title().endswith("right")
    assert first.title.get_color() == RIGHT_COLOUR
    assert second.title.get_color() == WRONG_COLOUR
    red = first.images[0].get_array()[10, 10]
    assert red[0] > 150 > red[1]


def test_a_photo_that_has_gone_is_said_in_its_place(
    colours: tuple[EmbeddedPairs, dict[str, Path]], tmp_path: Path
) -> None:
    pairs, paths = colours
    paths["red.png"].unlink()
    figure = draw_retrieval_grid(found_photos(pairs, [0], paths, k=2))
    assert figure.axes[1].texts[0].get_text() == "file is gone"
    save_figure(figure, tmp_path / "grid.png")


def test_grids_need_names_and_something_found(pairs: EmbeddedPairs) -> None:
    with pytest.raises(DataError, match="image_ids and captions"):
        found_photos(pairs, [0], {})
    with pytest.raises(DataError, match="at least one query"):
        draw_retrieval_grid([])


# --- files ------------------------------------------------------------------------------------


def test_all_plots_are_written_and_opened(colours: tuple[EmbeddedPairs, dict[str, Path]], tmp_path: Path) -> None:
    pairs, paths = colours
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text(json.dumps(epoch(1)) + "\n")
    figures = {"R@1": 20.0, "R@5": 40.0, "R@10": 50.0}
    report = {"text_to_image": figures, "image_to_text": figures}
    told: list[tuple[int, int]] = []
    files = write_plots(
        tmp_path / "plots",
        pairs,
        paths=paths,
        run=tmp_path / "run",
        reports={"one": report},
        maps=("pca",),
        on_progress=lambda done, total: told.append((done, total)),
    )
    names = {file.stem for file in files}
    assert names == set(
        "recall_curves cosine_heat_map score_histogram rank_histogram embedding_map_pca retrieval_grid "
        "training_curves model_comparison".split()
    )
    assert told[-1] == (len(files), len(files))
    for file in files:
        with Image.open(file) as picture:
            assert picture.width >= 7 * DPI
            assert len(picture.convert("L").getcolors(256) or ()) > 5  # something is drawn
    assert {file.name for file in (tmp_path / "plots").iterdir()} == {file.name for file in files}
    assert names == set(PLOTS) - {"embedding_map_tsne", "embedding_map_umap"}


def test_plots_whose_data_is_missing_are_left_out(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    files = write_plots(tmp_path, pairs, maps=(), on_progress=lambda done, total: told.append((done, total)))
    assert [file.stem for file in files] == ["recall_curves", "cosine_heat_map", "score_histogram", "rank_histogram"]
    assert told[-1] == (7, 7)  # with the three that there was nothing for
    with pytest.raises(DataError, match="did you mean 'tsne'"):
        write_plots(tmp_path, pairs, maps=("t-sne",))


def test_plot_of_another_package_is_written_and_a_broken_one_skipped(
    pairs: EmbeddedPairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
from twinlens.evaluation.plots.canvas import new_figure

def plot(data):
    figure = new_figure(2, 2)
    figure.subplots().scatter(data.pairs.images[:, 0], data.pairs.images[:, 1])
    return figure

def nothing(data):
    return None
"""
    parts = {"first_two": "outside_plots:plot", "nothing": "outside_plots:nothing", "gone": "outside_plots:gone"}
    install_package(tmp_path / "site", "outside_plots", source, family="plot", parts=parts)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    files = write_plots(tmp_path / "plots", pairs, maps=())
    assert [file.stem for file in files][4:] == ["first_two"]
    (record,) = caplog.records
    assert "'gone'" in record.getMessage()


@pytest.mark.slow
def test_maps_are_drawn_by_every_method_that_is_installed(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    maps = {file.stem for file in write_plots(tmp_path, pairs) if "map_" in file.stem} - {"cosine_heat_map"}
    assert maps == {f"embedding_map_{method}" for method in METHODS if is_drawable(method)}


def test_the_same_data_draws_the_same_bytes(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    for ending in ("png", "pdf"):
        one, two = (save_figure(draw_rank_histogram(pairs), tmp_path / f"{n}.{ending}").read_bytes() for n in "ab")
        assert one == two


def test_files_that_cannot_be_are_refused(pairs: EmbeddedPairs, tmp_path: Path) -> None:
    figure = new_figure(2, 2)
    with pytest.raises(DataError, match=r"\.png, \.svg or \.pdf"):
        save_figure(figure, tmp_path / "plot.xyz")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be created"):
        save_figure(figure, tmp_path / "file" / "plot.png")


def test_a_missing_matplotlib_is_one_line_naming_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(TwinlensError, match=r'pip install "twinlens\[plots\]"'):
        new_figure(1, 1)


def test_no_plot_loads_matplotlib_before_it_is_drawn() -> None:
    code = "import sys, twinlens.api, twinlens.evaluation.plots.write; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_plots_by_a_truth_file_show_what_it_asks(colours: tuple[EmbeddedPairs, dict[str, Path]]) -> None:
    pairs, paths = colours
    # captions 0 and 5 are asked, 5 has two right photos; of the photos only the first
    photos = [np.array(own, dtype=np.int64) for own in ([0], [], [], [], [], [4, 5])]
    texts = [np.array(own, dtype=np.int64) for own in ([0], [], [], [], [], [])]
    judged = replace(pairs, right=RightAnswers(photos, texts, "eccv"))
    curves = draw_recall_curves(judged)
    assert curves.axes[0].lines[0].get_ydata()[0] == 100  # both captions find a right photo first
    assert "with eccv" in curves.get_suptitle()
    first, second = (axes.get_title() for axes in draw_rank_histogram(judged).axes)
    assert ("median 1 of 6" in first, "median 1 of 6" in second) == (True, True)
    matched, unmatched = pair_cosines(judged)
    assert sorted(matched) == pytest.approx(sorted((judged.texts[[0, 5, 5]] * judged.images[[0, 4, 5]]).sum(axis=1)))
    assert not np.isin(np.round(unmatched, 6), np.round(judged.texts[5] @ judged.images[4], 6)).all()
    assert judged.a_text_of_photo().tolist() == [0, 1, 2, 3, 4, 5]  # the heat map and the maps have all photos
    rows = found_photos(judged, [5], paths, k=2)
    assert [found.is_right for found in rows[0].found] == [True, False]
