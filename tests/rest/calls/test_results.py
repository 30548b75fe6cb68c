"""From the fields of a call to a search, and from its answer to what the call gives."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import COLOURS, ColourEncoder, draw_photo
from rest.engine.drawn_engine import engine_of, png
from twinlens.api.filters import Filters
from twinlens.api.searching import Query, QueryVector, Term, sum_of
from twinlens.errors import QueryError
from twinlens.rest.calls.results import (
    filters_of,
    find_captions,
    find_photos,
    library_photo,
    page_length,
    uploaded_picture,
    words,
)
from twinlens.rest.calls.schemas.fields import CaptionFields, FilterFields, SearchFields
from twinlens.rest.engine.engine import UPLOADS, Engine
from twinlens.rest.failures import RequestFailure

Ask = Callable[[Callable[[Engine], Any]], Any]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Gives what a coroutine makes of an engine of one photo a colour, two with captions, five results at most."""
    for name in COLOURS:
        draw_photo(tmp_path / "photos" / "walls" / f"{name}.png", name)
    (tmp_path / "captions.csv").write_text("image,caption\nred.png,a red wall\nblue.png,a blue wall\n")

    def asked(question: Callable[[Engine], Any]) -> Any:
        async def all_of_it() -> Any:
            engine = engine_of(tmp_path / "photos", ColourEncoder(), max_top_k=5)
            engine.collection.add_captions(tmp_path / "captions.csv")
            try:
                return await question(engine)
            finally:
                await engine.stop()

        return asyncio.run(all_of_it())

    return asked


def unit(*values: float) -> np.ndarray:
    row = np.array(values, dtype=np.float32)
    return row / np.linalg.norm(row)


def of_model(*values: float, model: str = "one") -> QueryVector:
    return QueryVector(unit(*values), model)


def query(name: str, *values: float, seconds: float = 0.0) -> Query:
    return Query((Term("photo", name),), name, of_model(*values), seconds)


def test_words_are_embedded_part_by_part_as_the_collection_would(ask: Ask) -> None:
    encoder = ColourEncoder()
    for text, parts in (
        ("red", {"red": 1.0}),
        ("red + 0.5 green - 1.0 blue", {"red": 1.0, "green": 0.5, "blue": -1.0}),
    ):
        made = ask(lambda engine, text=text: words(engine, text))
        total = sum(weight * encoder.encode_text([part])[0] for part, weight in parts.items())
        np.testing.assert_allclose(made.vector.embedding, total / np.linalg.norm(total), atol=1e-6)
        assert made.text == text
        assert made.embedding_s > 0


def test_words_that_cancel_each_other_out_are_refused(ask: Ask) -> None:
    with pytest.raises(QueryError, match="cancel"):
        ask(lambda engine: words(engine, "red - 1.0 red"))


def test_a_photo_of_the_library_is_not_decoded_again(ask: Ask, tmp_path: Path) -> None:
    async def question(engine: Engine) -> tuple[Query, np.ndarray]:
        (tmp_path / "photos" / "walls" / "red.png").write_bytes(b"no photo any more")
        card = engine.collection.photo("walls/red.png")
        assert card is not None
        return await library_photo(engine, "walls/red.png"), engine.collection.catalog.embedding(card.number)

    found, kept = ask(question)
    assert found.text == "walls/red.png"
    np.testing.assert_array_equal(found.vector.embedding, kept)


def test_an_unknown_photo_is_told_by_its_id(ask: Ask) -> None:
    with pytest.raises(RequestFailure) as refused:
        ask(lambda engine: library_photo(engine, "walls/none.png"))
    assert refused.value.code == "unknown_image"
    assert "walls/none.png" in refused.value.detail


def test_an_uploaded_picture_is_called_by_its_place(ask: Ask) -> None:
    made = ask(lambda engine: uploaded_picture(engine, png(COLOURS["red"]), 2))
    assert made.text == "picture 2"
    np.testing.assert_allclose(made.vector.embedding, ColourEncoder().encode_text(["red"])[0], atol=1e-6)


