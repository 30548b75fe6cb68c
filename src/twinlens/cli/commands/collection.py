"""``twinlens collection``: move, merge, split, export, import, verify and repair whole collections."""

import typer

from twinlens.cli.commands import repair
from twinlens.cli.portable import exporting, importing, merging, moving, splitting, verifying

app = typer.Typer(
    help="Move, merge, split, export, import, verify and repair collections; photos are only read.",
    no_args_is_help=True,
    epilog="Example: twinlens collection export library.zip --in ~/Pictures",
)
for _name, _command in {
    "move": moving,
    "merge": merging,
    "split": splitting,
    "export": exporting,
    "import": importing,
    "verify": verifying,
    "repair": repair,
}.items():
    app.command(_name, epilog=_command.EXAMPLE)(_command.run)
