"""compose.yaml without an engine: its mounts exist, and its names agree with the mounted files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from support.command_line import command
from support.generators import generator

from sora_exporter import __version__
from sora_exporter.simulator.scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROMETHEUS_CONFIG = ROOT / "deploy" / "compose" / "prometheus.yml"
IMAGES = {
    "prometheus": "prom/prometheus:v3.5.0",
    "alertmanager": "prom/alertmanager:v0.28.1",
    "grafana": "grafana/grafana:12.1.1",
}
SERVICE_FIELDS = {
    "restart", "mem_limit", "pids_limit",
    "read_only", "cap_drop", "security_opt", "build", "image", "command", "entrypoint", "env_file",
    "environment", "volumes", "ports", "depends_on", "healthcheck", "profiles", "tmpfs",
}  # fmt: skip
CHECK_FIELDS = {"test", "interval", "timeout", "start_period", "start_interval"}


def filled_in(text: str, **variables: str) -> str:
    """Return a text with ``${NAME:-default}`` and ``${NAME:+replacement}`` filled in as compose does it."""

    def value(match: re.Match[str]) -> str:
        name, sign, other = match.groups()
        return variables.get(name, other) if sign == ":-" else other * (name in variables)

    return re.sub(r"\$\{(\w+)(:[-+])([^}]*)\}", value, text)


def mounts(service: str, **variables: str) -> dict[str, str]:
    """Return what a service mounts from this directory, by its path inside; each of them is read-only."""
    found = {}
    for volume in SERVICES[service].get("volumes", []):
        source, _, rest = filled_in(volume, **variables).partition(":")
        if source.startswith("."):
            target, mode = rest.rsplit(":", 1)
            assert mode == "ro", volume
            found[target] = source
    return found


def port(service: str) -> int:
    """Return the one port of a service, the same inside and outside, on loopback only."""
    (published,) = SERVICES[service]["ports"]
    host, outside, inside = published.split(":")
    assert (host, outside) == ("127.0.0.1", inside)
    return int(inside)


def test_it_has_the_shape_of_a_compose_file() -> None:
    """Only members that compose knows, and everything a service refers to is declared."""
    assert {key for key in COMPOSE if not key.startswith("x-")} == {"name", "services", "volumes"}
    for name, service in SERVICES.items():
        assert set(service) <= SERVICE_FIELDS, name
        assert set(service["healthcheck"]) == CHECK_FIELDS
        assert service["healthcheck"]["test"][0] == "CMD"
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] == "service_healthy"
            is_optional = condition.get("required") is False
            assert is_optional == bool(SERVICES[other].get("profiles")), f"{name} needs {other}"
        named = {v.partition(":")[0] for v in service["volumes"] if v[0] not in "./$"}
        assert named <= set(COMPOSE["volumes"])


def test_the_readme_names_a_compose_that_knows_the_newest_member() -> None:
    """An env_file that may be missing is the newest member here: Compose knows it since 2.24."""
    assert {"path": ".env", "required": False} in SERVICES["exporter"]["env_file"]
    assert "Docker Compose 2.24 or newer" in (ROOT / "README.md").read_text("utf-8")


def test_images_are_pinned() -> None:
    """The programs of others have the tags we test the files for, ours that of this version; none is a moving one."""
    assert {name: SERVICES[name]["image"] for name in IMAGES} == IMAGES
    assert {SERVICES[name]["image"] for name in set(SERVICES) - set(IMAGES)} == {f"sora_exporter:{__version__}"}
    assert "latest" not in (ROOT / "compose.yaml").read_text("utf-8")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_locked_in(service: str) -> None:
    """A root file system is read-only, memory and processes have limits, and what is written goes to a volume."""
    found = SERVICES[service]
    assert (found["read_only"], found["cap_drop"]) == (True, ["ALL"])
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["mem_limit"] in ("512m", "1g")
    assert found["pids_limit"] == 256
    assert any(not volume.startswith((".", "$")) for volume in found["volumes"])
    assert port(service)


def test_every_mounted_path_exists() -> None:
    """With and without a configuration of one's own."""
    for service in SERVICES:
        for source in mounts(service).values():
            assert (ROOT / source).exists(), source
    own = mounts("exporter", SORA_CONFIG="./sora.yml")
    assert own == {"/etc/sora_exporter/sora.yml": "./sora.yml"}


def test_the_health_checks_ask_the_port_of_their_service() -> None:
    """Each asks loopback at its own service's port."""
    for name, service in SERVICES.items():
        (url,) = re.findall(r"http://[^\s'\"]+", " ".join(service["healthcheck"]["test"]))
        assert (urlsplit(url).hostname, urlsplit(url).port) == ("127.0.0.1", port(name))


def test_the_exporter_watches_the_simulator_by_default() -> None:
    """Without .env no option and the simulator's addresses; with SORA_CONFIG the mounted file, by a real option."""
    service = SERVICES["exporter"]
    assert filled_in(service["command"]).split() == ["serve"]
    verb, option = filled_in(service["command"], SORA_CONFIG="./sora.yml").split()
    flag, _, path = option.partition("=")
    assert flag in {name for param in command(verb).params for name in param.opts}
    assert path in mounts("exporter")
    variables = {name: filled_in(value) for name, value in service["environment"].items()}
    urls = [urlsplit(value) for value in variables.values() if value.startswith("http")]
    assert {(url.hostname, url.port) for url in urls} == {("simulator", port("simulator"))}
    assert sorted(url.path for url in urls) == ["/status/google", "/status/openai", "/v1"]
    catalogue = (ROOT / "sora_exporter" / "config" / "builtin.yml").read_text("utf-8")
    assert [name for name in variables if name not in catalogue] == []


