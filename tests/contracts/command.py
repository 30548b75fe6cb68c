"""What every command must do; a command's tests inherit this before they have their own."""

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from twinlens.cli.commands import COMMANDS
from twinlens.cli.main import app
from twinlens.plugins import load_part


class CommandContract:
    """Inherit it, name the command, and give arguments that work and arguments that end in one of our errors."""

    name: str
    command: Any

    @pytest.fixture
    def right(self) -> list[str]:
        raise NotImplementedError

    @pytest.fixture
    def wrong(self) -> list[str]:
        raise NotImplementedError

    def invoke(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [self.name, *arguments])

    def test_it_is_found_by_its_name(self) -> None:
        assert load_part("command", COMMANDS, self.name) is self.command
        assert self.name in CliRunner().invoke(app, ["--help"]).stdout

    def test_its_help_ends_with_an_example(self) -> None:
        done = self.invoke("--help")
        assert done.exit_code == 0
        assert self.command.EXAMPLE.startswith(f"Example: twinlens {self.name}")
        assert " ".join(done.stdout.split()).endswith(self.command.EXAMPLE)

    def test_results_go_to_stdout(self, right: list[str]) -> None:
        done = self.invoke(*right)
        assert done.exit_code in (0, 3), done.output  # found, or nothing found
        assert done.stdout.strip()

    def test_an_error_of_ours_is_one_line_on_stderr(self, wrong: list[str]) -> None:
        done = self.invoke(*wrong)
        assert done.exit_code == 1
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1
