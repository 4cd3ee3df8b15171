"""A simulated provider of AI video: speaks the providers' APIs and status pages, and fails the way they do.

Independent on purpose: it imports nothing else of sora_exporter, so it cannot share its mistakes.
``create_app`` gives the ASGI app for tests, ``run`` serves it on a port.
"""

from .app import create_app
from .serve import run

__all__ = ["create_app", "run"]
