"""The scenes in which something stands in the way, or goes wrong; and those with somebody there."""

import json
import re
import shlex
from datetime import timedelta

from filelock import FileLock

from tests.cli.process import Ended
from tests.cli.world import ADA, GRACE, NOW
from tests.corpus.places import (
    DROP_AFTER,
    LONG,
    ONE_BY_ONE,
    Field,
    Pair,
    Places,
    edited,
    refuse,
    sql,
)
from tests.corpus.record import WIDE

ACCEPTED, TAKEN = "Type yes to write this: ", "Which key? "
MANY = tuple(Pair(number, impact={Field.PRIORITY: 2}) for number in range(11, 23))
RESOLUTION = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }\n'


def held_for_every_reason(places: Places) -> None:
    """Those that the demo does not show."""
    links = (
        Pair(1),
        Pair(2, impact={Field.TITLE: "A new title of 2"}),
        Pair(3, impact={Field.TITLE: "A new title of 3"}),
        Pair(4, impact={Field.STATUS: "INVESTIGATING"}, jira={Field.STATUS: "Open"}, agreed=False),
        Pair(5, impact={Field.STATUS: "CLOSED"}, jira={Field.STATUS: "Resolved"}),
        Pair(7, jira={Field.COMMANDER: None}),
        Pair(8, jira={Field.DESCRIPTION: None}),
        Pair(9, jira={Field.STATUS: "Blocked", Field.PRIORITY: "High"}),
        Pair(10, linked=False),
        Pair(11, jira={Field.COMMANDER: "712020:nobody"}),
    )
    with places.world("held", links) as (play, site):
        sql(
            site.journal,
            "INSERT INTO quarantines (incident, issue_id, field, since)"
            f" VALUES (3, 10003, 'title', '{NOW - timedelta(hours=5)}')",
        )
        play.run("reconcile", "1", "-o", "json")
        site.state.off_screen.add("summary")
        play.run("reconcile", "2", "-o", "json")
        site.state.off_screen.clear()
        sql(site.journal, f"UPDATE writes SET at = '{NOW - timedelta(hours=5)}'")
        site.state.move(10_001, "OPS-1")
        site.state.add_issue("INC-1", 20_001, status="In Progress", summary="Another issue")
        edited(site, 9, seconds=30, summary="Changed only just now")
        play.every_form("held", "--all")
        play.every_form("diff", "--all")
        for number in (1, 2, 3, 5, 9):
            play.run("explain", str(number), width=WIDE)
        play.run("baseline", "1")
        play.run("reconcile", "1", "-o", "json")
        play.run("resolve", "2", "3", "--take", "release")
        done = play.run("reconcile", "2", "3", "-o", "json")
        edited(site, 2, summary="JIRA's own title")
        play.run("diff", "2", "-o", "json")
        play.run("undo", str(done.report["run"]), "3", "-o", "json")
        play.run("held", "3", width=WIDE)
        site.state.hidden.add("priority")
        play.run("diff", "1", "9", "-o", "json")
    with places.world(
        "held-echo",
        (Pair(1, impact={Field.STATUS: "CLOSED"}), Pair(2, impact={Field.STATUS: "INVESTIGATING"})),
        impact='service_account = "712020:firefighter"',
        more=LONG + ONE_BY_ONE + RESOLUTION,
    ) as (play, _):
        play.run("held")
        play.run("reconcile", "-o", "json")
        play.run("reconcile", "--allow-close", "--fail-on", "held")


def closing(places: Places) -> None:
    """What closes has to be allowed, and may need fields."""
    link = (Pair(1, impact={Field.STATUS: "CLOSED"}),)
    with places.world("closing", link) as (play, _):
        play.run("reconcile", "--fail-on", "held")
        play.run("explain", "1")
        play.run("reconcile", "--allow-close", "-o", "json")
        play.run("held", width=WIDE)
        play.configure(play.config.read_text("utf-8") + RESOLUTION)
        play.run("resolve", "1", "--take", "release")
        play.run("explain", "1", "--field", "status", width=WIDE)
        done = play.run("reconcile", "--allow-close", "-o", "json")
        play.run("undo", str(done.report["run"]), "-o", "json")
        play.run("history", "1")


