"""The compose files: what they mount is there, what they name exists, and their options are ours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from deploy.proxies import DEPLOY, ROOT
from twinlens.cli.main import app
from twinlens.collection.catalog.postgres.address import PASSWORD_FILE

LARGE = [DEPLOY / "large" / name for name in ("compose.yaml", "postgres.yaml", "objects.yaml")]
FILES = [(DEPLOY / "compose.yaml",), *(tuple(LARGE[:count]) for count in (1, 2, 3)), (LARGE[0], LARGE[2])]
NEW_FILES = {"./keys.toml", "./metrics-key", "./catalog-password", "./objects-keys.json", "./objects.env"}  # yours
ADDED = {
    "volumes",
    "secrets",
    "networks",
    "env_file",
}  # of a service in several files; of the rest, the last one counts
SERVICE_KEYS = set(
    "image build entrypoint command environment volumes tmpfs read_only init restart stop_grace_period cap_drop "
    "security_opt networks depends_on healthcheck ports secrets env_file".split()
)


@pytest.fixture(params=FILES, ids=lambda files: "+".join(file.stem for file in files))
def file(request: pytest.FixtureRequest) -> tuple[Path, ...]:
    chosen: tuple[Path, ...] = request.param
    return chosen


def read(files: tuple[Path, ...]) -> dict[str, Any]:
    """The files as Compose puts them together: what the later ones say is added, or takes the place of the earlier."""
    told: dict[str, Any] = {}
    for one in files:
        for part, of_it in yaml.safe_load(one.read_text(encoding="utf-8")).items():
            if part != "services":
                told[part] = {**told.get(part, {}), **of_it} if isinstance(of_it, dict) else of_it
                continue
            for name, service in of_it.items():
                told.setdefault(part, {})[name] = together(told.get(part, {}).get(name, {}), service)
    return told


def together(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """One service of two files."""
    both = {**earlier, **later}
    for key in earlier.keys() & later.keys():
        if key in ADDED:
            both[key] = [*earlier[key], *later[key]]
        elif isinstance(later[key], dict):
            both[key] = {**earlier[key], **later[key]}
    return both


def services(files: tuple[Path, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from read(files)["services"].items()


def is_ours(service: dict[str, Any]) -> bool:
    """Whether it is a command of twinlens."""
    return bool(service.get("entrypoint", [""])[0] == "twinlens")


def test_what_is_named_exists(file: tuple[Path, ...]) -> None:
    told = read(file)
    assert set(told) - {"name", "services", "networks", "volumes", "secrets"} <= {
        "x-twinlens",
        "x-serve",
        "x-catalog",
        "x-photos",
    }
    for name, service in services(file):
        assert set(service) <= SERVICE_KEYS, name
        assert "image" in service or "build" in service, name
        assert set(service["networks"]) <= told["networks"].keys(), name
        assert set(service.get("depends_on", ())) <= told["services"].keys(), name
        assert set(service.get("secrets", ())) <= told.get("secrets", {}).keys(), name
        if dockerfile := service.get("build", {}).get("dockerfile"):
            assert (file[0].parent / service["build"]["context"] / dockerfile).is_file()
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (file[0].parent / source).is_file(), f"{name}: {volume}"
            elif not source.startswith("$"):
                assert source in told["volumes"], f"{name}: {volume}"
        assert set(service.get("env_file", ())) <= NEW_FILES, name
    assert {one["file"] for one in told.get("secrets", {}).values()} <= NEW_FILES
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"/deploy/large/{name.removeprefix('./')}" for name in NEW_FILES} <= set(ignored)  # never committed


def test_only_what_people_open_can_be_reached_from_outside(file: tuple[Path, ...]) -> None:
    assert read(file)["networks"]["inside"]["internal"] is True
    outside = {name for name, service in services(file) if "outside" in service["networks"]}
    assert outside == {name for name, service in services(file) if "ports" in service}
    assert outside <= {"caddy", "grafana"}
    assert all(one.startswith("127.0.0.1:") for one in read(file)["services"].get("grafana", {}).get("ports", ()))


def test_options_are_those_of_the_command(file: tuple[Path, ...]) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    seen = 0
    for name, service in services(file):
        if name != "twinlens" and not is_ours(service):
            continue
        command = service["entrypoint"][1] if "entrypoint" in service else "serve"
        options = {option for one in commands[command].params for option in (*one.opts, *one.secondary_opts)}
        line = [*service.get("entrypoint", ()), *service["command"]]
        given = [one.partition("=")[0] for one in line if one.startswith("--")]
        assert set(given) <= options, name
        seen += len(given)
    assert seen >= 2


def test_the_parts_of_the_large_one_find_each_other() -> None:
    known = dict(services(tuple(LARGE)))
    texts = [*LARGE, *(LARGE[0].parent / name for name in ("Caddyfile", "prometheus.yml", "grafana-source.yml"))]
    named = set()
    for text in texts:
        read_text = text.read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:redis|milvus|http)://([a-z-]+):\d+", read_text))
        named |= set(re.findall(r"postgresql://twinlens@([a-z-]+)/photos", read_text))
        named |= set(re.findall(r"\b(serve-\d):5000", read_text))
    named -= {"localhost"}
    assert named >= {"redis", "milvus", "postgres", "prometheus", "serve-1", "serve-2", "serve-3"}
    assert all("inside" in known[name]["networks"] for name in named)
    for name in ("serve-1", "serve-2", "serve-3", "indexer"):
        volumes = [re.sub(r"\$\{[^}]*\}", "photos", volume).split(":") for volume in known[name]["volumes"]]
        mounts = {volume[1]: volume[2:] for volume in volumes}
        assert mounts["/photos"] == ["ro"], name
        assert mounts["/data"] == [], name
        if name != "indexer":
            assert f"--allowed-host={name}" in known[name]["command"]
    off = known["milvus"]["environment"]["QUERYNODE_SEGCORE_INTERIMINDEX_ENABLEINDEX"]
    assert off == "false"  # what it does to recall: docs/decisions/milvus.md
    folders = re.search(r"install -d .*", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert folders is not None
    assert {"/data", "/state", "/photos"} <= set(folders[0].split())


def test_all_that_open_the_library_open_the_same_one(file: tuple[Path, ...]) -> None:
    known = {name: service for name, service in services(file) if is_ours(service)}
    lines = {name: " ".join(service["entrypoint"]) for name, service in known.items()}
    places = {name: line.partition("--in=")[2] or line.partition("--collection=")[2] for name, line in lines.items()}
    assert places.keys() == ({"serve-1", "serve-2", "serve-3", "indexer"} if file[0] == LARGE[0] else set())
    assert len(set(places.values())) <= 1
    for name, place in places.items():
        assert place in " ".join(known["indexer"]["healthcheck"]["test"])
        needed = {"milvus"} if name == "indexer" else {"indexer", "redis"}
        if place.startswith("postgresql://"):
            postgres = read(file)["services"]["postgres"]["environment"]
            assert place == f"postgresql://{postgres['POSTGRES_USER']}@postgres/{postgres['POSTGRES_DB']}"
            secret = postgres["POSTGRES_PASSWORD_FILE"]
            assert known[name]["environment"] == {PASSWORD_FILE: secret}, name
            assert secret.removeprefix("/run/secrets/") in known[name]["secrets"], name
            needed |= {"postgres"}
        assert known[name]["depends_on"].keys() == needed, name
