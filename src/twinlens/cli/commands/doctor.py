"""``twinlens doctor``: check the installation, the models and a collection."""

from dataclasses import asdict

import typer

from twinlens import api
from twinlens.cli.options.common import Existing
from twinlens.cli.outcome import FOUND, OUR_ERROR, AsJson, as_exit_code, logged, print_json

EXAMPLE = "Example: twinlens doctor --in ~/Pictures"


@as_exit_code
@logged
def run(place: Existing = None, as_json: AsJson = False) -> int:
    """Check the environment, the models and a collection; changes nothing."""
    findings = api.doctor.check_up(place)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(
                f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {api.searching.on_one_line(finding.detail)}"
            )
        remedies = dict.fromkeys(finding.remedy for finding in findings if finding.remedy)
        typer.echo(f"to do: {api.searching.on_one_line('; '.join(remedies)) or 'nothing'}")
    return FOUND if all(finding.ok for finding in findings) else OUR_ERROR