def test_a_sum_is_the_weighted_mean_direction_and_takes_as_long_as_all_parts() -> None:
    one, other = query("a.jpg", 1, 0, 0, seconds=0.25), query("b.jpg", 0, 1, 0, seconds=0.5)
    total = sum_of([(1.0, one), (-0.5, other)])
    np.testing.assert_allclose(total.vector.embedding, np.array([1, -0.5, 0]) / np.sqrt(1.25), rtol=1e-6)
    assert (total.text, total.embedding_s) == ("a.jpg + -0.5 b.jpg", 0.75)
    assert [(term.value, term.weight) for term in total.terms] == [("a.jpg", 1.0), ("b.jpg", -0.5)]


def test_a_sum_of_a_sum_multiplies_the_weights() -> None:
    inner = Query((Term("words", "dog"), Term("words", "night", -0.5)), "dog - 0.5 night", of_model(1, 2, 0))
    total = sum_of([(0.5, inner), (1.0, query("a.jpg", 0, 0, 1))])
    assert [term.weight for term in total.terms] == [0.5, -0.25, 1.0]


def test_one_alone_stays_what_it_is_unless_less_of_it_is_wanted() -> None:
    one = query("a.jpg", 3, 4)
    assert sum_of([(2.0, one)]) is one
    np.testing.assert_allclose(sum_of([(-2.0, one)]).vector.embedding, -unit(3, 4))


def test_a_sum_keeps_what_is_told_of_how_its_words_were_read() -> None:
    told = replace(query("dog", 1, 0, 0), notes=("tags are not there yet",))
    assert sum_of([(1.0, query("a.jpg", 0, 0, 1)), (1.0, told)]).notes == told.notes


def test_a_sum_of_vectors_of_two_models_is_left_to_the_search() -> None:
    of_another = Query((Term("words", "dog"),), "dog", of_model(1, 2, 0, 0, model="two"))
    assert sum_of([(1.0, query("a.jpg", 1, 0, 0)), (1.0, of_another)]).vector is None


@pytest.mark.parametrize("name", ["words", "upload", "photo", "sum"])
def test_a_query_that_was_embedded_before_the_model_changed_still_finds_its_photo(ask: Ask, name: str) -> None:
    async def query_of(engine: Engine) -> Query:
        if name == "words":
            return await words(engine, "red + 0.2 black")
        if name == "upload":
            return await uploaded_picture(engine, png(COLOURS["red"]), 1)
        return await library_photo(engine, "walls/red.png")

    async def question(engine: Engine) -> Any:
        embedded = await query_of(engine)
        engine.collection.reindex(ColourEncoder(fingerprint="colour0000000003", dim=12, name="wider"))
        if name == "sum":
            embedded = sum_of([(1.0, embedded), (0.2, await words(engine, "red"))])
        return await find_photos(engine, embedded, SearchFields(top_k=1), include_self=True)

    answer = ask(question)
    assert (answer.model, answer.results[0].image_id) == ("colour0000000003", "walls/red.png")
    assert answer.results[0].score > 0.9


@pytest.mark.parametrize(("asked_for", "usual", "length"), [(None, 10, 5), (None, 3, 3), (5, 10, 5), (1, 10, 1)])
def test_as_many_results_as_asked_for_and_no_more_than_the_server_gives(
    ask: Ask, asked_for: int | None, usual: int, length: int
) -> None:
    async def question(engine: Engine) -> int:
        return page_length(engine, asked_for, usual=usual)

    assert ask(question) == length


def test_more_than_the_server_gives_is_refused(ask: Ask) -> None:
    async def question(engine: Engine) -> int:
        return page_length(engine, 6, usual=10)

    with pytest.raises(RequestFailure, match="at most 5, got 6"):
        ask(question)


