"""A notification as a subject and a text in one language.

Alertmanager's own templates (``alerting-rules/templates``) give the same texts; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sora_exporter.notify.webhook import Alert, Notification
from sora_exporter.notify.words import SOURCE_LANGUAGE, AlertWords, alert_words
from sora_exporter.words import languages

ABOUT = ("name", "product", "provider", "page")
"""The labels that can name the subject of a notification, the closest first."""
CHANGE = "SoraServiceStatusChanged"
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Message:
    """The text for a reader: one line and a body. ``severity`` is that of the alerts, or ``resolved``."""

    title: str
    body: str
    severity: str = "info"


def language_of(notification: Notification) -> str:
    """Return the language of the alerts' label ``lang``, such as ``zh`` or ``zh-CN``; English without one of ours."""
    tag = notification.common_labels.get("lang", "").partition("-")[0]
    return tag if tag in languages() else SOURCE_LANGUAGE


def render(notification: Notification, language: str, grafana_url: str = "") -> Message:
    """Return the message in one of ``languages()``.

    ``grafana_url`` stands before addresses that lack it; without it they are left out.
    """
    words = alert_words(language)
    severity = notification.common_labels.get("severity", "mixed") if notification.status == "firing" else "resolved"
    if notification.common_labels.get("alertname") == CHANGE and notification.those("firing"):
        blocks = [_change(alert, words, grafana_url) for alert in notification.those("firing")]
        return Message(_change_title(notification, words), "\n\n".join(blocks), severity)
    firing = [_firing(alert, words, grafana_url) for alert in notification.those("firing")]
    resolved = [_resolved(alert, words, grafana_url) for alert in notification.those("resolved")]
    over = [words("over")] if firing and resolved else []
    return Message(_title(notification, words), "\n\n".join([*firing, *over, *resolved]), severity)


def _title(notification: Notification, words: AlertWords) -> str:
    labels, firing = notification.common_labels, len(notification.those("firing"))
    if notification.status == "resolved":
        severity = words("resolved")
    else:
        severity = _severity(labels.get("severity", "mixed"), words)
        severity += words("times", count=firing) if firing > 1 else ""
    summary = notification.common_annotations.get("summary", "")
    said = words.translated(summary) if summary else ", ".join(dict.fromkeys(map(_name, notification.alerts)))
    return words("subject", severity=severity, about=_about(labels), summary=said)


def _severity(severity: str, words: AlertWords) -> str:
    return words(f"severity_{severity}") if severity in (*SEVERITIES, "mixed") else severity.upper()


def _about(labels: Mapping[str, str]) -> str:
    return next((labels[name] for name in ABOUT if labels.get(name)), "sora_exporter")


def _name(alert: Alert) -> str:
    return alert.labels.get("alertname", "")


def _firing(alert: Alert, words: AlertWords, grafana_url: str) -> str:
    notes = alert.annotations
    said = notes.get("description") or notes.get("summary") or _name(alert)
    lines = [words.translated(said), words("since", began=_minute(alert.starts_at))]
    lines.append(words.reason(notes.get("error_class") or alert.labels.get("error_class", "")))
    return _joined(*lines, *_addresses(alert, grafana_url))


def _resolved(alert: Alert, words: AlertWords, grafana_url: str) -> str:
    notes = alert.annotations
    if notes.get("ended"):
        said = words.translated(notes["ended"])
    else:
        summary = words.translated(notes.get("summary") or _name(alert))
        said = words("over_since", ended=_minute(alert.ends_at), summary=summary)
    return _joined(said, *_addresses(alert, grafana_url))


def _change_title(notification: Notification, words: AlertWords) -> str:
    labels = notification.common_labels
    if "from" not in labels or "to" not in labels:
        return f"{_about(labels)}: {words('status_changed')}"
    return words("changed", about=_about(labels), **{one: words.status(labels[one]) for one in ("from", "to")})


def _change(alert: Alert, words: AlertWords, grafana_url: str) -> str:
    labels = alert.labels
    before, after = (words.status(labels.get(one, "")) for one in ("from", "to"))
    facts = {
        "service": f"{labels.get('name', '')} ({labels.get('service_id', '')})",
        "status": f"{before} → {after}",
        "class": words.error_class(alert.annotations.get("error_class", "")),
        "start": f"{alert.starts_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "provider": labels.get("provider", ""),
        "access": words.texts.get(labels.get("access", ""), ""),
        "product": labels.get("product", ""),
    }
    lines = [words("line", label=words(label), value=value) for label, value in facts.items()]
    return _joined(*lines, *list(_addresses(alert, grafana_url))[:1])


def _addresses(alert: Alert, grafana_url: str) -> Iterator[str]:
    """Yield the address of the dashboard and that of the runbook; an empty text for one that is not known."""
    dashboard = alert.annotations.get("dashboard_url", "")
    if dashboard.startswith("/"):
        dashboard = f"{grafana_url.rstrip('/')}{dashboard}" if grafana_url else ""
    yield dashboard
    yield alert.annotations.get("runbook_url", "")


def _joined(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
