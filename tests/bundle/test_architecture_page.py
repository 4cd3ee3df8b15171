"""docs/architecture.md names the rooms, the rows and the dependencies that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGE = ROOT / "sora_exporter"


def test_every_dependency_has_its_reason() -> None:
    """The table of runtime dependencies lists exactly those of pyproject.toml."""
    table = PAGE.partition("## Runtime dependencies")[2].partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)}
    declared = {re.split(r"[\[>=<;]", entry)[0].strip() for entry in PROJECT["project"]["dependencies"]}
    assert listed == declared


def test_every_extra_has_its_reason() -> None:
    """The table of extras lists those of pyproject.toml for users, each with its package."""
    rows = re.findall(r"^\| `([a-z]+)` \| `([a-z-]+)` \|", PAGE.partition("## Extras")[2], re.MULTILINE)
    extras = PROJECT["project"]["optional-dependencies"].items()
    packages = {name: re.split(r"[\[>=<;]", needs[0])[0] for name, needs in extras if name not in ("dev", "release")}
    assert dict(rows) == packages


def test_rows_are_those_of_the_contract() -> None:
    """The rows of rooms are the layers that import-linter holds."""
    table = PAGE.partition("## Imports run one way")[2].partition("## ")[0]
    rows = [set(re.findall(r"`(\w+)`", line)) for line in table.splitlines() if re.match(r"\| \d", line)]
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    rooms = [set(re.findall(r"\w+", layer)) for layer in layers if layer != "__main__"]
    assert rows == [*rooms[:-1], set()]


def test_every_module_it_names_exists() -> None:
    """Each path in the page is a file or folder of the repository."""
    names = re.findall(r"`((?:\w+/)+[\w.*-]*)`", PAGE)
    missing = [name for name in names if not any(list(base.glob(name.rstrip("/"))) for base in (ROOT, PACKAGE))]
    assert names
    assert missing == []


def test_every_room_is_named() -> None:
    """The page names each package of sora_exporter."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    assert [room for room in rooms if f"`{room}" not in PAGE] == []
