"""Tests of the Grafana dashboards: their JSON, and their queries against a real Prometheus."""
