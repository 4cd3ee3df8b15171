"""The parts of storage that a file and a database have in common."""

from __future__ import annotations

from sora_exporter.budget.ledger import SCHEMA
from sora_exporter.budget.storage import statements, usual_directory


def test_a_version_is_taken_apart_into_its_statements() -> None:
    """Comments are left out, also those with a semicolon, and each statement comes by itself."""
    version = "-- first; of two\nCREATE TABLE a (\n    b TEXT\n);\n-- then\nINSERT INTO a VALUES ('x');\n"
    assert list(statements(version)) == ["CREATE TABLE a (\n    b TEXT\n)", "INSERT INTO a VALUES ('x')"]


def test_every_version_of_the_schema_has_statements() -> None:
    """No version is empty, and its comments hide none of its statements."""
    assert all(list(statements(version)) for version in SCHEMA.versions)


def test_the_usual_directory_is_ours() -> None:
    """The platform's state directory has a folder of our name."""
    assert usual_directory().name == "sora_exporter"
