"""The verdicts on single answers: the traps, every class, and the words for a person."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.answers import answer, error

from sora_exporter.classify import classify
from sora_exporter.result import Answer, ErrorClass, Expectation

NOT_THE_CLASSIFIERS = {"slow", "budget_exhausted", "internal", "not_probed"}


CASES: list[tuple[str, Answer, str]] = [
    ("quota before 403", answer(403, error("用户额度不足", code="insufficient_user_quota")), "quota_exhausted"),
    ("quota before 401", answer(401, error("该令牌额度已用尽")), "quota_exhausted"),
    ("quota before 429", answer(429, error("check your plan", code="insufficient_quota")), "quota_exhausted"),
    ("a per-minute quota is a pace", answer(429, error("Quota exceeded: requests per minute")), "rate_limited"),
    ("bought credits lift a rate limit", answer(429, error("Rate limit exceeded. Add 10 credits")), "rate_limited"),
    ("end of life before code", answer(404, error("X has been deprecated", code="model_not_found")), "model_retired"),
    ("no channel before code", answer(503, error("No available channel", code="model_not_found")), "unavailable"),
    ("no channel before quota", answer(503, error("没有可用的Token，配额耗尽")), "unavailable"),
    ("saturation before 429", answer(429, error("当前分组上游负载已饱和")), "overloaded"),
    ("constant code ignored", answer(503, error("Server is overloaded", code="generation_failed")), "overloaded"),
    ("challenge before 403", answer(403, "<html><title>Just a moment...</title></html>"), "captcha"),
    (
        "an address asks for a captcha",
        answer(200, {"url": "https://x.example/?action=captcha"}),
        "captcha",
    ),
    ("an address asks for a login", answer(302, "", headers={"location": "/login?next=/v1"}), "authentication"),
    ("an address of a video asks for nothing", answer(200, {"url": "https://x.example/captcha-story.mp4"}), "none"),
    ("moderation before 400", answer(400, error("rejected", code="moderation_blocked")), "content_policy"),
    (
        "parameter called moderation",
        answer(400, error("ContentPolicyViolationError: Invalid value")),
        "invalid_request",
    ),
    ("maintenance before 503", answer(503, error("Under scheduled maintenance")), "maintenance"),
    (
        "upgrade your plan is not a maintenance",
        answer(429, error("负载已饱和，或升级账户以提升服务质量")),
        "overloaded",
    ),
    ("wrapped 401 of the pool", answer(502, error("Upstream authentication failed")), "unavailable"),
    ("own 401", answer(401, error("nothing known")), "authentication"),
    ("own 403", answer(403, error("nothing known")), "permission"),
    ("own 402", answer(402, ""), "quota_exhausted"),
    ("own 429", answer(429, ""), "rate_limited"),
    ("own 410", answer(410, ""), "model_retired"),
    ("own 504", answer(504, ""), "timeout"),
    ("unknown 4xx", answer(418, error("teapot")), "invalid_request"),
    ("unknown 5xx", answer(507, error("teapot")), "server_error"),
    ("a long prompt is not late", answer(400, error("prompt is too long")), "invalid_request"),
    ("a parameter's timeout", answer(400, error("timeout must be a number, invalid timeout")), "invalid_request"),
    ("a parameter's tokens", answer(400, error("max_tokens is invalid")), "invalid_request"),
    ("a parameter's end", answer(400, error("The field `n` is deprecated")), "invalid_request"),
    ("a parameter not allowed", answer(400, error("parameter foo is not allowed")), "invalid_request"),
    ("letter case", answer(400, error("model names in the input are case-sensitive")), "invalid_request"),
    ("a restart is not a retirement", answer(503, error("server shutdown in progress")), "server_error"),
    (
        "an old file is not a retirement",
        answer(404, error("The video is no longer available"), "video_job"),
        "invalid_request",
    ),
    ("redirect", answer(302, "", headers={"location": "/welcome"}), "invalid_response"),
    ("page as success", answer(200, "<html><title>Welcome</title></html>"), "invalid_response"),
    ("nothing as success", answer(200, ""), "invalid_response"),
    ("cut success", answer(200, '{"id":"video_1","obj'), "invalid_response"),
    ("wrong shape", answer(200, {"hello": "world"}), "invalid_response"),
    ("job accepted", answer(200, {"id": "video_1", "status": "queued", "error": None}), "none"),
    ("job in an envelope", answer(200, {"Resp": {"VideoId": 7}, "ErrCode": 0}), "none"),
    ("prompt is not read", answer(200, {"id": "v", "prompt": "server maintenance 维护", "status": "queued"}), "none"),
    ("image", answer(200, {"data": [{"b64_json": "aGk="}]}, "images"), "none"),
    ("no image", answer(200, {"data": []}, "images"), "invalid_response"),
    ("model list", answer(200, {"object": "list", "data": [{"id": "sora-2"}]}, "models"), "none"),
    ("chat", answer(200, {"choices": [{"message": {"content": "https://x/v.mp4"}}]}, "chat"), "none"),
    (
        "chat reports an error",
        answer(200, {"choices": [{"message": {"content": "❌ 内容违规"}}]}, "chat"),
        "content_policy",
    ),
    (
        "chat says none left",
        answer(200, {"choices": [{"message": {"content": "No available models"}}]}, "chat"),
        "unavailable",
    ),
    ("empty chat", answer(200, {"choices": []}, "chat"), "invalid_response"),
    ("event error", answer(200, 'data: {"error":{"message":"heavy load"}}\n\ndata: [DONE]', "chat"), "overloaded"),
    ("events", answer(200, 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]', "chat"), "none"),
    ("no events", answer(200, "data: [DONE]\n\n", "chat"), "invalid_response"),
    ("list", answer(503, [error("overloaded")]), "overloaded"),
    ("bare string", answer(401, '"Invalid token"'), "authentication"),
    (
        "twice nested",
        answer(500, error(json.dumps(error(json.dumps(error("account banned"))))), "videos"),
        "risk_control",
    ),
    ("status in a 200 envelope", answer(200, {"code": 429, "msg": "?"}), "rate_limited"),
    ("failed job", answer(200, {"id": "v", "status": "failed"}, "video_job"), "generation_failed"),
    ("expired job", answer(200, {"id": "v", "status": "expired"}, "video_job"), "generation_timeout"),
    ("failed for a reason", answer(200, {"status": "fail", "failMsg": "余额不足"}, "video_job"), "quota_exhausted"),
    ("other spelling", answer(200, {"data": {"taskStatus": "FAILED"}}, "video_job"), "generation_failed"),
    ("refused", answer(None, transport_error="[Errno 111] Connection refused"), "connection"),
    ("name", answer(None, transport_error="getaddrinfo failed"), "dns"),
    ("certificate", answer(None, transport_error="x509: certificate has expired"), "tls"),
    ("late", answer(None, transport_error="Request timed out."), "timeout"),
    ("nothing at all", answer(None), "connection"),
    ("risk", answer(200, {"ret": "1019", "errmsg": "shark not pass"}), "risk_control"),
    ("traditional characters", answer(403, error("帳戶餘額不足，請儲值")), "quota_exhausted"),
    ("the place before the purse", answer(429, error("IP white list policy")), "permission"),
    ("a pool out of quota is off", answer(503, error("所有账号额度均已耗尽"), access="reverse"), "unavailable"),
    ("no capacity is not a missing channel", answer(503, error("No capacity available for model x")), "overloaded"),
    (
        "a resource name is not a place",
        answer(404, error("projects/p/locations/us/models/x is not supported")),
        "model_not_found",
    ),
    ("permission", answer(403, error("无权访问该分组")), "permission"),
    ("a captive portal", answer(511, "<html><title>Solve the captcha to connect</title></html>"), "local_network"),
    ("an old key is ours", answer(403, error("Legacy API keys have been retired.")), "authentication"),
    ("an old plan is ours", answer(403, error("Your subscription plan has been discontinued")), "quota_exhausted"),
    ("an old version is ours", answer(410, error("API version v1beta is deprecated")), "invalid_request"),
    ("an old model is theirs", answer(403, error("Model x has been retired, also for your key")), "model_retired"),
    ("an unpaid account", answer(403, error("账户余额不足，账号已被冻结")), "quota_exhausted"),
    ("a closed account", answer(403, error("Your account is deactivated")), "permission"),
    ("a closed account of the pool", answer(403, error("account deactivated"), access="reverse"), "risk_control"),
    ("a 401 is ours with any addition", answer(401, error("Invalid token, service busy")), "authentication"),
    ("a parameter's values", answer(400, error("n must be one of 1, 2 because of capacity")), "invalid_request"),
    ("a purse before a pace", answer(429, error("balance is exhausted (max concurrency 0)")), "quota_exhausted"),
    ("a mark before JSON", answer(200, '\ufeff{"id": "video_1", "status": "queued"}'), "none"),
    ("unknown model", answer(404, error("model not found", code="model_not_found")), "model_not_found"),
]


@pytest.mark.parametrize(("case", "error_class"), [pytest.param(a, c, id=name) for name, a, c in CASES])
def test_an_answer_stands_for_one_class(case: Answer, error_class: str) -> None:
    """Each trap and each shape of an answer gets the class a person would give it."""
    assert classify(case).error_class == error_class


def test_every_class_of_an_answer_is_reached() -> None:
    """The table above reaches every error class that an answer can stand for."""
    assert {expected for _, _, expected in CASES} == {str(each) for each in ErrorClass} - NOT_THE_CLASSIFIERS


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("Rate  limit\nreached (request id: 2026abc)"), "Rate limit reached"),
        ("<html><title>502 Bad\n Gateway</title></html>", "502 Bad Gateway"),
        (error(json.dumps(error("inner words"))), "inner words"),
        ("", "HTTP 500, empty answer"),
        ("<html></html>", "HTTP 500, empty page"),
    ],
)
def test_the_message_is_the_answers_own_words(body: object, message: str) -> None:
    """The verdict contains the answer's words, with single spaces, without request ids and envelopes."""
    assert classify(answer(500, body)).message == message


