"""Asking a Prometheus-compatible API: answers, credentials, and every refusal in one line without a secret."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from support.faults import server
from support.faults.certificates import Authority
from support.recorded import END, FIRST, WINDOW, Recorded, each, expressions

import sora_exporter.history.prometheus
from sora_exporter.history.prometheus import Access, PrometheusApi, PrometheusError, Series

SECRET = "correct-horse-battery"
COVERAGE = expressions()["coverage"]


async def ask(access: Access) -> list[Series]:
    """Return the answer to one instant query."""
    async with PrometheusApi(access) as api:
        return await api.query(COVERAGE, END)


async def refusal(access: Access) -> str:
    """Return why a query is refused, on one line and without the secret."""
    with pytest.raises(PrometheusError) as refused:
        await ask(access)
    said = str(refused.value)
    assert "\n" not in said
    assert SECRET not in said
    return said


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """A file with a secret and the line break that editors add."""
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


async def test_an_answer_is_labels_and_samples(recorded: Recorded) -> None:
    """Instant and range answers come as labels with (time, value) pairs."""
    recorded.answers["coverage"] = each(alpha=0.5)
    assert await ask(Access(recorded.url)) == [Series({"service_id": "alpha"}, [(END, 0.5)])]
    async with PrometheusApi(Access(recorded.url)) as api:
        (silent,) = await api.query_range(expressions()["silent"], FIRST, END, 60)
    assert (len(silent.samples), silent.samples[0], silent.value) == (5, (FIRST + 6000.0, 1.0), 1.0)


@pytest.mark.parametrize("ending", ["", "/", "/api/v1", "/api/v1/"])
async def test_a_path_prefix_is_kept(recorded: Recorded, ending: str) -> None:
    """The address may end in a prefix, a slash, or the path that Grafana's and Prometheus' documentation show."""
    await ask(Access(recorded.url + ending))
    assert recorded.requests[0].url.path == "/prefix/api/v1/query"


async def test_basic_authentication_is_sent(recorded: Recorded, secret_file: Path) -> None:
    """User and password from a file go out as basic authentication, the file's line break left out."""
    await ask(Access(recorded.url, username="reader", password_file=secret_file))
    kind, _, value = recorded.requests[0].headers["authorization"].partition(" ")
    assert (kind, base64.b64decode(value).decode()) == ("Basic", f"reader:{SECRET}")


