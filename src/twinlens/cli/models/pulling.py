"""``twinlens models pull`` and ``twinlens models remove``: published models come and go."""

from typing import Annotated

import typer

from twinlens import api
from twinlens.cli.bars import byte_bar
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

PULL_EXAMPLE = "Example: twinlens models pull siglip-b16"
REMOVE_EXAMPLE = "Example: twinlens models remove siglip-b16"


@as_exit_code
@logged
def pull(
    model: Annotated[
        str,
        typer.Argument(
            metavar="NAME|OWNER/NAME|DIR",
            help="A name of 'twinlens models list', a repository of the model hub, or a folder with a copy of one.",
        ),
    ],
    save_as: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Name it so here.")] = None,
    variant: Annotated[
        str | None,
        typer.Option("--variant", metavar="NAME", help="How its weights are stored, such as fp16 or quantized."),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="NAME", help="Of its graphs, if the repository has several models."),
    ] = None,
    revision: Annotated[
        str | None,
        typer.Option("--revision", metavar="NAME", help="Commit, tag or branch, instead of the pinned or newest one."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Download a published model (CLIP, SigLIP and their kin, as ONNX), so that twinlens index --model NAME can use it.

    Its licence is shown first and kept with it. A download that was interrupted goes on where it stopped. HF_ENDPOINT
    names a mirror, HF_TOKEN your access token, HF_HUB_OFFLINE=1 allows only what the hub's cache has.
    """
    with byte_bar(f"pulling {model}") as show:
        bundle = api.models.pull(
            model,
            variant=variant,
            folder=folder,
            revision=revision,
            save_as=save_as,
            on_plan=announce,
            on_bytes=show,
        )
    name = bundle.manifest.name
    if as_json:
        fields = {"name": name, "fingerprint": bundle.fingerprint, "path": str(bundle.directory)}
        print_json({**fields, "license": bundle.manifest.license, "source": bundle.manifest.source})
    else:
        typer.echo(f"{name}\t{bundle.fingerprint}\t{bundle.directory}")
        say(f"use it: twinlens index PHOTOS --model {name}")
        say(f"in a collection of another model: twinlens reindex PHOTOS --model {name}")
    return FOUND


def announce(plan: "api.models.PullPlan") -> None:
    """Says what is about to be downloaded, and under which licence."""
    at = f" at {plan.revision[:12]}" if plan.revision else ""
    say(f"{plan.source}{at}, licence: {plan.license or 'not stated, see its card'}")
    here = plan.size_bytes - plan.to_download_bytes
    kept = f" ({here / 1e6:,.0f} MB of them are here)" if here and plan.to_download_bytes else ""
    say(f"{plan.size_bytes / 1e6:,.0f} MB{kept}, into {plan.bundle}")


@as_exit_code
@logged
def remove(
    model: Annotated[str, typer.Argument(metavar="NAME", help="A model in the models folder.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Delete a pulled or imported model. Collections that were indexed with it need it to be searched by words."""
    folder = api.models.removable(model)
    if not yes:
        typer.confirm(f"Delete {folder}?", abort=True, err=True)
    freed = api.models.remove(model)
    say(f"removed {model}, {freed / 1e6:,.0f} MB freed")
    return FOUND
