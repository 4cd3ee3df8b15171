"""A text that leaves memory contains no secret in any echoed form."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_exporter.redact import HIDDEN, SHORTEST_SECRET, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Incorrect API key provided: sk-proj-abcDEF123456.", "abcDEF123456"),
        ("Incorrect API key provided: sk-abc1****wxyz.", "abc1"),
        ("无效的令牌sk-AbCd1234EfGh（请求）", "AbCd1234EfGh"),
        ("sent Authorization: Bearer 0f1e2d3c-aaaa-bbbb", "0f1e2d3c"),
        ("sent authorization: basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        (f"token {JWT} expired", "dozjgNryP4J3jVmNHl0w5N"),
        ("key AIzaSyA1234567890abcdefghijklmnop invalid", "SyA1234567890"),
        ("via http://user:pa55word@proxy:3128 failed", "pa55word"),
        ("https://cdn.example/v.mp4?Expires=1&Signature=AbC%2F9&x=1", "AbC%2F9"),
        ("https://cdn.example/v.mp4?X-Amz-Credential=AKIA99/2026&X-Amz-Signature=0badc0de", "0badc0de"),
        ("https://cdn.example/v.mp4?sv=2022&sig=q1w2e3r4", "q1w2e3r4"),
        ("https://cdn.example/v.mp4?a=1&amp;token=q1w2e3r4", "q1w2e3r4"),
        (r"https://cdn.example/v.mp4?a=1\u0026token=q1w2e3r4", "q1w2e3r4"),
        ('{"api_key": "0123456789abcdef"}', "0123456789abcdef"),
        ("api-key=a1b2c3d4e5f6", "a1b2c3d4e5f6"),
        ("contact ops.team+ai@relay.example.cn please", "ops.team+ai"),
        ("账号zhang.san@example.com已封禁", "zhang.san"),
    ],
)
def test_texts_in_the_form_of_a_secret_are_hidden(text: str, secret: str) -> None:
    """Keys, tokens, credentials, signed queries and e-mail addresses go, in English and in Chinese text."""
    shown = redact(text, (), 500)
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "The model `sora-2` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations",
        "当前分组 default 下对于模型 sora-2 无可用渠道",
        "task-12345678 is queued, request id: 20261123abcdef0123456789",
        "Invalid 'prompt': string too short. (total_tokens: 12345678, key: missing)",
        "line one\n\tline two",
    ],
)
def test_plain_words_stay(text: str) -> None:
    """Words that explain a bad answer to a person are not hidden."""
    assert redact(text, (), 500) == text


@pytest.mark.parametrize(
    "echo", ["{}", "key={} wrong", "x{}y", "无效{}的"], ids=["alone", "in a query", "inside a word", "in Chinese"]
)
@pytest.mark.parametrize("secret", ["s3cr3", "hunter2", 'quo"te/sla sh', "Bearer 0f1e2d3c4b5a", "密钥密钥密钥"])
def test_the_callers_own_secret_is_hidden_in_every_form(secret: str, echo: str) -> None:
    """A configured secret is hidden plain, percent-encoded, escaped as in JSON, and without its scheme."""
    escaped = json.dumps(secret)[1:-1]
    forms = (secret, quote(secret), quote(secret, safe=""), escaped, escaped.replace("/", "\\/"), secret.split()[-1])
    for form in forms:
        if len(form) >= SHORTEST_SECRET:
            assert form not in redact(echo.format(form), (secret,), 500)


@pytest.mark.parametrize("secret", ["Zq7+Wx9/Vt3=Rp5&Nm1", "0f1e2d3c4b5a-69788796"])
def test_a_disguised_secret_is_hidden(secret: str) -> None:
    """Escapes of JavaScript and HTML, percent-encoding, base64, hexadecimal and a cut in the middle hide no secret."""
    signs = ("\\u{:04x}", "\\u{:04X}", "&#{};", "&#x{:x};", "%{:02x}")
    echoes = ["".join(c if c.isalnum() else form.format(ord(c)) for c in secret) for form in signs]
    echoes += ["".join(form.format(ord(c)) for c in secret) for form in signs]
    echoes += [html.escape(secret), secret.encode().hex(), secret.encode().hex().upper()]
    for echo in echoes:
        assert redact(f"key {echo} wrong", (secret,), 500) == f"key {HIDDEN} wrong"
    for cut in ("…", "...", "****", "\\u2026"):
        assert redact(f"key {secret[:3]}{cut}{secret[-4:]} wrong", (secret,), 500) == f"key {HIDDEN} wrong"
        assert redact(f"key {cut}{secret[-4:]} wrong", (secret,), 500) == f"key {cut}{HIDDEN} wrong"


def in_base64_twice(data: bytes) -> bytes:
    """Encode the bytes, and the text that results."""
    return base64.b64encode(base64.b64encode(data))


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize(
    ("encode", "edge"),
    [
        (base64.b64encode, 4), (base64.urlsafe_b64encode, 4), (in_base64_twice, 8), (base64.b32encode, 8),
        (lambda data: base64.b32encode(data).lower(), 8), (base64.b16encode, 2),
    ],
)  # fmt: skip
@pytest.mark.parametrize("secret", ["Zq7+Wx9/Vt3=Rp5&Nm1", "0f1e2d3c4b5a-69788796"])
def test_an_encoded_secret_is_hidden(secret: str, encode: Callable[[bytes], bytes], edge: int, before: str) -> None:
    """In base64, also twice, in base32 and in hexadecimal a secret is hidden behind any other text, but for an edge."""
    code = encode(f"{before}{secret}".encode()).decode().rstrip("=")
    shown = redact(f"got {code}", (secret,), 500).removeprefix("got ")
    begin, found, end = shown.partition(HIDDEN)
    assert found == HIDDEN
    assert len(begin) <= len(encode(before.encode())) + edge
    assert len(end) <= edge


@pytest.mark.parametrize(
    "echo",
    [
        "\u200b".join("0f1e2d3c4b5a-69788796"), "0f1e2d3c\u00ad4b5a-6\u20609788796",
        "".join(chr(ord(one) + 0xFEE0) for one in "0f1e2d3c4b5a-69788796"), "𝟎f1e2d3c4b5a-69788796",
        "0f1e2d3c4b5a-69788796"[::-1],
    ],
    ids=["zero width", "soft hyphen", "full width", "bold digit", "backwards"],
)  # fmt: skip
def test_a_secret_in_other_characters_is_hidden(echo: str) -> None:
    """Invisible characters inside a secret, its characters in another width or style, and its reverse hide nothing."""
    assert redact(f"key {echo} wrong", ("0f1e2d3c4b5a-69788796",), 500) == f"key {HIDDEN} wrong"


def test_other_wide_characters_stay() -> None:
    """A text that hides no secret keeps its Chinese signs, and its invisible characters but for those of control."""
    assert redact("错误：ｋｅｙ（无效）👩\u200d💻", ("0f1e2d3c4b5a-69788796",), 500) == "错误：ｋｅｙ（无效）👩\u200d💻"


@pytest.mark.parametrize(
    "form",
    [
        "\\x{:02x}", "\\x{:02X}", "\\\\u{:04x}", "\\\\\\\\u{:04X}", "\\U{:08x}", "\\u{{{:x}}}",
        "&#X{:04X};", "&#{:05d};", "&#{:d}", "&amp;#{};",
        "%25{:02x}", "%2525{:02X}", "%u{:04x}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("secret", ["Zq7+Wx9/Vt3=Rp5&Nm1", "0f1e2d3c4b5a-69788796"])
def test_a_secret_escaped_in_other_ways_is_hidden(secret: str, form: str) -> None:
    """Escapes with other digits, twice over, or of some characters only hide no secret."""
    for kept in ("", secret[::2], "".join(filter(str.isalnum, secret))):
        echo = "".join(one if one in kept else form.format(ord(one)) for one in secret)
        assert redact(f"key {echo} wrong", (secret,), 800) == f"key {HIDDEN} wrong"


def test_words_that_only_stand_for_a_key_stay() -> None:
    """A configured value too short for a secret hides nothing."""
    assert redact("none of the v1 channels", ("none", "v1", ""), 100) == "none of the v1 channels"


def test_a_longer_secret_leaves_no_rest_of_a_shorter_one() -> None:
    """Of two secrets of which one begins with the other, both are hidden whole."""
    assert redact("a longsecret-tail b", ("longsecret", "longsecret-tail"), 100) == f"a {HIDDEN} b"


@given(st.integers(SHORTEST_SECRET, 35))
def test_a_secret_cut_by_the_end_of_the_text_is_hidden(length: int) -> None:
    """The beginning of a key at the end of a cut text is hidden."""
    secret = "Zq7Wx9Vt3Rp5Nm1Lk8Jh6Gf4Ds2Aa0Pu-Yi"
    assert redact("the key " + secret[:length], (secret,), 100) == f"the key {HIDDEN}"


@given(st.integers(SHORTEST_SECRET, 35), st.sampled_from(["…", "...", "… see", "."]))
def test_a_secret_cut_short_with_marks_is_hidden(length: int, marks: str) -> None:
    """So is one before the dots of a shortened text; more may follow, unless it is a mere full stop."""
    secret = "Zq7Wx9Vt3Rp5Nm1Lk8Jh6Gf4Ds2Aa0Pu-Yi"
    assert redact(f"the key {secret[:length]}{marks}", (secret,), 100) == f"the key {HIDDEN}{marks}"
    if marks != ".":
        assert redact(f'["{secret[:length]}{marks}"]', (secret,), 100) == f'["{HIDDEN}{marks}"]'


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3), st.integers(0, 200))
def test_never_longer_than_asked_and_always_writable(text: str, secrets: list[str], characters: int) -> None:
    """The result of any text fits, can be encoded and has no control character but line breaks and tabs."""
    shown = redact(text, secrets, characters)
    assert len(shown) <= characters
    assert all(character in "\t\n" or character.isprintable() or ord(character) > 0x9F for character in shown)
    shown.encode("utf-8")


def test_halves_of_characters_are_replaced() -> None:
    """A lone surrogate, which JSON can spell and no encoding can write, becomes a space."""
    assert redact(json.loads('"a\\ud800b\\u202ec\\u0000d"'), (), 10) == "a b c d"


@pytest.mark.parametrize(
    "unit", ["a", "sk-", "@", "a.", "://", "&key", "eyJ", "Bearer ", "a@a.", "key:", "?a&", "1@1-", "AIza", "api_"]
)
def test_time_is_linear_on_hostile_text(unit: str) -> None:
    """Four times the text takes about four times as long, up to the largest answer that is read."""

    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        started = time.process_time()
        redact(text, ("a-secret-of-the-caller",), size)
        return time.process_time() - started

    assert seconds(1 << 18) < 16 * seconds(1 << 16) + 0.05
