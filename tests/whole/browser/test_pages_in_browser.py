"""The pages for people in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page
from support.browsing import Site, Visit
from support.choice import Choice
from support.remembering import JANUARY, PROVIDERS, attempt, configuration, page_says

from sora_exporter.clock import DAY_SECONDS
from sora_exporter.evidence.marks import MARKS_KEPT
from sora_exporter.history.keeper import History
from sora_exporter.history.prometheus import Access
from sora_exporter.history.service import DAYS, Day, ServiceHistory
from sora_exporter.result import ErrorClass, ProbeKind
from sora_exporter.status_pages.facts import ComponentStatus, Impact, Incident

pytestmark = pytest.mark.programs

PATHS = ("", "internals", "services/sora-2-reverse", "services/nobody")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
LONG = "极长" * 40 + "W" * 120
HARD = {f"s-{error_class.status}".replace("_", "-"): error_class for error_class in ErrorClass}
"""One service for each status."""
FOCUSED = """() => {
  const focused = document.activeElement, style = getComputedStyle(focused);
  return {
    tag: focused.tagName, text: focused.textContent.trim(), href: focused.getAttribute("href"),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    top: focused.getBoundingClientRect().top + scrollY, left: focused.getBoundingClientRect().left,
  }
}"""


def make_hard(site: Site) -> None:
    """Every status at once, names that never break, hostile texts, a page with incidents, a broken reload."""
    services = [{**JANUARY[0], "id": service_id, "name": LONG, "product": f"product-{'x' * 50}"} for service_id in HARD]
    site.exporter.config = configuration(services, budget_usd_per_day=1.0, providers=PROVIDERS)
    site.exporter.state.configure(site.exporter.config)
    for service_id, error_class in HARD.items():
        for _ in range(MARKS_KEPT):
            attempt(
                site.exporter, service_id, ProbeKind.CATALOG, error_class,
                detail="<script>alert(1)</script>" + "Q" * 150, excerpt="<img src=x onerror=alert(1)>" + "x" * 900,
            )  # fmt: skip
    page_says(
        site.exporter,
        ComponentStatus.OPERATIONAL,
        Incident("</article><script>alert(2)</script>" + "Z" * 200, Impact.MAJOR, True, 0.0, url="https://a.example/1"),
    )
    site.exporter.reload_state.error = "/etc/" + "y" * 300 + ".yml:3: unknown key"


def wider_than_window(page: Page) -> list[int]:
    """Return the widths of the window that the page does not fit."""
    found = []
    for width in (320, 360, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(width)
    return found


def test_overview_shows_the_route_to_use(visit: Visit) -> None:
    """A person sees the route to use, the status of each service and the advice for the broken one."""
    page = visit()
    assert page.title() == "AI video services"
    assert page.get_by_role("heading", name="1 of 3 services work.").is_visible()
    route = page.get_by_role("region", name="sora-2").first
    assert route.get_by_role("link", name="Sora 2 官转").first.is_visible()
    broken = page.locator("#sora-2-reverse")
    assert broken.get_by_text("Risk control", exact=True).first.is_visible()
    assert broken.get_by_role("img", name="The last 24 hours").first.is_visible()
    assert not broken.get_by_text("What to do:").is_visible()
    broken.locator("summary").click()
    assert broken.get_by_text("What to do:").is_visible()
    assert broken.get_by_text("The official page says operational").is_visible()


def test_one_request_is_the_whole_page(visit: Visit) -> None:
    """Loading the page sends no request but the one for its document."""
    page = visit()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert [url for url in seen if not url.startswith("data:")] == [page.url]


@pytest.mark.parametrize("path", PATHS)
def test_works_without_scripts(visit: Visit, path: str) -> None:
    """With JavaScript off the page says exactly the same."""
    with_scripts, without = visit(path), visit(path, java_script_enabled=False)
    assert without.locator("body").inner_text() == with_scripts.locator("body").inner_text()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_page_loads_itself_again(visit: Visit, monkeypatch: pytest.MonkeyPatch, has_scripts: bool) -> None:
    """The page is loaded again, with scripts and without, and stops when asked."""
    monkeypatch.setattr("sora_exporter.web.pages.overview.REFRESH_SECONDS", 1)
    page = visit(java_script_enabled=has_scripts)
    with page.expect_navigation(timeout=15_000):
        pass
    page.goto(f"{page.url}?refresh=off")
    assert page.get_by_role("link", name="Load again every").is_visible()


def test_times_are_in_the_zone_of_the_reader(visit: Visit) -> None:
    """With scripts, times are in the reader's zone and language, and the exact time in UTC stays as a title."""
    page = visit("?lang=zh", timezone_id="Asia/Shanghai")
    shown = page.locator("footer time").first
    assert "GMT+8" in shown.inner_text()
    assert "8:00" in shown.inner_text()
    assert shown.get_attribute("title") == "2026-01-28 00:00:00 UTC"


