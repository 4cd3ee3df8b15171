"""A provider's authentication scheme: accepted forms, and one line for each mistake."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.configured import with_provider

from sora_exporter.config import ConfigError, hidden_dump, parse_config
from sora_exporter.config.yaml_file import parse_yaml

JWT = {"jwt": {"access_key_env": "OWN_ACCESS", "secret_key_env": "OWN_SECRET"}}


@pytest.mark.parametrize(
    "members",
    [
        {"auth": "bearer", "api_key_env": "OWN_KEY"},
        {"auth": {"header": "X-Key", "prefix": "Key "}, "api_key_env": "OWN_KEY"},
        {"auth": {"query": "key"}, "api_key_env": "OWN_KEY"},
        {"auth": JWT},
        {"auth": "google", "values": {"project": "p-1", "location": "${SORA_TEST_NOT_SET:-us-central1}"}},
        {"auth": {"aws": {"service": "bedrock", "region": "us-east-1"}}},
    ],
)
def test_a_scheme_survives_its_dump(members: dict[str, Any]) -> None:
    """Each scheme loads, and the configuration in force loads again as the same one."""
    config = with_provider(**members)
    assert parse_config(parse_yaml("test.yml", yaml.safe_dump(hidden_dump(config)))) == config
    assert config.providers["relay"].values.get("location") in (None, "us-central1")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"auth": "sk-0123"}, "auth: not an authentication scheme: write bearer, google"),
        ({"auth": {}}, "auth: a provider has one authentication scheme"),
        ({"auth": {"query": "k", "header": "k"}, "api_key_env": "OWN_KEY"}, "auth: a provider has one"),
        ({"auth": {"query": "k"}}, "name it with api_key_env or api_key_file"),
        ({"auth": {"query": "k", "prefix": "x"}, "api_key_env": "OWN_KEY"}, "prefix belongs to header"),
        ({"auth": JWT, "api_key_env": "OWN_KEY"}, "remove api_key_env or api_key_file"),
        ({"auth": {"jwt": {}}}, "auth.jwt: jwt needs two secrets"),
        ({"auth": {"jwt": {"access_key_env": "OWN_ACCESS"}}}, "add secret_key_env or secret_key_file"),
        (
            {"auth": {"jwt": {"access_key_env": "SORA_TEST_NOT_SET"}}},
            "SORA_TEST_NOT_SET is not set: export it or use access_key_file",
        ),
        ({"auth": {"aws": {"service": "s"}}}, "auth.aws.region: is missing"),
        ({"auth": {"google": {"service_account_file": "/none.json"}}}, "/none.json cannot be read: No such file"),
    ],
)
def test_a_mistake_gets_one_line(members: dict[str, Any], words: str) -> None:
    """Each mistake gives one line with its place and its fix, and repeats no secret."""
    with pytest.raises(ConfigError) as caught:
        with_provider(**members)
    said = str(caught.value)
    assert (words in said, said.count("\n"), "0123" in said) == (True, 0, False)


@pytest.mark.parametrize(("auth", "extra"), [("google", "google"), ({"aws": {"service": "s", "region": "r"}}, "aws")])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, auth: Any, extra: str) -> None:
    """A scheme whose library is not installed names the extra to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=rf"pip install 'sora-exporter\[{extra}\]'"):
        with_provider(auth=auth)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("no json", "is not JSON"),
        ('{"type": "authorized_user"}', "is not the key of a service account"),
        ('{"type": "service_account", "client_email": "a"}', "has no private_key"),
        (
            json.dumps({"type": "service_account", "client_email": "a", "token_uri": "u", "private_key": "s3cret"}),
            "contains an unreadable private_key",
        ),
    ],
)
def test_a_service_account_that_is_none_gets_one_line(tmp_path: Path, document: str, words: str) -> None:
    """A file that is not the key of a service account gives one line with its path, without any part of it."""
    path = tmp_path / "account.json"
    path.write_text(document)
    with pytest.raises(ConfigError) as caught:
        with_provider(auth={"google": {"service_account_file": str(path)}})
    said = str(caught.value)
    assert (words in said, str(path) in said, said.count("\n"), "s3cret" in said) == (True, True, 0, False)
