"""Settings of the app, through the environment and back."""

import pytest

from twinlens.apps.streamlit.settings import AppSettings
from twinlens.errors import ConfigError


def test_settings_come_back_from_the_environment() -> None:
    settings = AppSettings(collection="photos", server="https://photos.example.org:8443/twin", api_key="k")
    assert AppSettings.from_environment(settings.to_environment()) == settings
    assert AppSettings.from_environment({}) == AppSettings()
    assert "api_key" not in repr(settings)


def test_an_unset_field_hides_what_the_environment_had() -> None:
    environment = {"TWINLENS_SERVER": "http://old:5000", **AppSettings(collection="photos").to_environment()}
    assert AppSettings.from_environment(environment).server is None


@pytest.mark.parametrize(
    "server", ["localhost:5000", "file:///etc/passwd", "http://", "http://a:x", "http://a b", "ftp://a"]
)
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ConfigError, match="--server must be a URL"):
        AppSettings(server=server)


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    for key in ("schlüssel", "two\r\nlines"):
        with pytest.raises(ConfigError, match="not allowed in a header"):
            AppSettings(api_key=key)
