"""The compose files: what they mount is there, what they name exists, and their options are ours."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from deploy.proxies import DEPLOY
from twinlens.cli.main import app

FILES = [DEPLOY / "compose.yaml", DEPLOY / "large/compose.yaml"]
NEW_SECRETS = {"./keys.toml", "./metrics-key"}  # made by whoever runs it
SERVICE_KEYS = set(
    "image build entrypoint command environment volumes tmpfs read_only init restart stop_grace_period cap_drop "
    "security_opt networks depends_on healthcheck ports secrets".split()
)


@pytest.fixture(params=FILES, ids=lambda file: file.parent.name)
def file(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def read(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return told


def services(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from read(file)["services"].items()


def test_what_is_named_exists(file: Path) -> None:
    told = read(file)
    assert set(told) - {"name", "services", "networks", "volumes", "secrets"} <= {"x-twinlens", "x-serve"}
    for name, service in services(file):
        assert set(service) <= SERVICE_KEYS, name
        assert "image" in service or "build" in service, name
        assert set(service["networks"]) <= told["networks"].keys(), name
        assert set(service.get("depends_on", ())) <= told["services"].keys(), name
        assert set(service.get("secrets", ())) <= told.get("secrets", {}).keys(), name
        if dockerfile := service.get("build", {}).get("dockerfile"):
            assert (file.parent / service["build"]["context"] / dockerfile).is_file()
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("."):
                assert (file.parent / source).is_file(), f"{name}: {volume}"
            elif not source.startswith("$"):
                assert source in told["volumes"], f"{name}: {volume}"
    assert {one["file"] for one in told.get("secrets", {}).values()} <= NEW_SECRETS


def test_only_what_people_open_can_be_reached_from_outside(file: Path) -> None:
    assert read(file)["networks"]["inside"]["internal"] is True
    outside = {name for name, service in services(file) if "outside" in service["networks"]}
    assert outside == {name for name, service in services(file) if "ports" in service}
    assert outside <= {"caddy", "grafana"}
    assert all(one.startswith("127.0.0.1:") for one in read(file)["services"].get("grafana", {}).get("ports", ()))


def test_options_are_those_of_the_command(file: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    seen = 0
    for name, service in services(file):
        is_ours = name == "twinlens" or service.get("entrypoint", [""])[0] == "twinlens"
        if not is_ours:
            continue
        command = service["entrypoint"][1] if "entrypoint" in service else "serve"
        options = {option for one in commands[command].params for option in (*one.opts, *one.secondary_opts)}
        given = [one.partition("=")[0] for one in service["command"] if one.startswith("--")]
        assert set(given) <= options, name
        seen += len(given)
    assert seen >= 2


def test_the_parts_of_the_large_one_find_each_other() -> None:
    file = FILES[1]
    known = dict(services(file))
    texts = [file, *(file.parent / name for name in ("Caddyfile", "prometheus.yml", "grafana-source.yml"))]
    named = set()
    for text in texts:
        read_text = text.read_text(encoding="utf-8")
        named |= set(re.findall(r"(?:redis|milvus|http)://([a-z-]+):\d+", read_text))
        named |= set(re.findall(r"\b(serve-\d):5000", read_text))
    named -= {"localhost"}
    assert named >= {"redis", "milvus", "prometheus", "serve-1", "serve-2", "serve-3"}
    assert all("inside" in known[name]["networks"] for name in named)
    for name in ("serve-1", "serve-2", "serve-3", "indexer"):
        volumes = [re.sub(r"\$\{[^}]*\}", "photos", volume).split(":") for volume in known[name]["volumes"]]
        mounts = {volume[1]: volume[2:] for volume in volumes}
        assert mounts["/photos"] == ["ro"], name
        assert mounts["/library"] == [], name
        if name != "indexer":
            assert f"--allowed-host={name}" in known[name]["command"]
    folders = re.search(r"install -d .*", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    assert folders is not None
    assert {"/library", "/state", "/photos"} <= set(folders[0].split())
