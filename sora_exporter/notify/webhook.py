"""Alertmanager's webhook, version 4, as values.

Source: prometheus.io/docs/alerting/latest/configuration, ``webhook_config``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Texts = Annotated[Mapping[str, str], Field(default_factory=dict)]


class _Part(BaseModel):
    """Frozen; members that newer versions add are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Alert(_Part):
    """One alert of a notification; ``ends_at`` means something once it is resolved."""

    status: Literal["firing", "resolved"]
    labels: Texts
    annotations: Texts
    starts_at: Annotated[AwareDatetime, Field(alias="startsAt")]
    ends_at: Annotated[AwareDatetime, Field(alias="endsAt")]
    fingerprint: str = ""


class Notification(_Part):
    """One notification: the alerts of a group, and what all of them have in common."""

    version: Literal["4"]
    group_key: Annotated[str, Field(alias="groupKey")]
    status: Literal["firing", "resolved"]
    common_labels: Annotated[Mapping[str, str], Field(alias="commonLabels", default_factory=dict)]
    common_annotations: Annotated[Mapping[str, str], Field(alias="commonAnnotations", default_factory=dict)]
    alerts: tuple[Alert, ...]

    def those(self, status: Literal["firing", "resolved"]) -> tuple[Alert, ...]:
        """Return the alerts of one status."""
        return tuple(alert for alert in self.alerts if alert.status == status)
