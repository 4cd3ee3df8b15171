"""Write docs/api.md from the signatures and docstrings of the public names.

Run it after changing one of them; a test fails while the page differs.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator
from enum import EnumType
from pathlib import Path
from types import ModuleType
from typing import Any

import sora_exporter.classify
import sora_exporter.fallback
import sora_exporter.monitor
import sora_exporter.traffic
from sora_exporter.budget.storage import StorageError
from sora_exporter.classify import Answer, Verdict, classify
from sora_exporter.config import ConfigError
from sora_exporter.result import Depth, ErrorClass, Status

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
HEAD = """# Python API

<!-- Written by scripts/generate/api.py. -->

`pip install sora-exporter` is all that a program needs: Python 3.11 or newer on Linux, macOS or Windows. The names of
each section are imported as its example shows; everything else may change with any version. Times are Unix seconds and
durations are seconds. `ConfigError` and `StorageError` have one line for each mistake, with its place and its fix; a
mistake in an argument is a `TypeError` or `ValueError` with one sentence.
"""
PARTS: tuple[tuple[str, ModuleType, tuple[Any, ...]], ...] = (
    (
        "Watching services",
        sora_exporter.monitor,
        (sora_exporter.monitor.AsyncMonitor, sora_exporter.monitor.ServiceView, sora_exporter.monitor.Change,
         sora_exporter.monitor.Event),
    ),
    (
        "Making videos",
        sora_exporter.fallback,
        (sora_exporter.fallback.AsyncFallbackClient, sora_exporter.fallback.VideoJob, sora_exporter.fallback.Video,
         sora_exporter.fallback.RouteAttempt, sora_exporter.fallback.Progress, sora_exporter.fallback.ConsoleLine,
         sora_exporter.fallback.FallbackError),
    ),
    ("Observing your own client", sora_exporter.traffic, (sora_exporter.traffic.observe,)),
    ("Classifying an answer", sora_exporter.classify, (classify, Answer, Verdict)),
    ("Closed sets and errors", sora_exporter, (Status, ErrorClass, Depth, ConfigError, StorageError)),
)  # fmt: skip
"""The sections of the page: heading, the module whose docstring begins it, and its names."""
BLOCKING = {"AsyncMonitor": "Monitor", "AsyncFallbackClient": "FallbackClient"}
"""The blocking twin of a class, with the same methods."""
MARKUP = re.compile(r"``([^`]+)``")


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(line for part in PARTS for line in _section(*part))]).rstrip() + "\n"


def _section(heading: str, module: ModuleType, names: tuple[Any, ...]) -> Iterator[str]:
    yield f"## {heading}\n"
    if module is not sora_exporter:
        yield _text(module)
    for name in names:
        yield from _entry(name)


def _entry(name: Any) -> Iterator[str]:
    title = name.__name__
    yield f"### {title}\n"
    if isinstance(name, EnumType):
        yield _text(name)
        yield ", ".join(f"`{member.value}`" for member in name) + "\n"  # type: ignore[attr-defined]
        return
    if not (inspect.isclass(name) and issubclass(name, Exception)):
        yield _code(_signature(title, name))
    yield _text(name)
    if twin := BLOCKING.get(title):
        yield (
            f"`{twin}` is the same class for programs without asyncio: its methods block, it is used in `with`, and "
            "`close` ends it.\n"
        )
    yield from _methods(name)


def _methods(name: Any) -> Iterator[str]:
    if not inspect.isclass(name) or dataclasses.is_dataclass(name):
        return
    for method, member in vars(name).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        if not method.startswith("_") and inspect.isfunction(function):
            yield f"#### {name.__name__}.{method}\n"
            kind = "await " if inspect.iscoroutinefunction(function) else ""
            yield _code(kind + _signature(method, function))
            yield _text(function)


def _signature(title: str, name: Any) -> str:
    """Return a call without ``self`` and ``cls``, on one line or with a line for each parameter."""
    signature = inspect.signature(name)
    shown = [_parameter(one) for one in signature.parameters.values() if one.name not in ("self", "cls")]
    if (star := next((i for i, one in enumerate(_own(signature)) if one.kind is one.KEYWORD_ONLY), None)) is not None:
        has_rest = any(one.kind is one.VAR_POSITIONAL for one in _own(signature))
        shown[star:star] = [] if has_rest else ["*"]
    result = "" if inspect.isclass(name) else f" -> {_type(signature.return_annotation)}"
    line = f"{title}({', '.join(shown)}){result}"
    rows = "".join(f"    {one},\n" for one in shown)
    return line if len(line) <= 100 else f"{title}(\n{rows}){result}"


def _own(signature: inspect.Signature) -> list[inspect.Parameter]:
    return [one for one in signature.parameters.values() if one.name not in ("self", "cls")]


def _parameter(one: inspect.Parameter) -> str:
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    default = "" if one.default is one.empty else f" = {_default(one.default)}"
    return f"{stars}{one.name}: {_type(one.annotation)}{default}"


def _default(value: object) -> str:
    """Return a default as it is written; the address of an object would change with each run."""
    if isinstance(value, str | int | float | tuple | None):
        return repr(str(value)) if isinstance(value, str) else repr(value)
    return "REGISTRY" if type(value).__name__ == "CollectorRegistry" else "…"


def _type(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _code(text: str) -> str:
    return f"```text\n{text}\n```\n"


def _text(name: Any) -> str:
    """Return a docstring as Markdown: its indented lines are an example."""
    blocks = re.split(r"\n\n+(?=\S)|\n\n+(?=    \S)", inspect.getdoc(name) or "")
    shown: list[str] = []
    for block in blocks:
        if not block.startswith("    "):
            shown.append(MARKUP.sub(r"`\1`", block))
        elif shown and shown[-1].startswith("```python"):
            shown[-1] = shown[-1].removesuffix("\n```") + f"\n\n{textwrap.dedent(block)}\n```"
        else:
            shown.append(f"```python\n{textwrap.dedent(block)}\n```")
    return "\n\n".join(shown) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
