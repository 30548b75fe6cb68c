"""Options of ``twinlens evaluate``: what is measured and what is written."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer


class PlotFormat(StrEnum):
    """Kinds of files that plots are written as."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", readable=False, help="Captioned data set, classes.json + images/, Winoground, or SugarCrepe."
    ),
]
Model: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME|DIR|RUN", help="Model bundle, or the folder of a training run.")
]
Embeddings: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        readable=False,
        help="Evaluate vectors of any program instead of a model: an .npz file, a folder of clip-retrieval, "
        "or PHOTOS.npy|.safetensors with a list of names beside it, on --data.",
    ),
]
TextEmbeddings: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        readable=False,
        help="Vectors of the captions for --embeddings: .npy or .safetensors, in the order of the data, "
        "or with a list of the captions beside it.",
    ),
]
Compare: TypeAlias = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="A B", help="Test whether A is better than B: two .npz files, or two models on --data."),
]
Split: TypeAlias = Annotated[str, typer.Option(help="Split: train, val, test or all.")]
Languages: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="CODE", help="Only captions in this language; can be repeated; default: each."),
]
Ks: TypeAlias = Annotated[
    list[int] | None,
    typer.Option("-k", "--k", min=1, metavar="K", help="Cut-off; can be repeated; default: 1, 5, 10."),
]
Folds: TypeAlias = Annotated[
    int, typer.Option(min=1, metavar="N", help="Also average over N disjoint galleries (COCO 1K: 5).")
]
Truth: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        readable=False,
        help="Right answers for COCO, several per caption: sits_test.csv (CxC) or eccv_image_to_caption.json.",
    ),
]
Classes: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", readable=False, help="Candidate classes and their names, for classes.json."),
]
Prompts: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--prompt",
        metavar="PROMPT",
        help="Template such as 'a photo of a {}', a published set of templates (clip-80, clip-7), or a file with one "
        "a line; can be repeated; all are averaged.",
    ),
]
SaveEmbeddings: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE.npz", readable=False, help="Save the embeddings for --embeddings.")
]
Ranks: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", readable=False, help="Write the rank of each query.")
]
Plots: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", readable=False, help="Write curves, histograms and maps to a folder.")
]
PlotKind: TypeAlias = Annotated[PlotFormat, typer.Option(help="Kind of the files of --plots.")]
Record: TypeAlias = Annotated[bool, typer.Option("--record", help="Record the figures in the bundle's manifest.")]