async def test_a_bearer_token_is_sent(recorded: Recorded, secret_file: Path) -> None:
    """A token from a file goes out as a bearer token."""
    await ask(Access(recorded.url, bearer_token_file=secret_file))
    assert recorded.requests[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_without_credentials_none_are_sent(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the environment's proxies nor a .netrc have a say."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await ask(Access(recorded.url))
    assert "authorization" not in recorded.requests[0].headers


REFUSALS: Mapping[str, tuple[Response, tuple[str, ...]]] = {
    "unauthorised": (
        PlainTextResponse("Unauthorized\n", 401),
        ("requires other credentials", "password-file", "HTTP 401"),
    ),
    "forbidden": (PlainTextResponse("no", 403), ("denies access", "HTTP 403")),
    "no API": (PlainTextResponse("404 page not found\n", 404), ("no Prometheus API", "path prefix", "HTTP 404")),
    "login page": (
        RedirectResponse(f"https://me:{SECRET}@login.example/?next={SECRET}"),
        ("redirects to login.example",),
    ),
    "web page": (HTMLResponse("<html>Grafana</html>"), ("does not answer as Prometheus does",)),
    "bad gateway": (HTMLResponse("<h1>502</h1>", 502), ("does not answer as Prometheus does", "HTTP 502")),
    "refused query": (
        JSONResponse(
            {"status": "error", "errorType": "execution", "error": "query processing\nwould load too many"}, 422
        ),
        ("refuses a query", "query processing would load too many"),
    ),
    "echoed secret": (
        JSONResponse(
            {"status": "error", "error": f"tenant\x1b[31m {SECRET} unknown, Authorization: Bearer {SECRET}"}, 400
        ),
        ("refuses a query", "[hidden] unknown"),
    ),
    "a list": (JSONResponse([1]), ("does not answer as Prometheus does",)),
    "no data": (JSONResponse({"status": "success"}), ("a different shape",)),
    "a scalar": (JSONResponse({"status": "success", "data": {"result": [1, "2"]}}), ("a different shape",)),
}


@pytest.mark.parametrize("case", sorted(REFUSALS))
async def test_every_refusal_is_one_line(recorded: Recorded, secret_file: Path, case: str) -> None:
    """An unusable answer is one line that names the address and the fix."""
    recorded.refusal, words = REFUSALS[case]
    said = await refusal(Access(recorded.url, bearer_token_file=secret_file))
    assert said.startswith(recorded.url)
    assert [word for word in words if word not in said] == []


MISTAKES: Mapping[str, tuple[dict[str, Any], str]] = {
    "no address": ({"url": "prometheus:9090"}, "is not an address: write it as http://HOST:9090"),
    "bad port": ({"url": "http://host:port"}, "is not an address"),
    "bad brackets": ({"url": "http://[::1"}, "is not an address"),
    "secret in the address": ({"url": f"http://me:{SECRET}@host"}, "contains credentials"),
    "query in the address": ({"url": f"http://host/?token={SECRET}"}, "ends in a query"),
    "user without password": ({"username": "me"}, "needs both"),
    "password without user": ({"password_file": "secret"}, "needs both"),
    "two kinds": ({"username": "me", "password_file": "secret", "bearer_token_file": "secret"}, "not both"),
    "missing file": ({"bearer_token_file": "missing"}, "--prometheus.bearer-token-file"),
    "empty file": ({"bearer_token_file": "empty"}, "is empty"),
    "two lines": ({"username": "me", "password_file": "lines"}, "contains more than one line"),
    "two words": ({"bearer_token_file": "words"}, "exactly one token"),
    "binary file": ({"bearer_token_file": "binary"}, "cannot be read"),
    "missing CA": ({"ca_file": "missing"}, "no such file"),
    "no CA": ({"ca_file": "secret"}, "contains no certificate in PEM form"),
}


@pytest.mark.parametrize("case", sorted(MISTAKES))
async def test_every_mistake_is_one_line(tmp_path: Path, case: str) -> None:
    """A wrong address and an unusable file are named by their flag before anything is sent."""
    contents = {"secret": SECRET, "empty": "\n", "lines": f"{SECRET}\n{SECRET}", "words": f"{SECRET} {SECRET}"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + SECRET.encode())
    arguments, words = MISTAKES[case]
    files = {name: tmp_path / value for name, value in arguments.items() if name.endswith("_file")}
    assert words in await refusal(Access(**{"url": "http://127.0.0.1:9", **arguments, **files}))


@pytest.mark.parametrize("fault", sorted(server.FAULTS))
async def test_no_fault_of_a_server_is_an_answer(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken server ends the request soon, with one line that names its address."""
    monkeypatch.setattr(sora_exporter.history.prometheus, "ANSWER_BYTES", 1024 * 1024)
    monkeypatch.setattr(sora_exporter.history.prometheus, "TIMEOUT_SECONDS", 0.5)
    async with server.serve(fault) as broken:
        assert broken.url in await refusal(Access(broken.url))


async def test_an_answer_without_end_names_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the limit, and the message names the option that asks for less."""
    monkeypatch.setattr(sora_exporter.history.prometheus, "ANSWER_BYTES", 1024 * 1024)
    async with server.serve("endless body") as endless:
        assert "more than 1 MiB: take a shorter --window" in await refusal(Access(endless.url))


async def test_a_private_authority_is_trusted_only_when_named(tmp_path: Path) -> None:
    """Behind a certificate of one's own authority the API answers with --prometheus.ca-file, and not without."""
    authority = Authority.create(tmp_path)
    body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    behaviour = server.fixed(server.answer(body))
    async with server.serve(behaviour, tls=authority.server_context("prometheus")) as private:
        assert await ask(Access(private.url, ca_file=authority.path)) == []
        said = await refusal(Access(private.url))
    assert "certificate" in said


def test_the_window_of_the_recordings_is_a_week() -> None:
    """The recorded answers are of the seven days that the tests speak of."""
    assert (WINDOW.seconds, END - FIRST) == (604800, 604740)
