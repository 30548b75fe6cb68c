"""Matplotlib figures without a display, loaded on first use, and reproducible files."""

from pathlib import Path
from typing import TYPE_CHECKING

from twinlens.errors import DataError, TwinlensError
from twinlens.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Wong 2011, "Points of view: Color blindness": distinguishable with colour blindness
IMAGE_COLOUR, TEXT_COLOUR = "#0072b2", "#d55e00"
RIGHT_COLOUR, WRONG_COLOUR = "#009e73", "#cc3311"
COLOURS = (IMAGE_COLOUR, TEXT_COLOUR, RIGHT_COLOUR, "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DIRECTIONS = {"text_to_image": "text → image", "image_to_text": "image → text"}
DPI = 120
DATES = {"png": None, "svg": "Date", "pdf": "CreationDate"}  # left out, so that files do not differ between runs


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure without a window; width and height in inches.

    Raises:
        TwinlensError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise TwinlensError(
            f'plots need {error.name or "matplotlib"}, which is not installed: pip install "twinlens[plots]"'
        ) from error
    return Figure(figsize=(width, height), layout="constrained")


def tidy(axes: "Axes") -> "Axes":
    """Adds light grid lines and removes the top and right border."""
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def legend_below(figure: "Figure", axes: "Axes", *, title: str = "") -> None:
    """Puts the legend of a panel below all panels, where it hides nothing."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize="small", title=title or None)


def check_kind(kind: str) -> None:
    """Raises ``DataError`` unless plots can be written as this kind of file: png, svg or pdf."""
    if kind not in DATES:
        raise DataError(f"plots are .png, .svg or .pdf files, got {kind!r}")


def save_figure(figure: "Figure", path: Path) -> Path:
    """Writes a figure as PNG, SVG or PDF, by its suffix; an existing file is replaced.

    Raises:
        DataError: the suffix is not supported, or the file cannot be written.
    """
    kind = path.suffix.lower().lstrip(".")
    check_kind(kind)
    date = DATES[kind]
    from matplotlib import rc_context

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"the folder {path.parent} cannot be created: {error.strerror or error}") from error
    try:
        # without a salt, ids in SVG files are random
        with rc_context({"svg.hashsalt": "twinlens"}), whole_file(path) as place:
            figure.savefig(place, format=kind, dpi=DPI, metadata={date: None} if date else None)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
