"""The vendors that people use today: models, prices, ends of life and key variables, each with its source and date.

Names of vendors or models and the environment come in; a commented configuration that costs nothing to run goes out.
"""

from __future__ import annotations

from sora_exporter.config.catalog.choice import Choice, NothingChosen, choose, vendors_with_keys
from sora_exporter.config.catalog.vendor import Vendor, vendors
from sora_exporter.config.catalog.written import written

__all__ = ["Choice", "NothingChosen", "Vendor", "choose", "vendors", "vendors_with_keys", "written"]
