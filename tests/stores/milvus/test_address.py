import pytest

from twinlens.errors import ConfigError
from twinlens.stores.milvus.address import Address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("milvus://vectors/photos", Address("http://vectors:19530", "photos")),
        ("milvus://127.0.0.1:29530/a_1", Address("http://127.0.0.1:29530", "a_1")),
        ("milvus://[::1]:5/a/", Address("http://[::1]:5", "a")),
        ("milvus://vectors/photos?tls=true&database=museum", Address("https://vectors:19530", "photos", "museum")),
    ],
)
def test_an_address_is_read(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("milvus://vectors", "name '' after the host"),
        ("milvus://vectors/", "name '' after the host"),
        ("milvus:///photos", "no address of a Milvus server"),
        ("milvus://vectors/my-photos", "letters, digits and underscores"),
        ("milvus://vectors/1st", "letters, digits and underscores"),
        ("milvus://vectors/a/b", "letters, digits and underscores"),
        ("milvus://vectors:port/a", "no address of a store"),
        ("milvus://vectors:70000/a", "no address of a store"),
        ("milvus://[::1/a", "no address of a store"),
        ("milvus://vectors/a?tls=maybe", "true or false"),
        ("milvus://vectors/a?color=red", "unknown option 'color'"),
        ("milvus://root:secret@vectors/a", "TWINLENS_MILVUS_TOKEN"),
    ],
)
def test_what_is_no_address_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"milvus|Milvus|MILVUS|tls|option") as error:
        Address.parse(url)
    assert told in str(error.value)
    assert "secret" not in str(error.value)
