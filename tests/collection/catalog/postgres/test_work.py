"""The table of lots that indexers claim: nobody waits for another one, no lot is had twice, a silent owner loses it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from postgres_server import Server
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.postgres import work as works
from twinlens.collection.catalog.postgres.work import WorkTable


@pytest.fixture
def work(served_catalog: Catalog, server: Server) -> Iterator[WorkTable]:
    assert served_catalog.work is not None
    yield served_catalog.work
    server.sql("DROP TABLE emptied.index_work")


def claimed(work: WorkTable, owner: str) -> list[int]:
    found = []
    while (lot := work.claim("stamp", owner)) is not None:
        found.append(lot.place)
    return found


def test_many_who_claim_at_once_share_the_lots(work: WorkTable) -> None:
    assert work.claim("stamp", "early") is None  # no run has shared anything
    work.share("stamp", (str(place) for place in range(120)))
    with ThreadPoolExecutor(6) as pool:
        shares = list(pool.map(lambda number: claimed(work, f"owner {number}"), range(6)))
    assert sorted(place for share in shares for place in share) == list(range(120))
    assert work.claim("another model", "late") is None


def test_a_lot_whose_claim_is_not_yet_committed_is_passed_over(served_catalog: Catalog, work: WorkTable) -> None:
    work.share("stamp", ["first", "second"])
    with served_catalog.transaction():
        assert work.claim("stamp", "slow").files == "first"
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(work.claim, "stamp", "quick").result(timeout=20).files == "second"


def test_a_silent_owner_loses_its_lot_and_what_it_brings_late_counts_no_more(
    work: WorkTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.share("stamp", ["a", "b"])
    monkeypatch.setattr(works, "LEASE_S", 0)
    lot = work.claim("stamp", "silent")
    monkeypatch.setattr(works, "LEASE_S", 3600)
    assert work.claim("stamp", "other") == lot
    assert not work.hand_in(lot.id, "silent", b"late")
    work.keep([lot.id], "silent")  # has no lease to renew
    assert work.hand_in(lot.id, "other", b"found")
    assert not work.hand_in(lot.id, "other", b"twice")
    assert [work.finished().found, work.claim("stamp", "third").files] == [b"found", "b"]
    work.give_up("third")
    assert work.claim("stamp", "fourth").files == "b"
    work.remove([lot.id])
    assert work.finished() is None
    work.share("stamp", ["of the next run"])
    assert not work.hand_in(lot.id, "other", b"of the earlier run")
    assert work.claim("stamp", "fifth").files == "of the next run"
