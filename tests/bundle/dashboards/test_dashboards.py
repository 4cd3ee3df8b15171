"""The dashboards as files: their content, their references, and the checks of Grafana's dashboard-linter."""

from __future__ import annotations

import re
from collections.abc import Iterator
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

from grafana.source.__main__ import main
from sora_exporter.config import load_config
from sora_exporter.fallback.metrics import ClientMetrics
from sora_exporter.metrics.families import FAMILIES
from sora_exporter.result import ErrorClass

LOADED = load_dashboards()
UIDS = ("sora-cost", "sora-overview", "sora-risk-control", "sora-service")
PALETTE = {"#009E73", "#E69F00", "#CC79A7", "#D55E00", "#0072B2", "#999999", "#56B4E9"}
RULES = ROOT / "alerting-rules"
RECORDED = re.compile(r"(?<![\w:])[a-z_]*:\w+:\w+")
OURS = re.compile(r"(?<![\w:])sora_\w+(?![\w:])")
WIDTHS = ("custom.width", "custom.minWidth")
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


def rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a dashboard."""
    return [panel for panel in document["panels"] if panel["type"] == "row"]


def expressions(document: dict[str, Any]) -> dict[str, str]:
    """Return the PromQL of all panels, annotations and variables by place, without its quoted texts."""
    queries = [*panel_queries(document), *annotation_queries(document), *variable_queries(document)]
    return {query.place: re.sub(r'"[^"]*"', '""', query.expr) for query in queries}


def rules(name: str) -> list[dict[str, Any]]:
    """Return the rules of a file of alerting-rules/."""
    return [rule for group in yaml.safe_load((RULES / name).read_text())["groups"] for rule in group["rules"]]


def test_files_match_the_source(tmp_path: Path) -> None:
    """The committed JSON is, byte for byte, the output of the source."""
    main([str(tmp_path)])
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


def test_panels_have_ids_for_good(dashboard: dict[str, Any]) -> None:
    """Each panel and row has an id of its own, from the hundred of its dashboard, and each panel a title of its own."""
    ids = [panel["id"] for panel in (*panels(dashboard), *rows(dashboard))]
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(ids) == len(set(ids))
    assert len(titles) == len(set(titles))
    assert len({number // 100 for number in ids}) == 1


def test_rows_open_on_demand(dashboard: dict[str, Any]) -> None:
    """The first screen fits 1366 × 768 in kiosk mode; every other panel is in a closed row, which sends no query."""
    first = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in first) <= 18
    for row in rows(dashboard):
        assert row["collapsed"] is True
        assert row["panels"], row["title"]


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    """Every cell of the grid of 24 columns belongs to one panel at most, in the dashboard and in each opened row."""
    for shown in (dashboard["panels"], *(row["panels"] for row in rows(dashboard))):
        taken: set[tuple[int, int]] = set()
        for panel in shown:
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
    """Return whether a panel without a unit needs none: its columns have theirs, or it shows names."""
    shows_names = panel["options"].get("textMode") == "name"
    return bool(panel["type"] == "table" or shows_names)


def test_colours(dashboard: dict[str, Any]) -> None:
    """Every fixed colour is one of Okabe and Ito's; every mapped one comes with a word."""
    colours = {text for key, text in texts(dashboard) if key in ("color", "fixedColor", "iconColor", "fill")}
    assert colours - {"dash", "dot", "transparent"} <= PALETTE
    for panel in panels(dashboard):
        for mapping in mappings(panel):
            options = mapping["options"]
            results = [options["result"]] if mapping["type"] == "special" else options.values()
            assert all(result["text"] and result["color"] for result in results), panel["title"]


def test_missing_is_neutral(dashboard: dict[str, Any]) -> None:
    """In every tile, bar and column a missing value has a text of its own and no colour."""
    for panel in panels(dashboard):
        config = panel["fieldConfig"]
        shown = {
            "table": [
                prop["value"] for o in config["overrides"] for prop in o["properties"] if prop["id"] == "mappings"
            ],
            "stat": [config["defaults"]["mappings"]],
            "bargauge": [config["defaults"]["mappings"]],
        }.get(panel["type"], [])
        assert shown or panel["type"] not in ("table", "stat", "bargauge"), panel["title"]
        for found in shown:
            special = {m["options"]["match"]: m["options"]["result"] for m in found if m["type"] == "special"}
            assert set(special) == {"null+nan", "empty"}, panel["title"]
            assert all(result["color"] == "transparent" and result["text"] for result in special.values())


