"""Tokens of an identity provider (JWT, OpenID Connect) as keys: checked offline, by its public keys in a file."""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinlens.errors import ConfigError
from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.keys.keys import Key
from twinlens.rest.gate.keys.scopes import KeyScope
from twinlens.rest.gate.keys.wrong_keys import CHALLENGE
from twinlens.rest.gate.limits.allowance import own_allowance

# signatures by the provider's private key: what a public key can be used to forge is not among them
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_S = 30  # clocks differ
MOST_SHOWN = 80  # characters of a person's name
MOST_CHARACTERS = 16_000  # of a token; headers are not longer


class _Group(BaseModel):
    """What the members of a group may do, how many requests each of them may make, and whose favourites they mark."""

    model_config = ConfigDict(extra="forbid")
    scopes: list[KeyScope] = ["search"]
    libraries: list[str] | None = None
    requests_per_minute: int | None = Field(default=None, ge=1)
    requests_per_day: int | None = Field(default=None, ge=1)
    favourites: Literal["shared", "own"] = "shared"


class TokenRules(BaseModel):
    """Whose tokens are accepted, and what they open.

    Attributes:
        issuer: ``iss`` of the tokens.
        audience: must be in their ``aud``.
        keys: file with the issuer's public keys (JWKS), relative to that of the rules.
        user: the claim that names the person.
        groups: the claim that names the person's groups.
        group: by name; the first of them that a token names counts.
    """

    model_config = ConfigDict(extra="forbid")
    issuer: str = Field(min_length=1)
    audience: str = Field(min_length=1)
    keys: Path
    user: str = "sub"
    groups: str = "groups"
    group: dict[str, _Group] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Checks tokens.

    Attributes:
        rules: whose are accepted.
        public_keys: the issuer's, by id.
    """

    rules: TokenRules
    public_keys: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> Self:
        """The rules in a TOML file, and the keys in the file that they name.

        Raises:
            ConfigError: a file cannot be read or is not valid, or PyJWT is not installed.
        """
        rules = _rules(file.expanduser())
        return cls(rules, _public_keys(rules.keys))

    def key_of(self, shown: str) -> Key | None:
        """The key that a token stands for; None for what is no token.

        Raises:
            RequestFailure: it is one, but is not valid, has expired, or names no group that may do anything.
        """
        if shown.count(".") != 2 or len(shown) > MOST_CHARACTERS:
            return None
        import jwt

        try:
            key_id = jwt.get_unverified_header(shown).get("kid")
        except jwt.InvalidTokenError:
            return None
        public = self.public_keys.get(key_id) if key_id is not None else _only(self.public_keys)
        if public is None:
            raise _refused("it is signed by a key that the server does not know")
        try:
            claims = jwt.decode(
                shown,
                public,
                algorithms=ALGORITHMS,
                issuer=self.rules.issuer,
                audience=self.rules.audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", self.rules.user]},
            )
        except jwt.InvalidTokenError as error:
            raise _refused(str(error)[:200]) from error
        if not str(claims[self.rules.user]).strip():
            raise _refused(f"its {self.rules.user} is empty")
        return self._key(claims)

    def _key(self, claims: dict[str, Any]) -> Key:
        named = claims.get(self.rules.groups, [])
        listed = named if isinstance(named, list) else [named]
        groups = {one for one in listed if isinstance(one, str)}
        for name, group in self.rules.group.items():
            if name in groups:
                libraries = None if group.libraries is None else frozenset(group.libraries)
                allowance = own_allowance(group.requests_per_minute, group.requests_per_day)
                person, has_own = _name(str(claims[self.rules.user])), group.favourites == "own"
                return Key(person, b"", frozenset(group.scopes), libraries, allowance, has_own)
        raise RequestFailure(
            "missing_scope", "the token names no group that may use this server", "ask whoever runs the server"
        )


def _name(user: str) -> str:
    r"""A person's name in logs and limits: of one line, and never that of a key of ours; long ones stay different.

    >>> _name("ana@example.org"), _name("joe\n INFO: x")
    ('token:ana@example.org', 'token:joe?_INFO:_x~a6da39e102ab')
    """
    plain = "".join(one if one.isalnum() or one in "@.+-_:" else "_" if one == " " else "?" for one in user)
    if plain != user or len(plain) > MOST_SHOWN:
        digest = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        plain = f"{plain[:MOST_SHOWN]}~{digest}"
    return f"token:{plain}"


def _refused(why: str) -> RequestFailure:
    return RequestFailure("wrong_key", f"the token is not valid: {why}", "sign in again", CHALLENGE)


def _only(keys: dict[str, Any]) -> Any:
    return next(iter(keys.values())) if len(keys) == 1 else None


def _rules(file: Path) -> TokenRules:
    try:
        rules = TokenRules.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"the file {file} cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg'].lower()}" for one in error.errors()[:5])
        raise ConfigError(f"the file {file} is not valid: {faults}") from error
    except ValueError as error:
        raise ConfigError(f"the file {file} is not valid TOML: {error}") from error
    return rules.model_copy(update={"keys": file.parent / rules.keys.expanduser()})


def _public_keys(file: Path) -> dict[str, Any]:
    try:
        import jwt
    except ImportError as error:
        raise ConfigError('tokens need PyJWT, which is not installed: pip install "twinlens[jwt]"') from error
    try:
        found = jwt.PyJWKSet.from_json(file.read_text(encoding="utf-8")).keys
    except OSError as error:
        raise ConfigError(f"the public keys {file} cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError, KeyError, jwt.PyJWTError) as error:
        raise ConfigError(f"the public keys {file} are no JWKS of public keys: {error}") from error
    signing = [key for key in found if key.key_type != "oct" and key.public_key_use in (None, "sig")]
    if not signing:  # a shared secret would let everybody who can check tokens also make them
        raise ConfigError(f"the public keys {file} contain none for signatures (RSA, EC or Ed25519)")
    return {key.key_id or "": key for key in signing}
