"""Prometheus exporter for AI-video services.

The life of one probe, in reading order: ``config`` names what to watch; ``probes`` schedules and runs attempts;
``budget`` reserves their price; ``http`` sends the requests; ``classify`` turns each answer into an error class;
``evidence`` weighs what counts now into a status; ``metrics`` exposes it; ``web`` serves it. docs/architecture.md has
the whole picture.
"""

__version__ = "0.2.0"
