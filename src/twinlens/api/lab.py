"""Training, export and conversion of checkpoints, which need torch; loaded only when used."""

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from twinlens.api.datasets import open_captioned
from twinlens.collection.place.locate import user_path
from twinlens.data.splits import parse_ratios
from twinlens.errors import ConfigError, TrainingError
from twinlens.model.hub.published import published
from twinlens.model.hub.pull import PullPlan
from twinlens.model.hub.source import OnBytes
from twinlens.model.load import new_model_folder
from twinlens.protocols import Dataset

if TYPE_CHECKING:
    from twinlens.training.importing.import_checkpoint import Imported
    from twinlens.training.parts.quantization import Weights
    from twinlens.training.recipe import Recipe
    from twinlens.training.runs.export_run import Exported
    from twinlens.training.runs.run import FinishedRun, RunListener
    from twinlens.training.runs.sweeps.sweep import Sweep


def train(
    recipe: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    changes: Sequence[str] = (),
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    resume: bool = False,
    cache: str | os.PathLike[str] | None = None,
    listener: "RunListener | None" = None,
) -> "FinishedRun":
    """Trains a dual encoder from a recipe; needs the extra ``train``.

    Args:
        recipe: the TOML file.
        data: the data set's folder; it, kind, captions and images are as in ``survey_dataset``.
        out: the run's folder; None = ``runs/NAME`` with the recipe's name.
        changes: single values such as ``stages.0.epochs=3``.
        kind: name of a reader.
        captions: caption file.
        images: folder of photos.
        resume: continue from the run's last checkpoint.
        cache: folder for cached features and pixels; None = ``cache/`` next to the run's folder.
        listener: receives progress events.

    Raises:
        TrainingError: the run cannot start or continue, or torch is not installed.
        ConfigError: the recipe has errors; all are listed.
        DataError: the data is missing or invalid.
    """
    recipes, run = lab_module("recipe"), lab_module("runs.run")
    resolved: Recipe = recipes.load_recipe(user_path(recipe), changes=changes)
    dataset, source = _training_data(resolved, data, kind=kind, captions=captions, images=images)
    folder = user_path(out) if out is not None else user_path("runs") / resolved.name
    finished: FinishedRun = run.run_recipe(
        resolved,
        dataset,
        folder,
        resume=resume,
        source=source,
        cache=None if cache is None else user_path(cache),
        listener=listener,
    )
    return finished


