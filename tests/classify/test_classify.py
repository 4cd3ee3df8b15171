"""The verdicts on single answers: the traps, every class, user rules, vendors' own shapes, the words for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sora_exporter.classify import classify
from sora_exporter.classify.user import UserRule
from sora_exporter.patterns import Pattern
from sora_exporter.result import Answer, ErrorClass, Expectation

NOT_THE_CLASSIFIERS = {"slow", "budget_exhausted", "internal", "not_probed"}


def answer(status: int | None, body: object = "", endpoint: str = "videos", **rest: Any) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Answer(endpoint=endpoint, http_status=status, body=text, **rest)


def error(message: str, **members: object) -> Mapping[str, object]:
    return {"error": {"message": message, **members}}


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


def test_user_rules_come_first_and_in_order() -> None:
    """A user's rule wins over the built-in ones, the earlier over the later, and is named by its place."""
    rules = [
        UserRule(1, ErrorClass.OVERLOADED, Pattern("something else")),
        UserRule(2, ErrorClass.MAINTENANCE, Pattern("ACCOUNT POOL", is_case_sensitive=False)),
        UserRule(3, ErrorClass.CAPTCHA, Pattern("pool")),
    ]
    verdict = classify(answer(429, error("account pool is resting")), rules)
    assert (verdict.error_class, verdict.rule) == (ErrorClass.MAINTENANCE, "user:2")


def test_user_rules_read_decoded_text() -> None:
    """A user's rule finds Chinese text that the body wrote as escapes."""
    rule = UserRule(1, ErrorClass.MAINTENANCE, Pattern("账号池维护"))
    escaped = json.dumps(error("账号池维护"), ensure_ascii=True)
    assert classify(answer(500, escaped), [rule]).rule == "user:1"


def test_expectation_has_the_place_of_the_good_object() -> None:
    """With an expectation only its paths make an answer good."""
    expectation = Expectation(present=("payload.ticket",))
    assert classify(answer(200, {"payload": {"ticket": "t"}}, expectation=expectation)).error_class == "none"
    assert classify(answer(200, {"id": "t"}, expectation=expectation)).error_class == "invalid_response"


def test_expectation_has_the_places_of_status_and_error() -> None:
    """A vendor's own status word and error path are read where the expectation points."""
    expectation = Expectation(
        present=("job.key",), error=("job.trouble",), status=("job.phase",), failed_words=("Kaputt",)
    )
    running = {"job": {"phase": "laufend"}}
    assert classify(answer(200, running, "video_job", expectation=expectation)).error_class == "none"
    failed = {"job": {"key": "k", "phase": "kaputt"}}
    assert classify(answer(200, failed, "video_job", expectation=expectation)).error_class == "generation_failed"
    refused = {"job": {"key": "k", "trouble": {"saying": "prompt violates our policy"}}}
    assert classify(answer(200, refused, "video_job", expectation=expectation)).error_class == "content_policy"


@pytest.mark.parametrize("envelope", ["result", "response", "body"])
def test_expectation_is_read_against_the_whole_document(envelope: str) -> None:
    """Configured paths begin at the document's root, also if an envelope contains all of it."""
    expectation = Expectation(
        present=(f"{envelope}.film.number",),
        error=(f"{envelope}.film.trouble",),
        status=(f"{envelope}.film.phase",),
        failed_words=("kaputt",),
    )

    def judged(film: Mapping[str, object]) -> str:
        return classify(answer(200, {envelope: {"film": film}}, "video_job", expectation=expectation)).error_class

    assert judged({"number": 7}) == "none"
    assert judged({"phase": "laufend"}) == "none"
    assert judged({"number": 7, "phase": "kaputt"}) == "generation_failed"
    assert judged({"number": 7, "trouble": "prompt violates our policy"}) == "content_policy"
    assert judged({"name": "x"}) == "invalid_response"


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


