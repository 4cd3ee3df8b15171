"""The shape of the code, beside the import contracts of pyproject.toml: short functions, one broad handler."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sora_exporter

PACKAGE = Path(sora_exporter.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}

MOST_FUNCTION_LINES = 60


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module: str) -> None:
    """A function fits one screen."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{node.name} has {length} lines"


def test_faults_are_swallowed_in_one_place() -> None:
    """Only the scheduler catches everything; whoever else looks at every exception raises it again."""
    broad = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    }
    assert broad == {"probes.scheduler"}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