def test_a_phone_shows_30_days(visit: Visit, site: Site) -> None:
    """Of 90 daily bars a phone shows the newest 30, and says so."""
    days = [Day(int(site.exporter.clock.now()) - n * DAY_SECONDS, 1.0, 1.0) for n in reversed(range(DAYS))]
    history = site.exporter.history = History(Access("http://prometheus.example:9090"), site.exporter.clock)
    history.services, history.read_at = {"sora-2-official": ServiceHistory(days)}, site.exporter.clock.now()
    for width, label, share in ((1200, "90 days ago", 1), (360, "30 days ago", 3)):
        row = visit(width=width).locator("#sora-2-official")
        assert row.get_by_text(label).is_visible()
        bars, frame = (row.locator(one).first.bounding_box() for one in (".bars", ".frame"))
        assert bars
        assert frame
        assert round(bars["width"] / frame["width"]) == share
        assert abs(bars["x"] + bars["width"] - frame["x"] - frame["width"]) < 1


def test_both_colour_schemes(visit: Visit) -> None:
    """Dark and light differ in ground and text; the colours of the statuses are the same in both."""
    seen = {}
    for scheme in ("light", "dark"):
        page = visit(scheme=scheme)
        seen[scheme] = page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
                      getComputedStyle(document.querySelector(".row .sign")).backgroundColor]"""
        )
    light, dark = seen["light"], seen["dark"]
    assert (light[0] != dark[0], light[1] != dark[1]) == (True, True)
    assert light[2] == dark[2] == "rgb(0, 158, 115)"


@pytest.mark.parametrize("path", PATHS)
def test_no_sideways_scrolling(visit: Visit, site: Site, path: str) -> None:
    """From small phones to desks the page fits its width, with any names."""
    assert wider_than_window(visit(path)) == []
    make_hard(site)
    hard = visit(path.replace("sora-2-reverse", "s-degraded"))
    for summary in hard.locator("summary").all():
        summary.click()
    assert wider_than_window(hard) == []


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(visit: Visit, site: Site, path: str, short_or_long: Choice) -> None:
    """axe-core finds no violation of WCAG 2.2 AA or of its best practices, in a normal and the hardest state."""
    looks = [("light", 1200), ("dark", 360)]
    normal, hardest = short_or_long((looks[:1], looks[1:]), (looks, looks))
    pages = [visit(path, scheme=scheme, width=width) for scheme, width in normal]
    make_hard(site)
    path = path.replace("sora-2-reverse", "s-degraded")
    pages += [visit(path, scheme=scheme, width=width) for scheme, width in hardest]
    for page in pages:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
        assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []


def test_keyboard_reaches_everything_in_order(visit: Visit) -> None:
    """Tab goes through every link and row once, top to bottom, always with a visible outline."""
    page = visit()
    order = "all => all.filter(one => one.checkVisibility()).map(one => one.getAttribute('href'))"
    links = page.locator("a, summary").evaluate_all(order)
    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert [focused["href"] for focused in reached] == links
    assert min(focused["outline"] for focused in reached) >= 2
    assert reached[0]["text"] == "Skip to content"


def test_skip_link_passes_the_header(visit: Visit) -> None:
    """The first Tab and Enter lead to the content; the next Tab is its first link."""
    page = visit()
    page.keyboard.press("Tab")
    assert page.get_by_role("link", name="Skip to content").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["href"] == "#sora-2-official"


def test_evidence_opens_by_keyboard(visit: Visit) -> None:
    """From the overview to an answer's excerpt with keys alone."""
    page = visit()
    page.locator("#sora-2-reverse summary").focus()
    page.keyboard.press("Enter")
    page.locator("#sora-2-reverse").get_by_role("link", name="Evidence").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/sora-2-reverse?lang=en")
    page.get_by_text("Answer, secrets removed").first.focus()
    assert not page.locator("pre").first.is_visible()
    page.keyboard.press("Enter")
    assert page.locator("pre").first.inner_text() == '{"error":{"message":"检测到异常活动"}}'


def test_links_hold_below_a_prefix(visit: Visit, site: Site) -> None:
    """Behind a reverse proxy's path every link of both pages leads somewhere."""
    page = visit(site.behind_prefix)
    for start in (site.behind_prefix, f"{site.behind_prefix}services/sora-2-reverse"):
        page.goto(start)
        own = page.locator("a").evaluate_all("links => links.map(link => link.href)")
        inside = [url for url in own if url.startswith(site.url)]
        assert all(url.startswith(site.behind_prefix) for url in inside)
        assert {url: page.request.get(url).status for url in inside} == dict.fromkeys(inside, 200)
    assert page.get_by_role("link", name="As JSON").get_attribute("href")


def test_hostile_texts_stay_texts(visit: Visit, site: Site) -> None:
    """Scripts and tags in answers and incidents are shown, not run, and add no element."""
    make_hard(site)
    page = visit()
    assert (page.locator("img").count(), page.locator("script").count()) == (0, 1)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert page.get_by_text("<script>alert(1)</script>").first.is_visible()
    evidence = visit("services/s-degraded")
    evidence.get_by_text("Answer, secrets removed").first.click()
    assert evidence.get_by_text("<img src=x onerror=alert(1)>").first.is_visible()


def test_badge_fits_its_words(visit: Visit) -> None:
    """The badge's words stay inside its two fields and do not overlap."""
    page = visit("badge/sora-2-reverse.svg")
    name, word = (text.bounding_box() for text in page.locator("text").all())
    whole = page.locator("svg").bounding_box()
    assert name
    assert word
    assert whole
    assert 0 < name["x"] < name["x"] + name["width"] < word["x"]
    assert word["x"] + word["width"] < whole["width"]
    assert page.locator("text").all_text_contents() == ["Sora 2 官逆", "risk control"]