def test_the_message_is_short() -> None:
    """However long the answer, a person reads at most 200 characters."""
    assert len(classify(answer(500, error("word " * 1000))).message) == 200


NESTED_PURSE = {
    "code": "fail_to_fetch_task",
    "message": json.dumps({"code": "insufficient_user_quota", "message": "用户额度不足"}),
}


@pytest.mark.parametrize(
    ("status", "body", "error_class"),
    [
        (403, NESTED_PURSE, "unavailable"),
        (400, error("litellm.BadRequestError: OpenAIException - Your account balance is not enough"), "unavailable"),
        (400, {"error": {"code": "request_failed", "message": "渠道凭证无效或已过期，请联系管理员。"}}, "unavailable"),
        (403, {"error": {"message": "用户额度不足", "code": "insufficient_user_quota"}}, "quota_exhausted"),
        (401, error("无效的令牌"), "authentication"),
        (401, error("Authentication Error, Invalid proxy server token passed"), "authentication"),
        (401, error("您的 IP 不在令牌允许访问的列表中"), "permission"),
        (403, error("Your IP address is not on the list of this key"), "permission"),
        (500, {"error": {"message": "do request failed", "code": "do_request_failed"}}, "server_error"),
        (403, error("このAPIキーは取り消されました"), "authentication"),
        (403, error("API 키가 취소되었습니다"), "authentication"),
        (403, error("API 키가 폐기되었습니다"), "authentication"),
        (404, error("이 모델은 폐기되었습니다"), "model_retired"),
        (400, {"code": "do_request_failed", "message": "oops", "data": None}, "server_error"),
        (400, error("免费用户不能使用视频模型，请升级到付费计划"), "permission"),
        (500, error("Der Server hat zu lange auf eine Antwort gewartet"), "timeout"),
        (400, error("La imagen fue bloqueada por razones de seguridad"), "content_policy"),
        (400, error("Bitte melden Sie sich an"), "authentication"),
        (403, error("Ключ API аннулирован"), "authentication"),
        (403, error("Seus créditos acabaram"), "quota_exhausted"),
        (503, error("Our GPUs are melting right now"), "overloaded"),
        (500, error("The servers are on fire"), "overloaded"),
        (200, {"id": "job_1", "status": "done", "message": "encoder gave up"}, "generation_failed"),
        (200, {"id": "job_1", "status": "done", "message": "Your video has been generated, credits used: 5"}, "none"),
        (200, {"status": "done", "error": "encoder gave up"}, "generation_failed"),
        (500, error("The renderer choked on frame 12"), "generation_failed"),
        (200, {"request": {"uuid": "abc"}, "queue_position": 3}, "none"),
        (200, {"position_in_queue": 0}, "none"),
        (500, error("captcha solver service did not respond"), "server_error"),
        (400, error("Image could not be downloaded: host returned 403 Forbidden"), "invalid_request"),
        (422, error("Failed to fetch the media file: 404 Not Found"), "invalid_request"),
        (402, error("Upgrade to Pro to unlock 1080p rendering"), "permission"),
        (402, error("Upgrade to Pro for more credits"), "quota_exhausted"),
    ],
)
def test_the_side_that_lacks_something_is_recognised(status: int, body: object, error_class: str) -> None:
    """The relay's purse and key, our own, a plan, a source of media and the works are kept apart by their words."""
    verdict = classify(answer(status, body, access="relay"))
    assert verdict.error_class == error_class
    assert verdict.recognised or "for more credits" in str(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "code",
                    "message",
                    "data",
                    "status",
                    "choices",
                    "detail",
                    "id",
                    "base_resp",
                    "status_code",
                    "type",
                ]
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
BODIES = (
    st.binary(max_size=400).map(lambda raw: raw.decode("utf-8", errors="replace"))
    | JSON.map(json.dumps)
    | JSON.map(lambda value: json.dumps({"error": {"message": json.dumps(value)}}))
    | st.lists(JSON.map(lambda value: f"data: {json.dumps(value)}"), max_size=4).map("\n\n".join)
    | st.text(max_size=100).map(lambda text: f"<html><title>{text}")
)
PATHS = st.lists(st.text(max_size=12), max_size=2).map(tuple)


