"""The recorded answers, read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.corpus import is_seen

from sora_exporter.result import Answer

CORPUS = Path(__file__).resolve().parent / "corpus"
WHOLE = (
    "answers",
    "own",
    "gathered",
    "collected-2",
    "collected-4",
    "collected-5",
    "collected-6",
    "collected-7",
    "collected-8",
    "collected-9",
    "invented",
    "invented-2",
    "invented-3",
    "invented-4",
    "crossed",
)
HALVED = ("answers-2", "collected", "collected-3")


@dataclass(frozen=True)
class Recorded:
    """One labelled line of a corpus."""

    id: str
    answer: Answer
    error_class: str
    status: str


def read(name: str) -> list[Recorded]:
    """Return the unambiguous lines of ``tests/classify/corpus/<name>.jsonl``."""
    lines = map(json.loads, (CORPUS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    return [
        Recorded(
            id=line["id"],
            answer=Answer(
                endpoint=line["endpoint"],
                access=line["access"],
                http_status=line["http_status"],
                headers=line["headers"],
                body=line["body"],
                transport_error=line.get("transport_error"),
            ),
            error_class=line["expect_error_class"],
            status=line["expect_status"],
        )
        for line in lines
        if not line.get("ambiguous")
    ]


@pytest.fixture(scope="session")
def corpora() -> dict[str, list[Recorded]]:
    """Return every corpus by name; those of ``HALVED`` in two halves, of which only one was looked at."""
    found = {name: read(name) for name in WHOLE}
    for name in HALVED:
        for each in read(name):
            found.setdefault(f"{name}, {'seen' if is_seen(each.id) else 'held out'}", []).append(each)
    return found
