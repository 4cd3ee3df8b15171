"""The dashboards as files: their content, their references, and the checks of Grafana's dashboard-linter."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from support.dashboard_model import (
    DASHBOARDS,
    ROOT,
    SCRAPE_INTERVAL,
    annotation_queries,
    label_values,
    load_dashboards,
    panel_queries,
    panels,
    seconds,
    variable_queries,
)

from sora_exporter.config import load_config
from sora_exporter.fallback.metrics import ClientMetrics
from sora_exporter.metrics.families import FAMILIES

LOADED = load_dashboards()
UIDS = ("sora-cost", "sora-overview", "sora-risk-control", "sora-service")
PALETTE = {"#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#999999", "#56B4E9"}
RULES = ROOT / "alerting-rules"
RECORDED = re.compile(r"(?<![\w:])[a-z_]*:\w+:\w+")
OURS = re.compile(r"(?<![\w:])sora_\w+(?![\w:])")
SUFFIXES = {"info": ("_info",), "counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


def exclusions() -> dict[str, Any]:
    """Return the exceptions from the dashboard-linter's rules, each with its reason."""
    return dict(yaml.safe_load((DASHBOARDS / ".lint").read_text(encoding="utf-8"))["exclusions"])


def fixed_windows() -> set[str]:
    """Return the places of the queries that may read a counter over a window of their own."""
    uids = {document["title"]: uid for uid, document in LOADED.items()}
    return {
        f"{uids[entry['dashboard']]} / {entry['panel']} / {chr(ord('A') + entry['targetIdx'])}"
        for entry in exclusions()["target-rate-interval-rule"]["entries"]
    }


@pytest.fixture(params=UIDS)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each dashboard in turn."""
    return LOADED[str(request.param)]


def texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a JSON document with the key it stands under."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from texts(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, key)
    elif isinstance(node, str):
        yield key, node


def expressions(document: dict[str, Any]) -> dict[str, str]:
    """Return the PromQL of all panels, annotations and variables by place, without its quoted texts."""
    queries = [*panel_queries(document), *annotation_queries(document), *variable_queries(document)]
    return {query.place: re.sub(r'"[^"]*"', '""', query.expr) for query in queries}


def rules(name: str) -> list[dict[str, Any]]:
    """Return the rules of a file of alerting-rules/."""
    return [rule for group in yaml.safe_load((RULES / name).read_text())["groups"] for rule in group["rules"]]


@pytest.mark.processes
def test_files_match_the_source(tmp_path: Path) -> None:
    """The committed JSON is, byte for byte, the output of the source."""
    subprocess.run([sys.executable, "-m", "grafana.source", str(tmp_path)], cwd=ROOT, check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in DASHBOARDS.glob("*.json")}


def test_names_are_unique() -> None:
    """Four dashboards with the promised uids, each file named after its own, different titles, one common tag."""
    assert tuple(LOADED) == UIDS
    assert [document["uid"] for document in LOADED.values()] == list(UIDS)
    assert len({document["title"] for document in LOADED.values()}) == len(UIDS)
    assert all(document["tags"] == ["sora"] for document in LOADED.values())


def test_frame(dashboard: dict[str, Any]) -> None:
    """A dashboard is classic JSON of schema 41, read-only, in the browser's time zone, and carries no instance's id."""
    assert dashboard["schemaVersion"] == 41
    assert dashboard["editable"] is False
    assert dashboard["timezone"] == "browser"
    assert not {"id", "version", "gnetId", "__inputs"} & set(dashboard)


def test_panels_are_numbered(dashboard: dict[str, Any]) -> None:
    """Panels have the ids 1, 2, 3, ... and titles of their own, so that links to one panel stay valid."""
    assert [panel["id"] for panel in dashboard["panels"]] == list(range(1, len(dashboard["panels"]) + 1))
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(titles) == len(set(titles))


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    """Every cell of the grid of 24 columns belongs to one panel at most."""
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + dx, place["y"] + dy) for dx in range(place["w"]) for dy in range(place["h"])}
        assert not taken & cells, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells


def test_panels_explain_themselves(dashboard: dict[str, Any]) -> None:
    """Every panel has title, description, a text for no value, a unit or mappings, and the chosen data source."""
    for panel in panels(dashboard):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["title"], panel["id"]
        assert len(panel["description"]) > 20, panel["title"]
        assert defaults["noValue"], panel["title"]
        assert defaults["unit"] != "none" or defaults["mappings"] or _is_counted(panel), panel["title"]
        assert panel["targets"], panel["title"]
        for source in (panel, *panel["targets"]):
            assert source["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


def _is_counted(panel: dict[str, Any]) -> bool:
    """Whether a panel without a unit needs none: its columns have theirs, it shows names, or it counts."""
    shows_names = panel["options"].get("textMode") == "name"
    counts = panel["title"] in {"Critical", "Warning", "Probes in flight", "Rank of the routes"}
    return panel["type"] == "table" or shows_names or counts


def test_colours(dashboard: dict[str, Any]) -> None:
    """Every fixed colour is one of Okabe and Ito's; every mapped one comes with a word."""
    colours = {text for key, text in texts(dashboard) if key in ("color", "fixedColor", "iconColor", "fill")}
    assert colours - {"dash"} <= PALETTE
    for panel in panels(dashboard):
        for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
            options = mapping["options"]
            results = [options["result"]] if mapping["type"] == "special" else options.values()
            assert all(result["text"] and result["color"] for result in results), panel["title"]


