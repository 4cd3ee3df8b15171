"""The chart of deploy/helm: rendered by Helm with five files of values, valid by the schemas, fit for the program."""

from __future__ import annotations

import base64
import gzip
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command_line import command
from support.manifests import OPERATOR, Manifest, named, of_kind, pod_of, problems, rendered, run

from sora_exporter import __version__
from sora_exporter.config import load_config
from sora_exporter.config.shard import parse_shard

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "sora-exporter"
RULES = ROOT / "alerting-rules"
VALUES = {path.stem.removesuffix("-values"): path for path in (CHART / "ci").iterdir()} | {
    "kubernetes": ROOT / "deploy" / "kubernetes" / "values.yaml"
}
README = (CHART / "README.md").read_text("utf-8")
RELEASE_BYTES = 1024 * 1024
"""The limit of a Secret, which holds what Helm remembers of a release."""


@cache
def made(name: str) -> list[Manifest]:
    """Return what Helm makes of one file of values, or of none."""
    values = [f"--values={VALUES[name]}"] if name in VALUES else []
    return rendered("helm", "template", "sora-exporter", CHART, "--namespace=monitoring", *values)


def one(name: str, kind: str) -> Manifest:
    """Return the only manifest of a kind."""
    (manifest,) = of_kind(made(name), kind)
    return manifest


def workload(name: str) -> Manifest:
    """Return the manifest that starts exporters."""
    (manifest,) = [*of_kind(made(name), "Deployment"), *of_kind(made(name), "StatefulSet")]
    return manifest


def refusal(*arguments: str) -> str:
    """Return why Helm does not render the chart with these arguments."""
    ended = run("helm", "template", "sora-exporter", CHART, *arguments)
    assert ended.returncode != 0
    return "\n".join(line for line in ended.stderr.splitlines() if "symbolic link" not in line)


EACH = pytest.mark.parametrize("name", ["defaults", *sorted(VALUES)])


def test_lint() -> None:
    """Helm finds nothing to complain of, in its strict mode."""
    ended = run("helm", "lint", "--strict", "--quiet", CHART, f"--values={VALUES['kube-prometheus-stack']}")
    assert ended.returncode == 0, ended.stdout


@EACH
def test_the_api_takes_it(name: str) -> None:
    """Every manifest is valid by the schemas of Kubernetes and of the Operator, and has a name of its own."""
    assert [problem for manifest in made(name) for problem in problems(manifest)] == []
    assert len({named(manifest) for manifest in made(name)}) == len(made(name))
    assert {manifest["metadata"]["namespace"] for manifest in made(name)} == {"monitoring"}


