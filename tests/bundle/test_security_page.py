"""SECURITY.md promises only what tests prove."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
PROOF = re.compile(r"`(tests/[a-z_/]+\.py)`")


def section(name: str) -> str:
    """Return the text below a heading, up to the next one."""
    (found,) = re.findall(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_each_guarantee_and_threat_names_its_proof() -> None:
    """A guarantee or an answer to a threat without a test is not given; one row admits that it has none."""
    guarantees = re.split(r"\n- ", section("Guarantees").partition("Not guaranteed")[0])[1:]
    rows = [line for line in section("Threats").splitlines() if line.startswith("| ")][1:]
    assert len(guarantees) >= 6
    assert len(rows) > 20
    assert [
        promise for promise in [*guarantees, *rows] if not PROOF.search(promise) and "not audited" not in promise
    ] == []


@pytest.mark.parametrize("proof", sorted(set(PROOF.findall(PAGE))))
def test_each_proof_is_a_file_of_tests(proof: str) -> None:
    """Each named file exists and has tests."""
    assert re.search(r"^(async )?def test_", (ROOT / proof).read_text("utf-8"), re.MULTILINE)
