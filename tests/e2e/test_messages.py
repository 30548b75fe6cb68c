"""Messages for people: one line each, whatever is in the names that they tell."""

import pytest

from twinlens.cli.outcome import say


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("a name \x1b[2J\x1b]0;title\x07 that draws", "a name \ufffd[2J\ufffd]0;title\ufffd that draws"),
        ("\x9b31mred", "\ufffd31mred"),
        ("👩‍👧 été 海 שלום", "👩‍👧 été 海 שלום"),  # joined emoji and any script stay
    ],
)
def test_control_characters_never_reach_the_terminal(
    message: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(message)
    assert capsys.readouterr().err == f"{shown}\n"
