"""The OpenAPI is a promise: whatever schemathesis sends, each answer is one that it names."""

import json
import re
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
from twinlens.collection.describing import describe, tag_suggestions
from twinlens.everyday.tags import EverydayTags
from twinlens.rest.app import calls, create_app
from twinlens.rest.settings import Settings

EXAMPLES = 12
# no schema says which texts are dates, sizes or places
WRITTEN = frozenset(
    (
        "after",
        "before",
        "date",
        "year",
        "month",
        "width",
        "height",
        "size",
        "near",
        "within",
        "box",
        "has",
        "type",
        "rating",
        "location",
        "name",
    )
)
# nor which names and words are blank, and that one of two fields is wanted
WANTED = frozenset(
    (
        *(
            "tags/rename",
            "tags/suggest",
            "captions",
            "albums",
            "albums/saved",
            "albums/rename",
            "feedback",
            "teach",
            "suggest",
        ),
        *("shares", "shared"),  # nor that a key is right
    )
)


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
    few = ("a red wall", "a cat", "a receipt")  # all take a minute
    tags = EverydayTags(["wall, wall", "cat, cat"], few)
    with pytest.MonkeyPatch.context() as patched, server_of(library, Settings(port=0)) as (_, url):
        for module in (describe, tag_suggestions):
            patched.setattr(module, "descriptions", lambda language="en": few)
        patched.setattr(tag_suggestions, "everyday_tags", lambda: tags)
        yield schemathesis.openapi.from_url(f"{url}/openapi.json", timeout=120)


def given_in(case: Case) -> set[str]:
    """Names of a request's fields and parameters that have a value."""
    body = case.body if isinstance(case.body, dict) else {}
    return {name for name, value in {**body, **(case.query or {})}.items() if value is not None}


@pytest.mark.server
@pytest.mark.slow
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
        is_written = WRITTEN & given_in(case) or path.removeprefix("/api/") in WANTED
        may_be_refused = case.media_type == "multipart/form-data" or is_written
        excluded = [positive_data_acceptance] if may_be_refused else []
        case.call_and_validate(timeout=60, excluded_checks=excluded)

    check()


def test_the_committed_openapi_is_true(indexed: Path) -> None:
    committed = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "openapi.json").read_text("utf-8"))
    made = create_app(indexed, settings=Settings()).openapi()
    assert json.loads(json.dumps(made)) == committed, "run: python -m twinlens.rest > docs/reference/openapi.json"


def test_the_limits_of_this_server_are_those_that_it_keeps() -> None:
    told = calls(Settings(max_top_k=7, max_batch=3, max_query_length=50)).openapi()["components"]["schemas"]
    assert (
        told["TextSearch"]["properties"]["top_k"]["maximum"]
        == told["TextSearch"]["properties"]["top_k"]["default"]
        == 7
    )
    assert told["TextSearch"]["properties"]["query"]["maxLength"] == 50
    assert told["BatchSearch"]["properties"]["queries"]["maxItems"] == 3


def test_every_call_names_every_failure_that_it_may_have_in_our_shape() -> None:
    ours = {"application/json": {"schema": {"$ref": "#/components/schemas/FailureAnswer"}}}
    for methods in calls(Settings()).openapi()["paths"].values():
        for call in methods.values():
            assert {"401", "403", "422", "429", "500"} <= set(call["responses"])
            assert ("413" in call["responses"]) is ("requestBody" in call)
            assert call["responses"]["422"]["content"] == ours


def test_every_schema_that_is_named_is_there() -> None:
    told = calls(Settings()).openapi()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert named <= set(told["components"]["schemas"])
    assert "HTTPValidationError" not in told["components"]["schemas"]


def test_a_key_is_told_of_where_one_is_wanted() -> None:
    assert "security" not in calls(Settings()).openapi()
    assert calls(Settings(api_key="a-key-of-the-test-01")).openapi()["security"] == [{"key": []}, {"bearer": []}]