def test_the_simulator_is_in_the_demo_profile_and_can_be_reached() -> None:
    """It listens on every interface of its container, at its port, in a scenario that exists."""
    entry = SERVICES["simulator"]["entrypoint"]
    assert SERVICES["simulator"]["profiles"] == ["demo"]
    assert entry[:3] == ["python", "-m", "sora_exporter.simulator"]
    options = dict(option.removeprefix("--").split("=") for option in entry[3:])
    assert (options["host"], options["port"]) == ("0.0.0.0", str(port("simulator")))
    assert options["scenario"] in SCENARIOS


def test_the_example_of_env_names_the_variables_of_compose() -> None:
    """Every variable of compose.yaml is in .env.example and, except for the user's keys, the reverse."""
    example = (ROOT / ".env.example").read_text("utf-8")
    named = set(re.findall(r"^#(\w+)=", example, re.MULTILINE))
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text("utf-8")))
    assert named - read == {"COMPOSE_PROFILES", "RELAY_API_KEY"}
    assert read <= named
    assert "/.env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_prometheus_is_configured_as_shipped_but_for_addresses() -> None:
    """The mounted file is what the generator makes of the shipped one."""
    assert PROMETHEUS_CONFIG.read_text("utf-8") == generator("compose").composed(), "run scripts/generate/compose.py"
    assert "127.0.0.1" not in PROMETHEUS_CONFIG.read_text("utf-8")


def test_prometheus_finds_everything_its_configuration_names() -> None:
    """Targets are services at their ports; rule files lie where it looks; the data goes to the volume."""
    config = yaml.safe_load(PROMETHEUS_CONFIG.read_text("utf-8"))
    static = [*config["scrape_configs"][0]["static_configs"], *config["alerting"]["alertmanagers"][0]["static_configs"]]
    assert [target for one in static for target in one["targets"]] == [
        f"exporter:{port('exporter')}", f"alertmanager:{port('alertmanager')}",
    ]  # fmt: skip
    assert config["scrape_configs"][1]["http_sd_configs"][0]["url"] == f"http://exporter:{port('exporter')}/sd"
    flags = dict(flag.split("=", 1) for flag in SERVICES["prometheus"]["command"])
    assert flags["--storage.tsdb.retention.time"] == "100d"
    folder = Path(flags["--config.file"]).parent
    assert {str(folder / name) for name in config["rule_files"]} < set(mounts("prometheus"))
    assert f"prometheus:{flags['--storage.tsdb.path']}" in SERVICES["prometheus"]["volumes"]
    assert urlsplit(flags["--web.external-url"]).port == port("prometheus")


def test_alertmanager_finds_its_templates() -> None:
    """The templates lie where the configuration looks, and what it remembers goes to the volume."""
    flags = dict(flag.split("=", 1) for flag in SERVICES["alertmanager"]["command"])
    inside = mounts("alertmanager")
    config = yaml.safe_load((ROOT / inside[flags["--config.file"]]).read_text("utf-8"))
    for pattern in config["templates"]:
        path = Path(flags["--config.file"]).parent / pattern
        assert list((ROOT / inside[str(path.parent)]).glob(path.name))
    assert f"alertmanager:{flags['--storage.path']}" in SERVICES["alertmanager"]["volumes"]


def test_grafana_finds_prometheus_and_the_dashboards() -> None:
    """Provisioning is where Grafana looks, its paths and addresses are inside, and the start page is a dashboard."""
    inside = mounts("grafana")
    provisioning = {path.rpartition("/")[2]: source for path, source in inside.items() if "/provisioning/" in path}
    assert set(provisioning) == {"datasources", "dashboards"}
    (source,) = yaml.safe_load((ROOT / provisioning["datasources"] / "sora.yml").read_text("utf-8"))["datasources"]
    assert source["url"] == f"http://prometheus:{port('prometheus')}"
    (provider,) = yaml.safe_load((ROOT / provisioning["dashboards"] / "sora.yml").read_text("utf-8"))["providers"]
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert json.loads((ROOT / inside[str(home.parent)] / home.name).read_text("utf-8"))["uid"] == "sora-overview"


@pytest.mark.programs
def test_promtool_takes_the_configuration_as_mounted(tmp_path: Path) -> None:
    """With every mount of Prometheus at its place, promtool finds configuration and rules good."""
    for target, source in mounts("prometheus").items():
        shutil.copy(ROOT / source, tmp_path / Path(target).name)
    ended = subprocess.run(
        ["promtool", "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("rules found") == 2


def test_the_database_beside_it_is_locked_in_and_waited_for() -> None:
    """The added file gives the exporter a shared storage, and its database is confined like all other services."""
    added = yaml.safe_load((ROOT / "deploy/compose/postgresql.yaml").read_text("utf-8"))
    exporter, database = added["services"]["exporter"], added["services"]["postgresql"]
    assert "--storage.url=postgresql://sora@postgresql/sora" in filled_in(exporter["command"]).split()
    assert exporter["depends_on"] == {"postgresql": {"condition": "service_healthy"}}
    assert exporter["environment"]["PGPASSWORD"] == database["environment"]["POSTGRES_PASSWORD"]
    assert (database["read_only"], database["cap_drop"], database["user"]) == (True, ["ALL"], "postgres")
    assert set(database) <= SERVICE_FIELDS | {"user"}
    assert set(database["healthcheck"]) == CHECK_FIELDS
    assert "ports" not in database
    assert [volume.partition(":")[0] for volume in database["volumes"]] == list(added["volumes"])
