"""Simulated vendors, each as its own documentation describes it: one module for each, beside their common ``kit``.

``Desk(VENDORS["kling"], time.time)`` is an ASGI application that stands for the vendor's host. Set its ``fault`` to one
of ``VENDORS["kling"].faults``, and read ``jobs``, ``accepted`` and ``journal``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from . import (
    ark,
    dashscope,
    fal,
    gemini_interactions,
    kling,
    kling_turbo,
    luma,
    luma_dream_machine,
    minimax,
    minimax_h3,
    pixverse,
    replicate,
    runway,
    vertex_veo,
    vidu,
    xai,
)
from .kit import Desk, Fault, Vendor

__all__ = ["VENDORS", "Desk", "Fault", "UnknownVendor", "Vendor", "find_desk"]

VENDORS: Mapping[str, Vendor] = {
    "ark": ark.VENDOR,
    "dashscope": dashscope.VENDOR,
    "fal": fal.VENDOR,
    "gemini-interactions": gemini_interactions.VENDOR,
    "kling": kling.VENDOR,
    "kling-turbo": kling_turbo.VENDOR,
    "luma": luma.VENDOR,
    "luma-dream-machine": luma_dream_machine.VENDOR,
    "minimax": minimax.VENDOR,
    "minimax-h3": minimax_h3.VENDOR,
    "pixverse": pixverse.VENDOR,
    "replicate": replicate.VENDOR,
    "runway": runway.VENDOR,
    "vertex-veo": vertex_veo.VENDOR,
    "vidu": vidu.VENDOR,
    "xai": xai.VENDOR,
}
"""Every simulated vendor by name."""


class UnknownVendor(ValueError):
    """A vendor or a fault that does not exist; the text lists the existing ones."""


def find_desk(vendor: str, fault: str = "", clock: Callable[[], float] = time.time) -> Desk:
    """Return a vendor at work, with one of its faults if one is named. Raises UnknownVendor."""
    if vendor not in VENDORS:
        raise UnknownVendor(f"unknown vendor {vendor!r}; choose one of: {', '.join(VENDORS)}")
    faults = VENDORS[vendor].faults
    if fault and fault not in faults:
        raise UnknownVendor(f"unknown fault {fault!r} of {vendor}; choose one of: {', '.join(faults)}")
    desk = Desk(VENDORS[vendor], clock)
    desk.fault = faults.get(fault)
    return desk
