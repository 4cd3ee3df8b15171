"""Manifests as Helm and kustomize make them, and their problems by the schemas of Kubernetes and of the Operator."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from support.programs.launch import program

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".venv" / "peers" / "helm"
VERSIONS = ("1.29", "1.37")
"""The oldest and the newest API that the manifests are checked against."""
SCHEMAS = files("kubernetes_validate") / "kubernetes-json-schema"
OPERATOR = "monitoring.coreos.com/"

Manifest = dict[str, Any]


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run helm or kubectl: those of scripts/install-helm, or those on the path."""
    installed = INSTALLED / name
    path = str(installed) if installed.exists() else program(name)
    return subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=False)


def rendered(name: str, *arguments: str | Path) -> list[Manifest]:
    """Return the manifests that a command of helm or kubectl prints."""
    ended = run(name, *arguments)
    assert ended.returncode == 0, ended.stderr
    return [found for found in yaml.load_all(ended.stdout, yaml.CSafeLoader) if found]


def named(manifest: Manifest) -> str:
    """Return kind and name of a manifest."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Return the manifests of one kind."""
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def pod_of(manifest: Manifest) -> Manifest:
    """Return the specification of the pod of a Deployment, StatefulSet or Pod."""
    pod: Manifest = manifest["spec"] if manifest["kind"] == "Pod" else manifest["spec"]["template"]["spec"]
    return pod


@cache
def _operator_schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = json.loads((ROOT / "tests/bundle/operator_schemas.json").read_text("utf-8"))
    return schemas


@cache
def _definitions(version: str) -> Registry[Any]:
    """Return what the schemas of a version refer to; read once, since it is large."""
    name = "_definitions.json"
    contents = json.loads((SCHEMAS / f"v{version}.0-local-strict" / name).read_text("utf-8"))
    found: Registry[Any] = Registry().with_resource(name, DRAFT202012.create_resource(contents)).crawl()
    return found


@cache
def _validator(version: str, api_version: str, kind: str) -> Draft202012Validator:
    group, _, api = api_version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], api)))
    schema = json.loads((SCHEMAS / f"v{version}.0-local-strict" / f"{name}.json").read_text("utf-8"))
    return Draft202012Validator(schema, registry=_definitions(version))


def problems(manifest: Manifest) -> list[str]:
    """Return the problems of a manifest, unknown fields included."""
    api_version, kind = manifest["apiVersion"], manifest["kind"]
    if api_version.startswith(OPERATOR):
        assert set(manifest) == {"apiVersion", "kind", "metadata", "spec"}
        found = list(Draft202012Validator(_operator_schemas()[f"{api_version} {kind}"]).iter_errors(manifest["spec"]))
    else:
        validators = [_validator(version, api_version, kind) for version in VERSIONS]
        found = [error for validator in validators for error in validator.iter_errors(manifest)]
    return sorted({f"{named(manifest)}: {error.json_path}: {error.message[:200]}" for error in found})
