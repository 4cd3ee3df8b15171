"""Grafana: source of the dashboards, the dashboards, and their provisioning."""
