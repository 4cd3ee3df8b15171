"""The shape of the code, beside the import contracts of pyproject.toml: functions, handlers, imports, packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sora_exporter

PACKAGE = Path(sora_exporter.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MOST_FUNCTION_LINES = 60
LATE_IMPORTS = {
    "budget.ledger": ["from sora_exporter.budget.postgresql import PostgresqlStorage"],
    "cli.notify": ["from sora_exporter.notify.serve import RunSettings, serve, wrong_addresses"],
    "http.certificate": ["from cryptography import x509"],
    "config.auth": ["from cryptography.hazmat.primitives.serialization import load_pem_private_key"],
}
"""cryptography takes 20 to 40 ms of every start; only an invalid certificate and a service account need it. The driver
of PostgreSQL and Apprise are extras: without them only these two lines fail, with the command that installs them."""


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """The syntax of every module."""
    return {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}


def test_functions_are_short(trees: dict[str, ast.Module]) -> None:
    """A function fits one screen."""
    lengths = [
        (module, function.name, (function.end_lineno or 0) - function.lineno + 1)
        for module, tree in trees.items()
        for function in _functions(tree)
    ]
    assert [found for found in lengths if found[-1] > MOST_FUNCTION_LINES] == []


def test_faults_are_swallowed_where_listed(trees: dict[str, ast.Module]) -> None:
    """A probe, a caller's function and the observation of traffic may fail alone, and ``tasks`` hands a failure of a
    thread to its listener; other handlers raise again."""
    broad = {
        module
        for module, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node)
    }
    assert broad == {"monitor.asynchronous", "probes.scheduler", "tasks", "traffic.observed"}


def test_a_package_explains_itself(trees: dict[str, ast.Module]) -> None:
    """The docstring of a package has at least two sentences: its contents, and what comes in and goes out."""
    texts = {name: ast.get_docstring(trees[name]) or "" for name, path in MODULES.items() if path.name == "__init__.py"}
    assert {name: text for name, text in texts.items() if len(re.findall(r"[.!?](?=\s|$)", text)) < 2} == {}


def test_imports_stand_at_the_top(trees: dict[str, ast.Module]) -> None:
    """No function imports a module; the commands are loaded by name, by their group."""
    late = {
        module: [
            ast.unparse(node)
            for function in _functions(tree)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        for module, tree in trees.items()
    }
    assert {module: lines for module, lines in late.items() if lines} == LATE_IMPORTS


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
