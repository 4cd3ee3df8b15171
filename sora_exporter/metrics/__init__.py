"""The exposition of /metrics.

The state of services, official pages and the exporter comes in as subjects with samples; text in the plain or the
OpenMetrics format goes out. Nothing here probes, and a scrape only reads memory.
"""
