"""Settings, keys and rates by themselves."""

from pathlib import Path

import pytest
from uvicorn.middleware.proxy_headers import _TrustedHosts

from twinlens.errors import ConfigError
from twinlens.rest.settings import Settings, read_key


def test_other_machines_need_a_key_or_a_plain_word() -> None:
    Settings().check_exposure()
    Settings(host="0.0.0.0", api_key="k").check_exposure()
    Settings(host="0.0.0.0", keys_file="keys.toml").check_exposure()
    Settings(host="0.0.0.0", insecure=True).check_exposure()
    with pytest.raises(ConfigError, match="--api-key"):
        Settings(host="0.0.0.0").check_exposure()


def test_clients_are_limited_only_where_other_machines_may_ask() -> None:
    assert Settings().client_limit == 0
    assert Settings(host="192.168.1.5").client_limit == 600
    assert Settings(trusted_proxies=("127.0.0.1",)).client_limit == 600
    assert Settings(allowed_hosts=("photos.example.org",)).client_limit == 600
    assert Settings(requests_per_minute=7).client_limit == 7


def test_the_environment_gives_each_setting_its_kind(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\nnot this\n")
    made = Settings.from_environment(
        {
            "TWINLENS_API_KEY_FILE": str(tmp_path / "key"),
            "TWINLENS_ALLOWED_HOSTS": "a.example, b.example",
            "TWINLENS_INSECURE": "true",
            "TWINLENS_REQUESTS_PER_MINUTE": "5",
            "TWINLENS_MAX_BODY_MB": "1.5",
            "TWINLENS_MODEL": "",
        }
    )
    assert (made.api_key, made.api_key_file) == ("from-a-file", str(tmp_path / "key"))  # which is read again
    assert made.allowed_hosts == ("a.example", "b.example")
    assert (made.insecure, made.requests_per_minute, made.max_body_mb, made.model) == (True, 5, 1.5, None)


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "five"), ("INSECURE", "perhaps"), ("WORKERS", "0"), ("API_KEY", " ")]
)
def test_a_variable_of_another_kind_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=r"(?i)" + name.replace("_", ".") + "|key"):
        Settings.from_environment({f"TWINLENS_{name}": value})


def test_a_key_comes_from_one_place(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file")
    both = {"TWINLENS_API_KEY": "a-word", "TWINLENS_API_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(ConfigError, match="TWINLENS_API_KEY and TWINLENS_API_KEY_FILE both"):
        Settings.from_environment(both)
    assert Settings.from_environment({**both, "TWINLENS_API_KEY": ""}).api_key == "from-a-file"
    assert Settings.from_environment({**both, "TWINLENS_API_KEY_FILE": ""}).api_key == "a-word"


@pytest.mark.parametrize(
    ("proxies", "trusted", "others"),
    [
        (("127.0.0.1",), ["127.0.0.1"], ["127.0.0.2", "::1"]),
        (("10.0.0.0/8", "::1"), ["10.9.8.7", "0:0::1"], ["11.0.0.1", "127.0.0.1"]),
        (("*",), ["203.0.113.7"], []),
        (("proxy", "10.0.0.1/8"), [], ["10.0.0.1", "203.0.113.7", "not an address"]),
        ((), [], ["127.0.0.1"]),
    ],
)
def test_a_proxy_is_trusted_by_its_address_or_network(
    proxies: tuple[str, ...], trusted: list[str], others: list[str]
) -> None:
    uvicorns = _TrustedHosts(list(proxies))
    for address in trusted + others:
        assert Settings(trusted_proxies=proxies).trusts(address) == (address in trusted) == (address in uvicorns)


def test_a_key_file_that_is_missing_or_empty_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key(tmp_path / "missing")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigError, match="empty"):
        read_key(tmp_path / "empty")


def test_the_key_is_not_in_what_a_log_may_show() -> None:
    assert "hidden" not in repr(Settings(api_key="hidden"))