def sweep(
    recipe: str | os.PathLike[str],
    data: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    sweeps: Sequence[str] = (),
    seeds: int = 1,
    changes: Sequence[str] = (),
    kind: str | None = None,
    captions: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> "Sweep":
    """Plans several runs of a recipe, which its method ``train`` trains; needs the extra ``train``.

    Args:
        recipe: the TOML file.
        data: the data set's folder; it, kind, captions and images are as in ``train``.
        out: the folder of all runs; None = ``runs/NAME-sweep`` with the recipe's name.
        sweeps: values of keys, such as ``optimizer.batch_size=64,128``; several are combined.
        seeds: number of seeds for each combination.
        changes: single values for all runs.
        kind: name of a reader.
        captions: caption file.
        images: folder of photos.
        cache: folder for cached features and pixels; None = ``cache/`` in the sweep's folder.

    Raises:
        ConfigError: a recipe has errors; all are listed.
        DataError: the data is missing or invalid.
    """
    recipes, plan, module = (lab_module(name) for name in ("recipe", "runs.sweeps.plan", "runs.sweeps.sweep"))
    file = user_path(recipe)
    own: Recipe = recipes.load_recipe(file, changes=changes)
    folder = user_path(out) if out is not None else user_path("runs") / f"{own.name}-sweep"

    def read(more: Sequence[str]) -> "Recipe":
        found: Recipe = recipes.load_recipe(file, changes=[*changes, *more])
        if found.data.ratios != own.data.ratios:
            raise ConfigError("data.ratios cannot be swept: the runs would be measured on different photos")
        return found

    runs = tuple(plan.plan_runs(read, folder, sweeps=sweeps, seeds=seeds))
    dataset, source = _training_data(own, data, kind=kind, captions=captions, images=images)
    place = folder / "cache" if cache is None else user_path(cache)
    planned: Sweep = module.Sweep(runs, folder, dataset, source, place)
    return planned


def _training_data(
    recipe: "Recipe",
    data: str | os.PathLike[str],
    *,
    kind: str | None,
    captions: str | os.PathLike[str] | None,
    images: str | os.PathLike[str] | None,
) -> tuple[Dataset, dict[str, Any]]:
    """The data set of a run, and where it lies, to measure an export later."""
    ratios = recipe.data.ratios
    dataset, name = open_captioned(data, kind=kind, captions=captions, images=images, ratios=ratios)
    places = {"directory": data, "file": captions, "images": images}
    source = {key: None if place is None else str(user_path(place)) for key, place in places.items()}
    return dataset, {**source, "kind": name, "ratios": parse_ratios(ratios)}


def run_listener() -> "RunListener":
    """A listener without callbacks, whose fields the caller sets; needs the extra ``train``."""
    listener: RunListener = lab_module("runs.run").RunListener()
    return listener


def export_run(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    int8: bool = False,
    wise_ft: float = 1.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> "Exported":
    """Exports a run's best epoch as a bundle; needs the extra ``train``.

    Args:
        run: the folder of a run.
        out: the bundle's folder.
        int8: 8-bit text weights and float16 image weights.
        wise_ft: from 0 to 1, the share of the run's weights; the rest is of the published model that it started from.
        on_progress: called with the numbers of compared and of all photos.

    Raises:
        TrainingError: no epoch is finished, or an exported graph differs too much from torch.
    """
    exported: Exported = lab_module("runs.export_run").export_run(
        user_path(run), user_path(out), int8=int8, wise_ft=wise_ft, on_progress=on_progress
    )
    return exported


def import_checkpoint(
    source: str | os.PathLike[str],
    *,
    name: str | None = None,
    weights: "Weights" = "float32",
    architecture: str | None = None,
    on_plan: Callable[[PullPlan], None] | None = None,
    on_bytes: OnBytes | None = None,
) -> "Imported":
    """Converts a checkpoint to a bundle among the user's models; needs the extra ``train``.

    Args:
        source: the folder with its configuration, safetensors, processor and tokenizer, as transformers or open_clip
            has them, or a file with open_clip's weights; or ``owner/name`` of the model hub, ``owner/name@revision``,
            a name of ``twinlens models list``, or with ``architecture`` open_clip's name of weights.
        name: of the new model; None = that of the list, the folder, the file or the repository.
        weights: float32, float16, int8 or int4.
        architecture: what model a file is, as open_clip calls it (``ViT-B-32``).
        on_plan: called before a download.
        on_bytes: called with the bytes that are here and those wanted.

    Raises:
        TrainingError: the checkpoint cannot be read or converted, or the bundle's embeddings differ from its own.
        BundleError: the name cannot be used, or is taken, or a checkpoint of the hub cannot be had.
    """
    place = user_path(source)
    imported: Imported
    if place.exists():
        own = place.resolve()
        wanted = name if name is not None else own.stem if own.is_file() else own.name
        imported = lab_module("importing.import_checkpoint").import_checkpoint(
            place, new_model_folder(wanted), name=wanted, weights=weights, architecture=architecture
        )
        return imported
    asked = str(source)
    repository = lab_module("importing.repository_name").repository_of(asked, architecture=architecture)
    own_name = asked if asked in published() else repository.partition("@")[0].partition("/")[2]
    wanted = name if name is not None else own_name
    imported = lab_module("importing.import_named").import_named(
        repository, new_model_folder(wanted), name=wanted, weights=weights, on_plan=on_plan, on_bytes=on_bytes
    )
    return imported


def lab_module(module: str) -> Any:
    """Imports a module of the training lane, which needs torch and other packages."""
    try:
        return import_module(f"twinlens.training.{module}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "twinlens":
            raise
        raise TrainingError(f'this needs {package}, which is not installed: pip install "twinlens[train]"') from error
