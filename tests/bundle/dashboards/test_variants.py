"""Variants of the dashboards: for import by hand, and under other names and selectors."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.dashboard_model import ROOT, load_dashboards, panel_queries, panels, variable_queries

from grafana.source.__main__ import main
from grafana.source.kit.variant import Variant, narrowed

LOADED = load_dashboards()


def test_an_import_has_an_input_for_its_data_source_and_can_be_edited() -> None:
    """The copy for import names data source, Grafana and each kind of panel it needs, and differs in nothing else."""
    for document in LOADED.values():
        made = Variant(is_import=True).of(document)
        (source,) = made.pop("__inputs")
        assert (source["name"], source["type"], source["pluginId"]) == ("DS_PROMETHEUS", "datasource", "prometheus")
        required = {(one["type"], one["id"]) for one in made.pop("__requires")}
        kinds = {("panel", panel["type"]) for panel in panels(document)}
        assert required == {("grafana", "grafana"), ("datasource", "prometheus"), *kinds}
        assert made["templating"]["list"][0].pop("current")["value"] == "${DS_PROMETHEUS}"
        made["templating"]["list"][0]["current"] = document["templating"]["list"][0].get("current", {})
        assert made == {**document, "editable": True, "templating": made["templating"]}


def test_every_series_is_narrowed() -> None:
    """With a selector no query reads a series without it, and strings and functions stay as they were."""
    assert narrowed('sum(up) / sora_a{b="up"} + s:sora_b:c[5m] or vector(up_to)', 'cluster="eu"') == (
        'sum(up{cluster="eu"}) / sora_a{cluster="eu",b="up"} + s:sora_b:c{cluster="eu"}[5m] or vector(up_to)'
    )
    for document in LOADED.values():
        made = Variant(selector='cluster="eu"').of(document)
        for query in (*panel_queries(made), *variable_queries(made)):
            bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query.expr)
            names = re.findall(r"(?<![\w:$])(?:[a-z_]+:\w+:\w+|sora_\w+|ALERTS\w*|up)(?![\w:(])(.{0,11})", bare)
            assert names, query.place
            assert all(after.startswith('{cluster=""') for after in names), query.place


def test_names_and_tags_are_free(tmp_path: Path) -> None:
    """Another prefix names files, uids and the links between the dashboards; tags replace ours."""
    main([str(tmp_path), "--uid-prefix", "video", "--tag", "ai", "--tag", "team-a"])
    written: dict[str, dict[str, Any]] = {path.stem: json.loads(path.read_text()) for path in tmp_path.iterdir()}
    assert set(written) == {"video-overview", "video-service", "video-risk-control", "video-cost"}
    for uid, document in written.items():
        assert document["uid"] == uid
        assert document["tags"] == ["ai", "team-a"]
        linked = set(re.findall(r"/d/([a-z-]+)", json.dumps(document)))
        assert linked <= set(written)


@pytest.mark.processes
def test_the_alerts_lead_to_dashboards_with_another_prefix(tmp_path: Path) -> None:
    """After the command of the README every address of a dashboard in rules of any form is one that was written."""
    main([str(tmp_path / "dist"), "--uid-prefix", "video"])
    (command,) = re.findall(r"^sed .*$", (ROOT / "grafana" / "README.md").read_text("utf-8"), re.MULTILINE)
    shutil.copytree(ROOT / "alerting-rules", tmp_path / "alerting-rules")
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    changed = " ".join(path.read_text("utf-8") for path in (tmp_path / "alerting-rules").rglob("*.yml"))
    linked = re.findall(r"/d/([a-z-]+)", changed)
    assert len(linked) > 50
    assert set(linked) <= {path.stem for path in (tmp_path / "dist").iterdir()}


def test_the_repositorys_dashboards_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """A variant without a directory of its own is an error, and nothing is written."""
    with pytest.raises(SystemExit):
        main(["--uid-prefix", "video"])
    assert "name a directory for a variant" in capsys.readouterr().err
