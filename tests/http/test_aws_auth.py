"""Signatures of AWS over a whole request, compared with those of botocore."""

from __future__ import annotations

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as AwsKeys
from support.faults.server import serve
from support.strict_provider import ACCESS, SECRET, client_of, guarded, statuses

from sora_exporter.http.provider import ProviderClients

pytestmark = pytest.mark.usefixtures("own_keys")


@pytest.mark.parametrize("is_ambient", [True, False])
async def test_aws_signatures_hold(clients: ProviderClients, monkeypatch: pytest.MonkeyPatch, is_ambient: bool) -> None:
    """botocore computes the same signature over method, address, body and time of each request."""

    def check(method: str, target: str, headers: dict[str, str], body: bytes) -> bool:
        request = AWSRequest(method, server.url + target, data=body)
        request.context["timestamp"] = headers["x-amz-date"]
        request.headers["X-Amz-Date"] = headers["x-amz-date"]
        signer = SigV4Auth(AwsKeys(ACCESS, SECRET), "bedrock", "us-east-1")
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        return headers["authorization"].endswith(f"Signature={signature}")

    named = {"access_key_env": "OWN_ACCESS", "secret_key_env": "OWN_SECRET"}
    if is_ambient:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    async with serve(guarded(check)) as server:
        aws = {"service": "bedrock", "region": "us-east-1", **({} if is_ambient else named)}
        client = client_of(clients, server.url, auth={"aws": aws})
        assert await statuses(client) == [200, 200]
    assert {ACCESS, SECRET} <= set(client.secrets())