def test_statuses_have_one_colour_everywhere() -> None:
    """A status has the same colour and word in every mapping."""
    promised = {
        "operational": "#009E73", "degraded": "#E69F00", "risk control": "#CC79A7", "suspended": "#D55E00",
        "maintenance": "#0072B2", "retired": "#999999", "unknown": "#56B4E9",
    }  # fmt: skip
    seen = set()
    for document in LOADED.values():
        for panel in panels(document):
            for mapping in panel["fieldConfig"]["defaults"]["mappings"]:
                if mapping["type"] == "value" and "-1" in mapping["options"]:
                    assert {result["text"]: result["color"] for result in mapping["options"].values()} == promised
                    seen.add(panel["title"])
    assert {"Status", "Status now"} <= seen


def test_variables(dashboard: dict[str, Any]) -> None:
    """Data source first, then provider, access, product and service; Prometheus is queried again with the range."""
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert list(variables)[:5] == ["datasource", "provider", "access", "product", "service_id"]
    assert (
        variables["datasource"] | {"type": "datasource", "query": "prometheus", "label": "Data source"}
        == (variables["datasource"])
    )
    for variable in variables.values():
        assert variable["label"], variable["name"]
        if variable["type"] == "query":
            assert variable["refresh"] == 2, variable["name"]
            assert variable["datasource"]["uid"] == "${datasource}", variable["name"]
            assert label_values(variable["query"])[1] == variable["name"]
    # All services are those that the other variables let through, hence no pattern of its own.
    assert "allValue" not in variables["service_id"]


def test_only_known_variables_are_used(dashboard: dict[str, Any]) -> None:
    """Queries, titles and links use no variable that the dashboard lacks."""
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    known |= {"__interval", "__rate_interval", "__range", "__all", "__url_time_range", "__field", "__data", "__value"}
    for key, text in texts(dashboard):
        used = set(re.findall(r"\$\{?([a-z_]\w*)", text))
        assert used <= known, (key, text)


def test_links_resolve(dashboard: dict[str, Any]) -> None:
    """Every link leads to one of the dashboards, with a variable that it has, or to the runbook, which exists."""
    urls = [text for key, text in texts(dashboard) if key == "url"]
    assert any(url.startswith("/d/sora-service/?var-service_id=${__") for url in urls) or dashboard["uid"] == UIDS[3]
    for url in urls:
        if inner := re.fullmatch(r"/d/([a-z-]+)/\?var-(\w+)=\$\{__(?:data\.fields|field\.labels)\.\w+\}&.*", url):
            assert inner[2] in {variable["name"] for variable in LOADED[inner[1]]["templating"]["list"]}
            assert url.endswith("&${__url_time_range}")
        else:
            path = url.removeprefix("https://github.com/sora-exporter/sora_exporter/blob/main/").partition("#")[0]
            assert (ROOT / path).is_file(), url


