"""A week of cron runs with faults in it, as status, metrics and alert rules tell it."""

import re
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from raidctl.cli import reference
from raidctl.core.watch.status import Status, Trouble
from raidctl.core.watch.tally import Counted, Period
from raidctl.errors import ExitCode
from raidctl.journal import ReadOnlyJournal
from raidctl.metrics import METRICS
from raidctl.runs.reading.status import status
from tests.cli.week import Week, play
from tests.cli.world import NOW
from tests.test_metrics import promtool, samples

CALM = timedelta(hours=4)
PATIENT = timedelta(hours=5)
QUARTER = timedelta(minutes=15)
Seen = list[tuple[datetime, Status]]


def watched(folder: Path) -> tuple[Week, Mapping[str, Seen]]:
    """The week, and what was seen after each run, by its parts."""
    seen: Seen = []

    def look(week: Week) -> None:
        now = week.clock.time
        with closing(ReadOnlyJournal(week.world.journal, lambda: now)) as journal:
            seen.append((now, status(journal, now, NOW)))

    week, parts = play(folder, CALM, look)
    each = iter(seen)
    return week, {name: [next(each) for _ in ended] for name, ended in parts.items()}


@pytest.mark.slow
def test_a_week_of_cron_is_told_as_it_was(tmp_path: Path) -> None:
    week, parts = watched(tmp_path)
    troubles = {name: [one.trouble(PATIENT) for _, one in seen] for name, seen in parts.items()}
    assert {name for name, found in troubles.items() if any(found)} == {
        *("expired", "down", "full"),
    }
    assert troubles["expired"] == [None, None, *[Trouble.FAILING] * (len(parts["expired"]) - 2)]
    assert set(troubles["down"]) == {None, Trouble.FAILING}
    assert troubles["down"][-1] is None
    assert set(troubles["full"]) == {None, Trouble.OLD}, "what no journal could keep, by its age"
    assert troubles["full"][-1] is None

    assert [one.reasons for _, one in parts["conflict"]][-1] == {"conflict": 1}
    reasons = [one.reasons.get("flapping", 0) for _, one in parts["flapping"]]
    assert (reasons[0], reasons[-1]) == (0, 1)

    now, last = parts["full"][-1]
    kept = [ended for _, ended in week.ran if ended.code != ExitCode.USAGE]
    assert sum(one.runs for one in last.durations) == len(kept)
    codes = {labels[1]: count for labels, count in last.counts(Counted.RUNS).items()}
    assert codes == {
        str(code): sum(ended.code == code for ended in kept)
        for code in (ExitCode.OK, ExitCode.UNREACHABLE)
    }
    assert last.counts(Counted.ERRORS)["jira", "auth"] == len(parts["expired"])
    assert sum(one.corrected for one in last.points) >= 4
    assert len(last.points) == (now.date() - NOW.date()).days + 1
    assert last.by is Period.DAY
    oldest = last.oldest
    assert oldest is not None
    assert oldest.since - NOW < timedelta(days=2), "held since it was found"

    if shutil.which("promtool"):
        _alerts(tmp_path, [one for seen in parts.values() for one in seen])


FIRING = {  # days into the week
    0.9: set[str](),
    1.9: set[str](),
    2.3: {"RaidctlFailing", "RaidctlNoSuccess"},
    2.9: set[str](),
    3.615: {"RaidctlFailing"},
    3.9: set[str](),
    4.95: {"RaidctlFlapping", "RaidctlHeldTooLong"},
    5.604: {"RaidctlFlapping", "RaidctlHeldTooLong", "RaidctlNoSuccess", "RaidctlNotRunning"},
    6.9: {"RaidctlFlapping", "RaidctlHeldTooLong"},
}


def _alerts(folder: Path, seen: Seen) -> None:
    """The rules, at a cron of four hours, over what a textfile's collector would have seen."""
    rules = reference.file("rules.yml")
    used = set(re.findall(r"raidctl_\w+", rules))
    (folder / "rules.yml").write_text(rules.replace("> 3600", f"> {PATIENT.total_seconds():.0f}"))
    by_time = [(at, samples(one)) for at, one in seen]
    ticks = [NOW + n * QUARTER for n in range(7 * 96 + 1)]
    series = ""
    for key in sorted({key for _, one in by_time for key in one if key[0] in used}):
        name, *values = key
        labels = dict(zip(METRICS[name], values, strict=True)) | {"instance": "here"}
        spelled = ", ".join(f'{label}="{value}"' for label, value in labels.items())
        numbers = " ".join(_scraped(key, by_time, ticks))
        series += f"      - series: '{name}{{{spelled}}}'\n        values: '{numbers}'\n"
    asked = "".join(
        '      - expr: count by (alertname) (ALERTS{alertstate="firing"})\n'
        f"        eval_time: {round(days * 96) * 15}m\n        exp_samples:"
        + "".join(
            f"\n          - labels: '{{alertname=\"{name}\"}}'\n            value: 1"
            for name in sorted(firing)
        )
        + ("\n" if firing else " []\n")
        for days, firing in FIRING.items()
    )
    (folder / "test.yml").write_text(
        "rule_files: [rules.yml]\nevaluation_interval: 15m\ntests:\n  - interval: 15m\n"
        f"    input_series:\n{series}    promql_expr_test:\n{asked}"
    )
    told_by_it = promtool(folder, "test", "rules", "test.yml")
    assert told_by_it.returncode == 0, told_by_it.stdout + told_by_it.stderr


def _scraped(
    key: tuple[str, ...],
    by_time: Sequence[tuple[datetime, Mapping[tuple[str, ...], float]]],
    ticks: Sequence[datetime],
) -> Iterator[str]:
    """What stood in the file at each time, by a clock that begins with the week."""
    left, value = deque(by_time), None
    for tick in ticks:
        while left and left[0][0] <= tick:
            value = left.popleft()[1].get(key)
        if value is None:
            yield "_"
        else:
            yield str(max(value - NOW.timestamp(), 0) if "timestamp" in key[0] else value)