def test_fields_become_the_filters_of_their_names() -> None:
    fields = FilterFields(after="2023", camera="canon", favourites=True)
    assert filters_of(fields) == Filters(after="2023", camera="canon", favourites=True)
    assert filters_of(FilterFields()).is_empty()


@pytest.mark.parametrize("folder", ["", ".", "./", " / ", "..", "\\"])
def test_a_folder_that_is_the_whole_library_narrows_nothing(folder: str) -> None:
    assert filters_of(FilterFields(folder=folder)).is_empty()


@pytest.mark.parametrize("folder", ["/etc", "~/x", "C:\\x", "\\\\server\\share"])
def test_a_folder_cannot_name_a_place_of_this_machine(folder: str) -> None:
    with pytest.raises(RequestFailure) as refused:
        filters_of(FilterFields(folder=folder))
    assert refused.value.code == "unknown_folder"


def test_an_answer_gives_every_hit_below_the_library_and_which_are_shown(ask: Ask, tmp_path: Path) -> None:
    async def question(engine: Engine) -> Any:
        engine.collection.mark_favourites(["walls/red.png"])
        return await find_photos(engine, await words(engine, "red"), SearchFields(top_k=3, folder="walls"))

    answer = ask(question)
    assert (answer.query, answer.understood.startswith("“red”"), answer.num_candidates) == ("red", True, len(COLOURS))
    assert (answer.num_results, answer.num_matches, answer.model) == (3, None, ColourEncoder().fingerprint)
    assert [result.rank for result in answer.results] == [1, 2, 3]
    best = answer.results[0]
    assert (best.image_id, best.image_path, best.is_favourite) == ("walls/red.png", "walls/red.png", True)
    assert (best.width, best.height, best.probability, best.shown) == (48, 36, None, True)
    assert (best.caption, best.place) == ("a red wall", None), "its own, whatever found it"
    assert str(tmp_path) not in answer.model_dump_json()


def test_a_photo_finds_itself_only_where_that_is_wanted(ask: Ask) -> None:
    async def question(engine: Engine) -> list[list[str]]:
        photo = await library_photo(engine, "walls/red.png")
        answers = [
            await find_photos(engine, photo, SearchFields(), include_self=include_self)
            for include_self in (False, True)
        ]
        return [[result.image_id for result in answer.results] for answer in answers]

    without, with_itself = ask(question)
    assert "walls/red.png" not in without
    assert with_itself[0] == "walls/red.png"


def test_captions_come_with_the_photo_that_they_are_of(ask: Ask) -> None:
    async def question(engine: Engine) -> Any:
        return await find_captions(engine, await library_photo(engine, "walls/red.png"), CaptionFields(top_k=1))

    answer = ask(question)
    assert [(result.caption, result.image_id) for result in answer.results] == [("a red wall", "walls/red.png")]
    assert answer.num_candidates == 2


def test_where_the_usual_number_is_above_the_limit_the_limit_is_given(ask: Ask) -> None:
    async def question(engine: Engine) -> Any:
        return await find_photos(engine, await words(engine, "red"), SearchFields())

    assert ask(question).num_results == 5


def test_few_files_of_regions_are_held_in_memory_at_once(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = [0]

    async def question(engine: Engine) -> Any:
        own = engine.picture_vector

        async def counted(data: bytes, **options: Any) -> Any:
            held.append(waiting[0])
            await asyncio.sleep(0.02)
            waiting[0] -= 1
            return await own(data, **options)

        waiting = [0]

        def read(path: Path) -> bytes:
            waiting[0] += 1
            return path.read_bytes()

        monkeypatch.setattr(engine, "picture_vector", counted)
        monkeypatch.setattr("twinlens.rest.calls.results.read_photo_bytes", read)
        part = "0,0,0.5,0.5"
        return await asyncio.gather(*(library_photo(engine, "walls/red.png", part) for _ in range(8)))

    assert len(ask(question)) == 8
    assert max(held) <= UPLOADS
