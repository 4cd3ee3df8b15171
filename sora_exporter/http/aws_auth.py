"""Authentication by AWS Signature Version 4, with keys of the configuration or of the environment."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from botocore.exceptions import BotoCoreError
from botocore.session import Session

from sora_exporter.config import Provider
from sora_exporter.config.auth import AwsAuth
from sora_exporter.http.api_key import KeyUnavailable
from sora_exporter.http.auth import (
    KEPT_SECRETS,
    Credentials,
    Outgoing,
    Scheme,
    TokenHostUnreachable,
    key_pair,
    reason_of,
)


class AwsScheme:
    """AWS Signature Version 4 over method, address and body."""

    is_timed = True

    def __init__(self, settings: AwsAuth) -> None:
        self._settings = settings
        self._access, self._secret = key_pair(settings)
        self._source: Any = None
        self._keys: Any = None
        self._secrets: deque[str] = deque(maxlen=3 * KEPT_SECRETS)

    @property
    def seen(self) -> tuple[str, ...]:
        return tuple(self._secrets)

    async def renew(self, timeout_seconds: float) -> None:
        if self._settings.has_access_key:
            self._keys = self._named()
        else:
            try:
                async with asyncio.timeout(timeout_seconds):
                    # The environment's credentials may come from a request to the machine's own metadata address.
                    self._keys = await asyncio.to_thread(self._ambient)
            except TimeoutError:
                raise TokenHostUnreachable("the source of AWS credentials did not answer in time") from None
        for secret in (self._keys.access_key, self._keys.secret_key, self._keys.token):
            if secret and secret not in self._secrets:
                self._secrets.append(secret)

    def _named(self) -> Any:
        return Keys(self._access.read(), self._secret.read())

    def _ambient(self) -> Any:
        try:
            self._source = self._source or Session().get_credentials()
            keys = self._source and self._source.get_frozen_credentials()
        except BotoCoreError as error:
            raise KeyUnavailable(f"the AWS credentials of the environment cannot be used: {reason_of(error)}") from None
        if not keys or not keys.access_key:
            raise KeyUnavailable(
                "the environment has no AWS credentials: set AWS_ACCESS_KEY_ID, or access_key_env and secret_key_env"
            )
        return keys

    def sign(self, outgoing: Outgoing) -> Credentials:
        request = AWSRequest(outgoing.method, str(outgoing.url), data=outgoing.body)
        SigV4Auth(self._keys, self._settings.service, self._settings.region).add_auth(request)
        return Credentials(dict(request.headers))


def scheme(provider: Provider) -> Scheme:
    """Return the scheme of a provider with ``auth.aws``."""
    settings = provider.auth and provider.auth.aws
    if not settings:
        raise ValueError("the provider has no auth.aws")
    return AwsScheme(settings)
