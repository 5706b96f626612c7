"""What deploy/ tells platforms: valid by their schemas, and in agreement with the image."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.dockerfile import read_steps
from deploy.lock import needed
from icl_core.uploads import MOST_WEIGHT_BYTES
from serving.guard.uploads import MOST_BODY
from tests.support.server import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = "1.34"
LAB = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "lab.yaml").read_text()))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

# The part of the Compose Specification that the file uses; any other key is a mistake here.
_TEXTS = {"type": "array", "items": {"type": "string"}}
_MAPPING = {"type": "object", "additionalProperties": {"type": "string"}}
COMPOSE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services"],
    "properties": {
        "networks": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"internal": {"type": "boolean"}},
            },
        },
        "x-logging": {"type": "object"},
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "oneOf": [{"required": ["image"]}, {"required": ["build"]}],
                "required": ["networks", "logging", "pids_limit", "ulimits", "deploy"],
                "properties": {
                    "build": {"type": "string"},
                    "image": {"type": "string"},
                    "environment": _MAPPING,
                    "deploy": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "replicas": {"type": "integer"},
                            "resources": {
                                "type": "object",
                                "additionalProperties": False,
                                "properties": {
                                    "limits": {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "properties": {
                                            "cpus": {"type": "string"},
                                            "memory": {"type": "string", "pattern": "^\\d+[MG]$"},
                                        },
                                    }
                                },
                            },
                        },
                    },
                    "depends_on": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "condition": {
                                    "enum": [
                                        "service_started",
                                        "service_healthy",
                                        "service_completed_successfully",
                                    ]
                                }
                            },
                        },
                    },
                    "healthcheck": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "test": _TEXTS,
                            "interval": {"type": "string"},
                            "timeout": {"type": "string"},
                            "retries": {"type": "integer"},
                        },
                    },
                    "logging": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {"driver": {"const": "json-file"}, "options": _MAPPING},
                    },
                    "networks": _TEXTS,
                    "pids_limit": {"type": "integer"},
                    "ulimits": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "read_only": {"type": "boolean"},
                    "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
                    "stop_grace_period": {"type": "string", "pattern": "^\\d+s$"},
                    **dict.fromkeys(
                        ["tmpfs", "cap_drop", "security_opt", "expose", "ports", "volumes"], _TEXTS
                    ),
                },
            },
        },
    },
}


def of_kind(kind: str) -> dict[str, Any]:
    """The one object of a kind; of the two of Ingress that of the pages."""
    found, *others = (each for each in LAB if each["kind"] == kind)
    assert not others or kind == "Ingress"
    return found


@pytest.mark.parametrize("manifest", LAB, ids=lambda each: each["kind"])
def test_kubernetes_knows_every_word(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelt_manifest_would_be_noticed() -> None:
    wrong = {**of_kind("Service"), "spec": {"ports": [{"prot": 80}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


def test_compose_knows_every_word() -> None:
    jsonschema.validate(COMPOSE, COMPOSE_SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"app": {"imagge": "x"}}}, COMPOSE_SCHEMA)


def test_selectors_find_the_pods_and_ports_meet() -> None:
    pod = of_kind("Deployment")["spec"]["template"]
    labels = pod["metadata"]["labels"]
    for kind, path in (
        ("Deployment", "matchLabels"),
        ("PodDisruptionBudget", "matchLabels"),
    ):
        assert of_kind(kind)["spec"]["selector"][path] == labels
    assert of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert of_kind("Service")["spec"]["selector"] == labels
    (container,) = pod["spec"]["containers"]
    (port,) = container["ports"]
    assert of_kind("Service")["spec"]["ports"][0]["targetPort"] == port["name"]
    assert of_kind("NetworkPolicy")["spec"]["ingress"][0]["ports"] == [
        {"port": port["containerPort"]}
    ]
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    assert {container[probe]["httpGet"]["path"] for probe in probes} == {"/_stcore/health"}


def test_every_platform_and_the_image_agree_on_the_port_and_the_user() -> None:
    steps = read_steps((ROOT / "Dockerfile").read_text())
    told = {step.word: step.rest for step in steps}
    (container,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    port, user = told["EXPOSE"], told["USER"]
    assert str(container["ports"][0]["containerPort"]) == port
    assert COMPOSE["services"]["app"]["expose"] == [port]
    assert f"server app:{port} " in (DEPLOY / "nginx" / "replicas.conf").read_text()
    pod = of_kind("Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert str(pod["runAsUser"]) == user
    assert re.search(rf"--port {port}\b", (DEPLOY / "cloud-run.md").read_text())
    _, front, _ = (DEPLOY / "huggingface" / "README.md").read_text().split("---\n", 2)
    space = yaml.safe_load(front)
    assert (space["sdk"], str(space["app_port"])) == ("docker", port)


def test_every_setting_of_the_lab_that_a_platform_sets_is_read_somewhere() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "serving").rglob("*.py"))
    files: list[Path] = [ROOT / "Dockerfile", *DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.md")]
    named = {name for path in files for name in re.findall(r"LAB_[A-Z_]+", path.read_text())}
    named -= {"LAB_COOKIE_SECRET"}  # of compose.yaml itself, which hands it on
    assert named == set(re.findall(r"LAB_[A-Z_]+", code))


NGINX = (DEPLOY / "nginx" / "nginx.conf").read_text()
BYTES = {"k": 2**10, "m": 2**20}


def in_bytes(size: str) -> int:
    return int(size[:-1]) * BYTES[size[-1]]


def test_page_proxy_and_ingress_let_the_same_files_through() -> None:
    """The page offered 5 MB, and both proxies cut them off at one."""
    place = re.search(r"location /_stcore/upload_file/ \{(.*?)\}", NGINX, re.DOTALL)
    assert place is not None
    at_nginx = re.search(r"client_max_body_size (\w+);", place[1])
    assert at_nginx is not None
    at_ingress = of_kind("Ingress")["metadata"]["annotations"][
        "nginx.ingress.kubernetes.io/proxy-body-size"
    ]
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    offered = config["server"]["maxUploadSize"] * 2**20
    assert MOST_WEIGHT_BYTES <= offered < MOST_BODY <= in_bytes(at_nginx[1]) == in_bytes(at_ingress)


def test_every_image_is_named_by_more_than_a_moving_tag() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    (pod,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    images = [*bases, COMPOSE["services"]["proxy"]["image"]]
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)
    assert ":latest" not in "".join([*images, pod["image"], dockerfile])
    assert re.search(r":\d+\.\d+", pod["image"])


def test_the_app_reaches_nobody_and_only_the_proxy_reaches_it() -> None:
    app, proxy = COMPOSE["services"]["app"], COMPOSE["services"]["proxy"]
    assert [COMPOSE["networks"][name] for name in app["networks"]] == [{"internal": True}]
    assert set(app["networks"]) < set(proxy["networks"])
    assert "ports" not in app
    policy = of_kind("NetworkPolicy")["spec"]
    assert policy["egress"] == []
    assert "Egress" in policy["policyTypes"]


def test_prometheus_may_come_in() -> None:
    (rule,) = of_kind("NetworkPolicy")["spec"]["ingress"]
    names = [
        one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for one in rule["from"]
    ]
    assert "monitoring" in names


def locked() -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name, from requirements.lock."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [(words[0].split("=="), words[1:]) for words in lines]
    return {name: (version, hashes) for (name, version), hashes in pairs}


def test_everything_in_the_image_is_locked_by_its_hash() -> None:
    """35 packages floated: what was tested is not what was built."""
    lock = locked()
    assert set(lock) == set(needed()) - {"torch"}
    for name, (_, hashes) in lock.items():
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), name
    wanted = [line.split()[0] for line in (ROOT / "requirements.txt").read_text().splitlines()]
    pins = dict(pin.split("==") for pin in wanted if "==" in pin)
    assert {name: lock[name][0] for name in pins if name != "torch"} == {
        name: pin for name, pin in pins.items() if name != "torch"
    }


def test_the_lock_is_what_is_tested_here() -> None:
    assert {name: version for name, (version, _) in locked().items()} == {
        name: installed_version(name) for name in locked()
    }


def test_the_lock_names_no_place_that_packages_come_from() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
