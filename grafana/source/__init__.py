"""Source of the Grafana dashboards: ``python -m grafana.source`` writes grafana/dashboards/*.json.

look: colours and words. queries: PromQL that several panels share. panels, tables: one function per kind of panel.
frame: variables, annotations, links, layout. overview, service, risk_control, cost: the four dashboards, with
official_pages, exporter_health, objectives and probing as rows of theirs.
"""