@EACH
def test_the_pods_may_do_next_to_nothing(name: str) -> None:
    """The image's user, no root, no capability, no write but to the volume, no token."""
    user = next(line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if line.startswith("USER "))
    for manifest in (workload(name), *of_kind(made(name), "Pod")):
        pod = pod_of(manifest)
        security = pod["securityContext"]
        assert f"USER {security['runAsUser']}:{security['runAsGroup']}" == user
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert [container["securityContext"] for container in pod["containers"]] == [
            {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        ]


@EACH
def test_the_program_accepts_its_arguments_and_finds_its_files(name: str) -> None:
    """Options, variables, ports and paths are those of the program and of its image, and every file is mounted."""
    pod = pod_of(workload(name))
    (container,) = pod["containers"]
    verb, *options = container["args"]
    serve = command(verb)
    assert serve.make_context(verb, list(options)).args == []
    variables = {entry["name"] for entry in container.get("env", ())} - {"HTTPS_PROXY"}
    assert variables <= {param.envvar for param in serve.params}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    own = {*(volume["name"] for volume in pod["volumes"]), *claims(name)}
    assert set(mounts.values()) == own
    files = [Path(option.partition("=")[2]) for option in options if "file=" in option]
    assert {str(path.parent) for path in files} | {"/var/lib/sora_exporter"} == set(mounts)
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "VOLUME /var/lib/sora_exporter\n" in dockerfile
    assert f"EXPOSE {container['ports'][0]['containerPort']}\n" in dockerfile
    probes = [container[kind]["httpGet"]["path"] for kind in ("livenessProbe", "readinessProbe")]
    assert probes == ["/-/healthy", "/-/ready"]


def claims(name: str) -> list[str]:
    """Return the names of the volumes that a StatefulSet claims for each pod."""
    return [claim["metadata"]["name"] for claim in workload(name)["spec"].get("volumeClaimTemplates", ())]


@EACH
def test_selectors_and_ports_agree(name: str) -> None:
    """Service, budget, network policy and monitors find the pod, by labels that it has and ports with its names."""
    template = workload(name)["spec"]["template"]
    labels = template["metadata"]["labels"]
    selectors = [workload(name)["spec"]["selector"]["matchLabels"], one(name, "Service")["spec"]["selector"]]
    for kind in ("PodDisruptionBudget", "PodMonitor", "ServiceMonitor"):
        selectors += [manifest["spec"]["selector"]["matchLabels"] for manifest in of_kind(made(name), kind)]
    selectors.append(one(name, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"])
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert all(selector.items() <= one(name, "Service")["metadata"]["labels"].items() for selector in selectors)
    (port,) = one(name, "Service")["spec"]["ports"]
    assert (port["name"], port["targetPort"]) == ("http", template["spec"]["containers"][0]["ports"][0]["name"])
    for endpoint in endpoints(name):
        assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
        assert {"targetLabel": "job", "replacement": "sora_exporter"} in endpoint["relabelings"]


def endpoints(name: str) -> Iterator[dict[str, Any]]:
    """Yield the endpoints of the monitors."""
    for manifest in made(name):
        yield from manifest["spec"].get("endpoints", ()) if manifest["kind"] == "ServiceMonitor" else ()
        yield from manifest["spec"].get("podMetricsEndpoints", ()) if manifest["kind"] == "PodMonitor" else ()


@pytest.mark.parametrize("name", ["kube-prometheus-stack", "web"])
def test_the_exporter_takes_the_configuration(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sora.yml of the ConfigMap loads and has the services of the values, dates and numbers unchanged."""
    given = yaml.safe_load(VALUES[name].read_text("utf-8"))["config"]
    for provider in given["providers"].values():
        monkeypatch.setenv(provider["api_key_env"], "sk-0123456789")
    texts = [
        manifest["data"]["sora.yml"] for manifest in of_kind(made(name), "ConfigMap") if "sora.yml" in manifest["data"]
    ]
    paths = [tmp_path / "rendered.yml", tmp_path / "given.yml"]
    for path, text in zip(paths, [*texts, yaml.safe_dump(given)], strict=True):
        path.write_text(text, encoding="utf-8")
    rendered_config, given_config = map(load_config, paths)
    assert rendered_config == given_config
    assert [service.id for service in rendered_config.services] == [service["id"] for service in given["services"]]


def test_rules_routes_and_dashboards_are_the_shipped_ones() -> None:
    """The objects hold what the plain files hold, and only a receiver that the values name sends anything."""
    name = "kube-prometheus-stack"
    rules = {m["metadata"]["name"].rpartition("-")[2]: m["spec"] for m in of_kind(made(name), "PrometheusRule")}
    assert rules == {kind: load(RULES / f"sora-{kind}.rules.yml") for kind in ("recording", "alerts")}
    shipped = load(RULES / "operator" / "alertmanager" / "alertmanagerconfig.yml")["spec"]
    routes = one(name, "AlertmanagerConfig")["spec"]
    assert {key: routes[key] for key in ("route", "inhibitRules")} == {
        key: shipped[key] for key in ("route", "inhibitRules")
    }
    assert [receiver["name"] for receiver in routes["receivers"]] == [one["name"] for one in shipped["receivers"]]
    assert [receiver for receiver in routes["receivers"] if len(receiver) > 1] == [
        {"name": "page", **load(VALUES[name])["alertmanagerConfig"]["receivers"]["page"]}
    ]
    boards = [m for m in of_kind(made(name), "ConfigMap") if m["metadata"]["labels"].get("grafana_dashboard") == "1"]
    shown = {file: text for manifest in boards for file, text in manifest["data"].items()}
    assert shown == {path.name: path.read_text("utf-8") for path in (ROOT / "grafana" / "dashboards").glob("*.json")}
    monitor = load(RULES / "operator" / "servicemonitor.yml")["spec"]["endpoints"]
    assert list(endpoints(name)) == monitor


def load(path: Path) -> Any:
    """Return the document of a file."""
    return yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)


def test_the_stack_finds_every_object_of_the_operator() -> None:
    """Each has the label by which kube-prometheus-stack selects."""
    objects = [m for m in made("kube-prometheus-stack") if m["apiVersion"].startswith(OPERATOR)]
    assert {m["kind"] for m in objects} == {"ServiceMonitor", "PrometheusRule", "AlertmanagerConfig", "ScrapeConfig"}
    assert {m["metadata"]["labels"]["release"] for m in objects} == {"kube-prometheus-stack"}


def test_scrape_driven_services_are_probed_by_both_ways() -> None:
    """/sd is found at the Service; a Probe names the services with probe_on_scrape; the job is the shipped one."""
    plain = next(job for job in load(RULES / "prometheus.yml")["scrape_configs"] if job["job_name"] == "sora_probe")
    found, probe = one("kube-prometheus-stack", "ScrapeConfig")["spec"], one("web", "Probe")["spec"]
    assert found["httpSDConfigs"][0]["url"] == "http://sora-exporter.monitoring.svc:10198/sd"
    assert (found["metricsPath"], found["scrapeInterval"]) == (plain["metrics_path"], plain["scrape_interval"])
    assert (probe["prober"]["path"], probe["prober"]["scheme"]) == (plain["metrics_path"], "https")
    assert probe["targets"]["staticConfig"]["static"] == ["kling-v3-scraped"]
    dropped = [{"sourceLabels": ["__name__"], "regex": "sora_.+", "action": "drop"}]
    assert found["metricRelabelings"] == probe["metricRelabelings"] == dropped
    assert dropped[0]["regex"] == plain["metric_relabel_configs"][0]["regex"]


def test_one_writer_of_a_volume_replicas_of_a_database_and_shards() -> None:
    """A volume has one pod at a time; replicas share a database; shards have a number and a volume each."""
    assert workload("defaults")["spec"]["strategy"] == {"type": "Recreate"}
    assert workload("defaults")["spec"]["replicas"] == 1
    claimed = [volume.get("persistentVolumeClaim") for volume in pod_of(workload("defaults"))["volumes"]]
    assert {"claimName": one("defaults", "PersistentVolumeClaim")["metadata"]["name"]} in claimed
    shared = workload("postgresql")["spec"]
    assert (shared["replicas"], "strategy" in shared) == (3, False)
    assert of_kind(made("postgresql"), "PersistentVolumeClaim") == []
    shards = workload("shards")["spec"]
    assert (shards["replicas"], "ordinals" in shards) == (5, False)
    assert claims("shards") == ["storage"]
    (variable,) = pod_of(workload("shards"))["containers"][0]["env"]
    assert variable["name"] == "SORA_SHARD"
    names = [f"{workload('shards')['metadata']['name']}-{ordinal}" for ordinal in range(shards["replicas"])]
    numbers = [parse_shard(variable["value"], name) for name in names]
    assert [str(shard) for shard in numbers] == ["1/5", "2/5", "3/5", "4/5", "5/5"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--set=repliacs=2"], "at '': additional properties 'repliacs' not allowed"),
        (["--set=config.servicse=1"], "at '/config': additional properties 'servicse' not allowed"),
        (["--set=log.level=loud"], "at '/log/level': value must be one of 'debug', 'info', 'warn', 'error'"),
        (["--set=postgresql.url=postgresql://u:secret@db/sora"], "at '/postgresql/url'"),
        (["--set=alertmanagerConfig.receivers.pgae.x=1"], "at '/alertmanagerConfig/receivers': additional prop"),
        (["--set=shards=2,config.budget_usd_per_day=1"], "shards: each would spend the whole budget"),
        (["--set=replicas=2"], "replicas: several exporters without a common ledger"),
        (["--set=shards=2", "--set=persistence.existingClaim=x"], "persistence.existingClaim: each shard"),
        (["--set=existingConfigMap=x,config.budget_usd_per_day=1"], "existingConfigMap: there is a config too"),
        (["--set=serviceMonitor.enabled=true,podMonitor.enabled=true"], "podMonitor: serviceMonitor is enabled too"),
        (["--set=shards=2,replicas=2,postgresql.url=postgresql://db/sora"], "replicas: a shard has one exporter"),
        (["--set=probe.enabled=true"], "probe: no service in config has probe_on_scrape: true"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_clear_line(arguments: list[str], line: str) -> None:
    """Helm refuses an unknown value, and a combination that cannot work, in one line that names the value."""
    lines = [found for found in refusal(*arguments).splitlines() if line in found]
    assert len(lines) == 1


def test_the_schema_knows_exactly_the_values() -> None:
    """Every value with a default is in the schema, every member of the schema has a default."""
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    assert set(members(schema, schema)) - {"global"} == set(keys(load(CHART / "values.yaml")))


def members(schema: Mapping[str, Any], root: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield the places of a schema that have fixed members, as ``image.tag``."""
    for name, part in schema.get("properties", {}).items():
        yield place + name
        if "properties" in part:
            assert part["additionalProperties"] is False
            yield from members(part, root, f"{place}{name}.")


def keys(values: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield the places of values, as ``image.tag``, but not what is inside of free texts and labels."""
    free = {"labels", "annotations", "resources"}
    for name, value in values.items():
        yield place + name
        if isinstance(value, dict) and name not in free:
            yield from keys(value, f"{place}{name}.")


def test_versions_and_image_are_those_of_the_program() -> None:
    """Chart, application and image have the version of the package; a digest takes the place of the tag."""
    chart = load(CHART / "Chart.yaml")
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    images = [pod_of(workload(name))["containers"][0]["image"] for name in ("defaults", "web")]
    assert images == [
        f"ghcr.io/sora-exporter/sora_exporter:{__version__}", f"registry.example/sora_exporter@sha256:{'0' * 64}",
    ]  # fmt: skip


def test_the_package_has_the_linked_files_and_fits_into_a_release(tmp_path: Path) -> None:
    """Rules and dashboards are in the package as files; what Helm stores of a release with everything fits a Secret."""
    ended = run("helm", "package", CHART, "--destination", tmp_path)
    assert ended.returncode == 0, ended.stderr
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as package:
        files = {member.name: package.extractfile(member) for member in package if member.isfile()}
        content = {name.partition("/")[2]: file.read() for name, file in files.items() if file}
    sources = [*RULES.glob("*.rules.yml"), *(ROOT / "grafana" / "dashboards").glob("*.json")]
    packed = {Path(name).name: data for name, data in content.items() if name.startswith("files/")}
    assert {path.name: path.read_bytes() for path in sources}.items() <= packed.items()
    assert not [name for name in content if name.startswith("ci/")]
    stored = {name: base64.b64encode(data).decode() for name, data in content.items()}
    release = json.dumps([stored, made("kube-prometheus-stack")]).encode()
    assert len(base64.b64encode(gzip.compress(release))) < RELEASE_BYTES * 0.8


def test_the_values_of_the_readme_are_those_of_the_tests() -> None:
    """The block that users of kube-prometheus-stack copy enables what the tested file enables, with the same label."""
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    shown, tested = yaml.safe_load(block), load(VALUES["kube-prometheus-stack"])
    assert shown.keys() <= tested.keys()
    same = {"keysSecret", "operatorLabels", "serviceMonitor", "prometheusRule", "scrapeConfig", "dashboards"}
    assert {key: shown[key] for key in same} == {key: tested[key] for key in same}
