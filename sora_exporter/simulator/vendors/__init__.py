"""Simulated vendors, each as its own documentation describes it: one module for each, beside their common ``kit``.

``Desk(VENDORS["kling"], time.time)`` is an ASGI application that stands for the vendor's host. Set its ``fault`` to one
of ``VENDORS["kling"].faults``, and read ``jobs``, ``accepted`` and ``journal``.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import ark, dashscope, kling, minimax, minimax_h3, pixverse, vidu
from .kit import Desk, Fault, Vendor

__all__ = ["VENDORS", "Desk", "Fault", "Vendor"]

VENDORS: Mapping[str, Vendor] = {
    "ark": ark.VENDOR,
    "dashscope": dashscope.VENDOR,
    "kling": kling.VENDOR,
    "minimax": minimax.VENDOR,
    "minimax-h3": minimax_h3.VENDOR,
    "pixverse": pixverse.VENDOR,
    "vidu": vidu.VENDOR,
}
"""Every simulated vendor by name."""
