"""twinlens: search a folder of photos by words, offline.

>>> import twinlens
>>> model = twinlens.load_model("default")
>>> model.encode_text(["a dog"]).shape
(1, 512)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "Collection",
    "EmbeddedPairs",
    "Hit",
    "TwinlensError",
    "__version__",
    "compare",
    "embed_pairs",
    "evaluate",
    "evaluate_embeddings",
    "load_embeddings",
    "load_model",
    "save_embeddings",
    "train",
]

if TYPE_CHECKING:
    from twinlens.api import (
        Collection,
        EmbeddedPairs,
        Hit,
        compare,
        embed_pairs,
        evaluate,
        evaluate_embeddings,
        load_embeddings,
        load_model,
        save_embeddings,
        train,
    )
    from twinlens.errors import TwinlensError

_HOMES = {
    "Collection": "twinlens.api",
    "EmbeddedPairs": "twinlens.api",
    "Hit": "twinlens.types",
    "TwinlensError": "twinlens.errors",
    "compare": "twinlens.api",
    "embed_pairs": "twinlens.api",
    "evaluate": "twinlens.api",
    "evaluate_embeddings": "twinlens.api",
    "load_embeddings": "twinlens.api",
    "load_model": "twinlens.api",
    "save_embeddings": "twinlens.api",
    "train": "twinlens.api",
}


def __getattr__(name: str) -> Any:
    # loaded on first use: `twinlens --help` needs neither NumPy nor Pillow
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twinlens' has no attribute {name!r}")