@given(
    answer=st.builds(
        Answer,
        endpoint=st.sampled_from(["videos", "chat", "images", "models", "video_job"]) | st.text(max_size=5),
        access=st.sampled_from(["official", "relay", "reverse"]),
        http_status=st.none() | st.integers(),
        headers=st.dictionaries(st.sampled_from(["cf-mitigated", "content-type"]) | st.text(), st.text(), max_size=3),
        body=BODIES,
        transport_error=st.none() | st.text(),
        expectation=st.none() | st.builds(Expectation, present=PATHS, error=PATHS, status=PATHS, failed_words=PATHS),
    )
)
def test_any_answer_gets_a_class(answer: Answer) -> None:
    """Any status, headers and body give a verdict of the closed set with a short message."""
    verdict = classify(answer)
    assert verdict.error_class in ErrorClass
    assert verdict.rule
    assert len(verdict.message) <= 200


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"error":' * 100_000,
        '{"error":' * 100_000 + "1" + "}" * 100_000,
        json.dumps({"error": {"message": "{" * 1_000_000}}),
        '{"code": NaN, "error": {"code": Infinity}}',
        '{"code": 1' + "0" * 400 + ', "status": 1e400}',
        '{"code": 1' + "0" * 5000 + "}",
        '{"error": {"message": "x", "code": {"a": []}}}',
        '{"message": "\\ud800"}',
        '{"code": ' + "[" * 900 + "]" * 900 + "}",
        '{"name": ' + "[" * 900 + "]" * 900 + "}",
        '{"base_resp": {"status_code": ' + "[" * 900 + "]" * 900 + "}}",
        '{"choices": [{"message": {"content": [{"text": ' + "[" * 900 + "]" * 900 + "}]}}]}",
        "\x00" * 1_000_000,
        "<" * 1_000_000,
        "data:" * 200_000,
        '"' * 3,
    ],
    ids=range(17),
)
def test_hostile_bodies_get_a_class(body: str) -> None:
    """Deep, long, broken and odd bodies are judged like any other, with 200 and with 500."""
    for status in (200, 500):
        assert classify(Answer(http_status=status, body=body)).error_class in ErrorClass
