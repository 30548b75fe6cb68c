import pytest

from postgres_server import Server
from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.curated.person import asked_by
from twinlens.collection.catalog.marks import is_favourite
from twinlens.collection.catalog.opening import open_catalog
from twinlens.collection.catalog.postgres.address import Address, place_of
from twinlens.collection.catalog.schema import SCHEMA_VERSION


def columns(server: Server, schema: str) -> set[tuple]:
    asked = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    return set(server.sql(f"{asked} WHERE table_schema = '{schema}'"))


@pytest.mark.parametrize("version", [8, SCHEMA_VERSION - 1])
def test_a_catalog_of_an_earlier_schema_becomes_one_of_this(
    server: Server, address: Address, served_catalog: Catalog, version: int
) -> None:
    import psycopg

    from twinlens.collection.catalog.postgres.tables import making_statements

    with psycopg.connect(address.server, password="a secret", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {address.schema}")
        connection.execute(f"SET search_path = {address.schema}")
        connection.execute("CREATE TABLE twinlens_catalog (version BIGINT NOT NULL)")
        connection.execute(f"INSERT INTO twinlens_catalog VALUES ({version})")
        for statement in making_statements(version):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('identity', 'abcdef0123456789'), ('generation', '0')")
        connection.execute("INSERT INTO folders VALUES (1, 'photos', '/photos')")
        known = "folder_id, path, size_bytes, mtime_ns, reader_version, generation"
        connection.execute(f"INSERT INTO photos ({known}) VALUES (1, 'a.jpg', 1, 1, 1, 1), (1, 'b.jpg', 1, 1, 1, 1)")
        connection.execute("INSERT INTO favourites (photo_id) VALUES (2)")
    catalog = open_catalog(place_of(address) / "catalog.sqlite")
    assert columns(server, address.schema) == columns(server, "emptied")
    assert [folder.name for folder in catalog.folders()] == ["photos"]
    assert catalog.marks.favourites() == [(1, "b.jpg")], "those of everybody"
    with asked_by("ana"):
        assert catalog.marks.mark([1, 2], is_favourite=True) == 2
        assert catalog.marks.mark([2], is_favourite=False) == 1
        assert catalog.marks.favourites() == [(1, "a.jpg")]
        assert catalog.select_ids(is_favourite(catalog)).tolist() == [1]
        assert [record.is_favourite for record in catalog.photos([1, 2]).values()] == [True, False]
    assert catalog.marks.favourites() == [(1, "b.jpg")]
    catalog.close()
    assert server.sql(f"SELECT version FROM {address.schema}.twinlens_catalog") == [(SCHEMA_VERSION,)]
