"""The table of published models that are known to fit, with figures from their papers and cards."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class Published:
    """One row of ``published.toml``; what is not known from a source is empty or None.

    Attributes:
        name: by which people pull and use it.
        repository: ``owner/name`` on the hub.
        description: one line.
        license: of the weights.
        embedding_dim: D.
        image_size: pixels of a side.
        max_tokens: of a text.
        parameters_m: of both towers, in millions.
        photo_gflops: thousand millions of operations for one photo, a multiplication and an addition being two.
        languages: codes as in BCP 47; empty = not stated. "mul" = many.
        flickr30k: text→image and image→text R@1 on Flickr30k's test photos, zero-shot, in per cent.
        flickr30k_source: where those figures are published.
        coco: the same on the 5,000 test photos of COCO.
        coco_source: where those are published.
        crossmodal: language → mean of R@1, R@5 and R@10 of texts on Crossmodal-3600, zero-shot, in per cent.
        crossmodal_source: where those are published.
        variant: the weights that are pulled.
        revision: the commit that is pulled; empty = the newest.
        checkpoint: ``owner/name`` or ``owner/name@revision`` of the same weights as transformers reads them; empty =
            not known.
    """

    name: str
    repository: str
    description: str
    license: str
    embedding_dim: int
    image_size: int
    max_tokens: int
    parameters_m: int | None = None
    photo_gflops: float | None = None
    languages: tuple[str, ...] = ()
    flickr30k: tuple[float, float] | None = None
    flickr30k_source: str = ""
    coco: tuple[float, float] | None = None
    coco_source: str = ""
    crossmodal: Mapping[str, float] = field(default_factory=dict)
    crossmodal_source: str = ""
    variant: str = "fp32"
    revision: str = ""
    checkpoint: str = ""

    @property
    def download_mb(self) -> int | None:
        """About what float32 weights take."""
        return None if self.parameters_m is None else self.parameters_m * 4


@cache
def published() -> dict[str, Published]:
    """The table, by name."""
    rows: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: _row(name, row) for name, row in rows.items()}


def _row(name: str, row: dict[str, Any]) -> Published:
    by_language = dict(row.pop("crossmodal", ()))
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Published(name=name, crossmodal=by_language, **fields)
