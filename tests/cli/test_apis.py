"""``sora-exporter apis``: the built-in APIs, for a person who describes a vendor."""

from __future__ import annotations

import pytest
from support.command_line import call

from sora_exporter.cli.apis import section, title
from sora_exporter.config import Config
from sora_exporter.config.apis import builtin_apis
from sora_exporter.config.yaml_file import parse_yaml


def test_the_list_has_a_line_per_built_in_api() -> None:
    """Each line begins with the API's name and holds the vendor from its file and the probes it can serve."""
    lines = call("apis").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(builtin_apis())
    (ark,) = [line for line in lines if line.startswith("ark ")]
    assert "Volcengine Ark" in ark
    assert ark.endswith("catalog canary submit generate")


@pytest.mark.parametrize("name", builtin_apis())
def test_a_printed_api_loads_as_the_one_that_is_built_in(name: str) -> None:
    """The printed section, put into a configuration, describes exactly the same API; its title names the vendor."""
    printed = call("apis", name).stdout
    assert printed == section(name)
    config = Config.model_validate(parse_yaml("printed", printed).document)
    assert config.apis == {name: builtin_apis()[name]}
    assert len(title(name)) > 4


def test_an_unknown_api_names_the_nearest() -> None:
    """A misspelt name is one line with the name that was probably meant."""
    ended = call("apis", "vidoes")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr == "sora-exporter: 'vidoes' is not a built-in api: did you mean 'videos'?\n"
