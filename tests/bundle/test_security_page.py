"""SECURITY.md promises only what tests prove: one sentence, and beside it the tests."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from sora_exporter.http.exchange import ANSWER_BYTES
from sora_exporter.web.client_address import PREFIXES
from sora_exporter.web.login import MOST_QUEUED, MOST_WAITING, USER_GROUPS
from sora_exporter.web.protocol import HEAD_BYTES, MOST_CONNECTIONS, PATIENCE_SECONDS, REQUEST_BYTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
ROWS = [tuple(map(str.strip, line.strip("|").split(" | "))) for line in PAGE.splitlines() if line.startswith("| ")]
PROMISES = [row for row in ROWS if row != ("promise", "proof")]
PROOF = re.compile(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`")
PROMISING = {
    "Keys",
    "Money",
    "Clients and browsers",
    "Providers and status pages",
    "TLS and passwords",
    "The container",
}
KIB = 1024
FIGURES = (
    f"has {PATIENCE_SECONDS:.0f} s to send a request and {PATIENCE_SECONDS:.0f} s to take",
    f"has at most {HEAD_BYTES // KIB} KiB, the whole {REQUEST_BYTES // KIB} KiB",
    f"At most {MOST_CONNECTIONS} connections",
    f"up to {ANSWER_BYTES // KIB // KIB} MiB",
    f"At most {MOST_WAITING} different logins",
    f"At most {MOST_QUEUED} logins of all",
    f"in {USER_GROUPS} groups",
    ", ".join(f"/{bits}" for bits in PREFIXES[4][:-1]) + " and the address",
    ", ".join(f"/{bits}" for bits in PREFIXES[6][:-1]) + f" and /{PREFIXES[6][-1]}",
)
"""The limits that the page names, as the code has them."""


def test_each_promise_is_one_sentence_with_its_proof() -> None:
    """A row holds one sentence and nothing but names of tests, so no sentence stands without a proof."""
    assert len(PROMISES) > 60
    assert len({promise for promise, _ in PROMISES}) == len(PROMISES)
    for promise, proof in PROMISES:
        assert re.fullmatch(r"[^.]([^.]|\.(?! ))*\.", promise), promise
        assert PROOF.sub("", proof).strip(", ") == "", proof
        assert PROOF.search(proof), promise


def test_each_part_that_promises_has_a_table() -> None:
    """Every part of the page but those on reporting and auditing has its rows of promises."""
    headings = [*re.finditer(r"^##+ (.*)$", PAGE, re.MULTILINE), re.compile(r"\Z").search(PAGE)]
    parts = {start[1]: PAGE[start.end() : end.start()] for start, end in pairwise(headings) if start and end}
    assert {name for name, text in parts.items() if "\n| promise | proof |\n|---|---|\n| " in text} == PROMISING
    assert parts.keys() - PROMISING == {"Reporting", "Promises", "Auditing dependencies"}


@pytest.mark.parametrize(("file", "test"), sorted(set(PROOF.findall(PAGE))))
def test_each_proof_is_a_test(file: str, test: str) -> None:
    """Each named file has the named test."""
    source = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^(?:(?:async )?def {test}\(|{test} = )", source, re.MULTILINE)


@pytest.mark.parametrize("figure", FIGURES)
def test_the_figures_are_those_of_the_code(figure: str) -> None:
    """Limits of time, size and number are written as the code holds them."""
    assert figure in " ".join(PAGE.split())
