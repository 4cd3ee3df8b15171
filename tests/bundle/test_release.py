"""The workflow of a release, read as GitHub reads it: nothing here runs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]
COMMANDS = "\n".join(step["run"] for step in STEPS if "run" in step)


def used(action: str) -> dict[str, Any]:
    """Return the parameters of the only step that uses an action."""
    (step,) = [step for step in STEPS if step.get("uses", "").startswith(f"{action}@")]
    return dict(step["with"])


def test_only_a_tag_of_a_version_starts_it() -> None:
    """It runs for vX.Y.Z alone, publishes nothing before the tests have passed, and the tag must be the version."""
    assert WORKFLOW[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    assert [name for name, job in JOBS.items() if "needs" not in job] == ["test"]
    assert {name: job.get("needs") for name, job in JOBS.items()} == {
        "test": None, "files": "test", "image": "test", "publish": ["files", "image"],
    }  # fmt: skip
    assert "sora_exporter/__init__.py" in JOBS["test"]["steps"][2]["run"]


def test_targets_and_files_exist() -> None:
    """Every make target, file and folder that it names is there."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {target for line in re.findall(r"^([a-z -]+):", makefile, re.MULTILINE) for target in line.split()}
    named = {target for line in re.findall(r"\bmake ([a-z -]+)", COMMANDS) for target in line.split()}
    assert {"test", "dist", "sbom"} <= named <= targets
    docker = used("docker/build-push-action")
    assert (ROOT / docker["context"] / docker["file"]).is_file()
    assert re.search(r"^ARG BASE=", (ROOT / docker["file"]).read_text("utf-8"), re.MULTILINE)
    written = re.findall(r"--output-file (\S+\.json)|--outdir (\S+)|--destination (\S+)", makefile)
    assert {name for names in written for name in names if name} == {"sbom.cdx.json", "dist"}


def test_everything_is_published_with_its_provenance() -> None:
    """Files and image are attested; the image has two architectures, a pinned base and a bill of materials."""
    attested = [step["with"] for step in STEPS if step.get("uses", "").startswith("actions/attest-build-provenance@")]
    assert [set(one) & {"subject-path", "subject-name"} for one in attested] == [{"subject-path"}, {"subject-name"}]
    docker = used("docker/build-push-action")
    assert docker["platforms"] == "linux/amd64,linux/arm64"
    assert (docker["provenance"], docker["sbom"], docker["push"]) == ("mode=max", True, True)
    assert docker["build-args"] == "BASE=${{ steps.base.outputs.name }}"
    assert used("actions/attest-sbom")["sbom-path"] == "dist/sbom.cdx.json"
    assert used("pypa/gh-action-pypi-publish")["attestations"] is True
    assert "helm push dist/sora-exporter-*.tgz" in COMMANDS


def test_each_job_has_only_the_rights_it_needs() -> None:
    """By default it may read; no checkout keeps credentials, no text of an event reaches a shell."""
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [name for name, job in JOBS.items() if job.get("permissions", {}).get("contents") == "write"] == ["publish"]
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert {step["with"]["persist-credentials"] for step in checkouts} == {False}
    assert "${{" not in COMMANDS
    assert set(re.findall(r"secrets\.(\w+)", TEXT)) == {"GITHUB_TOKEN"}
    assert all(re.search(r"@(v\d+|release/v1)$", step["uses"]) for step in STEPS if "uses" in step)
