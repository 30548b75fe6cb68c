"""The manifests for Kubernetes: each is valid by its schema, what they name exists, and their options are ours."""

import importlib.util
import os
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from deploy.proxies import DEPLOY
from twinlens.cli.main import app
from twinlens.collection.catalog.postgres.address import PASSWORD_FILE, Address
from twinlens.data.objects import named

FOLDER = DEPLOY / "kubernetes"
OLDEST, NEWEST = "1.29", "1.37"  # of Kubernetes, whose schemas the manifests fit
SECRETS = {"twinlens-keys", "twinlens-catalog", "twinlens-objects", "twinlens-milvus", "twinlens-metrics"}
USER = 10001  # of deploy/Dockerfile
Manifest = dict[str, Any]


def read(file: Path) -> list[Manifest]:
    return [one for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one]


def listed() -> list[Path]:
    """The files that the kustomizations name."""
    whole, monitoring = (read(folder / "kustomization.yaml")[0] for folder in (FOLDER, FOLDER / "monitoring"))
    return [FOLDER / name for name in whole["resources"]] + [FOLDER / "monitoring" / n for n in monitoring["resources"]]


MANIFESTS = {f"{one['kind']} {one['metadata']['name']}": one for file in listed() for one in read(file)}
PODS = {name: one["spec"]["template"]["spec"] for name, one in MANIFESTS.items() if one["kind"] == "Deployment"}


def settings() -> dict[str, str]:
    lines = (FOLDER / "settings.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_no_file_is_forgotten() -> None:
    others = {FOLDER / "kustomization.yaml", FOLDER / "monitoring/kustomization.yaml"}
    assert set(FOLDER.rglob("*.yaml")) == set(listed()) | others
    made = read(FOLDER / "kustomization.yaml")[0]["configMapGenerator"]
    assert {one["name"]: [*one.get("envs", ()), *one.get("files", ())] for one in made} == {
        "settings": ["settings.env"],
        "places": [named.FILE],
    }


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_each_is_valid_by_its_schema(version: str) -> None:
    if importlib.util.find_spec("kubernetes_validate") is None:
        assert not os.environ.get("PROXIES_REQUIRED"), "the package kubernetes-validate is missing"
        pytest.skip("needs the package kubernetes-validate")
    import kubernetes_validate

    checked = {name: one for name, one in MANIFESTS.items() if not one["apiVersion"].startswith("monitoring.")}
    assert len(checked) >= 12  # the operator of Prometheus has schemas of its own
    for name, one in checked.items():
        assert kubernetes_validate.validate(one, version, strict=True) == version, name


def test_a_wrong_field_would_be_found() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    wrong = {**MANIFESTS["Service serve"], "spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.parametrize("name", PODS)
def test_commands_and_their_settings_are_ours(name: str) -> None:
    (container,) = PODS[name]["containers"]
    program, command = container["command"]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    options = {option for one in commands[command].params for option in (*one.opts, *one.secondary_opts)}
    assert program == "twinlens"
    assert {one.partition("=")[0] for one in container["args"] if one.startswith("--")} <= options
    assert set(re.findall(r"\$\((\w+)\)", " ".join(container["args"]))) <= settings().keys()
    environment = {one["name"]: one.get("value") for one in container["env"]}
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    volumes = {one["name"]: one for one in PODS[name]["volumes"]}
    assert set(mounts.values()) == volumes.keys()
    assert mounts[str(Path(environment[PASSWORD_FILE]).parent)] == "catalog"
    assert mounts[f"/data/{named.FILE}"] == "places"  # TWINLENS_HOME of the image is /data
    claims = {one["persistentVolumeClaim"]["claimName"] for one in volumes.values() if "persistentVolumeClaim" in one}
    assert {f"PersistentVolumeClaim {one}" for one in claims} <= MANIFESTS.keys()


def test_settings_are_addresses_that_we_read() -> None:
    known = settings()
    assert Address.parse(known["TWINLENS_CATALOG"]).database == "photos"
    place = (FOLDER / named.FILE).read_text(encoding="utf-8").splitlines()
    assert place == [repr(known["TWINLENS_PHOTOS"])]


@pytest.mark.parametrize("name", PODS)
def test_pods_may_do_little(name: str) -> None:
    pod = PODS[name]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == USER
    assert f"--uid {USER}" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_what_belongs_together_is_called_the_same() -> None:
    server = MANIFESTS["Deployment serve"]["spec"]
    labels = server["template"]["metadata"]["labels"]
    assert server["selector"]["matchLabels"] == labels
    assert MANIFESTS["Service serve"]["spec"]["selector"] == labels
    assert MANIFESTS["Service serve"]["metadata"]["labels"] == labels
    assert MANIFESTS["ServiceMonitor serve"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["PodDisruptionBudget serve"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["NetworkPolicy serve"]["spec"]["podSelector"]["matchLabels"] == labels
    scaled = MANIFESTS["HorizontalPodAutoscaler serve"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == "serve"
    assert scaled["minReplicas"] == 3
    assert "replicas" not in server  # else each rollout would undo what the autoscaler did
    (path,) = MANIFESTS["Ingress serve"]["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "serve", "port": {"name": "http"}}
    text = "\n".join(file.read_text(encoding="utf-8") for file in listed())
    named_secrets = set(
        re.findall(r"(?:secretName: |secretRef: { name: |secretKeyRef: { name: |\{ name: )(twinlens-[a-z]+)", text)
    )
    assert named_secrets == SECRETS | {"twinlens-tls"}


def test_probes_ask_what_the_server_has() -> None:
    (container,) = PODS["Deployment serve"]["containers"]
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
    assert {one["port"] for one in asked.values()} == {container["ports"][0]["name"]} == {"http"}
    assert container["ports"][0]["containerPort"] == 5000
    assert asked["readiness"]["path"] == asked["startup"]["path"] == "/readyz"
    assert asked["liveness"]["path"] == "/"  # the page: 200 whether or not the catalog is there
    (drain,) = [float(one.partition("=")[2]) for one in container["args"] if one.startswith("--drain-s=")]
    ready = container["readinessProbe"]
    assert drain > ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
    assert PODS["Deployment serve"]["terminationGracePeriodSeconds"] >= drain + 60 + 10
