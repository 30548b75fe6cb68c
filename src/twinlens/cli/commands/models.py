"""``twinlens models``: list models, show their details, pull, remove and calibrate them."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from twinlens import api
from twinlens.cli.bars import part_bars
from twinlens.cli.models import choosing, importing, pulling
from twinlens.cli.options.data import Captions, Data, Images, Kind
from twinlens.cli.options.evaluate import Split
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json
from twinlens.errors import TwinlensError

app = typer.Typer(
    help="List models, show their details, pull published ones, remove and calibrate them.",
    no_args_is_help=True,
    epilog="Example: twinlens models list",
)


@app.command("list", epilog="Example: twinlens models list --json")
@as_exit_code
@logged
def list_models(as_json: AsJson = False) -> int:
    """List the models that are here, the embedded one first, then the published ones that can be pulled.

    R@1 is the share of texts, in per cent, for which the right photo of the test set comes first, as published;
    --json has it in both directions, recall by language, and the sources.
    """
    rows = []
    for name, folder in api.models.known_bundles().items():
        try:
            bundle = api.models.open_bundle(folder)
        except TwinlensError as error:
            rows.append({"name": name, "fingerprint": None, "path": str(folder), "description": str(error)})
            continue
        rows.append(
            {
                "name": name,
                "fingerprint": bundle.fingerprint,
                "path": str(folder),
                "description": bundle.manifest.description,
            }
        )
    for name in api.models.installed_encoders():
        try:
            model = api.models.load_model(name).describe()
        except TwinlensError as error:
            rows.append({"name": name, "fingerprint": None, "path": None, "description": str(error)})
            continue
        description = model.description or "encoder of an installed package"
        rows.append({"name": name, "fingerprint": model.fingerprint, "path": None, "description": description})
    here = {row["name"] for row in rows}
    others = [entry for name, entry in api.models.published().items() if name not in here]
    if as_json:
        print_json([*({**row, "is_here": True} for row in rows), *map(_fields, others)])
        return FOUND
    for row in rows:
        typer.echo("\t".join((str(row["name"]), str(row["fingerprint"] or "damaged"), str(row["description"]))))
    for entry in others:
        typer.echo("\t".join((entry.name, "to pull", f"{entry.description} ({_in_brief(entry)})")))
    return FOUND


def _fields(entry: "api.models.Published") -> dict[str, Any]:
    return {**asdict(entry), "download_mb": entry.download_mb, "fingerprint": None, "path": None, "is_here": False}


def _in_brief(entry: "api.models.Published") -> str:
    languages = "many languages" if "mul" in entry.languages else ", ".join(entry.languages)
    published = {"Flickr30k": entry.flickr30k, "COCO": entry.coco}
    figures = [f"{both[0]} on {data}" for data, both in published.items() if both]
    parts = [
        f"{entry.parameters_m}M parameters, about {entry.download_mb:,} MB" if entry.parameters_m else "",
        f"{entry.embedding_dim} dimensions",
        languages,
        f"licence {entry.license or 'see its card'}",
        f"R@1 {' and '.join(figures)}" if figures else "",
    ]
    return ", ".join(filter(None, parts))


app.command("pull", epilog=pulling.PULL_EXAMPLE)(pulling.pull)
app.command("remove", epilog=pulling.REMOVE_EXAMPLE)(pulling.remove)
app.command("import", epilog=importing.EXAMPLE)(importing.import_model)
app.command("benchmark", epilog=choosing.BENCHMARK_EXAMPLE)(choosing.benchmark)
app.command("recommend", epilog=choosing.RECOMMEND_EXAMPLE)(choosing.recommend)


@app.command("info", epilog="Example: twinlens models info default")
@as_exit_code
@logged
def info(
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="Model name or bundle folder.")] = "default",
    as_json: AsJson = False,
) -> int:
    """Show a model's towers, preprocessing, training and figures."""
    fields: dict[str, Any]
    if model in api.models.installed_encoders():
        fields = asdict(api.models.load_model(model).describe())
    elif model not in api.models.known_bundles() and model in api.models.published():
        fields = _fields(api.models.published()[model])
    else:
        bundle = api.models.open_bundle(api.models.find_bundle(model))
        path = str(bundle.directory)
        fields = {"fingerprint": bundle.fingerprint, "path": path, **bundle.manifest.model_dump(mode="json")}
    if as_json:
        print_json(fields)
        return FOUND
    for name, value in fields.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, entry in value.items():
                typer.echo(f"  {key}: {json.dumps(entry, ensure_ascii=False)}")
        else:
            typer.echo(f"{name}: {value}")
    return FOUND


@app.command("calibrate", epilog="Example: twinlens models calibrate ~/models/mine --data path/to/flickr8k --split val")
@as_exit_code
@logged
def calibrate(
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="Imported model, or a bundle's folder.")],
    data: Data = None,
    captions: Captions = None,
    images: Images = None,
    kind: Kind = None,
    split: Split = "all",
    as_json: AsJson = False,
) -> int:
    """Fit a model's grades on captioned photos, a few hundred or more, and write them into its bundle.

    A caption is right for its own photo. Without a calibration, hits are graded by what the library
    itself looks like to the model, which is less sure.
    """
    if data is None and (captions is None or images is None):
        raise typer.BadParameter("no data set given; give --data DIR, or --captions FILE with --images DIR")
    with part_bars() as show:
        made = api.calibration.calibrate(
            model,
            data or (captions or Path()).parent,
            split,
            kind=kind,
            captions=captions,
            images=images,
            on_progress=partial(show, "embedding photos"),
            on_texts=partial(show, "embedding captions"),
        )
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        typer.echo(f"calibrated on {made.fitted['data']}")
    return FOUND
