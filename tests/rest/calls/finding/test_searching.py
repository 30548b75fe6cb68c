"""Calls that search, asked through a client in this process."""

import io
import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from rest.served_library import ODD_NAME, client_of
from twinlens.api.library import Collection
from twinlens.api.searching import Search
from twinlens.rest.app import create_app
from twinlens.rest.calls.schemas.results import BatchAnswer
from twinlens.rest.settings import Settings

N_PHOTOS = 7


def ids(answer: dict) -> list[str]:
    return [result["image_id"] for result in answer["results"]]


def png(colour: tuple[int, int, int], size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_words_find_what_the_collection_itself_finds(client: TestClient, indexed: Path) -> None:
    answer = client.post("/api/search/text", json={"query": "something green", "top_k": 4}).json()
    with Collection.open(indexed) as collection:
        hits = collection.search("something green", k=4)
    assert ids(answer) == [hit.id for hit in hits]
    assert [result["score"] for result in answer["results"]] == pytest.approx([hit.score for hit in hits], abs=1e-5)
    assert answer["num_results"] == 4
    assert answer["num_candidates"] == N_PHOTOS
    assert [result["rank"] for result in answer["results"]] == [1, 2, 3, 4]
    assert answer["query"] == "something green"
    assert answer["results"][0]["image_path"] == answer["results"][0]["image_id"]


def test_ten_results_are_given_where_no_number_is_asked_for(client: TestClient) -> None:
    assert client.post("/api/search/text", json={"query": "a wall"}).json()["num_results"] == N_PHOTOS


def test_a_sum_of_words_differs_from_its_first_part(client: TestClient) -> None:
    one = client.post("/api/search/text", json={"query": "red wall"}).json()
    both = client.post("/api/search/text", json={"query": "red wall - 0.9 red wall + green meadow"}).json()
    assert one["results"][0]["score"] != both["results"][0]["score"]


def test_words_that_name_a_file_of_the_server_are_words(client: TestClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png((30, 180, 40)))
    as_words = client.post("/api/search/text", json={"query": str(secret)})
    assert as_words.status_code == 200
    assert as_words.json()["results"][0]["score"] < 0.9


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "file:///etc/passwd", "./red.png", "~/x.jpg"])
def test_words_that_look_like_an_address_are_never_fetched(client: TestClient, address: str) -> None:
    assert client.post("/api/search/text", json={"query": address}).status_code == 200


def test_pages_together_are_the_whole_ranking(client: TestClient) -> None:
    whole = client.post("/api/search/text", json={"query": "a photo", "top_k": N_PHOTOS}).json()
    pages = [
        client.post("/api/search/text", json={"query": "a photo", "top_k": 2, "offset": offset}).json()
        for offset in range(0, N_PHOTOS, 2)
    ]
    assert [one for page in pages for one in ids(page)] == ids(whole)
    assert [result["rank"] for page in pages for result in page["results"]] == list(range(1, N_PHOTOS + 1))


def test_filters_narrow_the_candidates(client: TestClient) -> None:
    def found(**filters: object) -> set[str]:
        answer = client.post("/api/search/text", json={"query": "a photo", **filters})
        assert answer.status_code == 200, answer.text
        return set(ids(answer.json()))

    assert found(folder="beach") == {"beach/red.png", "beach/sea & sand.png"}
    assert found(camera="twin") == {"turned.jpg"}
    assert found(after="2023-06", before="2023") == {"turned.jpg"}
    assert found(after="2024") == set()


@pytest.mark.parametrize("folder", ["nowhere", "/etc", "~", "../photos", "C:\\", "beach\0", "a" * 4000])
def test_a_folder_that_is_not_there_is_said_in_the_same_words_wherever_it_would_lie(
    client: TestClient, folder: str
) -> None:
    answer = client.post("/api/search/text", json={"query": "a photo", "folder": folder})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_folder"
    assert answer.json()["error"]["message"] == "no indexed photo is in that folder"


def test_the_libraries_own_place_cannot_be_found_out_by_a_filter(client: TestClient, indexed: Path) -> None:
    answer = client.post("/api/search/text", json={"query": "a photo", "folder": str(indexed)})
    assert answer.json()["error"]["code"] == "unknown_folder"


def test_a_photo_finds_others_and_not_itself_unless_asked(client: TestClient) -> None:
    answer = client.post("/api/search/image", json={"image_id": "beach/red.png", "top_k": 3}).json()
    assert "beach/red.png" not in ids(answer)
    assert answer["num_results"] == 3
    with_itself = client.post("/api/search/image", json={"image_id": "beach/red.png", "include_self": True}).json()
    assert ids(with_itself)[0] == "beach/red.png"
    assert with_itself["results"][0]["score"] == pytest.approx(1.0, abs=1e-5)


