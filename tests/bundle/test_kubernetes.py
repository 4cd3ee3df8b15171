"""deploy/kubernetes/: rendered as kustomize does it, valid by the schemas of the API, in agreement with the program."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.command_line import command

from sora_exporter import __version__
from sora_exporter.config import load_config

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.29", "1.37")
"""The oldest and the newest API that the manifests are checked against."""
CUSTOM = {"ServiceMonitor", "PrometheusRule"}
ANNOTATION_BYTES = 256 * 1024
KNOWN_FIELDS = {
    "apiVersion", "kind", "namespace", "images", "generatorOptions", "configMapGenerator", "resources",
}  # fmt: skip

Manifest = dict[str, Any]


def read(path: Path) -> Manifest:
    """Return the one document of a file."""
    document: Manifest = yaml.safe_load(path.read_text("utf-8"))
    return document


def render(folder: Path) -> list[Manifest]:
    """Return what kustomize makes of a folder; files outside of it are refused as kustomize refuses them."""
    kustomization = read(folder / "kustomization.yaml")
    assert set(kustomization) <= KNOWN_FIELDS, "a field this resolver does not know"
    manifests: list[Manifest] = []
    for entry in kustomization.get("resources", []):
        path = (folder / entry).resolve()
        if path.is_dir():
            manifests += render(path)
        else:
            assert path.is_relative_to(folder), f"{entry} is outside of {folder}"
            manifests.append(read(path))
    manifests += generated(folder, kustomization)
    for manifest in manifests:
        if "namespace" in kustomization and manifest["kind"] != "Namespace":
            manifest["metadata"]["namespace"] = kustomization["namespace"]
    return manifests


def generated(folder: Path, kustomization: Manifest) -> Iterator[Manifest]:
    """Yield the ConfigMaps of a kustomization, without the hash at the end of their names."""
    options = kustomization.get("generatorOptions", {})
    for entry in kustomization.get("configMapGenerator", []):
        paths = [(folder / name).resolve() for name in entry["files"]]
        assert all(path.is_relative_to(folder) for path in paths)
        metadata = {"name": entry["name"]}
        metadata |= {key: options[key] for key in ("labels", "annotations") if key in options}
        data = {path.name: path.read_text("utf-8") for path in paths}
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


RENDERED = render(KUBERNETES)


def named(manifest: Manifest) -> str:
    """Return a name for a test's id."""
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


def one(kind: str) -> Manifest:
    """Return the only manifest of a kind."""
    (manifest,) = [manifest for manifest in RENDERED if manifest["kind"] == kind]
    return manifest


def container() -> Manifest:
    """Return the only container of the Deployment."""
    (found,) = one("Deployment")["spec"]["template"]["spec"]["containers"]
    return dict(found)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", [m for m in RENDERED if m["kind"] not in CUSTOM], ids=named)
def test_the_api_takes_it(manifest: Manifest, version: str) -> None:
    """Every manifest of Kubernetes' own kinds is valid by the schemas, with no unknown field."""
    kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_refuse_a_misspelt_field() -> None:
    """The check above can fail: a field the API does not know is found deep inside."""
    manifest = json.loads(json.dumps(one("Deployment")))
    manifest["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSIONS[-1], strict=True)


def test_the_secret_is_an_example_and_not_applied() -> None:
    """No Secret is rendered; the example is valid, has the name the Deployment refers to, and holds no key."""
    assert "Secret" not in {manifest["kind"] for manifest in RENDERED}
    example = read(KUBERNETES / "secret.example.yaml")
    kubernetes_validate.validate(example, VERSIONS[-1], strict=True)
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


def test_the_pod_may_do_next_to_nothing() -> None:
    """The image's user, no root, no capability, no write but to the volume, no token, and one pod at a time."""
    pod = one("Deployment")["spec"]["template"]["spec"]
    user = next(line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if line.startswith("USER "))
    security, own = pod["securityContext"], container()["securityContext"]
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}" == user
    assert (security["runAsNonRoot"], security["fsGroup"]) == (True, security["runAsGroup"])
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert pod["automountServiceAccountToken"] is False
    assert one("Deployment")["spec"]["replicas"] == 1
    assert one("Deployment")["spec"]["strategy"] == {"type": "Recreate"}
    assert one("Namespace")["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}


def test_the_pod_runs_the_program_as_it_is() -> None:
    """Command, options, port, paths, probes and tag are those of the program and of its image."""
    found, pod = container(), one("Deployment")["spec"]["template"]["spec"]
    verb, option = found["args"]
    assert option.partition("=")[0] in {name for param in command(verb).params for name in param.opts}
    mounts = {mount["name"]: mount["mountPath"] for mount in found["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    (file,) = next(m for m in RENDERED if named(m) == "ConfigMap-sora-exporter")["data"]
    assert option.partition("=")[2] == f"{mounts['config']}/{file}"
    assert volumes["config"]["configMap"]["name"] == "sora-exporter"
    assert volumes["storage"]["persistentVolumeClaim"]["claimName"] == one("PersistentVolumeClaim")["metadata"]["name"]
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert f"VOLUME {mounts['storage']}\n" in dockerfile
    assert f"EXPOSE {found['ports'][0]['containerPort']}\n" in dockerfile
    assert found["livenessProbe"]["httpGet"] == {"path": "/-/healthy", "port": "http"}
    assert found["readinessProbe"]["httpGet"] == {"path": "/-/ready", "port": "http"}
    (image,) = read(KUBERNETES / "kustomization.yaml")["images"]
    assert (image["name"], image["newTag"]) == (found["image"], __version__)


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


def test_custom_resources_have_the_shape_of_their_definitions() -> None:
    """The ServiceMonitor sets the job the alerts look for; both PrometheusRules hold the groups of the plain files."""
    (endpoint,) = one("ServiceMonitor")["spec"]["endpoints"]
    assert set(endpoint) <= {"port", "path", "interval", "scrapeTimeout", "relabelings", "metricRelabelings"}
    assert {"targetLabel": "job", "replacement": "sora_exporter"} in endpoint["relabelings"]
    rules = {m["metadata"]["name"]: m for m in RENDERED if m["kind"] == "PrometheusRule"}
    assert set(rules) == {"sora-alerts", "sora-recording"}
    for name, manifest in rules.items():
        assert manifest["apiVersion"] == "monitoring.coreos.com/v1"
        assert manifest["spec"] == read(ROOT / "alerting-rules" / f"{name}.rules.yml")


def test_every_dashboard_is_a_config_map_that_the_sidecar_finds_and_apply_can_keep() -> None:
    """One ConfigMap for each file, labelled, stable in name, and small enough for the annotation of kubectl apply."""
    maps = [m for m in RENDERED if m["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    files = {path.name: path.read_text("utf-8") for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
    assert {name: text for manifest in maps for name, text in manifest["data"].items()} == files
    assert len(maps) == len(files)
    assert read(ROOT / "grafana" / "kustomization.yaml")["generatorOptions"]["disableNameSuffixHash"] is True
    assert max(len(json.dumps(manifest)) for manifest in RENDERED) < ANNOTATION_BYTES


def test_names_are_unique_and_references_stay_inside() -> None:
    """No two manifests have one kind and name, and everything but the namespace is in the one namespace."""
    names = [named(manifest) for manifest in RENDERED]
    assert len(set(names)) == len(names)
    inside = {manifest["metadata"].get("namespace") for manifest in RENDERED if manifest["kind"] != "Namespace"}
    assert inside == {one("Namespace")["metadata"]["name"]}
