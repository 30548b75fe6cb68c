"""twinlens: search your photos by text, offline.

>>> import twinlens
>>> model = twinlens.load_model("default")
>>> model.encode_text(["a dog"]).shape
(1, 517)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Collection",
    "EmbeddedPairs",
    "Filters",
    "Hit",
    "Search",
    "TwinlensError",
    "__version__",
    "compare",
    "embed_pairs",
    "evaluate",
    "evaluate_embeddings",
    "known_filters",
    "load_embeddings",
    "load_model",
    "save_embeddings",
    "train",
]

if TYPE_CHECKING:
    from twinlens.api.evaluation import (
        EmbeddedPairs,
        compare,
        embed_pairs,
        evaluate,
        evaluate_embeddings,
        load_embeddings,
        save_embeddings,
    )
    from twinlens.api.filters import Filters, known_filters
    from twinlens.api.lab import train
    from twinlens.api.library import Collection
    from twinlens.api.models import load_model
    from twinlens.api.searching import Answer, Search
    from twinlens.errors import TwinlensError
    from twinlens.types import Hit

_HOMES = {
    "Answer": "twinlens.api.searching",
    "Collection": "twinlens.api.library",
    "EmbeddedPairs": "twinlens.api.evaluation",
    "Filters": "twinlens.api.filters",
    "Hit": "twinlens.types",
    "Search": "twinlens.api.searching",
    "TwinlensError": "twinlens.errors",
    "compare": "twinlens.api.evaluation",
    "embed_pairs": "twinlens.api.evaluation",
    "evaluate": "twinlens.api.evaluation",
    "evaluate_embeddings": "twinlens.api.evaluation",
    "known_filters": "twinlens.api.filters",
    "load_embeddings": "twinlens.api.evaluation",
    "load_model": "twinlens.api.models",
    "save_embeddings": "twinlens.api.evaluation",
    "train": "twinlens.api.lab",
}


def __getattr__(name: str) -> Any:
    # loaded on first use: `twinlens --help` needs neither NumPy nor Pillow
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twinlens' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