def test_an_uploaded_copy_finds_its_photo(client: TestClient, indexed: Path) -> None:
    data = (indexed / "wood" / "green.png").read_bytes()
    answer = client.post("/api/search/image", files={"file": ("any.png", data)}, data={"top_k": "2"})
    assert answer.status_code == 200, answer.text
    assert ids(answer.json())[0] == "wood/green.png"
    assert answer.json()["results"][0]["score"] == pytest.approx(1.0, abs=1e-4)
    assert answer.json()["num_results"] == 2


def test_several_pictures_and_words_are_summed_up_with_their_weights(client: TestClient, indexed: Path) -> None:
    red, green = ((indexed / name).read_bytes() for name in ("beach/red.png", "wood/green.png"))
    files = [("file", ("r.png", red)), ("file", ("g.png", green))]
    mostly_green = client.post("/api/search/image", files=files, data={"weight": ["0.1", "1.0"]}).json()
    mostly_red = client.post("/api/search/image", files=files, data={"weight": ["1.0", "0.1"]}).json()
    assert ids(mostly_green)[0] == "wood/green.png"
    assert ids(mostly_red)[0] == "beach/red.png"
    by_id = client.post(
        "/api/search/image",
        json={
            "images": [{"image_id": "beach/red.png", "weight": 0.1}, {"image_id": "wood/green.png"}],
            "include_self": True,
        },
    ).json()
    assert ids(by_id) == ids(mostly_green)
    with_words = client.post("/api/search/image", json={"image_id": "beach/red.png", "query": "a dog"}).json()
    assert with_words["query"] == "beach/red.png + a dog"


def half(left: tuple[int, int, int], right: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    picture = Image.new("RGB", (120, 60), left)
    picture.paste(right, (60, 0, 120, 60))
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_region_of_an_upload_is_searched_by_alone(client: TestClient) -> None:
    whole = client.post("/api/search/image", files={"file": png((30, 180, 40), (60, 60))}).json()
    both = half((200, 30, 30), (30, 180, 40))
    for region in ("0.5,0,0.5,1", "50%,0%,50%,100%", "60,0,60,60"):
        part = client.post("/api/search/image", files={"file": both}, data={"region": region}).json()
        assert ids(part) == ids(whole)
        assert [one["score"] for one in part["results"]] == pytest.approx([one["score"] for one in whole["results"]])


def test_a_region_of_a_library_photo_does_not_find_that_photo(client: TestClient) -> None:
    body = {"image_id": "turned.jpg", "region": "0.1,0.1,0.8,0.8"}
    answer = client.post("/api/search/image", json=body).json()
    assert "turned.jpg" not in ids(answer)
    assert answer["understood"] == "turned.jpg (region 0.1,0.1,0.8,0.8)"
    listed = {"images": [{"image_id": "turned.jpg", "region": "0.1,0.1,0.8,0.8"}]}
    assert ids(client.post("/api/search/image", json=listed).json()) == ids(answer)
    form = {"image_id": (None, "turned.jpg"), "image_region": (None, "0.1,0.1,0.8,0.8")}
    assert ids(client.post("/api/search/image", files=form).json()) == ids(answer)


def test_the_like_of_pictures_is_left_out_by_its_grade(client: TestClient, indexed: Path) -> None:
    liked = client.post("/api/search/image", json={"image_id": "wood/green.png"}).json()
    unwanted = {"turned.jpg", "phone.heic"} & {one["image_id"] for one in liked["results"] if one["relevant"]}
    assert unwanted  # the same meadow, turned
    body = {"image_id": "wood/green.png", "without": [{"image_id": "turned.jpg"}]}
    answer = client.post("/api/search/image", json=body).json()
    assert not unwanted & set(ids(answer))
    assert answer["understood"] == "green.png, without turned.jpg"
    wanted = {"kind": "without", "text": "turned.jpg", "weight": None, "alternative": None}
    assert any(wanted.items() <= part.items() for part in answer["parts"])
    data = {"image_id": "wood/green.png"}
    files = {"without_file": (indexed / "turned.jpg").read_bytes()}
    assert ids(client.post("/api/search/image", data=data, files=files).json()) == ids(answer)


def test_words_are_searched_for_without_the_like_of_a_part_of_a_photo(client: TestClient) -> None:
    region = "0.1,0.1,0.8,0.8"
    body = {"query": "a green meadow", "without": [{"image_id": "turned.jpg", "region": region}]}
    answer = client.post("/api/search/image", json=body).json()
    words = client.post("/api/search/text", json={"query": "a green meadow"}).json()
    assert answer["num_candidates"] < words["num_candidates"]
    assert "turned.jpg" in ids(words)
    assert "turned.jpg" not in ids(answer)
    form = [("query", "a green meadow"), ("without_image_id", "turned.jpg"), ("without_image_region", region)]
    sent = client.post("/api/search/image", files=[(name, (None, value)) for name, value in form])
    assert ids(sent.json()) == ids(answer)
    refused = client.post("/api/search/image", json={"without": [{"image_id": "turned.jpg"}]})
    assert "nothing to leave photos out of" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"image_id": "turned.jpg", "region": "1,2,3"}, "a region is x,y,width,height"),
        ({"image_id": "turned.jpg", "region": "500,0,100,100"}, "ends outside of it"),
        ({"region": "0,0,1,1", "images": [{"image_id": "turned.jpg"}]}, "region is of image_id"),
        ({"image_id": "turned.jpg", "without": [{"image_id": "none.jpg"}]}, "none.jpg"),
    ],
)
def test_a_bad_region_or_picture_is_told(client: TestClient, body: dict[str, Any], told: str) -> None:
    answer = client.post("/api/search/image", json=body)
    assert answer.status_code in (400, 404, 422)
    assert told in answer.json()["error"]["message"]


