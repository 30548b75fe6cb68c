"""Read a JSON data file, or say what is wrong with it."""

import json
from pathlib import Path
from typing import Any

from twinlens.errors import DataError


def read_json(path: Path) -> Any:
    """Parsed JSON of a data file.

    Raises:
        DataError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not readable JSON: {error}") from error
