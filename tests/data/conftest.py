"""Fixtures of the data tests: JSON files written in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.register_assert_rewrite("contracts.dataset")

JsonWriter = Callable[[str, object], Path]


@pytest.fixture
def write_json(tmp_path: Path) -> JsonWriter:
    """Writes a value as a JSON file of ``tmp_path``."""

    def write(name: str, value: object) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return write
