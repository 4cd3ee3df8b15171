"""``sora-exporter schema``: the JSON Schema of the configuration file."""

from __future__ import annotations

import json

from support.command_line import call

from sora_exporter.config.json_schema import json_schema


def test_the_schema_is_printed_as_json() -> None:
    """``schema`` prints the schema as one JSON document."""
    assert json.loads(call("schema").stdout) == json_schema()