def mappings(panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every mapping of values of a panel and of its columns."""
    yield from panel["fieldConfig"]["defaults"]["mappings"]
    for override in panel["fieldConfig"]["overrides"]:
        yield from (m for prop in override["properties"] if prop["id"] == "mappings" for m in prop["value"])


def test_statuses_have_one_colour_everywhere() -> None:
    """A status has the same colour and word in every mapping."""
    promised = {
        "operational": "#009E73", "degraded": "#E69F00", "risk control": "#CC79A7", "suspended": "#D55E00",
        "maintenance": "#0072B2", "retired": "#999999", "unknown": "#56B4E9",
    }  # fmt: skip
    seen = set()
    for document in LOADED.values():
        for panel in panels(document):
            for mapping in mappings(panel):
                if mapping["type"] == "value" and "0.5" in mapping["options"]:
                    assert {result["text"]: result["color"] for result in mapping["options"].values()} == promised
                    seen.add(panel["title"])
    assert {"Status", "Services", "Why this route", "Places that disagree"} <= seen


def test_variables(dashboard: dict[str, Any]) -> None:
    """Data source and job first, then provider, access, product and service; asked again whenever the range changes."""
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert list(variables)[:6] == ["datasource", "job", "provider", "access", "product", "service_id"]
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
    known |= {"__interval", "__rate_interval", "__range", "__all", "__url_time_range", "__field", "__value"}
    for key, text in texts(dashboard):
        used = set(re.findall(r"\$\{?([a-z_]\w*)", text))
        assert used <= known, (key, text)


KEPT = ("${__url_time_range}", "${datasource:queryparam}")


def test_links_resolve(dashboard: dict[str, Any]) -> None:
    """Links lead to a dashboard with the same data source and range, and filter it by the service named alone."""
    data_links = [text for key, text in texts(list(panels(dashboard))) if key == "url"]
    for url in data_links:
        if inner := re.fullmatch(
            r"/d/([a-z-]+)\?var-service_id=\$\{__(?:value\.raw|field\.labels\.service_id)\}&(.*)", url
        ):
            assert inner[1] in LOADED
            assert tuple(inner[2].split("&")) == KEPT
        else:
            _resolve_in_repository(url)
    assert data_links


def _resolve_in_repository(url: str) -> None:
    path = url.removeprefix("https://github.com/sora-exporter/sora_exporter/blob/main/").partition("#")[0]
    assert (ROOT / path).is_file(), url


def test_dashboards_link_each_other(dashboard: dict[str, Any]) -> None:
    """Each dashboard links the others with data source and range, without its own filters, and the runbook."""
    *others, runbook = dashboard["links"]
    assert {link["url"] for link in others} == {
        f"/d/{uid}?${{datasource:queryparam}}" for uid in UIDS if uid != dashboard["uid"]
    }
    assert all(link["keepTime"] and not link["includeVars"] for link in others)
    _resolve_in_repository(runbook["url"])


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
            renamed, hidden = steps["organize"]["renameByName"], set(steps["organize"]["excludeByName"])
            kept = re.fullmatch(r"/\^\((.*)\)\$/", steps["filterFieldsByName"]["include"]["pattern"])
            assert kept is not None
            assert set(kept[1].split("|")) == set(renamed) | hidden, panel["title"]
            order = sorted(renamed, key=steps["organize"]["indexByName"].__getitem__)
            assert ("joinByField" in steps) is (len(panel["targets"]) > 1), panel["title"]
            assert steps.get("joinByField", {"byField": order[0]})["byField"] in {*renamed, *hidden}, panel["title"]
            overridden = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]
            assert overridden == [renamed[name] for name in order], panel["title"]
            letters = {target["refId"] for target in panel["targets"]}
            assert {name[-1] for name in renamed if name.startswith("Value #")} <= letters, panel["title"]
            assert all(target["format"] == "table" and target["instant"] for target in panel["targets"])


def test_tables_fit(dashboard: dict[str, Any]) -> None:
    """The columns of every table fit into its width on a screen of 1366 pixels, and their titles into the columns."""
    for panel in panels(dashboard):
        if panel["type"] == "table":
            least = panel["fieldConfig"]["defaults"]["custom"]["minWidth"]
            given = {
                override["matcher"]["options"]: next(
                    (prop["value"] for prop in override["properties"] if prop["id"] in WIDTHS), least
                )
                for override in panel["fieldConfig"]["overrides"]
            }
            assert sum(given.values()) <= panel["gridPos"]["w"] * (1366 - 24) // 24 - 8, panel["title"]
            assert all(width >= 7 * len(title) + 12 for title, width in given.items()), panel["title"]


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


def test_every_status_is_the_vote(dashboard: dict[str, Any]) -> None:
    """No query reads the status or the ``up`` of single exporters; jobs are those of the variable alone."""
    for query in (*panel_queries(dashboard), *annotation_queries(dashboard), *variable_queries(dashboard)):
        assert not re.search(r"(?<![\w:])sora_service_(?:status|up)\b", query.expr), query.place
        assert set(re.findall(r'\bjob\w*(?:=~|!~|!=|=)"([^"]*)"', query.expr)) <= {"$job"}, query.place


def test_a_thousand_services_are_bounded(dashboard: dict[str, Any]) -> None:
    """Tables with a row per service have pages; curves, lanes and bars of services are the first of an order."""
    for panel in panels(dashboard):
        if panel["type"] == "table":
            keys = {step["options"].get("byField") for step in panel["transformations"]}
            is_paged = panel["options"].get("footer", {}).get("enablePagination")
            assert is_paged or "service_id" not in keys or dashboard["uid"] == "sora-service", panel["title"]
        elif dashboard["uid"] != "sora-service":
            of_services = [t["expr"] for t in panel["targets"] if "{{service_id}}" in t["legendFormat"]]
            assert all(re.search(r"\b(?:top|bottom)k\(", expr) for expr in of_services), panel["title"]


def test_curves_can_be_told_apart(dashboard: dict[str, Any]) -> None:
    """Curves take the colours of a palette in turn; their legend is a table on the right with every series."""
    for panel in panels(dashboard):
        if panel["type"] == "timeseries":
            legend = panel["options"]["legend"]
            assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "palette-classic", panel["title"]
            assert (legend["displayMode"], legend["placement"]) == ("table", "right"), panel["title"]


def test_burn_rates_have_a_logarithmic_scale() -> None:
    """Every panel of burn rates is logarithmic from a tenth on: 1 and 1,000 are both read off."""
    found = [p for d in LOADED.values() for p in panels(d) if p["title"].startswith("Burn rate")]
    assert len(found) == 4
    for panel in found:
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["custom"]["scaleDistribution"] == {"type": "log", "log": 10}, panel["title"]
        assert defaults["min"] == 0.1, panel["title"]


def test_money_has_one_format(dashboard: dict[str, Any]) -> None:
    """Every price and cost is written as dollars in full, to the cent."""
    for panel in panels(dashboard):
        config = panel["fieldConfig"]
        columns = [{prop["id"]: prop["value"] for prop in one["properties"]} for one in config["overrides"]]
        for shown in (config["defaults"], *columns):
            assert "currency" not in str(shown.get("unit")), panel["title"]
            assert "$" not in str(shown.get("unit")) or (shown["unit"], shown["decimals"]) == ("prefix:$", 2)
        if any("_usd" in target["expr"] for target in panel["targets"]) and panel["type"] != "table":
            assert config["defaults"]["unit"] in ("prefix:$", "percentunit"), panel["title"]


def test_people_see_words(dashboard: dict[str, Any]) -> None:
    """No query shows the rank of a route, and components of pages go by their names."""
    for query in panel_queries(dashboard):
        assert ":rank" not in query.expr, query.place
    for panel in panels(dashboard):
        for target in panel["targets"]:
            assert "{{component}}" not in target["legendFormat"], panel["title"]


def test_reasons_are_in_words() -> None:
    """The overview's column of reasons has a word for every error class, as the dashboard of one service has."""
    classes = {one.value for one in ErrorClass}
    services = next(p for p in panels(LOADED["sora-overview"]) if p["title"] == "Services")
    properties = {o["matcher"]["options"]: o["properties"] for o in services["fieldConfig"]["overrides"]}
    (words,) = (prop["value"] for prop in properties["Why"] if prop["id"] == "mappings")
    assert set(words[0]["options"]) == classes
    why = next(p for p in panels(LOADED["sora-service"]) if p["title"] == "Why")
    named = {o["matcher"]["options"] for o in why["fieldConfig"]["overrides"] if o["properties"][0]["id"] != "color"}
    assert named == classes


def test_the_month_is_in_one_table() -> None:
    """Reliability, price and recommendation of each service stand side by side."""
    month = next(p for p in panels(LOADED["sora-overview"]) if p["title"] == "The month in one table")
    assert [override["matcher"]["options"] for override in month["fieldConfig"]["overrides"]] == [
        "Service", "Access", "Available", "Coverage", "Proven", "Episodes/week", "Hours/week", "Stability", "A video",
        "A success", "Good for", "Use now",
    ]  # fmt: skip


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
    """Every recorded series is shown in a dashboard, or read by another rule or by the text of an alert."""
    recording, alerting = rules("sora-recording.rules.yml"), rules("sora-alerts.rules.yml")
    texts_of = (text for rule in alerting for text in rule["annotations"].values())
    read = " ".join([*(rule["expr"] for rule in [*recording, *alerting]), *texts_of])
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


def test_overview_begins_with_the_answer() -> None:
    """The overview's first screen has the routes, the statuses, the alerts and the services, the worst first."""
    first = [panel for panel in LOADED["sora-overview"]["panels"] if panel["type"] != "row"]
    assert [panel["title"] for panel in first] == ["Use these routes", "Services by status", "What fires", "Services"]
    sorted_by = {panel["title"]: panel["options"].get("sortBy") for panel in first}
    assert sorted_by["What fires"] == [
        {"displayName": "Urgency", "desc": False},
        {"displayName": "Since", "desc": True},
    ]
    assert sorted_by["Services"] == [{"displayName": "Status", "desc": True}, {"displayName": "Since", "desc": True}]
