"""Metrics: names and labels of the contract, and rules and a dashboard that rest on them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from raidctl.cli import reference
from raidctl.core.events.event import QueueState
from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.watch.site import LINK_STATES, Held, HoldKey
from raidctl.core.watch.status import Status
from raidctl.core.watch.tally import Counted
from raidctl.core.writes.log import Pause
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category
from raidctl.metrics import CATEGORIES, METRICS, exposition, families
from tests.core.test_watch import HOUR, NOW, run, status, tallied

RULES, DASHBOARD = reference.file("rules.yml"), reference.file("dashboard.json")
TOPIC = reference.topics()["metrics"]
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not there"
)


def samples(one: Status) -> Mapping[tuple[str, ...], float]:
    """Name and label values of each sample, as a parser of the client library reads them."""
    return {
        (sample.name, *(sample.labels[label] for label in METRICS[sample.name])): sample.value
        for family in text_string_to_metric_families(exposition(families(one)).decode())
        for sample in family.samples
    }


WELL = status(
    run(0.1),
    ever=[
        *(tallied(Counted.LINKS, state, amount=n) for n, state in enumerate(LINK_STATES)),
        tallied(Counted.DRIFT, "status", amount=4),
        tallied(Counted.WRITES, "impact_to_jira/status/applied", count=17),
        tallied(Counted.WRITES, "impact_to_jira/create_issue/applied", count=2),
        tallied(Counted.ERRORS, "jira/rate_limit", count=3),
        tallied(Counted.REQUESTS, "jira", count=400),
    ],
)


def test_it_tells_every_metric_of_the_contract_with_its_labels() -> None:
    found = samples(replace(WELL, held=[Held(HoldKey(1, None, Reason.MOVED), NOW - HOUR)]))
    assert {name for name, *_ in found} == {*METRICS}
    for key, value in {
        ("raidctl_last_run_timestamp_seconds",): (NOW - 0.1 * HOUR).timestamp() + 60,
        ("raidctl_last_exit_code",): 0,
        ("raidctl_run_duration_seconds",): 60,
        ("raidctl_links", "drifted"): 1,
        ("raidctl_links", "downgraded"): 4,
        ("raidctl_drift", "status"): 4,
        ("raidctl_held", "moved"): 1,
        ("raidctl_held", "conflict"): 0,
        ("raidctl_oldest_held_seconds",): 3600,
        ("raidctl_writes_total", "impact_to_jira", "status", "applied"): 17,
        ("raidctl_writes_total", "impact_to_jira", "create_issue", "applied"): 2,
        ("raidctl_writes_total", "jira_to_impact", "title", "failed"): 0,
        ("raidctl_errors_total", "jira", "rate_limit"): 3,
        ("raidctl_errors_total", "raidctl", "internal"): 0,
        ("raidctl_requests_total", "jira"): 400,
        ("raidctl_requests_total", "impact"): 0,
    }.items():
        assert found[key] == value, key


def test_what_can_rise_begins_at_0_and_what_is_not_known_is_not_told() -> None:
    found = samples(status())
    writes = [key for key in found if key[0] == "raidctl_writes_total"]
    assert len(writes) == 2 * len(Field) * len(Outcome)
    assert {key[0] for key in found} == {*METRICS} - {
        *("raidctl_last_run_timestamp_seconds", "raidctl_last_exit_code"),
        *("raidctl_run_duration_seconds", "raidctl_links", "raidctl_drift"),
    }
    assert found["raidctl_last_success_timestamp_seconds",] == 0
    assert "unlinked" not in {key[1] for key in found if key[0] == "raidctl_held"}


def test_all_categories_are_those_of_the_code() -> None:
    assert [*CATEGORIES] == [category.value for category in Category]


def test_the_topic_names_each_metric_with_its_labels() -> None:
    rows = re.findall(r"^\| `(raidctl_\w+)` \|([\w, ]*)\|", TOPIC, re.MULTILINE)
    assert {name: tuple(re.findall(r"\w+", labels)) for name, labels in rows} == METRICS


# Rules and dashboard


def expressions() -> Iterator[str]:
    yield from re.findall(r"^ +expr: (.*)$", RULES, re.MULTILINE)
    for panel in json.loads(DASHBOARD)["panels"]:
        yield from (target["expr"] for target in panel["targets"])


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_each_metric_and_label_they_name_exists(expression: str) -> None:
    found = re.findall(r"(raidctl_\w+)(?:\{([^}]*)\})?", expression)
    assert found
    for name, matchers in found:
        assert name in METRICS
        labels = set(re.findall(r"(\w+)=", matchers)) - {"instance"}
        assert labels <= {*METRICS[name]}
    grouped = {
        label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")
    }
    assert grouped - {"instance"} <= {label for name, _ in found for label in METRICS[name]}


def test_the_values_they_name_are_those_of_the_code() -> None:
    text = "\n".join(expressions())
    assert set(re.findall(r'reason="(\w+)"', text)) <= {reason.value for reason in Reason}
    outcomes = {
        name for names in re.findall(r'outcome=~"([\w|]+)"', text) for name in names.split("|")
    }
    assert outcomes <= {outcome.value for outcome in Outcome}


def test_the_dashboard_draws_every_metric() -> None:
    assert {*METRICS} <= set(re.findall(r"raidctl_\w+", DASHBOARD))


def test_no_panel_of_the_dashboard_lies_over_another() -> None:
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD)["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below
    assert max(one["x"] + one["w"] for one in places) <= 24


def promtool(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["promtool", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@needs_promtool
def test_the_real_parsers_take_all_of_it(tmp_path: Path) -> None:
    """Of the text too: its linter finds nothing to say of it."""
    (tmp_path / "rules.yml").write_text(RULES)
    drawn = "".join(
        f"      - record: drawn:{n}\n        expr: {json.dumps(one.replace('$instance', '.*'))}\n"
        for n, one in enumerate(expressions())
    )
    (tmp_path / "drawn.yml").write_text(f"groups:\n  - name: drawn\n    rules:\n{drawn}")
    for file in ("rules.yml", "drawn.yml"):
        checked = promtool(tmp_path, "check", "rules", file)
        assert checked.returncode == 0, checked.stderr
    linted = subprocess.run(
        ["promtool", "check", "metrics"],
        input=exposition(families(WELL)),
        capture_output=True,
        check=False,
    )
    assert (linted.returncode, linted.stderr) == (0, b"")


def recorded(one: Status, rising: str) -> str:
    """What the rules need of a status for eight hours, one each five minutes; of one they rise."""
    lines = []
    for (name, *values), value in samples(one).items():
        if name not in RULES:
            continue
        labels = dict(zip(METRICS[name], values, strict=True)) | {"instance": "here"}
        told = ", ".join(f'{label}="{value}"' for label, value in labels.items())
        many = "0+1x96" if rising and rising in told else f"{value}x96"
        lines.append(f"      - series: '{name}{{{told}}}'\n        values: '{many}'\n")
    return "".join(lines)


def at(one: Status, hours: float) -> Status:
    """The same, with its last run so long after Prometheus's first sample, which is at 0."""
    moved = timedelta(seconds=hours * 3600 - one.watched[0].started_at.timestamp())
    runs = [
        replace(r, started_at=r.started_at + moved, finished_at=(r.finished_at or NOW) + moved)
        for r in one.watched
    ]
    return replace(one, watched=runs, success=next((r for r in runs if r.exit_code == 0), None))