def test_a_search_says_why_as_python_does(client: TestClient, indexed: Path) -> None:
    query = "something green + 0.5 meadow -red width>10"
    answer = client.post("/api/search/text", json={"query": query, "explain": True}).json()
    with Collection.open(indexed) as collection:
        expected = collection.answer(Search.of(query, explain=True)).to_json(everything=True)["explanation"]
    assert answer["explanation"]["conditions"] == expected["conditions"]
    assert answer["explanation"]["without"] == expected["without"]
    for told, known in zip(answer["explanation"]["hits"], expected["hits"], strict=True):
        assert told["image_id"] == known["image_id"]
        assert told["score"] == pytest.approx(known["score"], abs=1e-4)
        total = sum(one["contribution"] for one in told["contributions"])
        assert total == pytest.approx(told["score"], abs=1e-4)
        assert "of 100 hits with such a score" in told["grade_reason"]
    assert client.post("/api/search/text", json={"query": query}).json()["explanation"] is None


def test_a_search_by_an_uploaded_picture_says_why(client: TestClient) -> None:
    files = {"file": png((30, 180, 40)), "without_file": png((200, 30, 30))}
    answer = client.post("/api/search/image", files=files, data={"explain": "true"}).json()
    assert [one["text"] for one in answer["explanation"]["without"]] == ["picture 2"]
    for result, why in zip(answer["results"], answer["explanation"]["hits"], strict=True):
        assert sum(one["contribution"] for one in why["contributions"]) == pytest.approx(result["score"], abs=1e-4)


def test_captions_are_found_for_a_photo_and_for_an_upload(client: TestClient, indexed: Path) -> None:
    by_id = client.post("/api/search/captions", json={"image_id": "beach/red.png", "top_k": 3}).json()
    data = (indexed / "beach" / "red.png").read_bytes()
    uploaded = client.post("/api/search/captions", files={"file": ("x.png", data)}, data={"top_k": "3"}).json()
    texts = [result["caption"] for result in by_id["results"]]
    assert sorted(texts) == ["<b>bold</b> red", "a green meadow", "a red wall"]
    assert [result["caption"] for result in uploaded["results"]] == texts
    assert uploaded["num_results"] == 3


