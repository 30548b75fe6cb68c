"""Files of what was measured: exact figures, reports, embeddings, and figures for a paper."""

import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st

from twinlens import api
from twinlens.apps.streamlit.measuring.figures import exact_rows
from twinlens.apps.streamlit.measuring.measured import Measured
from twinlens.apps.streamlit.notices import plain

KINDS = ("svg", "png")


def offer_downloads(several: Sequence[Measured]) -> None:
    """Draws a menu of files; what takes long is made when it is asked for."""
    with st.popover("Download", icon=":material/download:"):
        rows = [row for one in several for row in exact_rows(one.name, one.report)]
        download("All figures (CSV)", csv_of(rows), "evaluations.csv")
        reports = {one.name: one.report for one in several}
        download("Reports (JSON)", json.dumps(reports, indent=1, ensure_ascii=False), "evaluations.json")
        for one in several:
            if one.pairs is None:
                continue
            st.caption(plain(one.name))
            name = file_name(one.name.removesuffix(".npz"))
            label = "Embeddings (NPZ), to be loaded here again"
            download(label, partial(_embeddings, one), f"{name}.npz", whose=one.key)
            if find_spec("matplotlib") is None:
                st.caption('Figures as files need matplotlib: pip install "twinlens[plots]"')
                continue
            for column, kind in zip(st.columns(len(KINDS)), KINDS, strict=True):
                with column:
                    figures = partial(figures_zip, one, kind=kind)
                    download(f"Figures ({kind.upper()})", figures, f"{name}-{kind}.zip", whose=one.key)
        st.caption("Each chart and table has its own menu as well, at its upper right corner.")


def download(label: str, content: Any, name: str, *, whose: str = "") -> None:
    """A button that downloads a file, and leaves the page as it is; ``whose`` tells it from others with its names."""
    st.download_button(label, content, name, key=f"download {label} {name} {whose}", on_click="ignore", width="stretch")


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table as CSV; its columns are those of all rows, in order.

    >>> csv_of([{"run": "a", "R@1": 1.5}, {"run": "b", "loss": 2}])
    'run,R@1,loss\\r\\na,1.5,\\r\\nb,,2\\r\\n'
    """
    file = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def figures_zip(one: Measured, *, kind: str) -> bytes:
    """The figures of ``twinlens evaluate --plots`` in one zip file.

    Args:
        one: with embeddings.
        kind: svg, png or pdf.

    Raises:
        TwinlensError: matplotlib is not installed.
    """
    assert one.pairs is not None, "the caller has embeddings"
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="twinlens-") as folder, zipfile.ZipFile(packed, "w") as pack:
        for file in api.evaluation.write_plots(folder, one.pairs, paths=one.paths, kind=kind):
            pack.write(file, file.name, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def file_name(name: str) -> str:
    """A name that every system accepts for a file.

    >>> file_name("heads on small/val")
    'heads-on-small-val'
    """
    return "-".join("".join(letter if letter.isalnum() or letter in "._-" else " " for letter in name).split())


def _embeddings(one: Measured) -> bytes:
    assert one.pairs is not None, "the caller has embeddings"
    with tempfile.TemporaryDirectory(prefix="twinlens-") as folder:
        file = Path(folder) / "embeddings.npz"
        api.evaluation.save_embeddings(one.pairs, file)
        return file.read_bytes()