def limits(places: Places) -> None:
    """Nothing is written beyond a limit but by the command that approves it."""
    with places.world("limits", MANY) as (play, _):
        play.run("reconcile", "-o", "json")
        blocked = play.run("reconcile", "--yes", "--max-changes", "2")
        play.run("reconcile", "--max-changes", "2", "--approve", f"sha256:{'0' * 64}")
        play.run("reconcile", "--save-plan", "plan.json", "-o", "csv")
        play.run("apply", "plan.json")
        done = play.run(*_approving(blocked), "-o", "json")
        play.run("undo", str(done.report["run"]), "--max-changes", "1")


def pauses(places: Places) -> None:
    """No run writes while it is paused; one writes at a time."""
    with places.world("pauses") as (play, site):
        play.run("resume")
        play.run("pause", "--for", "2h")
        for command in ("diff", "held", "history", "reconcile"):
            play.run(command, "-o", "json")
        play.run("resolve", "--take", "impact")
        play.run("baseline")
        play.run("resume")
        with FileLock(f"{site.journal}.lock"):
            play.run("reconcile")
            play.run("resolve", "--take", "skip")
            sql(
                site.journal,
                "INSERT INTO runs (id, command, started_at, pid, outcomes, held) VALUES"
                " ('20260101T000000Z-0000', 'apply', '2026-01-01T00:00:00+00:00', 1, '[]', 0)",
            )
            play.run("reconcile")
            play.run("diff", "-o", "json")
        play.run("history")


def plans(places: Places) -> None:
    """A plan that is stale, edited, foreign, or none."""
    links = (
        Pair(1, impact={Field.STATUS: "MITIGATED"}),
        Pair(2, impact={Field.TITLE: "A new title", Field.PRIORITY: 1}),
        Pair(3, jira={Field.PRIORITY: "High"}),
        Pair(4, impact={Field.TITLE: "A new title of 4"}),
        Pair(5, impact={Field.TITLE: "A new title of 5"}),
    )
    with places.world("plans", links) as (play, site):
        play.run("reconcile", "--save-plan", "plan.json")
        home = play.traces.home
        text = (home / "plan.json").read_text("utf-8")
        for name, spoilt in (
            ("edited", text.replace("A new title", "Another title")),
            ("none", '{"schema": "raidctl.report/1"}'),
            ("newer", text.replace("raidctl.plan/1", "raidctl.plan/2")),
            ("damaged", json.dumps({"schema": "raidctl.plan/1"})),
            ("empty", ""),
        ):
            (home / f"{name}.json").write_text(spoilt, encoding="utf-8")
            play.run("apply", f"{name}.json")
        usual = play.config.read_text("utf-8")
        play.configure(f'{usual}[mapping.status_to_impact]\n"Code Review" = "MITIGATING"\n')
        play.run("apply", "plan.json")
        play.configure(usual)
        site.edit_incident(1, status=30)
        edited(site, 2, summary="Somebody was faster")
        site.state.delete(10_004)
        site.state.move(10_005, "PAY-7")
        play.run("apply", "plan.json", "-o", "json")
        play.run("reconcile", "--out", "no/folder/report")


