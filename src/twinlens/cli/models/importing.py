"""``twinlens models import``: a checkpoint of transformers or open_clip becomes a bundle."""

from typing import TYPE_CHECKING, Annotated

import typer

from twinlens import api
from twinlens.cli.bars import byte_bar
from twinlens.cli.models.pulling import announce
from twinlens.cli.outcome import FOUND, AsJson, as_exit_code, logged, print_json, say

if TYPE_CHECKING:
    from twinlens.training.importing.import_checkpoint import Imported
    from twinlens.training.parts.quantization import Weights

EXAMPLE = "Example: twinlens models import ~/checkpoints/clip-vit-base-patch32 --int8"


@as_exit_code
@logged
def import_model(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DIR|FILE|OWNER/NAME",
            help="A folder, a file of open_clip's weights, a repository of the model hub (or OWNER/NAME@REVISION), or "
            "a name of 'twinlens models list'.",
            show_default=False,
        ),
    ],
    save_as: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Name it so here; without it, as the folder.")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Store weights in 8 bits.")] = False,
    fp16: Annotated[bool, typer.Option("--fp16", help="Store weights as float16.")] = False,
    q4: Annotated[bool, typer.Option("--q4", help="Store weights in 4 bits.")] = False,
    architecture: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What open_clip's weights are, such as ViT-B-32-quickgelu; for FILE or a tag."
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Import a CLIP, MetaCLIP, SigLIP, AltCLIP, Chinese-CLIP or VisionTextDualEncoder checkpoint; needs "train".

    The folder or repository is one that transformers, sentence-transformers or open_clip saved, with safetensors; or
    give a file with open_clip's weights, or with open_clip installed the name of some. The licence is shown before a
    download. The embeddings of real photos and texts must agree with those of transformers; what smaller
    weights change is reported.
    """
    if int8 + fp16 + q4 > 1:
        raise typer.BadParameter("--int8, --fp16 and --q4 exclude one another; give one of them")
    weights: Weights = "int8" if int8 else "float16" if fp16 else "int4" if q4 else "float32"
    with byte_bar(f"downloading {source}") as show:
        made = api.lab.import_checkpoint(
            source, name=save_as, weights=weights, architecture=architecture, on_plan=announce, on_bytes=show
        )
    bundle = made.bundle
    if as_json:
        print_json(_fields(made))
        return FOUND
    size = _bytes(made)
    typer.echo(f"{bundle.manifest.name}\t{bundle.fingerprint}\t{bundle.directory}\t{size / 1e6:.1f} MB")
    say(f"licence: {bundle.manifest.license or 'the folder does not say'}")
    say(f"compared with transformers: {made.parity}")
    if made.loss is not None:
        full = made.float32_bytes / 1e6
        say(f"{weights} weights compared with float32 ones ({full:.1f} MB): {made.loss}")
    say(f"index with it: twinlens index PHOTOS --model {bundle.manifest.name}")
    return FOUND


def _bytes(made: "Imported") -> int:
    return sum(record.size_bytes for record in made.bundle.manifest.files.values())


def _fields(made: "Imported") -> dict[str, object]:
    manifest = made.bundle.manifest
    return {
        "name": manifest.name,
        "bundle": str(made.bundle.directory),
        "fingerprint": made.bundle.fingerprint,
        "license": manifest.license,
        "bytes": _bytes(made),
        "weights": manifest.image.quantization,
        **manifest.figures,
    }
