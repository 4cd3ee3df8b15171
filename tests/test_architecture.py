"""The shape of the program: imports point one way, few doors lead outside, and nothing is long."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import sora_exporter

PACKAGE = Path(sora_exporter.__file__).parent
MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}

# From the ground up, in the order of a probe's life: words and values, what a configuration says, how to ask, what the
# answer means, what is remembered of it, and who tells it to whom.
ROWS = (
    "__init__ result clock tasks retry_after section yaml_file redact logs storage plain_words json_text",
    "apis status_pages config lifecycle cost web_config target",
    "exchange network transport certificate api_key sdk reply client",
    "classify classify_lines reservation budget",
    "probes records runner slots scheduler cleanup",
    "page_client pages",
    "reachability track state",
    "families parts metrics exposition overview",
    "trouble exporter check terminal check_report scrape",
    "status_view web_login web_access web_protocol server serve",
    "prometheus_api report fallback simulator demo commands cli __main__",
)
ORDER = [name for row in ROWS for name in row.split()]

HTTP_LIBRARIES = {"openai", "httpx2", "httpcore2"}
DOORS = {"client", "transport", "network", "page_client", "sdk", "reply", "fallback", "prometheus_api"}
"""Who speaks to the world, and through which libraries, is known here and nowhere else."""

MOST_LINES, MOST_FUNCTION_LINES = 250, 60


def unit(module: str) -> str:
    """Return the module or sub-package directly under the package."""
    return module.partition(".")[0]


def imports(module: str) -> Iterator[str]:
    """Yield every name a module imports, dotted; of ``from a import b`` it is ``a.b``."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, (_anchor(module, node.level), node.module)))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _anchor(module: str, level: int) -> str:
    """Return the package that a relative import of so many dots starts from; empty for an absolute one."""
    if level == 0:
        return ""
    parts = ["sora_exporter", *module.split(".")]
    is_package = MODULES[module].name == "__init__.py"
    return ".".join(parts[: len(parts) - level + is_package])


def own_imports(module: str) -> Iterator[str]:
    """Yield the modules of ours that a module imports."""
    for name in imports(module):
        if name.split(".")[0] == "sora_exporter":
            inner = name.partition(".")[2]
            yield inner if inner in MODULES else inner.rpartition(".")[0]


def test_order_names_every_module() -> None:
    """The order above is complete, so that a new module gets its place in it."""
    assert sorted(set(map(unit, MODULES)) - set(ORDER)) == []
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    """A module imports only what stands before it in the order."""
    place = {name: number for number, name in enumerate(ORDER)}
    later = [name for name in own_imports(module) if unit(name) and place[unit(name)] > place[unit(module)]]
    assert later == []


def test_no_cycles_within_packages() -> None:
    """No two modules need each other, inside sub-packages either."""
    graph = {module: {name for name in own_imports(module) if name and name != module} for module in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(MODULES)


def test_few_doors_outside() -> None:
    """The SDK and the HTTP libraries are imported where the door to providers and pages is, and nowhere else."""
    found = {
        unit(module)
        for module in MODULES
        for name in imports(module)
        if name.split(".")[0] in HTTP_LIBRARIES and unit(module) not in ("simulator", "demo")
    }
    assert found <= DOORS


def test_simulator_shares_none_of_our_mistakes() -> None:
    """The simulated provider imports nothing of the exporter."""
    modules = [module for module in MODULES if unit(module) == "simulator"]
    assert modules
    assert {name for module in modules for name in own_imports(module) if unit(name) != "simulator"} == set()


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_long(module: str) -> None:
    """A module fits a few screens, a function one."""
    lines = len(MODULES[module].read_text("utf-8").splitlines())
    assert lines <= MOST_LINES
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
    assert broad == {"scheduler"}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
