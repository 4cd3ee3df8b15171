"""deploy/kubernetes/: as kustomize renders it, valid by the schemas of the API, in agreement with chart and program."""

from __future__ import annotations

import ipaddress
import json
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import yaml
from support.generators import generator
from support.manifests import Manifest, named, of_kind, pod_of, problems, rendered

from sora_exporter import __version__
from sora_exporter.config import load_config

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
ANNOTATION_BYTES = 256 * 1024


def read(path: Path) -> Manifest:
    """Return the one document of a file."""
    document: Manifest = yaml.safe_load(path.read_text("utf-8"))
    return document


@cache
def everything() -> list[Manifest]:
    """Return what kustomize makes of the folder."""
    return rendered("kubectl", "kustomize", KUBERNETES)


def one(kind: str) -> Manifest:
    """Return the only manifest of a kind."""
    (manifest,) = of_kind(everything(), kind)
    return manifest


def container() -> Manifest:
    """Return the only container of the Deployment."""
    (found,) = pod_of(one("Deployment"))["containers"]
    return dict(found)


def test_the_chart_makes_it() -> None:
    """exporter.yaml and the schema of the chart's values are what their generator writes."""
    for path, made in generator("chart").GENERATED.items():
        assert path.read_text("utf-8") == made(), "run scripts/generate/chart.py"


def test_the_api_takes_it() -> None:
    """Every manifest is valid by the schemas of Kubernetes and of the Operator, with no unknown field."""
    assert [problem for manifest in everything() for problem in problems(manifest)] == []


def test_the_schemas_refuse_a_misspelt_field() -> None:
    """The check above can fail: fields that the API does not know are found deep inside."""
    deployment, monitor = deepcopy(one("Deployment")), deepcopy(one("ServiceMonitor"))
    pod_of(deployment)["containers"][0]["readynessProbe"] = {}
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    assert [len(problems(manifest)) for manifest in (deployment, monitor)] == [1, 1]


def test_the_secret_is_an_example_and_not_applied() -> None:
    """No Secret is rendered; the example is valid, has the name the Deployment refers to, and holds no key."""
    assert "Secret" not in {manifest["kind"] for manifest in everything()}
    example = read(KUBERNETES / "secret.example.yaml")
    assert problems(example) == []
    assert container()["envFrom"] == [{"secretRef": {"name": example["metadata"]["name"]}}]
    assert set(example["stringData"].values()) == {"sk-..."}


def test_the_configuration_is_a_good_one_and_its_keys_are_those_of_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """sora.yml loads as it stands, with variables that the example of the Secret has."""
    for name in read(KUBERNETES / "secret.example.yaml")["stringData"]:
        monkeypatch.setenv(name, "sk-0123456789")
    config = load_config(KUBERNETES / "sora.yml")
    assert config.services
    used = {provider["api_key_env"] for provider in read(KUBERNETES / "sora.yml")["providers"].values()}
    assert used == set(read(KUBERNETES / "secret.example.yaml")["stringData"])


def test_the_pod_has_its_configuration_and_the_image_of_this_version() -> None:
    """The mounted ConfigMap has sora.yml and the hash of it in its name; the namespace permits hardened pods alone."""
    (config,) = [m for m in of_kind(everything(), "ConfigMap") if "sora.yml" in m["data"]]
    volumes = {volume["name"]: volume for volume in pod_of(one("Deployment"))["volumes"]}
    assert volumes["config"]["configMap"]["name"] == config["metadata"]["name"] != "sora-exporter"
    (image,) = read(KUBERNETES / "kustomization.yaml")["images"]
    assert container()["image"] == f"{image['newName']}:{image['newTag']}" == f"sora_exporter:{__version__}"
    assert read(KUBERNETES / "values.yaml")["image"]["repository"] == image["name"]
    assert one("Namespace")["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


def test_service_monitor_and_network_policy_find_the_pod() -> None:
    """Selectors, labels and port names agree from the ServiceMonitor over the Service to the pod."""
    labels = one("Deployment")["spec"]["template"]["metadata"]["labels"]
    service, monitor, policy = one("Service"), one("ServiceMonitor"), one("NetworkPolicy")
    assert one("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    ports = {port["name"] for port in container()["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= {
        p["name"] for p in service["spec"]["ports"]
    }
    assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} <= ports
    assert {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} == {53, 443}


@pytest.mark.parametrize(
    "address", ["10.96.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "fd00::1"]
)
def test_no_private_address_can_be_reached(address: str) -> None:
    """The policy leads to the internet alone: not to the API server, other machines inside, or a cloud's metadata."""
    found = ipaddress.ip_address(address)
    (blocks,) = (rule["to"] for rule in one("NetworkPolicy")["spec"]["egress"] if "to" in rule)
    for block in (entry["ipBlock"] for entry in blocks):
        excepted = [ipaddress.ip_network(each) for each in block["except"]]
        network = ipaddress.ip_network(block["cidr"])
        assert found not in network or any(found in each for each in excepted if each.version == found.version)
    assert any(ipaddress.ip_address("8.8.8.8") in ipaddress.ip_network(entry["ipBlock"]["cidr"]) for entry in blocks)


def test_the_objects_of_the_operator_hold_what_the_plain_files_hold() -> None:
    """The ServiceMonitor sets the job the alerts look for; both PrometheusRules hold the groups of the plain files."""
    (endpoint,) = one("ServiceMonitor")["spec"]["endpoints"]
    assert {"targetLabel": "job", "replacement": "sora_exporter"} in endpoint["relabelings"]
    rules = {m["metadata"]["name"]: m for m in of_kind(everything(), "PrometheusRule")}
    assert set(rules) == {"sora-alerts", "sora-recording"}
    for name, manifest in rules.items():
        assert manifest["spec"] == read(ROOT / "alerting-rules" / f"{name}.rules.yml")


def test_every_dashboard_is_a_config_map_that_the_sidecar_finds_and_apply_can_keep() -> None:
    """One ConfigMap for each file, labelled, stable in name, and small enough for the annotation of kubectl apply."""
    maps = [m for m in everything() if m["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    files = {path.name: path.read_text("utf-8") for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
    assert {name: text for manifest in maps for name, text in manifest["data"].items()} == files
    assert len(maps) == len(files)
    assert read(ROOT / "grafana" / "kustomization.yaml")["generatorOptions"]["disableNameSuffixHash"] is True
    assert max(len(json.dumps(manifest)) for manifest in everything()) < ANNOTATION_BYTES


def test_names_are_unique_and_references_stay_inside() -> None:
    """No two manifests have one kind and name, and everything but the namespace is in the one namespace."""
    names = [named(manifest) for manifest in everything()]
    assert len(set(names)) == len(names)
    inside = {manifest["metadata"].get("namespace") for manifest in everything() if manifest["kind"] != "Namespace"}
    assert inside == {one("Namespace")["metadata"]["name"]}