def test_dashboards_link_each_other(dashboard: dict[str, Any]) -> None:
    """The common tag links all dashboards and takes range and variables along."""
    by_tag = next(link for link in dashboard["links"] if link["type"] == "dashboards")
    assert by_tag["tags"] == ["sora"]
    assert by_tag["keepTime"] is by_tag["includeVars"] is True


def test_alerts_lead_to_dashboards() -> None:
    """The dashboard of every alert exists and has the variables that its address sets."""
    for rule in rules("sora-alerts.rules.yml"):
        uid, _, query = (
            rule["annotations"]["dashboard_url"].removeprefix("{{ $externalLabels.grafana_url }}/d/").partition("?")
        )
        variables = {variable["name"] for variable in LOADED[uid.rstrip("/")]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= variables, rule["alert"]


def test_annotations(dashboard: dict[str, Any]) -> None:
    """Alerts, changes of status and sunsets are annotations with headline, text and tags."""
    annotations = {annotation["name"]: annotation for annotation in dashboard["annotations"]["list"]}
    assert list(annotations) == ["Alerts: critical", "Alerts: warning", "Status changes", "Sunset"]
    for annotation in annotations.values():
        assert annotation["titleFormat"]
        assert annotation["textFormat"]
        assert annotation["tagKeys"]
        assert annotation["datasource"]["uid"] == "${datasource}"
    assert annotations["Sunset"]["useValueForTime"] == "on"


def test_tables_name_their_columns(dashboard: dict[str, Any]) -> None:
    """A table keeps, renames, orders and overrides the same columns, and joins by the first of them."""
    for panel in panels(dashboard):
        if panel["type"] == "table":
            steps = {step["id"]: step["options"] for step in panel["transformations"]}
            renamed = steps["organize"]["renameByName"]
            kept = re.fullmatch(r"/\^\((.*)\)\$/", steps["filterFieldsByName"]["include"]["pattern"])
            assert kept is not None
            assert set(kept[1].split("|")) == set(renamed), panel["title"]
            order = sorted(renamed, key=steps["organize"]["indexByName"].__getitem__)
            assert steps.get("joinByField", {"byField": order[0]})["byField"] == order[0], panel["title"]
            overridden = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]
            assert overridden == [renamed[name] for name in order], panel["title"]
            letters = {target["refId"] for target in panel["targets"]}
            assert {name[-1] for name in renamed if name.startswith("Value #")} <= letters, panel["title"]
            assert all(target["format"] == "table" and target["instant"] for target in panel["targets"])


def test_counters_are_rates(dashboard: dict[str, Any]) -> None:
    """Counters are read through rate or increase over $__rate_interval, or over a window that is listed as meant."""
    for place, expr in expressions(dashboard).items():
        for counter in re.findall(r"\w+_(?:total|bucket)\b", expr):
            if "/ variable " not in place:
                assert re.search(rf"(?:rate|increase)\({counter}\{{", expr), place
        windows = re.findall(r"(?:rate|increase)\([^\[]*\[(.*?)\]", expr)
        assert set(windows) <= {"$__rate_interval"} or place in fixed_windows(), place


def test_sparse_series_are_read_over_hours(dashboard: dict[str, Any]) -> None:
    """Hourly snapshots, one sample an hour, are only read over windows of an hour and more."""
    for place, expr in expressions(dashboard).items():
        for selector, window in re.findall(r"(\w+:\w+:hourly\w*\{[^}]*\})(\[[^\]]*\])?", expr):
            assert window in ("[23h59m30s]", "[59m30s]"), (place, selector)


