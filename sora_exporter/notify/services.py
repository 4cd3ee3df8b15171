"""The services that carry messages. Only this module and ``robots`` import Apprise.

Apprise knows a hundred services by their addresses (``tgram://…``); those whose answers it does not read are in
``robots``. Its log lines quote addresses, so none of them is passed on.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType
from apprise.plugins import NotifyBase

from sora_exporter.notify.limits import fitted, limit_of
from sora_exporter.notify.robots import FORMS, Robot, robot
from sora_exporter.notify.texts import Message

SCHEMA: Final = re.compile(r"([a-z][a-z0-9+.-]{0,30})://")
ANSWER: Final = re.compile(r"\b(?:error|code)=(-?[0-9]{1,6})\b")
"""The numbers in Apprise's log lines that say why a message was refused; the rest may hold a part of an address."""
TALKATIVE: Final = ("apprise", "urllib3", "requests")
SEND_SECONDS: Final = 30.0
NAME: Final = "sora_exporter"
HOME: Final = "https://github.com/sora-exporter/sora_exporter"
TYPES: Final = {
    "resolved": NotifyType.SUCCESS, "critical": NotifyType.FAILURE, "warning": NotifyType.WARNING,
}  # fmt: skip


class WrongAddress(ValueError):
    """An address that cannot be used; the text says why and holds no part of it but its scheme."""


class NotSent(Exception):
    """A message was not accepted; the text says why and holds no secret."""


class Service:
    """Where the messages of one receiver go. Raises WrongAddress for an unusable address; nothing is sent."""

    def __init__(self, address: str, secret: str = "") -> None:
        for name in TALKATIVE:
            logging.getLogger(name).propagate = False
        self._asset = AppriseAsset(
            app_id=NAME, app_desc=NAME, app_url=HOME, image_url_mask="", async_mode=False, secure_logging=True,
            service_timeout=SEND_SECONDS,
        )  # fmt: skip
        self._plugin, self._schema = self._made(address, secret)

    def send(self, message: Message) -> None:
        """Send a message, cut to what the service takes. Blocks for at most SEND_SECONDS. Raises NotSent."""
        plugin = self._plugin
        limit = limit_of(self._schema, int(plugin.body_maxlen))
        sender = Apprise(asset=self._asset)
        sender.add(plugin)
        sent = sender.notify(
            body=fitted(message, limit),
            title=message.title,
            notify_type=TYPES.get(message.severity, NotifyType.INFO),
            body_format=NotifyFormat.TEXT,
        )
        if sent:
            return
        if isinstance(plugin, Robot) and plugin.refusal:
            raise NotSent(plugin.refusal)
        numbers = [found for entry in sent.logs() for found in ANSWER.findall(entry.message)]
        raise NotSent(f"the service answered {numbers[-1]}" if numbers else "the service could not be reached")

    def _made(self, address: str, secret: str) -> tuple[NotifyBase, str]:
        """Return a new plugin for the address, and its schema."""
        schema = next((name for name, form in FORMS.items() if address.startswith(form.address)), "")
        found = SCHEMA.match(address)
        schema = schema or (found[1] if found else "")
        if secret and (schema not in FORMS or FORMS[schema].sign is None):
            signing = ", ".join(name for name, form in FORMS.items() if form.sign is not None)
            raise WrongAddress(f"has a secret_file, which signs messages of {signing} alone: remove it")
        try:
            plugin = robot(address, secret, self._asset) if schema in FORMS else self._foreign(address)
        except (TypeError, ValueError):
            plugin = None
        if plugin is None:
            named = f" for {schema}://" if schema else ""
            raise WrongAddress(f"is not an address of Apprise{named}: compare it with appriseit.com/services")
        return plugin, schema

    def _foreign(self, address: str) -> NotifyBase | None:
        return Apprise.instantiate(address, asset=self._asset)