def outcomes(places: Places) -> None:
    """What becomes of writes that do not simply arrive."""
    links = (
        Pair(1, impact={Field.PRIORITY: 1, Field.TITLE: "A new title"}),
        Pair(2, impact={Field.COMMANDER: GRACE.email}),
        Pair(3, impact={Field.DESCRIPTION: "Told anew:\n\n- one\n- two"}),
        Pair(4, jira={Field.STATUS: "Resolved"}),
        Pair(5, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Open"}, agreed=False),
    )
    with places.world("outcomes", links) as (play, site):
        site.state.off_screen.add("priority")
        site.state.unassignable.add(GRACE.account)
        with site.fault("impact", refuse(200), lambda request: request.method == "POST"):
            play.run("reconcile", "-o", "json")
            play.run("reconcile")
            play.run("held", "-o", "json")
        play.run("history", "1", "2", "3", "4", width=120)
        play.run("explain", "1", width=WIDE)
        with site.fault("jira", refuse(400), lambda request: "/transitions" in request.target):
            play.run("reconcile", "5", "--direction", "impact-to-jira", "-o", "json")
        with site.fault("jira", DROP_AFTER, lambda request: request.method == "PUT"):
            site.edit_incident(5, title="A title whose arrival is not told")
            play.run("reconcile", "5", "-o", "json")
        with site.fault("jira", refuse(404), lambda request: request.method == "PUT"):
            play.run("reconcile", "1", "-o", "json")
        site.state.race(10_001, ADA.account, priority="Lowest")
        site.edit_incident(1, title="The newest title")
        play.run("reconcile", "1", "-o", "json")
        site.state.may_edit = False
        site.edit_incident(3, title="A title of 3")
        play.run("reconcile", "3", "-o", "json")
        site.state.tells_permissions = False
        play.run("reconcile", "3", "-o", "markdown")


def recovering(places: Places) -> None:
    """A run that was killed is settled by the next one."""
    links = (
        Pair(1, impact={Field.TITLE: "A new title"}),
        Pair(2, jira={Field.PRIORITY: "High"}),
        Pair(3, impact={Field.STATUS: "MITIGATED"}),
    )
    with places.world("recovering", links) as (play, site):
        play.run("reconcile", "-o", "json")
        sql(
            site.journal,
            "UPDATE runs SET finished_at = NULL, exit_code = NULL",
            "UPDATE writes SET outcome = NULL, read_back = NULL, settled_by = NULL",
        )
        site.state.edit(10_001, ADA.account, summary="Incident 1")
        play.run("history")
        play.run("history", "1", "2", "3", "-o", "json")
        play.run("explain", "2", width=WIDE)
        play.run("reconcile", "-o", "json")
        play.run("history", "1", "2", "3")


def unread(places: Places) -> None:
    """What cannot be read, and journals that cannot be used."""
    with places.world("unread") as (play, site):
        play.run("diff", "2", "99", "INC-99")
        play.run("diff", "2", "99", "INC-99", "-o", "csv")
        play.run("held", "INC-99", "-o", "json")
        play.run("explain", "987654")
        play.run("resolve", "--take", "impact", "99", "-o", "json")
        play.run("reconcile", "2", "99", "-o", "json")
        with site.fault("jira", refuse(403), lambda request: "changelog" in request.target):
            play.every_form("held")
            play.run("explain", "4")
        for token in ("IMPACT_TOKEN", "JIRA_TOKEN"):
            play.run("diff", environ={token: "wrong"})
            play.run("reconcile", environ={token: "wrong"})
        with site.fault("jira", refuse(404)):
            play.run("diff")
        sql(
            site.journal,
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " SELECT migration_set, '_999_later', applied_at FROM _sqlite_migrations LIMIT 1",
        )
        play.run("diff")
        site.journal.write_bytes(b"no database at all, but long enough " * 100)
        for command in ("diff", "history", "reconcile", "pause --for 2h"):
            play.run(*command.split())


def terminals(places: Places) -> None:
    """In colour, and with somebody who is asked."""
    with places.world("terminals") as (play, _):
        for width in (80, 120):
            play.show("diff", width=width)
            play.show("held", width=width)
            play.show("explain", "4", width=width)
            play.show("mapping", width=width)
        play.talk("reconcile", answers=["no\n"], prompt=ACCEPTED)
        play.talk("reconcile", answers=["\x03"], prompt=ACCEPTED)
        play.talk("reconcile", answers=["yes\n"], prompt=ACCEPTED)
        play.talk("reconcile", answers=[], prompt=ACCEPTED)
        play.show("history", width=120)
        play.talk("resolve", answers=["q\n"], prompt=TAKEN)
        play.talk("resolve", answers=["\n", "x\n", "i\n", "s\n", "q\n", "w\n"], prompt=TAKEN)
        play.show("history", "4", width=80)


def _approving(blocked: Ended) -> list[str]:
    """The arguments of the command that a run beyond a limit printed."""
    found = re.search(r"to write exactly this plan: raidctl (.*)$", blocked.err, re.MULTILINE)
    assert found is not None, blocked.err
    return shlex.split(found[1])


TROUBLE = (
    held_for_every_reason,
    closing,
    limits,
    pauses,
    plans,
    outcomes,
    recovering,
    unread,
    terminals,
)
