"""The text of /metrics: complete, well-formed for any values, and never older than the state."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE_PLAIN
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from support.clock import HandClock
from support.exposed import DEEP, OPENMETRICS, Source, whole
from support.programs.launch import program
from support.watched import NOW, config, result, service

from sora_exporter.metrics.collect import FAULTS
from sora_exporter.metrics.exposition import Exposition, accepted
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.status_pages.poller import PageState


def ours(text: str) -> list[str]:
    """Return the lines of the source's own samples, in their order."""
    return [line for line in text.splitlines() if "sora_" in line]


def same_as_plain(exposition: Exposition, source: Source) -> bool:
    """Return whether the kept text equals, in both formats, a fresh text of the client library."""
    kept, kept_plain = exposition.render(OPENMETRICS)[0].decode(), exposition.render("")[0].decode()
    made, made_plain = openmetrics_of(source), generate_latest(source)  # type: ignore[arg-type,no-untyped-call]
    is_same = ours(kept) == ours(made.decode()) and ours(kept_plain) == ours(made_plain.decode())
    return is_same and kept.endswith("\n# EOF\n")


def test_formats() -> None:
    """Each format comes with its content type, and both contain the same samples."""
    exposition = Exposition(whole())
    plain, plain_type = exposition.render("")
    openmetrics, openmetrics_type = exposition.render(OPENMETRICS)
    assert (plain_type, openmetrics_type) == (CONTENT_TYPE_PLAIN, CONTENT_TYPE_LATEST)

    def samples(families: Any) -> set[Any]:
        return {
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in families
            for sample in family.samples
            if sample.name.startswith("sora_")
        }

    exported = samples(parse_openmetrics(openmetrics.decode()))  # type: ignore[no-untyped-call]
    assert exported == samples(parse_text(plain.decode()))
    assert len(exported) > 150


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("text/html", "text/plain"),
        ("application/openmetrics-text", "application/openmetrics-text"),
        ("application/openmetrics-text;escaping=dots;q=0.6,text/plain;q=0.5", "application/openmetrics-text"),
        ("text/plain;version=0.0.4;q=0.5, application/openmetrics-text;q=0.4", "text/plain"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-text;version=nonsense;q=nan", "text/plain"),
        ("application/openmetrics-text;version=99.9;q=x;;=,", "text/plain"),
    ],
)  # fmt: skip
def test_negotiation(accept: str, media: str) -> None:
    """The preferred of our two formats is chosen, and no header of a scraper can ask for a third."""
    assert accepted(accept) == media
    assert Exposition(Source(config(service()))).render(accept)[1].startswith(media)


def test_closed_sets_are_whole_before_the_first_probe() -> None:
    """The first scrape shows every status and every fault that a probe can meet, at zero, and every bucket."""
    lines = Exposition(Source(config(service(probes=DEEP)))).render("")[0].decode().splitlines()
    assert len([line for line in lines if line.startswith("sora_service_status{")]) == 7
    assert len([line for line in lines if line.startswith("sora_probe_failures_total{")]) == 2 * len(FAULTS) - 2
    assert 'sora_service_error{error_class="not_probed",service_id="alpha"} 1.0' in lines
    assert 'sora_generation_seconds_bucket{le="+Inf",service_id="alpha"} 0.0' in lines
    assert not [line for line in lines if line.startswith(("sora_service_up{", "sora_probe_success{"))]
    assert not [line for line in lines if "_created" in line]


async def test_never_stale() -> None:
    """After every kind of change the kept text is what rendering everything anew would give."""
    source = whole()
    exposition = Exposition(source)
    exposition.render("")
    changes: list[Callable[[], object]] = [
        lambda: source.record(),
        lambda: source.record(),
        lambda: source.record(ErrorClass.TIMEOUT, service_id="beta"),
        lambda: source.state.record(result(probe=ProbeKind.GENERATE, generation_seconds=42.0)),
        lambda: source.state.record(result(probe=ProbeKind.GENERATE, generation_seconds=42.0)),
        lambda: source.state.record(result(sunset_at=NOW, service_id="beta")),
        lambda: source.costs.update(alpha=0.7),
        lambda: setattr(source, "facts", replace(source.facts, probes_in_flight=3, spent_usd=None)),
        lambda: source.pages.update(official=PageState(False, NOW + 60, NOW, None, "HTTP 500")),
        lambda: source.pages.clear(),
        lambda: source.record(probe=ProbeKind.SUBMIT),
        lambda: source.state.configure(config(service("beta", name="renamed"), service("new"), service(probes=DEEP))),
        lambda: source.state.configure(config(service("new", probes={"canary": {"interval": "2m", "timeout": "1m"}}))),
        lambda: source.state.configure(config()),
    ]
    for change in changes:
        change()
        assert same_as_plain(exposition, source)
    await source.clock.advance(1)


async def test_age_shows_without_any_attempt(clock: HandClock) -> None:
    """Evidence that grew too old since the last scrape is gone from the next one."""
    source = Source(config(service()), clock)
    exposition = Exposition(source)
    source.record()
    assert b'sora_service_up{service_id="alpha"} 1.0' in exposition.render("")[0]
    await clock.advance(151)
    assert b"sora_service_up" not in exposition.render("")[0]
    assert same_as_plain(exposition, source)


def test_a_scrape_renders_no_sample_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt is rendered when it is recorded, so the next scrape renders no sample of a service."""
    source = whole()
    exposition = Exposition(source)
    source.record()
    monkeypatch.setattr("sora_exporter.metrics.exposition.texts_of", lambda _: pytest.fail("written by a scrape"))
    assert b"sora_probe_attempts_total" in exposition.render(OPENMETRICS)[0]


BREAKERS = ('"', "\\", 'x"} 1', "# EOF", "# HELP a b", "视频 生成", "<script>alert(1)</script>", "{}", "'")
names = st.sampled_from(BREAKERS) | st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)
components = names | st.sampled_from(("a\n# HELP b c\nb 1", "\n# EOF\n", "\\n"))
numbers = st.floats(min_value=0, max_value=1e12)


@given(names, components, st.sampled_from(sorted(ErrorClass)), numbers)
def test_any_names_and_results_parse(name: str, component: str, error_class: ErrorClass, seconds: float) -> None:
    """With any names from people and providers, both formats parse and give the names back unchanged."""
    source = whole(name, component)
    source.record(error_class, duration_seconds=seconds, response_seconds=seconds, phases={"tls": seconds}, detail=name)
    exposition = Exposition(source)
    for accept, parse in ((OPENMETRICS, parse_openmetrics), ("", parse_text)):
        families = {family.name: family for family in parse(exposition.render(accept)[0].decode())}
        info = families["sora_service" if accept else "sora_service_info"].samples[0]
        assert (info.labels["model"], info.labels["name"]) == (name, name)
        assert families["sora_status_page_component_status"].samples[0].labels["component"] == component
    assert same_as_plain(exposition, source)


class Parsed:
    """A source of the families that a reader of OpenMetrics understood."""

    def __init__(self, text: bytes) -> None:
        self._families = list(parse_openmetrics(text.decode()))  # type: ignore[no-untyped-call]

    def collect(self) -> Any:
        return self._families


@pytest.mark.programs
def test_promtool_finds_nothing_to_say() -> None:
    """Prometheus' own checker, which reads plain text, has nothing against either format's names, types and helps."""
    exposition = Exposition(whole())
    for text in (exposition.render("")[0], generate_latest(Parsed(exposition.render(OPENMETRICS)[0]))):
        found = subprocess.run([program("promtool"), "check", "metrics"], input=text, capture_output=True, check=False)
        assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"")