@pytest.mark.parametrize("place", [0, 4999, 2500])
def test_a_long_stream_is_read_at_both_ends(place: int) -> None:
    """A fault in the first or the last of thousands of events is found, one in the middle only costs nothing."""
    events = ['data: {"choices":[{"delta":{"content":"x"}}]}'] * 5000
    events[place] = 'data: {"error":{"message":"unusual activity"}}'
    verdict = classify(answer(200, "\n\n".join(events), "chat"))
    assert verdict.error_class == ("none" if place == 2500 else "risk_control")


def progress(*texts: str) -> str:
    events = [{"choices": [{"delta": {"content": None, "reasoning_content": text}}]} for text in texts]
    return "\n\n".join(f"data: {json.dumps(event)}" for event in events)


def test_a_notice_of_a_failed_try_in_progress_is_an_answer() -> None:
    """Progress that only reports failed tries is judged by the last of them; a video after them is a success."""
    tries = progress("Starting\n", "Failed, retrying (1/3): ", "No available tokens\n", "waiting\n")
    assert classify(answer(200, tries, "chat")).error_class == "unavailable"
    event = {"choices": [{"delta": {"content": "https://x/v.mp4"}}]}
    assert classify(answer(200, f"{tries}\n\ndata: {json.dumps(event)}", "chat")).error_class == "none"
    assert classify(answer(200, progress("Starting\n", "50 %\n"), "chat")).error_class == "invalid_response"


@pytest.mark.parametrize(
    ("word", "error_class"),
    [
        ("VIDEO_GENERATION_FAILED", "generation_failed"),
        ("TERMINATED", "generation_failed"),
        ("completed_with_errors", "generation_failed"),
        ("任务已取消", "generation_failed"),
        ("NSFW_DETECTED", "content_policy"),
        ("ContentBlocked", "content_policy"),
        ("insufficient_credits", "quota_exhausted"),
        ("TASK_STATUS_EXPIRED", "generation_timeout"),
        ("zorp", "invalid_response"),
        (7, "invalid_response"),
        ("notStarted", "none"),
        ("moderation_pending", "none"),
        ("生成中", "none"),
        ("SUCCEEDED", "none"),
    ],
)
def test_a_status_word_is_read_by_the_words_inside_it(word: str | int, error_class: str) -> None:
    """Family by family, in every spelling; a word of no family never reads as success."""
    assert classify(answer(200, {"id": "job_1", "status": word}, "video_job")).error_class == error_class


def test_a_job_is_done_only_with_something_to_show() -> None:
    """A finished job without an id or an asset is not a success."""
    assert classify(answer(200, {"status": "completed"}, "video_job")).error_class == "invalid_response"
    assert classify(answer(200, {"status": "completed", "url": "https://x/v"}, "video_job")).error_class == "none"


WRONG_KEY = {
    "error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}
}
NO_CHANNEL = {"error": {"message": "No available channel for model sora-2", "type": "new_api_error", "code": ""}}
ARK = {
    "error": {"code": "InvalidParameter", "message": "The parameter is not valid", "param": "x", "type": "BadRequest"}
}


@pytest.mark.parametrize(
    ("status", "body", "error_class", "refused_by"),
    [
        (400, {"code": "invalid_request", "message": "prompt is required", "data": None}, "invalid_request", "gateway"),
        (403, {"code": "insufficient_user_quota", "message": "x", "data": None}, "quota_exhausted", "gateway"),
        (
            401,
            {"code": "fail_to_fetch_task", "message": json.dumps(WRONG_KEY), "data": None},
            "unavailable",
            "upstream",
        ),
        (400, {"code": "fail_to_fetch_task", "message": json.dumps(ARK), "data": None}, "invalid_request", "upstream"),
        (
            503,
            {"code": "fail_to_fetch_task", "message": json.dumps(NO_CHANNEL), "data": None},
            "unavailable",
            "gateway",
        ),
        (401, error("litellm.AuthenticationError: OpenAIException - Incorrect API key"), "unavailable", "upstream"),
        (
            429,
            error("litellm.RateLimitError: OpenAIException - You exceeded your current quota"),
            "quota_exhausted",
            "upstream",
        ),
        (401, error("Authentication Error, Invalid proxy server token passed"), "authentication", "gateway"),
        (502, error("Upstream authentication failed, please contact administrator"), "unavailable", "upstream"),
        (401, {"code": "INVALID_API_KEY", "message": "Invalid API key"}, "authentication", "gateway"),
        (500, error("nothing known"), "server_error", ""),
    ],
)
def test_structure_shows_which_side_refused(status: int, body: object, error_class: str, refused_by: str) -> None:
    """The innermost signature counts; a refused key or an empty balance behind a relay is not ours."""
    verdict = classify(answer(status, body, access="relay"))
    assert (verdict.error_class, verdict.refused_by) == (error_class, refused_by)


