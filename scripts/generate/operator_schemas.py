"""Write what the tests know of the Prometheus Operator's resources: the schemas of its definitions, without texts.

    python scripts/generate/operator_schemas.py FOLDER

FOLDER is example/prometheus-operator-crd of a checkout of the Operator. Of the many ways to find targets and to notify,
those that we use are kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[2] / "tests" / "bundle" / "operator_schemas.json"
KINDS = ("ServiceMonitor", "PodMonitor", "Probe", "PrometheusRule", "AlertmanagerConfig", "ScrapeConfig")
USED = {"relabelingConfigs", "httpSDConfigs", "emailConfigs", "webhookConfigs", "slackConfigs"}
KEPT = (
    "type",
    "items",
    "required",
    "enum",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
)


class Loader(yaml.SafeLoader):
    """Reads ``=``, a word among the matchers, as text."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_yaml_str)


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of a definition as JSON Schema that refuses unknown members, as the API server warns of them."""
    made: dict[str, Any] = {key: schema[key] for key in KEPT if key in schema}
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    if "items" in made:
        made["items"] = strict(made["items"])
    if "properties" in schema:
        made["properties"] = {
            name: strict(one)
            for name, one in schema["properties"].items()
            if name in USED or not re.search("(SDConfigs|[a-z]Configs)$", name)
        }
        made["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), Mapping):
        made["additionalProperties"] = strict(schema["additionalProperties"])
    return made


def main() -> None:
    """Write the file."""
    found = {}
    for path in Path(sys.argv[1]).glob("*.yaml"):
        definition = yaml.load(path.read_text("utf-8"), Loader)
        if (kind := definition["spec"]["names"]["kind"]) not in KINDS:
            continue
        version = definition["spec"]["versions"][0]
        spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
        found[f"{definition['spec']['group']}/{version['name']} {kind}"] = strict(spec)
    TARGET.write_text(json.dumps(found, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
