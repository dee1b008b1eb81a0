"""Dashboard and rules are what the table of metrics allows, and every alert has its runbook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.operations.metrics import files, rules
from {{cookiecutter.package_name}}.operations.metrics.table import MetricError


def test_the_files_of_the_repo_are_those_that_are_written(root: Path) -> None:
    assert files.check(root / "dashboards") == []


def test_what_somebody_changed_in_them_is_seen_and_written_anew(tmp_path: Path) -> None:
    assert {it.name for it in files.write(tmp_path)} == {files.DASHBOARD, files.ALERTS}
    (tmp_path / files.ALERTS).write_text("groups: []\n", encoding="utf-8")
    ran = CliRunner().invoke(cli.main, ["metrics", "export", "--out", str(tmp_path), "--check"])
    assert (ran.exit_code, files.ALERTS in ran.output, files.DASHBOARD in ran.output) == (1, True, False)
    assert CliRunner().invoke(cli.main, ["metrics", "export", "--out", str(tmp_path)]).exit_code == 0
    assert files.check(tmp_path) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("mlops_endpoint_upp == 0", "did you mean 'mlops_endpoint_up'"),
        ("rate(mlops_requests[5m])", "which is no metric"),
        ("sum by (deploymnt) (mlops_requests_total)", "did you mean 'deployment'"),
        ('mlops_requests_total{rol="live"}', "did you mean 'role'"),
        ("vector(1)", "no metric is asked for"),
    ],
)
def test_a_query_of_what_is_not_measured_is_refused(query: str, said: str) -> None:
    with pytest.raises(MetricError) as found:
        files.checked(query)
    assert said in str(found.value)


def test_grafana_and_prometheus_find_what_they_need() -> None:
    texts = files.texts()
    board, groups = json.loads(texts[files.DASHBOARD]), yaml.safe_load(texts[files.ALERTS])["groups"]
    panels = [it for it in board["panels"] if it["type"] != "row"]
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    (group,) = groups
    assert len(group["rules"]) == len(rules.RULES)
    for rule in group["rules"]:
        assert {"alert", "expr", "for", "labels", "annotations"} <= rule.keys()


def test_each_alert_leads_to_a_section_of_the_runbook(root: Path) -> None:
    page = (root / "docs" / "operations.md").read_text(encoding="utf-8")
    headings = {line.lstrip("#").strip() for line in page.splitlines() if line.startswith("#")}
    group = yaml.safe_load(files.texts()[files.ALERTS])["groups"][0]
    for rule in group["rules"]:
        path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert (path, anchor) == ("docs/operations.md", rule["labels"]["id"])
        assert anchor in headings, f"the runbook has no section {anchor}"
