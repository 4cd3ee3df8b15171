"""The look of the pages: title, logo, accent, and the colours of phases."""

from __future__ import annotations

import re
from pathlib import Path

from support.html_structure import Structure
from support.pages import replace_services
from support.remembering import JANUARY

from sora_exporter.exporter import Exporter
from sora_exporter.result import JOB_PHASES, PHASES
from sora_exporter.web.pages import render_overview
from sora_exporter.web.pages.look import FOLDER
from sora_exporter.web.wording import wording


def test_title_logo_and_accent_are_configured(exporter: Exporter, tmp_path: Path) -> None:
    """The heading, the picture beside it and the colour of links come from the configuration."""
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    look = {"logo": str(logo), "accent": "#0f766e"}
    replace_services(exporter, *JANUARY, title="Acme video", page=look)
    document = render_overview(exporter, wording("en"))
    page = Structure(document.content)
    assert page.all("src")[0].startswith("data:image/svg+xml;base64,")
    assert "--accent:#0f766e" in document.content
    assert "<title>Acme video</title>" in document.content
    logo.unlink()
    replace_services(exporter, *JANUARY, title="Acme video", page={"accent": "#ffff00"})
    assert "--accent:#ffff00}" not in render_overview(exporter, wording("en")).content.partition("@media")[0]


def test_every_phase_has_a_colour_of_its_own() -> None:
    """No two phases of an attempt look the same."""
    colours = dict(re.findall(r"\.p-(\w+)\{--phase:([^}]+)\}", FOLDER.joinpath("style.css").read_text("utf-8")))
    assert set(colours) == {*PHASES, *JOB_PHASES}
    assert len(set(colours.values())) == len(colours)