GOOD = at(WELL, 7.9)
RISES = 'direction="jira_to_impact", field="title", outcome="refused"'
FAILED = tallied(Counted.WRITES, "jira_to_impact/title/refused")
OLD = Held(HoldKey(1, Field.TITLE, Reason.CONFLICT), NOW - timedelta(days=4))
FLAPS = Held(HoldKey(1, Field.TITLE, Reason.FLAPPING), NOW)
STREAK = tallied(Counted.STREAK, "reconcile", count=3)
CASES: Mapping[str, tuple[Status | None, set[str]]] = {
    "well": (GOOD, set()),
    "never there": (None, {"RaidctlNoMetrics"}),
    "dead": (at(WELL, 5), {"RaidctlNoSuccess", "RaidctlNotRunning"}),
    "never well": (at(status(run(0.1, 7)), 7.9), {"RaidctlNoSuccess"}),
    "three failures": (replace(GOOD, ever=[STREAK]), {"RaidctlFailing"}),
    "blocked": (at(status(run(0.1, 5), run(0.5)), 7.9), {"RaidctlBlocked"}),
    "paused": (
        at(status(run(0.1, 5), ever=[STREAK], paused=Pause(NOW, NOW, "ada")), 7.9),
        set(),
    ),
    "held for days": (replace(GOOD, held=[OLD]), {"RaidctlHeldTooLong"}),
    "flapping": (replace(GOOD, held=[FLAPS]), {"RaidctlFlapping"}),
    "refused": (replace(GOOD, ever=[FAILED]), {"RaidctlWritesFail"}),
    "dead events": (replace(GOOD, queue=QueueState(0, 1, None)), {"RaidctlDeadEvents"}),
    "slow": (replace(GOOD, queue=QueueState(9, 0, NOW - HOUR)), {"RaidctlEventsWait"}),
}


@needs_promtool
def test_the_rules_fire_on_recorded_samples_and_are_quiet_when_all_is_well(tmp_path: Path) -> None:
    """Each case fires its alerts, and no other; there is no alert without one."""
    (tmp_path / "rules.yml").write_text(RULES)
    tests = ""
    for case, (one, firing) in CASES.items():
        rising = RISES if case == "refused" else ""
        tests += f"  - name: {case}\n    interval: 5m\n    input_series:\n"
        tests += recorded(one, rising) if one else ""
        tests += (
            "    promql_expr_test:\n"
            '      - expr: count by (alertname) (ALERTS{alertstate="firing"})\n'
            "        eval_time: 8h\n"
            "        exp_samples:"
        )
        tests += "".join(
            f"\n          - labels: '{{alertname=\"{name}\"}}'\n            value: 1"
            for name in sorted(firing)
        ) + ("\n" if firing else " []\n")
    (tmp_path / "test.yml").write_text(
        f"rule_files: [rules.yml]\nevaluation_interval: 5m\ntests:\n{tests}"
    )
    told = promtool(tmp_path, "test", "rules", "test.yml")
    assert told.returncode == 0, told.stdout + told.stderr
    fired = set[str]().union(*(firing for _, firing in CASES.values()))
    assert fired == set(re.findall(r"alert: (\w+)", RULES))