def test_photos_are_described_by_the_built_in_list_when_it_is_asked_for(
    client: TestClient, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("a red wall", "a green meadow", "a receipt", "a cat")
    monkeypatch.setattr("twinlens.collection.describing.describe.descriptions", lambda language="en": few)
    by_id = client.post("/api/search/captions", json={"image_id": "beach/red.png", "built_in": True, "top_k": 2}).json()
    (best, _) = by_id["results"]
    assert (best["caption"], best["image_id"], by_id["source"]) == ("a red wall", None, "built-in")
    data = (indexed / "beach" / "red.png").read_bytes()
    fields = {"built_in": "true", "top_k": "2"}
    uploaded = client.post("/api/search/captions", files={"file": ("x.png", data)}, data=fields).json()
    assert uploaded["results"][0]["caption"] == "a red wall"
    own = client.post("/api/search/captions", json={"image_id": "beach/red.png"}).json()
    assert (own["source"], own["language"], by_id["language"]) == ("library", None, "en")


def test_descriptions_speak_the_language_that_is_asked_for_or_else_the_browsers(
    client: TestClient, indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {"en": ("a red wall", "a cat"), "de": ("eine rote Wand", "eine Katze"), "zh": ("一面红墙", "一只猫")}
    monkeypatch.setattr("twinlens.collection.describing.describe.descriptions", lambda language="en": lists[language])
    wanted: dict[str, object] = {"image_id": "beach/red.png", "built_in": True}
    for headers, fields, caption, language in (
        ({}, {}, "a red wall", "en"),
        ({"Accept-Language": "fi, de-CH;q=0.8"}, {}, "eine rote Wand", "de"),
        ({"Accept-Language": "de"}, {"language": "zh"}, "一面红墙", "zh"),
        ({"Accept-Language": "de"}, {"language": "en"}, "a red wall", "en"),
    ):
        told = client.post("/api/search/captions", json=wanted | fields, headers=headers).json()
        assert (told["results"][0]["caption"], told["language"]) == (caption, language)
    data = (indexed / "beach" / "red.png").read_bytes()
    form = {"built_in": "true", "language": "de"}
    uploaded = client.post("/api/search/captions", files={"file": ("x.png", data)}, data=form).json()
    assert uploaded["results"][0]["caption"] == "eine rote Wand"
    assert client.post("/api/search/captions", json=wanted | {"language": "xx"}).status_code == 422


def test_a_batch_gives_the_answers_of_its_queries(client: TestClient) -> None:
    batch = client.post("/api/search/batch", json={"queries": ["a red wall", "a dog"], "top_k": 2}).json()
    alone = [
        client.post("/api/search/text", json={"query": query, "top_k": 2}).json() for query in ("a red wall", "a dog")
    ]
    assert batch["num_queries"] == 2
    assert [ids(answer) for answer in batch["answers"]] == [ids(answer) for answer in alone]


def test_a_batch_is_written_as_its_description_says(client: TestClient) -> None:
    body = {"queries": ["a red wall", 'a "dog" \\ 😀', "dog " * 240], "top_k": 3}
    answer = client.post("/api/search/batch", json=body)
    assert answer.headers["content-type"] == "application/json"
    read = BatchAnswer.model_validate(answer.json())
    assert read.model_dump(mode="json") == answer.json()
    assert [one.query for one in read.answers] == body["queries"]
    assert read.answers[2].query_read
    described = client.get("/openapi.json").json()["paths"]["/api/search/batch"]["post"]["responses"]["200"]
    assert described["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/BatchAnswer"}


def test_no_piece_of_a_batchs_answer_is_large(indexed: Path) -> None:
    app, pieces = create_app(indexed, settings=Settings()), []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            pieces.append(len(message.get("body", b"")))
            await send(message)

        await app(scope, receive, noted)

    with TestClient(noting, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        while client.get("/readyz").status_code != 200:
            time.sleep(0.01)
        pieces.clear()
        queries = [f"query {number}" for number in range(20)]
        answer = client.post("/api/search/batch", json={"queries": queries}, headers={"Accept-Encoding": "identity"})
    assert int(answer.headers["content-length"]) == len(answer.content) == sum(pieces)
    assert max(pieces) < len(answer.content) / 10


def test_the_parts_of_all_queries_of_a_batch_are_embedded_together(indexed: Path) -> None:
    with client_of(indexed) as client:

        def batches() -> float:
            return float(re.search(r"twinlens_text_batch_size_count (\S+)", client.get("/metrics").text)[1])

        before = batches()
        queries = [f"part {number} + other {number} - third {number}" for number in range(20)]
        assert client.post("/api/search/batch", json={"queries": queries}).status_code == 200
        assert batches() - before <= 2  # the first may go alone, while the others gather


def test_queries_of_one_call_have_a_limited_number_of_parts(indexed: Path) -> None:
    with client_of(indexed, Settings(max_query_length=2000)) as client:
        within = client.post("/api/search/batch", json={"queries": [" + ".join(["dog"] * 128)] * 2, "top_k": 1})
        assert within.status_code == 200
        most = " + ".join(["dog"] * 257)
        for path, body in (
            ("batch", {"queries": [" + ".join(["dog"] * 128)] * 2 + ["cat"]}),
            ("text", {"query": most}),
            ("image", {"image_id": "black.png", "query": most}),
        ):
            answer = client.post(f"/api/search/{path}", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
            assert "256 parts" in answer.json()["error"]["message"]


def test_as_many_plain_queries_go_into_a_batch_as_the_server_was_told(indexed: Path) -> None:
    with client_of(indexed, Settings(max_batch=300)) as client:
        assert client.post("/api/search/batch", json={"queries": ["dog"] * 300, "top_k": 1}).status_code == 200


def test_the_part_that_the_model_reads_of_a_long_query_is_told(client: TestClient) -> None:
    long = "dog " * 240
    answer = client.post("/api/search/text", json={"query": long}).json()
    assert answer["query_read"].startswith("dog dog")
    assert len(answer["query_read"]) < len(long) - 100
    assert client.post("/api/search/text", json={"query": "dog"}).json()["query_read"] is None


@pytest.mark.parametrize(
    ("field", "value", "keeps"),
    [
        ("min_probability", 0.99, lambda result: result["probability"] >= 0.99),
        ("min_grade", "likely", lambda result: result["grade"] in ("strong", "likely")),
    ],
)
def test_less_sure_results_may_be_left_out(client: TestClient, field: str, value: object, keeps: Any) -> None:
    answer = client.post("/api/search/text", json={"query": "a dog", field: value}).json()
    assert all(keeps(result) for result in answer["results"])
    assert answer["num_results"] == min(10, answer["num_matches"])


def test_a_sum_of_a_photo_and_words_has_no_grades_and_says_so(client: TestClient) -> None:
    photo = client.post("/api/search/text", json={"query": "a dog"}).json()["results"][0]["image_id"]
    body = {"images": [{"image_id": photo}], "query": "night"}
    answer = client.post("/api/search/image", json=body).json()
    assert (answer["grades"], answer["ungraded"]) == (None, "sums of words and photos have no grades")
    assert {result["grade"] for result in answer["results"]} == {None}
    assert all(result["shown"] for result in answer["results"])
    refused = client.post("/api/search/image", json={**body, "min_grade": "likely"})
    assert refused.json()["error"]["code"] == "no_calibration"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "  \n"},
        {"query": None},
        {"query": 5},
        {"query": "dog", "top_k": 0},
        {"query": "dog", "top_k": 1001},
        {"query": "dog", "top_k": "ten"},
        {"query": "dog", "top_k": True},
        {"query": "dog", "top_k": 1e400},
        {"query": "dog", "topk": 5},
        {"query": "dog", "offset": -1},
        {"query": "dog", "sort": "best"},
        {"query": "dog", "after": "one day"},
        {"query": "dog", "after": "2023-02-30"},
        {"query": "dog" * 400},
        ["dog"],
        "dog",
    ],
)
def test_what_is_no_search_is_refused_with_its_place(client: TestClient, body: object) -> None:
    import json

    text = json.dumps(body)
    answer = client.post("/api/search/text", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] in ("invalid_request", "invalid_query")


def test_limits_are_named_with_their_number(client: TestClient) -> None:
    answer = client.post("/api/search/text", json={"query": "dog", "top_k": 5000})
    assert "1000" in answer.json()["error"]["message"]
    answer = client.post("/api/search/batch", json={"queries": ["dog"] * 65})
    assert "64" in answer.json()["error"]["message"]


def test_an_unknown_photo_is_404_wherever_it_is_asked_for(client: TestClient) -> None:
    for path in ("/api/search/image", "/api/search/captions"):
        answer = client.post(path, json={"image_id": "../../etc/passwd"})
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "unknown_image"


def test_an_odd_name_is_found_and_given_back_as_it_is(client: TestClient) -> None:
    answer = client.post("/api/search/image", json={"image_id": ODD_NAME, "include_self": True})
    assert ids(answer.json())[0] == ODD_NAME


def test_an_empty_library_says_that_nothing_is_indexed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    collection = Collection.create([tmp_path / "empty"])
    with client_of(collection) as client:
        answer = client.post("/api/search/text", json={"query": "a dog"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_indexed")
        assert client.get("/health").json() == {"status": "healthy", "model_loaded": True, "num_images": 0}
        assert str(tmp_path) not in answer.text


def test_new_photos_are_found_at_once(library: Path) -> None:
    with client_of(library, Settings()) as client:
        before = client.get("/health").json()["num_images"]
        Image.new("RGB", (50, 50), (250, 250, 250)).save(library / "fresh.png")
        with Collection.open(library) as collection:
            collection.index()
        assert client.get("/health").json()["num_images"] == before + 1
        answer = client.post("/api/search/text", json={"query": "a white wall", "top_k": 20}).json()
        assert "fresh.png" in ids(answer)
