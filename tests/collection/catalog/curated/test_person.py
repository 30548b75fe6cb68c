"""Who asks is known in one thread, or one task, and nowhere else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from twinlens.collection.catalog.curated.person import MOST_CHARACTERS, SHARED, asked_by, asker
from twinlens.errors import QueryError


def test_a_person_asks_until_the_end_of_the_block_whatever_happens_in_it() -> None:
    def fail() -> None:
        with asked_by("ana"):
            with asked_by("ben"):
                assert asker() == "ben"
            assert asker() == "ana"
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert asker() == SHARED


def test_other_threads_ask_for_nobody_unless_they_are_told() -> None:
    with ThreadPoolExecutor(1) as thread, asked_by("ana"):
        assert thread.submit(asker).result() == SHARED
        assert thread.submit(copy_context().run, asker).result() == "ana"
        assert thread.submit(asker).result() == SHARED


def test_tasks_that_take_turns_do_not_mix() -> None:
    async def ask(name: str) -> list[str]:
        seen = []
        with asked_by(name):
            for _ in range(20):
                await asyncio.sleep(0)
                seen.append(asker())
        return seen

    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(*map(ask, ("ana", "ben", SHARED)))

    assert asyncio.run(all_of_them()) == [["ana"] * 20, ["ben"] * 20, [SHARED] * 20]


@pytest.mark.parametrize("name", ["two\nlines", "x" * (MOST_CHARACTERS + 1), "nul\0", None, 7])
def test_what_is_no_name_is_refused(name: object) -> None:
    with pytest.raises(QueryError, match="a person is named by"), asked_by(name):  # type: ignore[arg-type]
        pass
