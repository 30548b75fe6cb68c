"""A copy of a catalog on PostgreSQL, made while people mark photos, answers as the library did."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from conftest import ColourEncoder
from deploy.test_backup import N_PHOTOS, answers, draw_photos
from postgres_server import SECRET, Server, programs
from twinlens.api.library import Collection
from twinlens.collection.catalog.postgres.address import Address

pytestmark = pytest.mark.slow


def run(program: str, server: Server, *arguments: str, database: str, text: str = "") -> str:
    """What docs/how-to/postgresql.md writes, with the test's own server."""
    found = programs()
    assert found is not None
    line = [str(found / program), "--host=127.0.0.1", f"--port={server.port}", "--username=twinlens", *arguments]
    environment = {**os.environ, "PGPASSWORD": SECRET, "LC_ALL": "C"}
    done = subprocess.run([*line, database], input=text, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_dump_that_is_made_while_people_mark_is_whole(
    tmp_path: Path, encoder: ColourEncoder, server: Server, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = draw_photos(tmp_path)
    marked, stop = threading.Event(), threading.Event()
    with Collection.create([photos], at=str(address), model=encoder) as library:
        library.index()
        library.catalog.marks.mark([1, 2, 3], is_favourite=True)
        before, favourites = answers(library)[:-1], favourites_of(library)

        def mark() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                library.tags.add([f"tag {number % 7}"], [f"photo{number % N_PHOTOS}.jpg"])
                marked.set()

        people = threading.Thread(target=mark)
        people.start()
        try:
            assert marked.wait(timeout=60)
            dump = run("pg_dump", server, f"--schema={address.schema}", database=address.database)
        finally:
            stop.set()
            people.join()
        for number in range(0, N_PHOTOS, 2):
            (photos / f"photo{number}.jpg").unlink()
        library.index()
        assert answers(library)[:-1] != before
    server.sql(f"DROP SCHEMA {address.schema} CASCADE")
    run("psql", server, "--quiet", "--set=ON_ERROR_STOP=1", database=address.database, text=dump)
    for machine in ("the machine that has copies of what came later", "another machine"):
        if machine == "another machine":
            monkeypatch.setenv("TWINLENS_HOME", str(tmp_path / machine))
        with Collection.open(str(address), model=encoder) as restored:
            assert restored.faults() == [], machine
            assert answers(restored)[:-1] == before, machine
            assert favourites_of(restored) == favourites == {"photo0.jpg", "photo1.jpg", "photo10.jpg"}, machine
            assert {one.tag for one in restored.tags.all()} <= {f"tag {number}" for number in range(7)}


def favourites_of(library: Collection) -> set[str]:
    return {hit.id for hit in library.search("favourite:yes", k=N_PHOTOS)}