def chat(content: str) -> dict[str, object]:
    return {"choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    ("content", "error_class"),
    [
        ("抱歉，当前没有可用账号，请稍后重试。加入QQ群 https://qm.qq.com/abc", "unavailable"),
        ("Insufficient credits. Recharge at https://relay.example/topup", "quota_exhausted"),
        ("账号池维护中，公告 https://t.me/relay", "maintenance"),
        ("视频生成失败：No available tokens https://cdn.example/a.mp4", "unavailable"),
        ("Here is your video: https://cdn.example/error/captcha.mp4", "none"),
        ("生成失败，重试中\n<video src='https://cdn.example/a.mp4' controls></video>", "none"),
        ("第一次失败，已重试 [下载](https://cdn.example/a.mp4)", "none"),
        ("![preview](https://cdn.example/a.webp)", "none"),
        ("Video ready: https://cdn.example/a.mp4 (credits used: 5, remaining: 20)", "none"),
        ("生成完成，如生成失败请重试 https://cdn.example/a.mp4", "none"),
    ],
)
def test_a_link_does_not_hide_an_excuse(content: str, error_class: str) -> None:
    """The words around an address decide, never those in it; a video that is shown is a success."""
    assert classify(answer(200, chat(content), "chat", access="reverse")).error_class == error_class


@pytest.mark.parametrize(
    ("body", "error_class"),
    [
        ({"status": "done", "url": ""}, "invalid_response"),
        ({"status": "done", "video": None}, "invalid_response"),
        ({"status": "done", "assets": []}, "invalid_response"),
        ({"status": "done", "url": "https://cdn.example/a.mp4"}, "none"),
        ({"id": "job_1", "status": "done", "url": ""}, "none"),
        ({"status": "running", "url": ""}, "none"),
        ({"status": "finished", "moderation": "blocked", "assets": []}, "content_policy"),
        ({"id": "job_1", "status": "finished", "moderation": "blocked"}, "content_policy"),
        ({"moderation_result": "rejected: violence"}, "content_policy"),
        ({"id": "job_1", "status": "done", "moderation_status": "审核", "audit_result": "不通过"}, "content_policy"),
        ({"id": "job_1", "status": "done", "moderation": "passed"}, "none"),
        ({"id": "job_1", "status": "done", "moderation_result": "not_flagged"}, "none"),
        ({"id": "job_1", "status": "done", "moderation": "low"}, "none"),
    ],
)
def test_a_finished_job_without_its_asset_is_not_a_success(body: Mapping[str, object], error_class: str) -> None:
    """An empty place for the asset without an id, and a moderator's block, are faults, also with configured words."""
    assert (
        classify(answer(200, body, "video_job", expectation=Expectation(status=("status",)))).error_class == error_class
    )


@pytest.mark.parametrize("names", [("type", "code", "message"), ("message", "type", "code")])
def test_the_readable_message_wins_over_a_bare_code(names: tuple[str, ...]) -> None:
    """The order of the members of an error object does not decide which of its words a person reads."""
    said = {"type": "upstream_error", "code": "E_UPSTREAM", "message": "Upstream service temporarily unavailable"}
    refusal = answer(503, {"error": {name: said[name] for name in names}}, expectation=Expectation(error=("error",)))
    assert classify(refusal).message == said["message"]


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
