"""What deploy/ tells platforms: valid by their schemas, and in agreement with the image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.dockerfile import read_steps
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
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "oneOf": [{"required": ["image"]}, {"required": ["build"]}],
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
    """The one object of a kind."""
    (found,) = (each for each in LAB if each["kind"] == kind)
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
    code = "\n".join(path.read_text() for path in (ROOT / "serving").glob("*.py"))
    files: list[Path] = [ROOT / "Dockerfile", *DEPLOY.rglob("*.yaml"), *DEPLOY.rglob("*.md")]
    named = {name for path in files for name in re.findall(r"LAB_[A-Z_]+", path.read_text())}
    named -= {"LAB_COOKIE_SECRET"}  # of compose.yaml itself, which hands it on
    assert named == set(re.findall(r"LAB_[A-Z_]+", code))
