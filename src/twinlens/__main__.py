"""The ``twinlens`` command, and ``python -m twinlens``."""

import sys


def main() -> None:
    """Runs the program; an interrupt while it is still being loaded is one line, too."""
    try:
        from twinlens.cli.main import main as run_program

        run_program()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        sys.exit(130)


if __name__ == "__main__":
    main()
