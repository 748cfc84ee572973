"""How raidctl does, in words: what each format shows of a status."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import takewhile

from raidctl.core.watch.ends import failed, succeeded
from raidctl.core.watch.site import LINK_STATES
from raidctl.core.watch.status import WATCHED, Point, Rate, Status, Trouble
from raidctl.core.watch.tally import Counted, Period
from raidctl.core.writes.log import Run
from raidctl.present.history.rows import end_words, lasting
from raidctl.present.text.records import in_utc
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import ARROWS, age, local

RATE_HEADS = ("Direction", "Field", "Done", "Outcomes")
DURATION_HEADS = ("Command", "Runs", "Failed", "Mean", "Longest")
BARS = "▁▂▃▄▅▆▇█"
NO_RUN = "·"
_WHY, _WHO = 200, 60
_LONGEST = 1e9  # seconds; more is nobody's run
_COMMANDS = {"dead": "raidctl event --dead", "held": "raidctl held", "failing": "raidctl doctor"}
_SYSTEMS = {"impact": "Impact", "jira": "JIRA"}


@dataclass(frozen=True, slots=True)
class Bars:
    """One line of the chart: a mark for each day or hour, and what there is to say of them."""

    name: str
    marks: str
    words: str


When = Callable[[datetime], str]
"""How a time is told: as long ago as it is, or, on a page that is kept, as that very time."""


def ago(status: Status) -> When:
    """How long ago something was, for whoever reads it now."""
    return lambda at: age(status.at - at)


def then(zone: tzinfo | None) -> When:
    """The time itself, for whoever reads it later."""
    return lambda at: local(at, zone)


def verdict(status: Status, most: timedelta, when: When | None = None) -> str:
    """One line for a monitoring system: whether all is well, and why not; by default `ago`."""
    success = _last_success(status, when or ago(status))
    if (pause := status.paused) is not None:
        until = f"{in_utc(pause.until)} by {clip(visible(pause.by), _WHO)}"
        return f"paused until {until}; {success}"
    why = _why_last(status)
    match status.trouble(most):
        case Trouble.NEVER:
            return f"failing: {success}{why}"
        case Trouble.FAILING:
            return f"failing: {status.failures} runs of {WATCHED} in a row failed{why}"
        case Trouble.OLD:
            return f"failing: {success}, longer than {_span(most)}{why}"
        case None:
            rest = [f"{len(status.held)} held"] if status.held else []
            rest += [f"{status.queue.dead} dead in the queue"] if status.queue.dead else []
            return "; ".join([f"ok: {success}", *rest])


def _last_success(status: Status, when: When) -> str:
    at = status.succeeded_at
    ended = "has not ended well yet" if status.watched else "has not run over all links yet"
    return f"{WATCHED} last ended well {when(at)}" if at else f"{WATCHED} {ended}"


def _why_last(status: Status) -> str:
    """Why the latest run that was no success ended as it did; of those that failed, if any did."""
    since = [*takewhile(lambda run: not succeeded(run), status.watched)]
    ended = [run for run in since if failed(run)] or since
    why = next((run.why for run in ended[:1]), None)
    return f"; the last: {clip(visible(why), _WHY)}" if why else ""


def _span(span: timedelta) -> str:
    return age(span).removesuffix(" ago")


def facts(
    status: Status, zone: tzinfo | None, when: When | None = None
) -> Iterator[tuple[str, str]]:
    """Each thing there is to know, and its name; times as `ago` tells them, or as `when` does."""
    told = when or ago(status)
    if status.paused is not None:
        until = local(status.paused.until, zone)
        yield "Paused", f"by {visible(status.paused.by)} until {until}: raidctl resume ends that"
    yield "Last run", _run_words(status.runs[0], told) if status.runs else "none yet"
    at = status.succeeded_at
    beside = "" if when else f", {local(at, zone)}" if at else ""
    yield "Success", f"{told(at)} ({WATCHED}{beside})" if at else "none yet"
    if status.failures:
        many = f"{status.failures} in a row" if status.failures > 1 else "the latest run"
        yield "Failures", f"{many}{_why_last(status)}"
    links = status.standing(Counted.LINKS)
    if links:
        counted = ", ".join(f"{links.get(s, 0)} {s.replace('_', ' ')}" for s in LINK_STATES)
        seen = f" ({told(status.looked_at)})" if status.looked_at else ""
        yield "Links", f"{counted}{seen}"
    drift = {name: count for name, count in status.standing(Counted.DRIFT).items() if count}
    if drift:
        yield "Drift", ", ".join(f"{count} {visible(name)}" for name, count in drift.items())
    yield "Held", held_words(status, told)
    queue = status.queue
    if queue.waiting or queue.dead:
        since = f", the oldest {told(queue.oldest_at)}" if queue.oldest_at else ""
        yield "Events", f"{queue.waiting} waiting{since}; {queue.dead} dead"


def _run_words(run: Run, when: When) -> str:
    ended = end_words(run) if run.finished_at else "under way, or it died"
    return ", ".join(filter(None, (f"{visible(run.command)} {when(run.started_at)}", ended)))


def held_words(status: Status, when: When) -> str:
    """How much is held and why, and the oldest of it."""
    if status.oldest is None:
        return "nothing" if status.looked_at else "not known: no run has looked at all links yet"
    reasons = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in status.reasons.items())
    oldest = status.oldest
    which = f"incident {oldest.key.incident}, {oldest.key.field or 'link'}"
    return f"{len(status.held)} ({reasons}); the oldest found {when(oldest.since)}: {which}"


def rates(status: Status) -> Iterator[tuple[str, ...]]:
    """Of each direction and field: how many writes did what was decided, and what became of all."""
    for one in status.rates:
        rest = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in one.outcomes.items())
        yield _direction(one), visible(one.field), _percent(one), visible(rest)


def _direction(one: Rate) -> str:
    known = {str(direction): arrow for direction, arrow in ARROWS.items()}
    return known.get(one.direction, visible(one.direction))


def _percent(one: Rate) -> str:
    """Never 100 % while there is one that was not done."""
    share = 100 * one.done / max(one.tried, 1)
    return f"{one.done} of {one.tried}, {int(share)} %"


def durations(status: Status) -> Iterator[tuple[str, ...]]:
    """Of each command: how many runs, how many failed, and how long they took."""
    for one in status.durations:
        failed = f"{one.failed} failed" if one.failed else ""
        times = f"{_seconds(one.mean)} on average", f"{_seconds(one.longest)} at most"
        yield visible(one.command), str(one.runs), failed, *times


def _seconds(seconds: float) -> str:
    return lasting(timedelta(seconds=min(max(seconds, 0.0), _LONGEST)))


def counted(status: Status) -> Iterator[tuple[str, str]]:
    """Errors and requests by system."""
    errors: dict[str, list[str]] = {}
    for (system, category), count in status.counts(Counted.ERRORS).items():
        errors.setdefault(_SYSTEMS.get(system, visible(system)), []).append(f"{count} {category}")
    if errors:
        told = (f"{system}: {', '.join(kinds)}" for system, kinds in errors.items())
        yield "Errors", visible("; ".join(told))
    requests = status.counts(Counted.REQUESTS)
    if requests:
        told = (f"{n:,} to {_SYSTEMS.get(s, visible(s))}" for (s,), n in requests.items())
        yield "Requests", ", ".join(told)


def chart(status: Status, width: int) -> Sequence[Bars]:
    """Drift, corrections and failed runs, each in a line of at most `width` marks.

    Where there are more days than marks several share one.
    """
    points = status.points
    share = -(-len(points) // width)
    now = next((one.drifted for one in reversed(points) if one.drifted is not None), None)
    groups = [points[at : at + share] for at in range(0, len(points), share)]
    return [
        _bars("drifted", groups, _drifted, lambda of: f"at most {max(of)}, now {now}"),
        _bars("corrected", groups, _corrected, lambda of: f"{sum(of):,} in all"),
        _bars("failed", groups, _failed, lambda of: f"{sum(of):,} run{'s' * (sum(of) != 1)}"),
    ]


Measure = Callable[[Sequence[Point]], int | None]


def _bars(
    name: str,
    groups: Sequence[Sequence[Point]],
    measure: Measure,
    words: Callable[[Sequence[int]], str],
) -> Bars:
    values = [measure(group) for group in groups]
    known = [value for value in values if value is not None]
    most = max(known, default=0)
    marks = "".join(NO_RUN if value is None else _mark(value, most) for value in values)
    return Bars(name, marks, words(known) if known else "nothing ran")


def _mark(value: int, most: int) -> str:
    """Nothing is the lowest, and anything at all is higher."""
    return BARS[-(-value * (len(BARS) - 1) // most)] if value else BARS[0]


def _drifted(group: Sequence[Point]) -> int | None:
    return max((one.most_drifted for one in group if one.most_drifted is not None), default=None)


def _corrected(group: Sequence[Point]) -> int | None:
    return sum(one.corrected for one in group) if any(one.runs for one in group) else None


def _failed(group: Sequence[Point]) -> int | None:
    return sum(one.failed for one in group) if any(one.runs for one in group) else None


def since(status: Status) -> str:
    """From when on is counted and drawn."""
    return in_utc(status.since).replace("T", " ").removesuffix(":00Z").replace(" 00:00", "")


def each(status: Status) -> str:
    """What one mark of the chart stands for."""
    return "hour" if status.by is Period.HOUR else "day"


def following(status: Status) -> Sequence[str]:
    """The commands to type next, where there is something to see to."""
    wanted = {
        "failing": bool(status.failures),
        "dead": bool(status.queue.dead),
        "held": bool(status.held),
    }
    return [_COMMANDS[name] for name, there in wanted.items() if there]
