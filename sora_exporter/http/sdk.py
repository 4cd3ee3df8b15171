"""The OpenAI SDK and its transport, set up for one provider."""

from __future__ import annotations

import logging
import ssl

import httpx2
import openai

from sora_exporter.config import Provider
from sora_exporter.http.transport import Transport, usual_context

# The SDK logs requests with their bodies at debug level. Bodies and headers stay out of our log at every level.
for _chatty in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


def sdk_of(provider: Provider, http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    """Return the SDK's client of a provider: one attempt per request, and no setting from the environment."""
    headers = {
        "Authorization" if name.lower() == "authorization" else name: value.get_secret_value()
        for name, value in provider.headers.items()
    }
    # Requests omit this key; the scheme of the provider signs them.
    sdk = openai.AsyncOpenAI(api_key="unused", base_url=provider.base_url, http_client=http, max_retries=0)
    # The SDK reads all of these from the environment, where they are meant for OpenAI; a relay must not see them.
    # It adds OPENAI_CUSTOM_HEADERS to every client's headers, copies included; only this member can remove them.
    sdk.organization = sdk.project = sdk.admin_api_key = None
    sdk._custom_headers = headers
    return sdk


def bare_headers(sdk: openai.AsyncOpenAI) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request without a body as the SDK sends them; lower-case names.

    The SDK's timeout and the credentials are not among them. Host is included only if another one is configured,
    Accept-Encoding never: the transport adds both.

    Raises UnicodeEncodeError for a configured header that is not ASCII.
    """
    headers = httpx2.Headers({"connection": "keep-alive"})
    for name, value in {**sdk.default_headers, "x-stainless-retry-count": "0"}.items():
        if isinstance(value, str):
            headers[name.lower()] = value
    for name in ("content-type", "accept-encoding"):
        headers.pop(name, None)
    return headers.raw


def transport_of(provider: Provider) -> Transport:
    """Return the transport to a provider, with its proxy and its trust settings."""
    proxy = provider.proxy.get_secret_value() if provider.proxy else None
    is_usual = provider.ca_file is None or not provider.verify
    trust = usual_context(provider.verify) if is_usual else ssl.create_default_context(cafile=str(provider.ca_file))
    return Transport(trust, proxy, provider.max_concurrent, provider.ip_protocol)
