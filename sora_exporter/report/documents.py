"""The report for programs: one JSON document, or rows of CSV for a spreadsheet. Pure.

Names are English in every language of the report. Ratios are 0 to 1, lengths are in seconds unless the name has another
unit, money is US dollars, moments are ISO 8601 in UTC. A missing value is ``null`` or an empty field.

The JSON document::

    window               name, start, end
    source               address of the Prometheus that was read
    least_coverage       coverage below which a service has no figures
    video_seconds        length of the video behind video_price_usd
    services[]           service_id, name, product, access, provider, model, api
                         status (null: nothing recorded now), error_class, use_now
                         coverage, recorded_since (null: the whole window)
                         proven: deepest depth proven within the window (null: none recorded); without accepted or
                             delivered, the availability is of the front desk only
                         figures: null if too little was observed, else availability, stars, response_time_seconds,
                             risk_control_episodes, risk_control_episodes_per_week, risk_control_hours
                         price: null or usd, unit, usd_per_success, video_price_usd
                         objective: null or ratio, kept, allowed_seconds, spent_seconds, budget_left
                         sunset
                         incidents[], silences[]: start, end, seconds, error_class, began_before, lasts
                         history[]: end, availability, coverage
    recommendations[]    product, use, service_id (null: none fits)
    caveats[]            notes about the figures, in the language of the report
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sora_exporter.figures import iso, one_line
from sora_exporter.report.caveats import caveats
from sora_exporter.report.findings import LEAST_COVERAGE, Bar, Figures, Findings, Incident, ServiceFindings
from sora_exporter.report.objectives import Statement, statements
from sora_exporter.report.recommendations import recommendations
from sora_exporter.report.wording import Wording

Json = dict[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_json(findings: Findings, words: Wording) -> str:
    """Return the whole report as one JSON document."""
    return json.dumps(document(findings, words), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def document(findings: Findings, words: Wording) -> Json:
    """Return the report as the module's docstring shows it."""
    kept = {statement.service.facts.service_id: statement for statement in statements(findings)}
    return {
        "window": {"name": findings.window.name, "start": iso(findings.start), "end": iso(findings.end)},
        "source": findings.source,
        "least_coverage": LEAST_COVERAGE,
        "video_seconds": findings.video_seconds,
        "services": [
            _service(service, kept.get(service.facts.service_id), findings.video_seconds)
            for service in findings.services
        ],
        "recommendations": [
            {"product": one.product, "use": one.use.name, "service_id": one.service and one.service.facts.service_id}
            for one in recommendations(findings)
        ],
        "caveats": list(caveats(findings, words)),
    }


def _service(service: ServiceFindings, statement: Statement | None, video_seconds: float) -> Json:
    facts = service.facts
    return {
        "service_id": facts.service_id,
        "name": facts.name,
        "product": facts.product,
        "access": facts.access,
        "provider": facts.provider,
        "model": facts.model,
        "api": facts.api,
        "status": service.status,
        "error_class": service.error_class,
        "use_now": service.is_recommended,
        "coverage": service.coverage,
        "recorded_since": iso(service.recorded_since),
        "proven": service.proven,
        "figures": service.figures and _figures(service.figures),
        "price": _price(service, video_seconds),
        "objective": statement and _statement(statement),
        "sunset": iso(service.sunset),
        "incidents": [_incident(one) for one in service.incidents],
        "silences": [_incident(one) for one in service.silences],
        "history": [_bar(bar) for bar in service.bars],
    }


def _figures(figures: Figures) -> Json:
    return {
        "availability": figures.availability,
        "stars": figures.stars,
        "response_time_seconds": figures.response_seconds,
        "risk_control_episodes": figures.episodes,
        "risk_control_episodes_per_week": round(figures.episodes_per_week, 3),
        "risk_control_hours": figures.risk_control_hours,
    }


def _price(service: ServiceFindings, video_seconds: float) -> Json | None:
    if service.price is None:
        return None
    return {
        "usd": service.price.usd,
        "unit": service.price.unit,
        "usd_per_success": _rounded(service.price_per_success),
        "video_price_usd": _rounded(service.video_price(video_seconds)),
    }


def _statement(statement: Statement) -> Json:
    return {
        "ratio": statement.objective,
        "kept": statement.is_kept,
        "allowed_seconds": _rounded(statement.allowed_seconds),
        "spent_seconds": _rounded(statement.spent_seconds),
        "budget_left": _rounded(statement.budget_left),
    }


def _incident(incident: Incident) -> Json:
    return {
        "start": iso(incident.start),
        "end": iso(incident.end),
        "seconds": incident.seconds,
        "error_class": incident.error_class,
        "began_before": incident.is_cut,
        "lasts": incident.is_open,
    }


def _bar(bar: Bar) -> Json:
    return {"end": iso(bar.end), "availability": _rounded(bar.availability), "coverage": round(bar.coverage, 6)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def render_services_csv(findings: Findings, words: Wording) -> str:
    """Return one row per service with all of its single values."""
    report = document(findings, words)
    uses: dict[str, list[str]] = {}
    for one in report["recommendations"]:
        uses.setdefault(one["service_id"], []).append(one["use"])
    rows = [_service_row(service, uses.get(service["service_id"], [])) for service in report["services"]]
    return _csv(rows, list(_service_row(_NOBODY, [])))


def _service_row(service: Json, uses: Sequence[str]) -> Json:
    plain = ("service_id", "name", "product", "access", "provider", "model", "api", "status", "error_class", "use_now")
    nested = (
        ("figures", "", ("availability", "stars", "response_time_seconds", "risk_control_episodes",
                         "risk_control_episodes_per_week", "risk_control_hours")),
        ("price", "price_", ("usd", "unit", "usd_per_success", "video_price_usd")),
        ("objective", "objective_", ("ratio", "kept", "allowed_seconds", "spent_seconds", "budget_left")),
    )  # fmt: skip
    row: Json = {name: service.get(name) for name in (*plain, "coverage", "recorded_since", "proven")}
    for part, prefix, names in nested:
        row |= {prefix + name: (service.get(part) or {}).get(name) for name in names}
    return row | {
        "recommended_for": " ".join(uses),
        "sunset": service.get("sunset"),
        "incidents": len(service.get("incidents", ())),
    }


_NOBODY: Json = {}


def render_incidents_csv(findings: Findings, words: Wording) -> str:
    """Return one row per incident and per silence (``kind``), oldest first."""
    rows = [
        {"service_id": service["service_id"], "name": service["name"], "kind": kind, **one}
        for service in document(findings, words)["services"]
        for kind, key in (("incident", "incidents"), ("not_observed", "silences"))
        for one in service[key]
    ]
    rows.sort(key=lambda row: (row["start"], row["service_id"]))
    names = ["service_id", "name", "kind", "start", "end", "seconds", "error_class", "began_before", "lasts"]
    return _csv(rows, names)


def _csv(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _field(row[name]) for name in names} for row in rows)
    return text.getvalue()


def _field(value: object) -> object:
    """Return a value that a spreadsheet reads unchanged: text is never a formula, true and false are 1 and 0."""
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if value.startswith(FORMULA) or text.startswith(FORMULA) else text
