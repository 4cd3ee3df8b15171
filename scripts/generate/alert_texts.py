"""Write alerting-rules/templates/sora-texts.tmpl: the texts of Alertmanager's notifications in every language.

The layout is in alert_texts.tmpl beside this script, the words are those of ``sora_exporter/words``. Run it after
changing either; a test fails while the file differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from sora_exporter.notify.texts import SEVERITIES
from sora_exporter.notify.words import alert_words
from sora_exporter.words import languages

LAYOUT = Path(__file__).with_suffix(".tmpl")
TARGET = Path(__file__).parents[2] / "alerting-rules" / "templates" / "sora-texts.tmpl"
MINUTE = '"2006-01-02 15:04"'


def go(parts: Sequence[str | int]) -> str:
    """Return a replacement as Go's regexp writes it."""
    return "".join(part if isinstance(part, str) else f"${{{part}}}" for part in parts)


def change(sora: str) -> Mapping[str, str]:
    """Return the actions that write the status before and the one after, by the templates named ``sora``."""
    return {one: f'{{{{ template "{sora}.status" .CommonLabels.{one} }}}}' for one in ("from", "to")}


def facts(sora: str) -> Sequence[tuple[str, str]]:
    """Return the lines about a change of status: the key of the label and the actions that write the value."""
    before, after = (f'{{{{ template "{sora}.status" .Labels.{one} }}}}' for one in ("from", "to"))
    return (
        ("service", "{{ .Labels.name }} ({{ .Labels.service_id }})"),
        ("status", f"{before} → {after}"),
        ("class", f'{{{{ template "{sora}.class" .Annotations.error_class }}}}'),
        ("start", '{{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC'),
        ("provider", "{{ .Labels.provider }}"),
        ("access", f'{{{{ template "{sora}.access" .Labels.access }}}}'),
        ("product", "{{ .Labels.product }}"),
    )


def document() -> str:
    """Return the file."""
    environment = Environment(
        block_start_string="<%", block_end_string="%>", variable_start_string="<<", variable_end_string=">>",
        comment_start_string="<#", comment_end_string="#>", undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.from_string(LAYOUT.read_text("utf-8")).render(
        all_words=[alert_words(language) for language in languages()],
        severities=SEVERITIES,
        about='{{ template "sora.who" . }}',
        began=f"{{{{ .StartsAt.UTC.Format {MINUTE} }}}}",
        ended=f"{{{{ .EndsAt.UTC.Format {MINUTE} }}}}",
        one_summary=lambda sora: f'{{{{ template "{sora}.summary" . }}}}',
        go=go,
        change=change,
        facts=facts,
    )


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
