"""The report of a run: an HTML page with its curves, and the same numbers for TensorBoard."""

import html
import io
import json
from base64 import b64encode
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import PhotoError
from twinlens.evaluation.plots.retrieval_grid import GridRow
from twinlens.training.loop.run_log import EpochLog
from twinlens.training.recipe import Recipe

Line: TypeAlias = tuple[str, Sequence[float], Sequence[float]]
"""A curve: its name, x and y."""

FIGURES = "figures"
PICTURE_PX = 160  # about 6 KB each
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1, h3, p, li { overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; } td, th { padding: .2rem .8rem; text-align: right; }
th { border-bottom: 1px solid #999; } td:first-child, th:first-child { text-align: left; }
tr.best { background: #eaf4ea; } pre { background: #f4f4f4; padding: 1rem; overflow-x: auto; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
ol.found { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
ol.found li { width: 10rem; font-size: .85rem; border-top: .3rem solid #cc3311; }
ol.found li.right { border-color: #009e73; }
ol.found img { display: block; max-width: 100%; }
"""


def write_report(
    path: Path,
    recipe: Recipe,
    logs: Sequence[EpochLog],
    validation: dict[str, Any],
    environment: dict[str, Any],
    examples: Sequence[GridRow] = (),
    wise_ft: dict[str, Any] | None = None,
) -> Path:
    """Writes the page, which is self-contained."""
    drawings = _curves(path.parent / FIGURES, logs) + (_wise_ft(path.parent / FIGURES, wise_ft) if wise_ft else [])
    shown = "".join(f"<figure>{drawing}</figure>" for drawing in drawings)
    resolved = json.dumps(recipe.model_dump(mode="json", exclude_none=True), indent=1)
    document = f"<p>After {html.escape(recipe.document)}.</p>" if recipe.document else ""
    page = (
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>Run {html.escape(recipe.name)}</title><style>{_STYLE}</style>"
        f"<h1>Run {html.escape(recipe.name)}</h1><p>{html.escape(recipe.description)}</p>{document}"
        f"<p>Best epoch {validation['epoch']} of {validation['epochs']}, {validation['seconds']:.0f} s of training, "
        f"measured on {validation['n_images']:,} photos of {html.escape(validation['data'])}/val, whole gallery.</p>"
        f"{_measures(validation)}{shown}{_examples(examples)}<h2>Epochs</h2>{_epochs(logs)}"
        f"<h2>Recipe</h2><pre>{html.escape(resolved)}</pre>"
        f"<h2>Environment</h2><pre>{html.escape(json.dumps(environment, indent=1))}</pre></html>\n"
    )
    path.write_text(page, encoding="utf-8")
    return path


def _measures(validation: dict[str, Any]) -> str:
    ways = (validation["text_to_image"], validation["image_to_text"])
    rows = "".join(
        f"<tr><td>{name}, {_unit(name)}</td>" + "".join(f"<td>{way[name]:.4g}</td>" for way in ways) + "</tr>"
        for name in ways[0]
    )
    return f"<table><tr><th>measure</th><th>text → image</th><th>image → text</th></tr>{rows}</table>"


def _unit(name: str) -> str:
    return {"MRR": "0 to 1", "MedR": "rank", "MeanR": "rank"}.get(name, "per cent")


def _examples(rows: Sequence[GridRow]) -> str:
    """Each query with the photos found, inside the page."""
    if not rows:
        return ""
    shown = "".join(f"<h3>{html.escape(row.query)}</h3><ol class='found'>{_found(row)}</ol>" for row in rows)
    return (
        "<h2>Examples</h2><p>The first caption of some val photos, spread evenly, and the photos that the best epoch "
        f"finds: rank, cosine, and whether it is the caption's own photo.</p>{shown}"
    )


def _found(row: GridRow) -> str:
    return "".join(
        f"<li class='{'right' if found.is_right else 'wrong'}'>{_picture(found.path)}"
        f"{found.label} {'right' if found.is_right else 'wrong'}</li>"
        for found in row.found
    )


def _picture(path: Path) -> str:
    try:
        image = open_guarded(path, min_side=PICTURE_PX).image
    except PhotoError as error:  # shown in place of the photo
        return f"<p>{html.escape(str(error))}</p>"
    image.thumbnail((PICTURE_PX, PICTURE_PX))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    return f"<img alt='{html.escape(path.name)}' src='data:image/jpeg;base64,{b64encode(data.getvalue()).decode()}'>"


def _epochs(logs: Sequence[EpochLog]) -> str:
    cells = "".join(
        f"<tr class='{'best' if line.best else ''}'><td>{line.epoch}</td><td>{line.stage}</td>"
        f"<td>{line.losses['loss']:.4f}</td><td>{_number(line.val_loss)}</td>"
        f"<td>{_number(line.text_to_image.get('R@1'))}</td><td>{_number(line.image_to_text.get('R@1'))}</td>"
        f"<td>{max(line.learning_rates.values()):.2g}</td><td>{line.photos_per_s:,.0f}</td></tr>"
        for line in logs
    )
    names = ("epoch", "stage", "train loss", "val loss", "t→i R@1, %", "i→t R@1, %", "learning rate", "photos/s")
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{cells}</table>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _curves(folder: Path, logs: Sequence[EpochLog]) -> list[str]:
    """SVG plots of losses, recalls and learning rates; also saved as files."""
    measured = [line for line in logs if line.val_loss is not None]
    epochs, at = [line.epoch for line in logs], [line.epoch for line in measured]
    curves: dict[str, list[Line]] = {
        "loss": [
            ("train", epochs, [line.losses["pairs"] for line in logs]),
            ("val", at, [line.val_loss or 0.0 for line in measured]),
        ],
        "recall in per cent (val)": [
            (f"{way} {name}", at, [getattr(line, key)[name] for line in measured])
            for way, key in (("t→i", "text_to_image"), ("i→t", "image_to_text"))
            for name in ("R@1", "R@10")
        ],
        "learning rate": [
            (group, epochs, [line.learning_rates.get(group, 0.0) for line in logs])
            for group in dict.fromkeys(name for line in logs for name in line.learning_rates)
        ],
    }
    return [_plot(folder, title, lines, "epoch") for title, lines in curves.items()]


def _wise_ft(folder: Path, curve: dict[str, Any]) -> list[str]:
    """R@1 of the weights between the published model (0) and the best epoch (1), on each data set."""
    lines: list[Line] = [
        (f"{own['data']} {way}", curve["alphas"], own[key]["R@1"])
        for own in curve["sets"]
        for way, key in (("t→i", "text_to_image"), ("i→t", "image_to_text"))
    ]
    title = f"WiSE-FT: R@1 in per cent; best on val: {curve['best']:g}"
    return [_plot(folder, title, lines, "share of the fine-tuned weights", file="wise-ft.svg")]


def _plot(folder: Path, title: str, lines: Sequence[Line], along: str, *, file: str = "") -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    folder.mkdir(exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "twinlens"  # reproducible files
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, x, y in lines:
        axes.plot(x, y, marker="." if len(x) < 40 else None, label=name)
    axes.set(title=title, xlabel=along)
    axes.grid(alpha=0.3)
    axes.legend()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = text.getvalue()
    (folder / (file or f"{title.split()[0]}.svg")).write_text(drawing, encoding="utf-8")
    return drawing[drawing.index("<svg") :]


class TensorBoard:
    """Writes the log for TensorBoard if the package ``tensorboard`` is installed."""

    def __init__(self, folder: Path) -> None:
        self._writer: Any = None
        if find_spec("tensorboard"):
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder / "tensorboard"))

    def add(self, line: EpochLog) -> None:
        """Adds an epoch."""
        if self._writer is None:
            return
        values = {f"train/{name}": value for name, value in line.losses.items()}
        values |= {f"learning_rate/{name}": value for name, value in line.learning_rates.items()}
        values["logit_scale"] = line.logit_scale
        if line.val_loss is not None:
            values["val/loss"] = line.val_loss
            values |= {f"val/text_to_image/{name}": value for name, value in line.text_to_image.items()}
            values |= {f"val/image_to_text/{name}": value for name, value in line.image_to_text.items()}
        for name, value in values.items():
            self._writer.add_scalar(name, value, line.epoch)
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._writer is not None:
            self._writer.close()