def test_steps_hold_a_sample(dashboard: dict[str, Any]) -> None:
    """A query over one step of a panel has steps of at least two scrapes, so that no step is without a sample."""
    for panel in panels(dashboard):
        if any("[$__interval]" in target["expr"] for target in panel["targets"]):
            assert seconds(panel["interval"]) >= 2 * SCRAPE_INTERVAL, panel["title"]


def test_calendars_have_a_cell_per_day() -> None:
    """A calendar asks once a day, and each answer looks ahead over that day."""
    found = [p for d in LOADED.values() for p in panels(d) if p["type"] == "status-history"]
    assert len(found) == 3
    for panel in found:
        assert panel["interval"] == "1d"
        assert "[23h59m30s] offset -1d" in panel["targets"][0]["expr"]


def test_exceptions_are_needed() -> None:
    """Every exception from the linter's rules has a reason, and every fixed window is one that a query has."""
    for rule in exclusions().values():
        assert all(entry["reason"] for entry in rule.get("entries", [rule]))
    places = {place: expr for document in LOADED.values() for place, expr in expressions(document).items()}
    assert all(re.search(r"(?:rate|increase)\([^\[]*\[(?!\$__rate_interval)", places[name]) for name in fixed_windows())


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the name of every series that exporter and fallback client can have."""
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    registry = CollectorRegistry()
    ClientMetrics(registry, load_config(None))
    families: list[Metric] = list(registry.collect())
    kinds = {name: str(family.type) for name, family in FAMILIES.items()} | {one.name: one.type for one in families}
    return {name + suffix for name, kind in kinds.items() for suffix in SUFFIXES[kind]}


def test_metrics_exist(exported: set[str]) -> None:
    """Every metric and every recorded series in a query is one that the exporter, its client or a rule makes."""
    known = exported | {rule["record"] for rule in rules("sora-recording.rules.yml")}
    for document in LOADED.values():
        for place, expr in expressions(document).items():
            used = set(OURS.findall(expr)) | set(RECORDED.findall(expr))
            assert used or "ALERTS" in expr or "up{" in expr, place
            assert used <= known, place


def test_recorded_series_are_used() -> None:
    """Every recorded series is shown in a dashboard or read by another rule."""
    recording, alerting = rules("sora-recording.rules.yml"), rules("sora-alerts.rules.yml")
    read = " ".join(rule["expr"] for rule in [*recording, *alerting])
    shown = {name for d in LOADED.values() for expr in expressions(d).values() for name in RECORDED.findall(expr)}
    assert {rule["record"] for rule in recording} - shown - set(RECORDED.findall(read)) == set()


def test_provisioning() -> None:
    """Provisioning names one Prometheus with a fixed uid, and a folder of dashboards that cannot be edited in place."""
    folder = ROOT / "grafana" / "provisioning"
    [source] = yaml.safe_load((folder / "datasources" / "sora.yml").read_text())["datasources"]
    assert (source["type"], source["uid"]) == ("prometheus", "sora-prometheus")
    assert source["jsonData"]["timeInterval"] == "60s"
    [provider] = yaml.safe_load((folder / "dashboards" / "sora.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["allowUiUpdates"] is False


def test_readme_names_every_dashboard() -> None:
    """The README of the dashboards lists each with its title and uid."""
    text = (ROOT / "grafana" / "README.md").read_text(encoding="utf-8")
    assert all(f"| {d['title']} | `{d['uid']}` |" in text for d in LOADED.values())


def test_rows_begin_with_the_answer() -> None:
    """The overview's first panels say route and price, status, products without a route, and alerts."""
    first = [panel["title"] for panel in LOADED["sora-overview"]["panels"]]
    assert first[:6] == ["Can I make a video now?", "Use these routes", "Status now", "Products", "Critical", "Warning"]
    assert all(
        above["gridPos"]["y"] <= below["gridPos"]["y"]
        for above, below in pairwise(p for p in LOADED["sora-overview"]["panels"] if p["type"] == "row")
    )
