"""Tokens of an identity provider as keys: whose are accepted, and what their groups may do."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.testclient import TestClient

from rest.served_library import client_of, code
from twinlens.errors import ConfigError
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.keys.tokens import Tokens
from twinlens.rest.settings import Settings

ISSUER, AUDIENCE = "https://login.example.org/", "twinlens"
RULES = f"""
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
keys = "jwks.json"
user = "email"

[group.archivists]
scopes = ["search", "curate"]

[group.guests]
"""


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


PRIVATE, OTHER = new_key(), new_key()


def public(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    return {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": key_id, "use": "sig", "alg": "RS256"}


def token(key: Any = PRIVATE, *, kid: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
    told = {"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600, "email": "ana@example.org", "groups": ["guests"]}
    told = {name: value for name, value in {**told, **claims}.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [public(PRIVATE, "one")]}), encoding="utf-8")
    (tmp_path / "tokens.toml").write_text(RULES, encoding="utf-8")
    return tmp_path / "tokens.toml"


@pytest.fixture
def client(indexed: Path, rules: Path, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(indexed, Settings(tokens_file=str(rules), state_folder=str(tmp_path / "state"))) as made:
        yield made


def asked(client: TestClient, shown: str, path: str = "/api/stats") -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {shown}"})


def test_a_group_decides_what_a_token_opens(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert asked(client, token()).status_code == 200
    mark = {"image_ids": ["black.png"], "is_favourite": False}
    for groups, status in ((["guests"], 403), (["others", "archivists"], 200), ("archivists", 200)):
        headers = {"Authorization": f"Bearer {token(groups=groups)}"}
        assert client.post("/api/favourites", json=mark, headers=headers).status_code == status, groups
    told = asked(client, token(), "/api/session").json()
    assert (told["is_valid"], told["key_name"], told["scopes"]) == (True, "token:ana@example.org", ["search"])
    assert client.get("/api/stats").status_code == 401


def test_members_of_a_group_have_favourites_of_their_own(library: Path, rules: Path, tmp_path: Path) -> None:
    rules.write_text(RULES.replace('"curate"]', '"curate"]\nfavourites = "own"'), encoding="utf-8")
    with client_of(library, Settings(tokens_file=str(rules), state_folder=str(tmp_path / "state"))) as client:
        shown = {name: token(email=f"{name}@example.org", groups=["archivists"]) for name in ("ana", "ben")}
        headers = {"Authorization": f"Bearer {shown['ana']}"}
        assert client.post("/api/favourites", json={"image_ids": ["black.png"]}, headers=headers).status_code == 200
        found = {name: asked(client, one, "/api/favourites").json()["image_ids"] for name, one in shown.items()}
        assert found == {"ana": ["black.png"], "ben": []}
        assert asked(client, token(), "/api/favourites").json()["image_ids"] == [], "a guest, who shares those of all"
        told = [asked(client, one, "/api/session").json()["favourites"] for one in (shown["ben"], token())]
        assert told == ["own", "shared"]


def test_what_is_not_the_issuers_or_not_any_more_is_refused(client: TestClient) -> None:
    forged = jwt.encode({"iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 9, "email": "x"}, "", algorithm="none")
    wrong = {
        "expired": token(exp=time.time() - 60),
        "endless": token(exp=None),
        "another issuer": token(iss="https://evil.example.org/"),
        "another audience": token(aud="mail"),
        "another key": token(OTHER),
        "an unknown key": token(OTHER, kid="two"),
        "nobody": token(email=None),
        "a name without letters": token(email=" "),
        "not yet": token(nbf=time.time() + 600),
        "unsigned": forged,
        "by a shared secret": token("a secret that is long enough for HMAC", algorithm="HS256"),
        "cut": token()[:-6],
        "no token": "a.b.c",
        "very long": f"{'a' * 50_000}.b.c",
    }
    for what, shown in wrong.items():
        answer = asked(client, shown)
        assert answer.status_code in (401, 429), what
        assert "missing_scope" not in answer.text, what
    assert "signature has expired" in asked(client, wrong["expired"]).json()["error"]["message"].lower()
    outsider = asked(client, token(groups=["others"]))
    assert (outsider.status_code, code(outsider)) == (403, "missing_scope")
    assert asked(client, wrong["expired"], "/health").status_code == 200


def test_new_keys_of_the_issuer_are_read_with_the_rules(rules: Path) -> None:
    jwks = rules.with_name("jwks.json")
    jwks.write_text(json.dumps({"keys": [public(PRIVATE, "one"), public(OTHER, "two")]}), encoding="utf-8")
    found = Tokens.read(rules).key_of(token(OTHER, kid="two"))
    assert found is not None
    assert found.name == "token:ana@example.org"


def test_a_name_or_a_group_of_another_kind_does_no_harm(rules: Path) -> None:
    tokens = Tokens.read(rules)
    names = [tokens.key_of(token(email=one)) for one in ("joe\n INFO: a line", "a" * 200, "a" * 201, "ana b")]
    shown = [one.name for one in names if one is not None]
    assert len(set(shown)) == 4
    assert all(name.startswith("token:") and name.isprintable() and " " not in name for name in shown)
    for groups in ([{"name": "archivists"}], [["archivists"]], {"archivists": 1}, 7, None):
        with pytest.raises(RequestFailure, match="no group"):
            tokens.key_of(token(groups=groups))


def test_refused_tokens_are_limited_like_wrong_keys(client: TestClient) -> None:
    expired = token(exp=time.time() - 60)
    assert {asked(client, expired).status_code for _ in range(25)} == {401, 429}
    assert asked(client, token()).status_code == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("issuer = 1", "issuer: input should be a valid string"),
        (RULES.replace("[group.guests]", '[group.guests]\nscopes = ["all"]'), "group.guests.scopes.0"),
        (RULES.replace('user = "email"', 'usr = "email"'), "usr: extra inputs are not permitted"),
        ("issuer =", "not valid TOML"),
        (RULES.replace("jwks.json", "none.json"), "none.json cannot be read"),
        (RULES.replace("jwks.json", "secret.json"), "contain none for signatures"),
        (RULES.replace("jwks.json", "tokens.toml"), "no JWKS"),
    ],
)
def test_files_that_are_not_valid_are_told(rules: Path, text: str, said: str) -> None:
    secret = {"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "one"}]}
    rules.with_name("secret.json").write_text(json.dumps(secret), encoding="utf-8")
    rules.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        Tokens.read(rules)
