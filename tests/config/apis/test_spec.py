"""An API as a user may describe it: refused shapes, canaries, codes, expectations and prices."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sora_exporter.config.apis import Api, builtin_apis, fill_path
from sora_exporter.config.apis.spec import Codes
from sora_exporter.result import ErrorClass, Expectation


def api(**members: Any) -> dict[str, Any]:
    return {"create": {"path": "/make", "body": {"model": "{model}", "text": "{prompt}"}}, **members}


MODEL = "model-x"
PROVES = {"maker": "routed", "relay": "authenticated"}
JOB = {"id": "id", "status": "state", "done": ["OK"], "poll": {"path": "/jobs/{job_id}"}}


def test_a_canary_keeps_the_other_members_of_a_mapping() -> None:
    """A canary that breaks a nested member leaves what the service itself set beside it."""
    shape = builtin_apis()["video-generations"]
    body = shape.canary_body(shape.canary[0], MODEL, {"metadata": {"ratio": "16:9", "resolution": "480p"}})
    assert body["metadata"] == {"ratio": "16:9", "resolution": "canary"}


def test_a_canary_removes_a_member_with_null() -> None:
    """A null removes what it stands for, deep inside too, and what stands beside it stays."""
    changes = {"replace": {"input": {"prompt": None}, "tag": None}, "refusal": "prompt", "proves": PROVES}
    body = {"input": {"prompt": "{prompt}", "fps": 24}, "tag": "x"}
    shape = Api.model_validate({"create": {"path": "/make", "body": body}, "canary": changes})
    assert shape.canary_body(shape.canary[0], MODEL, {}) == {"input": {"fps": 24}}


@pytest.mark.parametrize(
    ("name", "overrides", "seconds"),
    [
        ("videos", {}, 4.0),
        ("videos", {"seconds": "12"}, 12.0),
        ("video-generations", {"duration": 10}, 10.0),
        ("ark", {}, 4.0),
        ("images", {}, None),
        ("luma", {}, 5.0),
        ("gemini-interactions", {}, 3.0),
        ("vertex-veo", {}, 4.0),
        ("replicate", {}, None),
        *[("videos", {"seconds": bad}, None) for bad in ("", "long", "nan", "inf", "-4", 0, True, None, [4], 10**400)],
    ],
)
def test_the_billed_seconds_are_those_of_the_body(name: str, overrides: dict[str, Any], seconds: float | None) -> None:
    """Texts and numbers count; a value that is not a length of time gives no price."""
    shape = builtin_apis()[name]
    assert shape.billed_seconds(shape.create_body(MODEL, overrides)) == seconds


def test_a_services_own_members_replace_the_shapes() -> None:
    """Members of ``request:`` win, new ones are added, and placeholders are filled in both."""
    body = builtin_apis()["videos"].create_body(MODEL, {"size": "720x1280", "tag": "{model}"}, "Rain.")
    assert body == {"model": MODEL, "prompt": "Rain.", "seconds": "4", "size": "720x1280", "tag": MODEL}


def test_expectations_are_the_described_paths() -> None:
    """A shape without ``present`` is known by its job id; one without either has none; polls go by status."""
    with_job = Api.model_validate(api(job={**JOB, "error": "why", "failed": ["BAD"]}))
    assert with_job.create_expectation == Expectation(("id",), ("why",))
    assert with_job.job_expectation == Expectation(("state",), ("why",), ("state",), ("bad",), ("ok",))
    plain = Api.model_validate(api())
    assert plain.create_expectation is None
    assert plain.job_expectation is None
    assert plain.canary == ()


def test_a_create_path_may_name_the_model() -> None:
    """Vendors that put the model into the path are served, slashes encoded."""
    shape = Api.model_validate({"create": {"path": "/models/{model}:predict", "body": {}}})
    assert fill_path(shape.create.path, {"model": "google/veo-3"}) == "/models/google%2Fveo-3:predict"


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (
            {"create": {"path": "/{job_id}", "body": {}}},
            "create has the placeholder {job_id}, but no answer",
        ),
        (
            {"create": {"path": "/make", "body": {"text": "{promt}"}}},
            "nothing fills {promt} in create: did you mean {prompt}?",
        ),
        (
            api(job={**JOB, "poll": {"path": "/jobs/{jobid}"}}),
            "nothing fills {jobid} in job.poll: did you mean {job_id}",
        ),
        (api(asset={"kinds": ["video"]}), "the asset is nowhere"),
        (api(asset={"kinds": ["video"], "url": "u", "route": {"path": "/v"}}), "names no {job_id}"),
        (api(models={}, catalog={}), "models is the older name of catalog: keep catalog"),
        (api(canary=[]), "leave it out for an API without a canary"),
        (api(asset={"kinds": [], "url": "u"}), "at least 1 item"),
        (api(asset={"kinds": ["video"], "link": "https?://["}), "is not a regular expression"),
        (api(asset={"kinds": ["video"], "route": {"path": "/v/{job_id}"}}), "asset.route needs the id of a job"),
        (api(canary={"replace": {}, "refusal": "text", "proves": PROVES}), "at least 1 item"),
        (api(canary=[{"replace": {"text": ""}, "refusal": [], "proves": PROVES}]), "at least 1 item"),
        (api(canary={"replace": {"text": ""}, "refusal": "text"}), "must name the depth that its refusal proves"),
        (
            api(canary={"replace": {"text": ""}, "refusal": "text", "proves": {**PROVES, "relay": "accepted"}}),
            "proves no more than routed",
        ),
        (api(create={"path": "/x", "body": {}, "billed_seconds": [""]}), "at least 1 character"),
        (api(vendor="x"), "Extra inputs are not permitted"),
    ],
)
def test_a_shape_that_cannot_work_is_refused(shape: dict[str, Any], expected: str) -> None:
    """A shape that would fail only at the vendor, or never end, is refused when the configuration is read."""
    with pytest.raises(ValidationError) as caught:
        Api.model_validate(shape)
    assert expected in str(caught.value)


def test_codes_know_success_prefixes_and_unknown_ones() -> None:
    """A success code or no code is not a fault; an exact code or a prefix gives the class, another code gives none."""
    codes = Codes.model_validate(
        {"value": "code", "success": 0, "classes": {"1008": "quota_exhausted", "SAFETY.": "content_policy"}}
    )
    assert [codes.fault({"code": said}) for said in (0, 7, None)] == [None, "7", None]
    said = [codes.error_class(code) for code in ("1008", "SAFETY.INPUT.TEXT", "7")]
    assert said == [ErrorClass.QUOTA_EXHAUSTED, ErrorClass.CONTENT_POLICY, None]


def test_placeholders_of_the_provider_are_checked_before_any_request() -> None:
    """Placeholders of the first requests, bodies included, must be among the provider's values."""
    shape = Api.model_validate(
        {"headers": {"X-Team": "{team}"}, "catalog": {"path": "/{zone}/models/{model}"}}
        | {"create": {"path": "/make", "body": {"text": "{prompt}", "project": "{project}"}}}
    )
    assert shape.own_blanks == ["project", "team", "zone"]


def test_the_longest_prefix_of_a_code_decides() -> None:
    """Of two prefixes the longer one gives the class; a prefix alone, without its dot, counts too."""
    classes = {"SAFETY.": "content_policy", "SAFETY.LIMIT.": "rate_limited"}
    codes = Codes.model_validate({"value": "code", "classes": classes})
    assert codes.error_class("SAFETY.LIMIT.DAY") is ErrorClass.RATE_LIMITED
    assert codes.error_class("SAFETY") is ErrorClass.CONTENT_POLICY
    assert codes.error_class("SAFETYNET") is None


def test_the_older_name_of_the_catalog_is_read() -> None:
    """``models`` is read as ``catalog``, so that files of older versions keep working."""
    older, newer = (Api.model_validate(api(**{name: {"list": "/all"}})) for name in ("models", "catalog"))
    assert older == newer
    assert older.catalog is not None
    assert older.catalog.list == "/all"
