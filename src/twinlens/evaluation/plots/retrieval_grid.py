"""A grid of queries and the photos found, with right ones framed in green and wrong ones in red."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlens.data.guarded.photos import open_guarded
from twinlens.errors import DataError, PhotoError
from twinlens.evaluation.pairs import EmbeddedPairs
from twinlens.evaluation.plots.canvas import RIGHT_COLOUR, WRONG_COLOUR, new_figure
from twinlens.evaluation.plots.families import families_for
from twinlens.evaluation.plots.plot_data import PlotData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL_PX = 200
SHOWN_HITS = 5
SHOWN_QUERIES = 6


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """One photo in a grid.

    Attributes:
        path: the photo file.
        label: text above the photo.
        is_right: whether it is a right answer; None if unknown.
    """

    path: Path
    label: str
    is_right: bool | None = None


@dataclass(frozen=True, slots=True)
class GridRow:
    """One query and the photos found, best first."""

    query: str
    found: tuple[FoundPhoto, ...]


def plot(data: PlotData) -> "Figure | None":
    """Grid of some captions of the split as queries; None without photo files, ids or captions."""
    pairs = data.pairs
    if not (data.paths and pairs.image_ids and pairs.captions):
        return None
    asked = pairs.queries()["text_to_image"].rows
    count = min(SHOWN_QUERIES, len(asked))
    queries = np.random.default_rng(data.seed).choice(asked, size=count, replace=False)
    return draw_retrieval_grid(
        found_photos(pairs, queries.tolist(), data.paths), title=f"{pairs.heading()}\ntext → image"
    )


def found_photos(
    pairs: EmbeddedPairs, captions: Sequence[int], paths: Mapping[str, Path], *, k: int = SHOWN_HITS
) -> list[GridRow]:
    """The rows of a grid with captions of a split as queries.

    Right is the caption's own photo, or what a truth file says.

    Args:
        pairs: of a split, with ids and captions.
        captions: rows of the captions used as queries.
        paths: image id → photo file.
        k: photos per query.

    Raises:
        DataError: the embeddings have no ids or captions.
    """
    if not pairs.image_ids or not pairs.captions:
        raise DataError("a grid needs image_ids and captions; save them with evaluate --save-embeddings")
    rows = []
    right = pairs.photo_of_text()
    for caption in captions:
        scores = pairs.images @ pairs.texts[caption]
        best = np.argsort(-scores, kind="stable")[:k]
        found = tuple(
            FoundPhoto(
                path=paths[pairs.image_ids[photo]],
                label=f"{rank}.  {scores[photo]:.3f}",
                is_right=bool(photo in right[caption]),
            )
            for rank, photo in enumerate(best, start=1)
        )
        rows.append(GridRow(pairs.captions[caption], found))
    return rows


def draw_retrieval_grid(rows: Sequence[GridRow], *, title: str = "") -> "Figure":
    """One row per query, one column per rank.

    Args:
        rows: queries and the photos found.
        title: of the figure.

    Raises:
        DataError: there is nothing to draw.
    """
    columns = max((len(row.found) for row in rows), default=0)
    if not columns:
        raise DataError("a grid needs at least one query that found a photo")
    figure = new_figure(2.4 + 1.9 * columns, 0.4 + 2.0 * len(rows))
    if title:
        figure.suptitle(title, fontsize="medium")
    widths = [1.1, *[1.0] * columns]
    for row, line in zip(
        rows, figure.subplots(len(rows), columns + 1, squeeze=False, width_ratios=widths), strict=True
    ):
        line[0].axis("off")
        query = textwrap.fill(row.query, 24)
        fonts = families_for(row.query)
        line[0].text(0, 0.5, query, va="center", fontsize=9, parse_math=False, fontfamily=fonts)
        for axes, found in zip(line[1:], row.found, strict=False):
            _draw_photo(axes, found)
        for axes in line[1 + len(row.found) :]:
            axes.axis("off")
    return figure


def _draw_photo(axes: Any, found: FoundPhoto) -> None:
    colour = {True: RIGHT_COLOUR, False: WRONG_COLOUR, None: "#888888"}[found.is_right]
    mark = {True: "  right", False: "  wrong", None: ""}[found.is_right]  # colour alone would not be accessible
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(found.label + mark, fontsize=8, color=colour, parse_math=False)
    for side in axes.spines.values():
        side.set(color=colour, linewidth=3)
    try:
        image = open_guarded(found.path, min_side=CELL_PX).image
    except PhotoError as error:  # shown in place of the photo
        axes.text(0.5, 0.5, textwrap.fill(str(error), 20), ha="center", va="center", fontsize=7, color=WRONG_COLOUR)
        axes.set_aspect("equal")
        return
    image.thumbnail((2 * CELL_PX, 2 * CELL_PX))
    axes.imshow(np.asarray(image))
