"""What a run records in a journal, in whatever database it is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from raidctl.core.mapping.tables import folded
from raidctl.core.memory import Baseline, Reading
from raidctl.core.model import Field, SyncDirection
from raidctl.core.notices import Matter
from raidctl.core.paths import Transition
from raidctl.core.plan.item import Change
from raidctl.core.watch.site import NOTHING, Leaving
from raidctl.core.watch.thinned import Gone
from raidctl.core.writes.log import OwnLink, Pause, Run, SeenLink, Skip
from raidctl.core.writes.marks import after_settlement, on_release
from raidctl.core.writes.outcome import DONE
from raidctl.core.writes.settlement import Settlement
from raidctl.journal import marks, sql, watch
from raidctl.journal.cells import from_key, from_time
from raidctl.journal.connection import WritableConnection
from raidctl.journal.events import Queue
from raidctl.journal.queries import Queries
from raidctl.journal.rows import (
    from_baseline,
    from_change,
    from_link,
    from_matter,
    from_own_link,
    from_pause,
    from_result,
    from_run,
    from_skip,
    from_ways,
    to_write,
)

GUARD_SECONDS = 30.0  # FireFighter's own, see DESIGN §4


def utc_now() -> datetime:
    """The clock of this host."""
    return datetime.now(UTC)


class Records(Queries):
    """A `ports.Journal` over a connection. It reads through the one that it writes with.

    `guard_seconds` is how long a loop guard lasts; 0 sets none.
    """

    _connection: WritableConnection

    def __init__(
        self,
        connection: WritableConnection,
        now: Callable[[], datetime] = utc_now,
        guard_seconds: float = GUARD_SECONDS,
    ) -> None:
        super().__init__(connection, now)
        self._guard_seconds = guard_seconds
        self._lock = RLock()  # what is looked up is still so when it is written

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction of all that is recorded in here."""
        with self._lock, self._connection.transaction():
            yield

    @property
    def queue(self) -> Queue:
        """The queue of events."""
        return Queue(self._connection)

    def begin(self, run: Run) -> None:
        """Record that a run has begun."""
        with self._connection.transaction():
            self._connection.execute(sql.BEGIN_RUN, from_run(run))

    def end(self, run: Run, leaving: Leaving = NOTHING) -> None:
        """Record how a run ended, and count it; once, however often it is told."""
        with self._connection.transaction():
            known = self._connection.execute(sql.RUN_END, {"id": run.id})
            _only(self._connection.execute(sql.END_RUN, from_run(run)), f"no run {run.id}")
            if known == [(None,)]:
                watch.note_end(self._connection, run, leaving, run.finished_at or self._now())

    def asking(self, run: str, since: datetime | None) -> None:
        """Record since when a run waits for a person's answer; None: it does not any more."""
        self._put(sql.ASKING, [{"run": run, "since": since and from_time(since)}])

    def refuse(self, run: Run, leaving: Leaving = NOTHING) -> None:
        """Record a run that was over before it began, and count it."""
        with self._connection.transaction():
            self._connection.execute(sql.BEGIN_RUN, from_run(run))
            watch.note_end(self._connection, run, leaving, run.finished_at or self._now())

    def prune(self, at: datetime) -> Gone:
        """Let go of what nothing needs any more, and of the room it took; what that was."""
        with self._connection.transaction():
            self._connection.execute(sql.END_GUARDS, {"now": at.timestamp()})
            gone = watch.thin(self._connection, at)
        self._connection.execute("VACUUM")
        return gone

    def forget_quiet(self, run: str) -> None:
        """Let go of the row of a run that ended well, unless it wrote something."""
        with self._connection.transaction():
            self._connection.execute(sql.FORGET_QUIET, {"run": run})

    def record_baselines(
        self, stored: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store baselines of (incident id, issue id, field), each in place of an older one.

        One that stands there already just so is left alone: the caller need not look.
        """
        record = {"run": run, "at": from_time(at)}
        self._put(sql.SEE_BASELINE, [from_baseline(*one) | record for one in stored])

    def adopt_baselines(
        self, agreed: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store pairs that agreed once, with when they last did, where no baseline stands."""
        record = {"run": run, "at": from_time(at)}
        rows = [
            from_baseline(*one) | record | {"seen_at": one[3].seen_at and from_time(one[3].seen_at)}
            for one in agreed
        ]
        self._put(sql.ADOPT_BASELINE, rows)

    def record_drift(self, seen: Iterable[tuple[int, Field, datetime | None]]) -> None:
        """Keep when the pairs of these incidents' fields were last seen: they are not any more.

        Each with when the latest whole reading that covers it began, None for none. One that is
        kept already stays as it is.
        """
        rows = [
            {
                "incident": incident,
                "field": field,
                "covered_at": None if covered is None else from_time(covered),
            }
            for incident, field, covered in seen
        ]
        self._put(sql.SEE_DRIFT, rows)

    def record_reading(self, fields: Iterable[Field], reading: Reading) -> None:
        """Note that a run could read all of its scope: it has seen all that still agrees."""
        row = {
            "started_at": from_time(reading.started_at),
            "closed_since": from_time(reading.closed_since),
        }
        self._put(sql.PUT_READING, [row | {"field": field} for field in fields])

    def record_links(self, links: Sequence[SeenLink], at: datetime) -> None:
        """Remember links; one that is known as it is writes nothing.

        An issue that is known by its key keeps its id: where the key leads to another issue now,
        the link stays as it was, for the plan to find it relinked.
        """
        with self._lock:
            known = self._links([link.incident for link in links])
            changed = {}
            for link in links:
                before = known.get(link.incident)
                if link != before and not _relinked(before, link):
                    changed[link.incident] = known[link.incident] = link
            seen = {"seen_at": from_time(at)}
            self._put(sql.PUT_LINK, [from_link(link) | seen for link in changed.values()])

    def made(self, write: int, link: OwnLink, at: datetime) -> None:
        """Keep which issue a write has made, and whose it is, before anything else is known."""
        row = from_own_link(link) | {"write": write, "at": from_time(at)}
        with self._connection.transaction():
            self._connection.execute(sql.NAME_ISSUE, row)
            self._connection.execute(sql.PUT_OWN_LINK, row)

    def record_own_links(self, links: Sequence[OwnLink], at: datetime) -> None:
        """Keep links that Impact need not know, each in place of an earlier one."""
        self._put(sql.PUT_OWN_LINK, [from_own_link(one) | {"at": from_time(at)} for one in links])

    def rename_own_links(self, links: Sequence[OwnLink]) -> None:
        """Give own links the keys that their issues have now."""
        self._put(sql.RENAME_OWN_LINK, [from_own_link(one) for one in links])

    def forget_own_links(self, incidents: Collection[int]) -> None:
        """Forget the links of these incidents that only the journal has."""
        if incidents:
            with self._connection.transaction():
                self._connection.execute(sql.FORGET_OWN_LINKS, {"incidents": list(incidents)})

    def forget_links(self, incidents: Collection[int], keys: Collection[str]) -> None:
        """Take the links of these incidents and issue keys, in any case, for unknown."""
        given = {"incidents": list(incidents), "keys": [key.upper() for key in keys]}
        with self._connection.transaction():
            self._connection.execute(sql.FORGET_LINKS, given)

    def _links(self, incidents: list[int]) -> dict[int, SeenLink]:
        rows = self._connection.execute(sql.SEEN_LINKS, {"incidents": incidents})
        return {
            incident: SeenLink(incident, key, issue, bool(is_open), status)
            for incident, key, issue, is_open, status in rows
        }

    def record_accounts(self, accounts: Mapping[str, str], at: datetime) -> None:
        """Remember JIRA accounts by (folded) e-mail; one that is known writes nothing."""
        with self._lock:
            known = self.accounts()
            rows = [
                {"email": email, "account": account, "at": from_time(at)}
                for email, account in accounts.items()
                if known.get(email) != account
            ]
            self._put(sql.PUT_ACCOUNT, rows)

    def forget_accounts(self, accounts: Iterable[str]) -> None:
        """Forget what e-mails these accounts were found for."""
        self._put(sql.FORGET_ACCOUNT, [{"account": account} for account in accounts])

    def record_preset(self, asked: str, preset: str, at: datetime) -> None:
        """Remember which preset was found; one that is known writes nothing."""
        with self._lock:
            if self.preset(asked) != preset:
                self._put(sql.PUT_PRESET, [{"asked": asked, "preset": preset, "at": from_time(at)}])

    def standing(self, project: str) -> Mapping[str, Sequence[int]]:
        """The issues last seen in each status (by its folded name), of one project."""
        found: dict[str, list[int]] = defaultdict(list)
        for status, issue in self._connection.execute(sql.STANDING, {"prefix": f"{project}-"}):
            found[folded(status)].append(issue)
        return dict(found)

    def learn(
        self, project: str, issue_type: str, status: str, ways: Sequence[Transition], at: datetime
    ) -> None:
        """Remember the ways out of a status; one that is known as it is writes nothing."""
        with self._lock:
            if self.learnt(project, issue_type).get(folded(status)) == tuple(ways):
                return
            kind = {"project": project, "issue_type": issue_type, "status": folded(status)}
            self._put(sql.PUT_WAYS, [{**kind, "ways": from_ways(ways), "at": from_time(at)}])

    def intend(self, changes: Sequence[Change], run: str, at: datetime) -> Sequence[int]:
        """Record writes that are about to be sent, and guard against their echo; their ids.

        The guards begin at `at`; those that have expired by then go.
        """
        if not changes:
            return []
        now = at.timestamp()
        record = {"run": run, "at": from_time(at), "sent": 1}
        guard = {"entity_type": "incident", "expires_at": now + self._guard_seconds}
        with self._connection.transaction():
            self._connection.execute(sql.END_GUARDS, {"now": now})
            if self._guard_seconds:
                rows = [{**_echo(one), **guard} for one in changes if one.field is not None]
                self._connection.execute_each(sql.PUT_GUARD, rows)
            return [
                self._connection.execute(sql.INTEND, from_change(one) | record)[0][0]
                for one in changes
            ]

    def hop(self, write: int, transition: Transition, at: datetime) -> None:
        """Record that a transition of a status write is about to be sent."""
        row = {"write": write, "status": transition.to, "transition": transition.id}
        self._put(sql.PUT_HOP, [{**row, "at": from_time(at)}])

    def settle(self, ends: Sequence[Settlement], run: str, at: datetime) -> None:
        """Record what became of changes, the baselines they leave, and what that means for later.

        A write is settled once: for one that is not open it raises LookupError, a defect.
        """
        if not ends:
            return
        record = {"run": run, "at": from_time(at)}
        with self._connection.transaction():
            for one in ends:
                if one.write is None:
                    self._attempt(one, record, at)
                else:
                    self._settle(one, record, at)

    def _attempt(self, one: Settlement, record: dict[str, str], at: datetime) -> None:
        """A change that was never sent."""
        ended = {"sent": 0, "settled_by": record["run"], "settled_at": record["at"]}
        row = from_change(one.change) | from_result(one.result) | record | ended
        self._connection.execute(sql.ATTEMPT, row)
        what = one.change.field or one.change.target
        watch.note_write(self._connection, one.change.direction, what, one.result, at)
        subject = one.change.subject
        if one.baseline is not None:
            key = subject.incident, subject.issue_id or 0, one.change.name
            undone = one.change.undoes
            self._leave(key, one.baseline, None if undone is None else undone.write, record)

    def _settle(self, one: Settlement, record: dict[str, str], at: datetime) -> None:
        row = from_result(one.result) | record | {"write": one.write}
        found = self._connection.execute(sql.SETTLE, row)
        write = to_write(_only(found, f"no open write {one.write}"))
        watch.note_write(self._connection, write.direction, write.what, one.result, at)
        if one.made is not None:
            link, place = one.made, (one.made.incident, one.made.issue_id)
            self._connection.execute(sql.NAME_ISSUE, from_own_link(link) | row)
            self._connection.execute(sql.PUT_OWN_LINK, from_own_link(link) | {"at": record["at"]})
            firsts = [from_baseline(*place, *first) | record for first in one.first]
            self._connection.execute_each(sql.PUT_BASELINE, firsts)
        if write.field is None:
            return  # nothing is remembered of what is no field
        if one.result.outcome in DONE:
            watch.end_hold(self._connection, write.incident, write.field)
        key = write.incident, write.issue_id, write.field
        if one.baseline is not None:
            self._leave(key, one.baseline, write.undoes, record)
        known = marks.known(self._connection, key, at)
        changes = after_settlement(write, one.baseline, one.refused, known, at)
        marks.change(self._connection, key, changes, at)

    def _leave(
        self, key: marks.Key, baseline: Baseline, undoes: int | None, record: dict[str, str]
    ) -> None:
        """Keep what a change left; an undo does not say that its pair was seen just now."""
        row = from_baseline(*key, baseline) | record
        self._connection.execute(sql.PUT_BASELINE, row)
        if undoes is not None:
            self._connection.execute(sql.UNDO_LEAVES, from_key(key) | {"undoes": undoes})

    def release(self, incident: int, issue: int, field: Field, at: datetime) -> bool:
        """Let the next run decide on a field as if nobody had; whether anything stood in its way.

        A write that was taken back is then one that stopped half way.
        """
        key = incident, issue, field
        with self._connection.transaction():
            marked = marks.known(self._connection, key, at).marked
            marks.change(self._connection, key, on_release(marked), at)
        return bool(marked)

    def skip(self, skip: Skip, at: datetime) -> None:
        """Remember that a person left a field as it is; in place of an earlier pair of values."""
        self._put(sql.PUT_SKIP, [from_skip(skip) | {"at": from_time(at)}])

    def unskip(self, incident: int, issue: int, field: Field) -> bool:
        """Forget that a person left a field as it is; whether one had, ended or not."""
        with self._connection.transaction():
            gone = self._connection.execute(sql.FORGET_SKIP, from_key((incident, issue, field)))
        return bool(gone)

    def record_told(
        self, receiver: str, fresh: Collection[Matter], over: Collection[Matter], at: datetime
    ) -> None:
        """Keep what a receiver of notices was told just now, and forget what is over."""
        if not (fresh or over):
            return
        who = {"receiver": receiver, "at": from_time(at)}
        with self._connection.transaction():
            self._connection.execute_each(sql.PUT_TOLD, [from_matter(one) | who for one in fresh])
            self._connection.execute_each(sql.FORGET_TOLD, [from_matter(one) | who for one in over])

    def pause(self, pause: Pause) -> None:
        """Stop all writing until then, in place of an earlier pause."""
        with self._connection.transaction():
            self._connection.execute(sql.END_PAUSES)
            self._connection.execute(sql.PUT_PAUSE, from_pause(pause))

    def resume(self) -> bool:
        """End the pause; whether there was one in force."""
        with self._lock:
            paused = self.paused() is not None
            if paused:
                with self._connection.transaction():
                    self._connection.execute(sql.END_PAUSES)
            return paused

    def _put(self, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
        """A transaction of one statement; none at all where there is nothing to write."""
        if rows:
            with self._connection.transaction():
                self._connection.execute_each(statement, rows)


def _relinked(before: SeenLink | None, link: SeenLink) -> bool:
    """Whether the key that was known leads to another issue."""
    return before is not None and before.issue == link.issue and before.issue_id != link.issue_id


def _echo(change: Change) -> dict[str, object]:
    """What FireFighter would carry back of a write, and in which direction."""
    to_jira, to_impact = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
    back = to_impact if change.direction is to_jira else to_jira
    return {"entity_id": change.subject.incident, "direction": back, "field": change.field}


def _only(rows: Sequence[Any], otherwise: str) -> Any:
    if len(rows) != 1:
        raise LookupError(f"the journal holds {otherwise}")
    return rows[0]
