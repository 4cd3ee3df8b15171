"""Recorded answers as JSON lines: accepted input, output and refused input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.command_line import call

from sora_exporter.cli.classify import LineError, classify_lines
from sora_exporter.config import Config
from sora_exporter.result import ErrorClass, Status

CORPUS = Path(__file__).parents[1] / "classify" / "corpus" / "answers.jsonl"


def test_each_answer_gets_its_line() -> None:
    """Every line of the corpus yields its id and its verdict, in order, and nothing else."""
    lines = CORPUS.read_text("utf-8").splitlines()
    judged = [json.loads(line) for line in classify_lines(lines)]
    assert [one["id"] for one in judged] == [json.loads(line)["id"] for line in lines]
    assert {tuple(one) for one in judged} == {("id", "error_class", "status", "rule", "message", "recognised")}
    assert all(ErrorClass(one["error_class"]).status == Status(one["status"]) and one["rule"] for one in judged)
    assert {one["recognised"] for one in judged} == {True, False}


def configured(**sections: Any) -> Config:
    return Config.model_validate(sections)


def test_own_rules_are_applied() -> None:
    """A rule of the configuration decides where all its conditions hold, and names its place there."""
    rule = {"match": "pool rests", "error_class": "maintenance"}
    conditions = {"http_status": "5xx", "endpoint": "videos", "access": "reverse", "provider": "p", "probe": "submit"}
    config = configured(classify=[{"match": "nothing", "error_class": "captcha"}, {**rule, **conditions}])
    line = {"http_status": 503, "body": "The POOL rests", "endpoint": "videos", "access": "reverse", "provider": "p"}
    good = {**line, "probe": "submit"}
    others = [{**good, **other} for other in (
        {"http_status": 403}, {"endpoint": "chat"}, {"access": "relay"}, {"provider": "q"}, {"probe": "canary"}
    )]  # fmt: skip
    rules = [json.loads(one)["rule"] for one in classify_lines(map(json.dumps, [good, line, *others]), config)]
    assert rules[0] == "user:2"
    assert "user:2" not in rules[1:]


def test_an_api_reads_its_own_status_words() -> None:
    """A line that names an API of the configuration is read by that API's words."""
    words = {"running": ["laeuft"], "done": ["ok"], "failed": ["kaputt"]}
    job = {"id": "id", "status": "phase", "poll": {"path": "/{job_id}"}, **words}
    config = configured(apis={"own": {"create": {"path": "/v", "body": {"model": "{model}"}}, "job": job}})
    line = {"http_status": 200, "endpoint": "video_job", "api": "own"}
    bodies = [json.dumps({"id": "1", "phase": word}) for word in ("laeuft", "kaputt", "seltsam")]
    judged = classify_lines([json.dumps({**line, "body": body}) for body in bodies], config)
    assert [json.loads(one)["error_class"] for one in judged] == ["none", "generation_failed", "invalid_response"]


def test_a_reason_names_the_text_and_the_words() -> None:
    """With a reason, a line shows who refused, and the clause and words by which the rule held."""
    body = {"error": {"message": "We checked. Too many requests, wait.", "type": "new_api_error"}}
    (line,) = classify_lines([json.dumps({"http_status": 500, "body": json.dumps(body)})], with_reason=True)
    document = json.loads(line)
    assert (document["text"], document["words"]) == ("Too many requests, wait", ["too many requests"])
    assert (document["refused_by"], document["rule"]) == ("gateway", "slow-down")


def test_a_lost_connection_is_judged_by_its_text() -> None:
    """With http_status null the exception's text decides."""
    (line,) = classify_lines(['{"id": "x", "http_status": null, "transport_error": "Connection refused"}'])
    assert json.loads(line)["error_class"] == "connection"


def test_blank_lines_are_passed_over_but_counted() -> None:
    """An empty line is neither an answer nor a mistake; line numbers stay those of the file."""
    with pytest.raises(LineError, match=r"^line 4: "):
        list(classify_lines(["\n", '{"id": 1, "http_status": 500}\n', "  \n", "x\n"]))


def test_half_characters_are_escaped() -> None:
    """Half a surrogate pair in an id comes back as it was written, in plain ASCII."""
    (line,) = classify_lines(['{"id": "\\ud83d", "http_status": 200, "body": "\\ud83d"}'])
    assert line.isascii()
    assert json.loads(line)["id"] == "\ud83d"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON: write one object per line"),
        ("[" * 100_000, "not JSON: write one object per line"),
        ("9" * 10_000, "not JSON: write one object per line"),
        ("[]", "not a JSON object: write {"),
        ('"text"', "not a JSON object: write {"),
        ("{}", "neither http_status nor transport_error"),
        ('{"http_status": null, "transport_error": ""}', "neither http_status nor transport_error"),
        ('{"http_status": "200"}', "http_status must be a number or null, not a text"),
        ('{"http_status": true}', "http_status must be a number or null, not true or false"),
        ('{"http_status": 200.5}', "http_status must be a number or null, not a fraction"),
        ('{"http_status": 200, "body": {}}', "body must be a text or null, not an object"),
        ('{"http_status": 200, "headers": []}', "headers must be an object or null, not a list"),
        ('{"http_status": 200, "access": 1}', "access must be a text or null, not a number"),
        ('{"http_status": 200, "probe": "guess"}', "probe must be catalog, canary"),
        ('{"http_status": 200, "api": "vidoes"}', "the api 'vidoes' is not known: did you mean 'videos'?"),
    ],
)
def test_a_line_that_is_not_a_recorded_answer_is_named(line: str, words: str) -> None:
    """For any mistake in a line the message has its number and the correct form."""
    with pytest.raises(LineError) as error:
        list(classify_lines([line]))
    assert str(error.value).startswith(f"line 1: {words}")
    assert "\n" not in str(error.value)


def test_classify_reads_standard_input() -> None:
    """Without FILE the lines come from standard input."""
    result = call("classify", text='{"id": 1, "http_status": 429, "body": ""}\n')
    assert (result.exit_code, result.stderr) == (0, "")
    assert '"error_class": "rate_limited"' in result.stdout


def test_classify_names_the_file_and_line_of_a_mistake(tmp_path: Path) -> None:
    """Verdicts before the bad line are printed; then one line names file and number, and the code is 2."""
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": 1, "http_status": 429}\n\n{"id": 2,\n{"id": 3, "http_status": 500}\n', "utf-8")
    result = call("classify", str(path))
    assert (result.exit_code, result.stdout.count("\n")) == (2, 1)
    assert result.stderr == f"sora-exporter: {path}: line 3: not JSON: write one object per line\n"
