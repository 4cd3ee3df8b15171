"""The headers of requests: those of the OpenAI SDK, without loading it, and the provider's own.

Loading the SDK takes a second and 20 MiB, nearly all for the types of answers, which the exporter does not use.

Source: openai-python 3.57.0, src/openai/_base_client.py (``platform_headers``) and src/openai/_client.py.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import httpx2

from sora_exporter.config import Provider

SYSTEMS: Mapping[str, str] = {
    "Linux": "Linux", "Darwin": "MacOS", "Windows": "Windows", "FreeBSD": "FreeBSD", "OpenBSD": "OpenBSD",
}  # fmt: skip
MACHINES: Mapping[str, str] = {"arm64": "arm64", "aarch64": "arm64", "arm": "arm", "x86_64": "x64"}


def configured_headers(provider: Provider) -> dict[str, str]:
    """Return the headers that the configuration adds to each request, secrets included."""
    return {
        "Authorization" if name.lower() == "authorization" else name: value.get_secret_value()
        for name, value in provider.headers.items()
    }


@cache
def sdk_headers() -> Mapping[str, str]:
    """Return the headers that the SDK's asynchronous client adds to each request; lower-case names."""
    system, machine, openai_version = platform.system(), platform.machine().lower(), version("openai")
    return {
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": f"AsyncOpenAI/Python {openai_version}",
        "x-stainless-lang": "python",
        "x-stainless-package-version": openai_version,
        "x-stainless-os": SYSTEMS.get(system) or f"Other:{platform.platform().lower()}",
        "x-stainless-arch": MACHINES.get(machine) or ("x32" if sys.maxsize < 2**32 else f"other:{machine}"),
        "x-stainless-runtime": platform.python_implementation(),
        "x-stainless-runtime-version": platform.python_version(),
        "x-stainless-async": "async:asyncio",
        "x-stainless-retry-count": "0",
    }


def plain_headers(provider: Provider) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request with a body as the SDK sends them, without its timeout and the credentials.

    Host is included only if another one is configured, Accept-Encoding never: the transport adds both.

    Raises UnicodeEncodeError for a configured header that is not ASCII.
    """
    headers = httpx2.Headers({"connection": "keep-alive", **sdk_headers()})
    for name, value in configured_headers(provider).items():
        headers[name.lower()] = value
    headers.pop("accept-encoding", None)
    return headers.raw


def asset_headers() -> list[tuple[bytes, bytes]]:
    """Return the headers of a request to a host that is not the provider's: no configured one, and no credential."""
    return [(b"accept", b"*/*"), (b"connection", b"keep-alive"), (b"user-agent", sdk_headers()["user-agent"].encode())]
