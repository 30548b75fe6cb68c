"""Suggested queries."""

from starlette.testclient import TestClient

from twinlens.collection.showing.examples import SUBJECTS


def suggested(client: TestClient, **asked: object) -> list[tuple[str, str]]:
    answer = client.get("/api/suggest", params=asked)
    assert answer.status_code == 200
    return [(one["kind"], one["query"]) for one in answer.json()["suggestions"]]


def test_names_that_go_on_with_the_last_word_are_suggested(client: TestClient) -> None:
    assert ("name", "black.png") in suggested(client, q="bla")
    assert suggested(client, q="b") == []
    assert suggested(client, q="bla", top_k=1) == [("name", "black.png")]
    assert suggested(client, q='"*(OR') == []


def test_without_words_what_the_library_answers_is_suggested(client: TestClient) -> None:
    found = suggested(client)
    assert {kind for kind, _ in found} <= {"example"}
    assert {query for _, query in found} <= set(SUBJECTS)


def test_a_text_that_is_no_query_is_refused(client: TestClient) -> None:
    assert client.get("/api/suggest", params={"q": "a" * 500}).status_code == 422
