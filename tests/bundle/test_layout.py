"""The layout of the tests: a module with logic has a test file of its own, in the same room."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from support.order import LONGEST

ROOT = Path(__file__).parents[2]
PACKAGE, TESTS = ROOT / "sora_exporter", ROOT / "tests"
MODULES = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]
TEST_FILES = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}

WITHOUT_TESTS: Mapping[str, str] = {
    "__init__.py": "public names, tested with docs/api.md",
    "__main__.py": "calls the command line",
    "clock.py": "the machine's own clocks under our names",
    "history/service.py": "plain values",
    "metrics/families.py": "a table, tested by bundle/test_names.py",
    "demo/load.py": "calls history.py and tsdb.py, driven by whole/test_demo_month.py",
    "simulator/__main__.py": "passes arguments to simulator/serve.py",
    **{
        f"simulator/vendors/{vendor}.py": "data for the kit, tested by test_vendors.py and whole/vendors.yml"
        for vendor in (
            "ark", "dashscope", "fal", "gemini_interactions", "kling", "kling_turbo", "luma", "luma_dream_machine",
            "minimax", "minimax_h3", "pixverse", "replicate", "runway", "vertex_veo", "vidu", "xai",
        )
    },
}  # fmt: skip
"""Modules without a test file of their own, each with the reason."""

WITHOUT_MODULE: Mapping[str, str] = {
    "classify/test_corpus.py": "measures the rules with recorded answers",
    "classify/test_paraphrases.py": "measures the rules with words that were kept apart",
}
"""Test files that belong to a room and to none of its modules, each with the reason."""

OTHER_FOLDERS = ("bundle/", "rules/", "whole/")
"""The tests of shipped files, of the Prometheus rules, and of whole programs."""


def place(module: Path) -> str:
    """Return the test file of a module; that of a package has the name of the package."""
    name = module.parent.name if module.stem == "__init__" else module.stem
    return (module.parent / f"test_{name}.py").as_posix()


def only_passes_names_on(module: Path) -> bool:
    """Return whether a module is a package without any function."""
    nodes = ast.walk(ast.parse((PACKAGE / module).read_text("utf-8")))
    return module.stem == "__init__" and not any(
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in nodes
    )


def test_every_module_has_its_test_file() -> None:
    """A new module needs a test file, or a line in the table with a reason."""
    without = [module for module in MODULES if place(module) not in TEST_FILES and not only_passes_names_on(module)]
    assert {module.as_posix() for module in without} == set(WITHOUT_TESTS)


def test_every_test_file_belongs_to_a_module() -> None:
    """A test file has the name of the module that it tests; what tests several rooms stands in whole/."""
    known = {place(module) for module in MODULES}
    others = {name for name in TEST_FILES - known if not name.startswith(OTHER_FOLDERS)}
    assert others == set(WITHOUT_MODULE)


def test_the_longest_files_exist() -> None:
    """A file that is renamed keeps its place in the order of the tests."""
    assert set(LONGEST) <= TEST_FILES


def test_every_exemption_has_a_reason() -> None:
    """Each line of the tables gives its reason in a few words."""
    assert all(len(reason.split()) >= 2 for reason in (*WITHOUT_TESTS.values(), *WITHOUT_MODULE.values()))
