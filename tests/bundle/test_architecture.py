"""The shape of the code, beside the import contracts of pyproject.toml: functions, handlers, imports, packages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import sora_exporter

PACKAGE = Path(sora_exporter.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}

PACKAGES = {name: TREES[name] for name, path in MODULES.items() if path.name == "__init__.py"}

MOST_FUNCTION_LINES = 60
LATE_IMPORTS = {
    "http.certificate": ["from cryptography import x509"],
    "config.auth": ["from cryptography.hazmat.primitives.serialization import load_pem_private_key"],
}
"""cryptography takes 20 to 40 ms of every start; only an invalid certificate and a service account need it."""


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module: str) -> None:
    """A function fits one screen."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{node.name} has {length} lines"


def test_faults_are_swallowed_in_one_place() -> None:
    """Only the scheduler catches everything; any other handler of every exception raises it again."""
    broad = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    }
    assert broad == {"probes.scheduler"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_explains_itself(package: str) -> None:
    """The docstring of a package has at least two sentences: its contents, and what comes in and goes out."""
    text = ast.get_docstring(PACKAGES[package]) or ""
    assert len(re.findall(r"[.!?](?=\s|$)", text)) >= 2, text


@pytest.mark.parametrize("module", MODULES)
def test_imports_stand_at_the_top(module: str) -> None:
    """No function imports a module; the commands are loaded by name, by their group."""
    late = [
        ast.unparse(node)
        for function in ast.walk(TREES[module])
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == LATE_IMPORTS.get(module, [])


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
