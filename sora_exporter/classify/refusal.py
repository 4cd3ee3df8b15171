"""The side that refused, by the signatures of gateways on their own answers and on those they pass on. Pure.

Sources: QuantumNous/new-api types/error.go, relay/relay_task.go, dto/task.go; songquanpeng/one-api; BerriAI/litellm
exceptions.py and proxy/; Wei-Shaw/sub2api; chenyme/grok2api; TheSmallHanCat/sora2api and flow2api; API references of
OpenAI, Ark and DashScope.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal


class Mark(Enum):
    """The meaning of a signature."""

    GATEWAY = "gateway"
    """A relay's own refusal."""
    PASSED_ON = "passed on"
    """A relay's wrapper around the answer, or the silence, of its upstream."""
    MAKER = "maker"
    """The shape of a maker's own refusal."""

    @property
    def refused_by(self) -> Literal["gateway", "upstream"]:
        """The side that refused, as a verdict names it."""
        return "gateway" if self is Mark.GATEWAY else "upstream"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OWN_TYPES = _names(
    "new_api_error one_api_error v_api_error rix_api_error shell_api_error auth_error budget_exceeded expired_key"
    " key_model_access_denied team_model_access_denied user_model_access_denied token_not_found_in_db no_db_connection"
)
_OWN_CODES = _names(
    "invalid_json missing_model invalid_size invalid_multipart_form invalid_api_platform model_mapping_failed"
    " model_price_error insufficient_user_quota pre_consume_token_quota_failed task_not_exist task_origin_not_exist"
    " task_channel_disable channel_not_found get_channel_failed read_request_body_failed build_request_failed"
    " not_implemented api_key_required invalid_api_key_format api_key_disabled user_not_found user_inactive"
    " subscription_not_found subscription_invalid insufficient_balance usage_limit_exceeded unsupported_model"
    " model_not_allowed billing_limit_exceeded ledger_unavailable response_not_found channel:no_available_key"
    " channel:invalid_key no_available_account"
)
_WRAPPER_CODES = _names(
    "fail_to_fetch_task do_request_failed read_response_body_failed unmarshal_response_body_failed"
    " bad_response_status_code bad_response bad_response_body empty_response upstream_unavailable"
)
_WRAPPER_TYPES = _names("upstream_error openai_error")
_ARK_TYPES = _names("badrequest unauthorized forbidden notfound toomanyrequests internalservererror")
_BEGINNING = 300
_OWN_BEGINNINGS = (
    *("authentication error,", "budget has been exceeded", "exceededbudget", "all available accounts are"),
    *("no available token", "no available account", "no available model", "no available channel"),
    *("没有可用的token", "当前没有可用的上游账号"),
)
_OWN_WORDS = (
    *("invalid model name passed in model=", "no deployment available", "no deployments available"),
    *("no healthy deployment", "is not supported by any configured account", "无可用渠道"),
)
_FAR = 110
"""The characters within which a relay's own words stand: a name of a group and of a model may come before them."""
_WRAPPER_WORDS = re.compile(
    r"(?:litellm\.\w+: )+.{0,60}?[A-Z]\w*Exception\b|litellm\.AuthenticationError|Upstream \w+ |上游|请求上游", re.ASCII
)


def mark_of(node: Mapping[str, Any]) -> Mark | None:
    """Return the side of a refusal by the code and type of an error object; None if neither shows it."""
    code, kind = node.get("code"), node.get("type")
    if code == "INVALID_API_KEY":
        return Mark.GATEWAY  # sub2api's spelling; makers write theirs in lower case.
    code = code.lower() if isinstance(code, str) else ""
    kind = kind.lower() if isinstance(kind, str) else ""
    if code in _WRAPPER_CODES or kind in _WRAPPER_TYPES:
        return Mark.PASSED_ON
    if kind in _OWN_TYPES or code in _OWN_CODES:
        return Mark.GATEWAY
    if code and "data" in node and node["data"] is None and "error" not in node and code.replace("_", "").isalpha():
        return Mark.PASSED_ON if code == "invalid_response" else Mark.GATEWAY
    return Mark.MAKER if _is_a_makers(node, code, kind) else None


def _is_a_makers(node: Mapping[str, Any], code: str, kind: str) -> bool:
    if kind in _ARK_TYPES and "param" in node:
        return True
    if kind == "invalid_request_error" and node.get("param") and not code.isdecimal():
        return True
    return bool(code) and "requestid" in node and "message" in node and "data" not in node


def mark_in(text: str) -> Mark | None:
    """Return the side of a refusal by the beginning of a message; None if that does not show it."""
    if _WRAPPER_WORDS.match(text[:_BEGINNING]):
        return Mark.PASSED_ON
    text = text[:_FAR].lower()
    is_own = text.startswith(_OWN_BEGINNINGS) or any(words in text for words in _OWN_WORDS)
    return Mark.GATEWAY if is_own else None
