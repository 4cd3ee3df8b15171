"""Requests through the OpenAI SDK, set up for one provider. Loaded with the first of them."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator

import httpx2
import openai

from sora_exporter.config import Provider
from sora_exporter.http.auth import Outgoing, Scheme, with_query
from sora_exporter.http.headers import configured_headers
from sora_exporter.http.reply import Request
from sora_exporter.http.transport import Transport

# The SDK logs requests with their bodies at debug level. Bodies and headers stay out of our log at every level.
logging.getLogger("openai").setLevel(logging.WARNING)


class Sdk:
    """The SDK's client of a provider: one attempt per request, and no setting from the environment."""

    def __init__(self, provider: Provider, scheme: Scheme, transport: Transport) -> None:
        http = httpx2.AsyncClient(transport=transport, auth=_Signature(scheme), follow_redirects=False, trust_env=False)
        headers = configured_headers(provider)
        # Requests omit this key; the scheme of the provider signs them.
        self._client = openai.AsyncOpenAI(api_key="unused", base_url=provider.base_url, http_client=http, max_retries=0)
        # The SDK reads all of these from the environment, where they are meant for OpenAI; a relay must not see them.
        # It adds OPENAI_CUSTOM_HEADERS to every client's headers, copies included; only this member can remove them.
        self._client.organization = self._client.project = self._client.admin_api_key = None
        self._client._custom_headers = headers
        self._omitted = {} if "Authorization" in headers else {"Authorization": openai.Omit()}

    async def send(self, address: str, request: Request) -> None:
        """Encode and send a request, and read its answer into the exchange.

        Raises TimeoutError, httpx2.HTTPError, OSError, KeyUnavailable, and ValueError for a body that has no JSON.
        """
        headers: dict[str, str | openai.Omit] = {**request.headers, **self._omitted}
        body = request.body
        files = [(member, (one.name, one.content, one.media_type)) for member, one in request.files.items()]
        if request.is_form:
            # With this header the SDK encodes a form, and adds the boundary to it.
            headers["Content-Type"] = "multipart/form-data"
            body = {name: _text(value) for name, value in (body or {}).items()}
        send = self._client.put if request.method == "PUT" else self._client.post
        failure: BaseException | None = None
        try:
            await send(
                address, cast_to=httpx2.Response, body=body, files=files or None,
                options={"timeout": request.timeout_seconds, "headers": headers},
            )  # fmt: skip
        except openai.APIStatusError:
            pass  # The exchange has the answer, and the classifier judges it.
        except openai.APITimeoutError as error:
            failure = error.__cause__ or TimeoutError(str(error))
        except openai.OpenAIError as error:
            failure = error.__cause__ or httpx2.RequestError(str(error))
        if failure is not None:
            raise failure


class _Signature(httpx2.Auth):
    """Signs the requests of the SDK with a scheme, after the SDK has encoded their bodies."""

    requires_request_body = True

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        body = await request.aread()
        credentials = self._scheme.sign(Outgoing(request.method, request.url, body))
        request.headers.update(credentials.headers)
        request.url = with_query(request.url, credentials)
        yield request


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
