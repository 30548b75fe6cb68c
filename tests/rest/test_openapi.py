"""The OpenAPI is a promise: whatever schemathesis sends, each answer is one that it names."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from rest.served_library import server_of
from twinlens.rest.app import calls
from twinlens.rest.settings import Settings

pytestmark = [pytest.mark.server, pytest.mark.slow]
EXAMPLES = 12


def can_be_invalid(call: dict[str, Any]) -> bool:
    """Any text is an image_id, if mostly one of no photo."""
    return "requestBody" in call or any(parameter["in"] != "path" for parameter in call.get("parameters", []))


CALLS = [
    pytest.param(path, method, mode, id=f"{method.upper()} {path}, {mode.value}")
    for path, methods in calls(Settings()).openapi()["paths"].items()
    for method, call in methods.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or can_be_invalid(call)
]


@pytest.fixture(scope="module")
def described(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    library = Path(copytree(indexed, tmp_path_factory.mktemp("described") / "photos"))
    with server_of(library, Settings(port=0)) as (_, url):
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize(("path", "method", "mode"), CALLS)
def test_every_answer_is_one_that_the_description_names(
    described: BaseSchema, path: str, method: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method.upper()].as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        # no schema says that a file is a picture, and that there are not more weights than pictures
        excluded = [positive_data_acceptance] if case.media_type == "multipart/form-data" else []
        case.call_and_validate(timeout=60, excluded_checks=excluded)

    check()
