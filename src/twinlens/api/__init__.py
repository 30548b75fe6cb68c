"""The functions that the command line and all other interfaces call, one module per topic.

Each module is loaded on first use: ``twinlens --help`` needs neither NumPy nor Pillow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinlens.api import (
        calibration,
        datasets,
        evaluation,
        explanation,
        filters,
        indexing,
        lab,
        library,
        models,
        runs,
        searching,
        speed,
    )
    from twinlens.api.photos import curating, describing, duplicates, persons, recognizing, sharing, teaching
    from twinlens.api.upkeep import doctor, portable, repair

__all__ = [
    "calibration",
    "curating",
    "datasets",
    "describing",
    "doctor",
    "duplicates",
    "evaluation",
    "explanation",
    "filters",
    "indexing",
    "lab",
    "library",
    "models",
    "persons",
    "portable",
    "recognizing",
    "repair",
    "runs",
    "searching",
    "sharing",
    "speed",
    "teaching",
]

_ROOMS = {
    "photos": ("curating", "describing", "duplicates", "persons", "recognizing", "sharing", "teaching"),
    "upkeep": ("doctor", "portable", "repair"),
}
_ROOM_OF = {name: f"{room}." for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"twinlens.api.{_ROOM_OF.get(name, '')}{name}")
    raise AttributeError(f"module 'twinlens.api' has no attribute {name!r}")
