"""The functions that the command line and all other interfaces call, one module per topic.

Each module is loaded on first use: ``twinlens --help`` needs neither NumPy nor Pillow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinlens.api import (
        calibration,
        cluster,
        curating,
        datasets,
        describing,
        doctor,
        duplicates,
        evaluation,
        explanation,
        filters,
        indexing,
        lab,
        lab_on_cluster,
        library,
        models,
        portable,
        repair,
        runs,
        searching,
        sharing,
        speed,
        teaching,
    )

__all__ = [
    "calibration",
    "cluster",
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
    "lab_on_cluster",
    "library",
    "models",
    "portable",
    "repair",
    "runs",
    "searching",
    "sharing",
    "speed",
    "teaching",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"twinlens.api.{name}")
    raise AttributeError(f"module 'twinlens.api' has no attribute {name!r}")
