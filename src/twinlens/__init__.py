"""twinlens: search a folder of photos by words, offline.

>>> import twinlens
>>> model = twinlens.load_model("default")
>>> model.encode_text(["a dog"]).shape
(1, 512)
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Collection", "Hit", "TwinlensError", "__version__", "evaluate", "load_model", "train"]

if TYPE_CHECKING:
    from twinlens.api import Collection, Hit, evaluate, load_model, train
    from twinlens.errors import TwinlensError

_HOMES = {
    "Collection": "twinlens.api",
    "Hit": "twinlens.types",
    "TwinlensError": "twinlens.errors",
    "evaluate": "twinlens.api",
    "load_model": "twinlens.api",
    "train": "twinlens.api",
}


def __getattr__(name: str) -> Any:
    # loaded on first use: `twinlens --help` needs neither NumPy nor Pillow
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twinlens' has no attribute {name!r}")
