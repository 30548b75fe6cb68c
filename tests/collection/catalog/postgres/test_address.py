import pytest

from twinlens.collection.catalog.postgres.address import FILE, Address, address_at, place_of
from twinlens.errors import ConfigError

WHOLE = "postgresql://anna@db.example.org:5433/photos?schema=museum&sslmode=verify-full"


def test_an_address_is_read_and_written() -> None:
    address = Address.parse(WHOLE)
    assert (address.database, address.schema) == ("photos", "museum")
    assert address.server == "postgresql://anna@db.example.org:5433/photos?sslmode=verify-full"
    assert Address.parse(str(address)) == address
    assert Address.parse("postgres://h/db") == Address("postgresql://h/db", "db", "twinlens")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("postgresql://anna:secret@h/db", "password"),
        ("postgresql://h/db?password=secret", "password"),
        ("postgresql://h", "no address"),
        ("postgresql://h/a/b", "no address"),
        ("postgresql://h:x/db", "no address"),
        ("milvus://h/db", "no address"),
        ("postgresql://h/db?schema=pg_x", "schema"),
        ("postgresql://h/db?schema=a;drop", "schema"),
    ],
)
def test_what_is_no_address_is_refused_in_a_line(text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault) as raised:
        Address.parse(text)
    assert "secret" not in str(raised.value)


def test_each_catalog_has_a_folder_of_its_own_and_no_other_folder_leads_to_a_server(tmp_path) -> None:
    address = Address.parse(WHOLE)
    place = place_of(address)
    assert address_at(place) == address
    assert place_of(address) == place != place_of(Address.parse(WHOLE.replace("museum", "other")))
    sent = tmp_path / "photos" / ".twinlens"
    sent.mkdir(parents=True)
    (sent / FILE).write_text(WHOLE)  # in a folder of photos that somebody sent: it would get the user's password
    assert address_at(sent) is None
