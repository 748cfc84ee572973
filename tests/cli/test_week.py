"""A week of cron runs with faults in it: each is told once, and nothing else."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.week import QUARTER, play
from tests.schemas import validator

TOLD = [
    *("held", "failing", "recovered", "failing", "recovered", "flapping"),
    *("failing", "recovered"),
]


@pytest.mark.parametrize(
    "calm", [timedelta(hours=4), pytest.param(QUARTER, marks=pytest.mark.slow)]
)
def test_a_week_of_cron_tells_each_trouble_once_and_nothing_else(
    tmp_path: Path, calm: timedelta
) -> None:
    week, parts = play(tmp_path, calm)
    codes = Counter(ended.code for _, ended in week.ran)
    assert {name: {one.code for one in ended} for name, ended in parts.items()} == {
        "calm": {ExitCode.OK},
        "conflict": {ExitCode.OK},
        "expired": {ExitCode.UNREACHABLE},
        "mended": {ExitCode.OK},
        "down": {ExitCode.OK, ExitCode.UNREACHABLE},
        "flapping": {ExitCode.OK},
        "full": {ExitCode.OK, ExitCode.USAGE},
    }
    assert week.told == TOLD
    assert len(week.slack.bodies) == len(week.url.bodies) == len(TOLD)
    for body in week.url.bodies:
        validator("notice").validate(body)
    whys = [one["why"] for body in week.url.bodies for one in body["notices"] if one["why"]]
    for why, words in zip(whys, ("HTTP 401", "connection refused", "make room"), strict=True):
        assert words in why
    assert len(week.ping.asked) == codes[ExitCode.OK]
    streams = [(bool(out), bool(err)) for out, err in week.said]
    assert streams == [(True, False), *[(False, True)] * 2, (True, False), (False, True)]
    assert all(out + err < 400 for out, err in week.said)
