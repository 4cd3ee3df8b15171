"""The status page: data in, one small self-contained HTML document out."""

from __future__ import annotations

from sora_exporter.check_report import ICONS
from sora_exporter.overview import Json, iso


def render_page(services: list[Json], products: list[Json], now: float) -> str:
    """Return the page for people; every text is escaped."""
    from html import escape

    rows = "".join(
        f"<tr><td>{ICONS[s['status']]}</td><td>{escape(s['name'])}</td><td>{s['status']}</td>"
        f"<td>{s['access']}</td><td>{s['error_class']}</td><td>{escape(s['why'])}</td></tr>"
        for s in services
    )
    use = "".join(f"<li>{escape(p['product'])}: {escape(p['service_id'] or p['why'])}</li>" for p in products)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>sora_exporter</title>"
        f"<h1>AI video services</h1><p>{iso(now)} · <a href=metrics>Metrics</a></p><ul>{use}</ul><table>{rows}</table>"
    )
