"""What is made of single answers: accounts, permissions, clocks, what the journal remembers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from raidctl.core.doctor.check import Check, CheckId, named, ok, problem, skipped, warning
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field
from raidctl.core.watch.ends import failed, succeeded
from raidctl.core.watch.status import FAILURES, WATCHED
from raidctl.core.writes.log import Run

NEAR = timedelta(seconds=30)
"""How far a clock may be from ours before anybody needs to know."""

STALE = timedelta(days=1)
"""After how long without a success it looks as if nothing ran raidctl."""

BROWSE, EDIT, TRANSITION = "BROWSE_PROJECTS", "EDIT_ISSUES", "TRANSITION_ISSUES"
ASSIGN, CREATE, LINK = "ASSIGN_ISSUES", "CREATE_ISSUES", "LINK_ISSUES"


def needed(fields: Collection[Field], *, makes_issues: bool) -> list[str]:
    """The permissions that take writing these fields to JIRA, and making issues."""
    names = [BROWSE]
    names += [EDIT] if set(fields) - {Field.STATUS} else []
    names += [TRANSITION] if Field.STATUS in fields else []
    names += [ASSIGN] if Field.COMMANDER in fields else []
    return names + ([CREATE, LINK] if makes_issues else [])


def permissions(held: Mapping[str, Mapping[str, bool] | None], user: str) -> Check:
    """Whether the user has them, by project; None is a project of which JIRA does not tell."""
    here = CheckId.JIRA_PERMISSIONS
    if not held:
        return skipped(here, "no project is known: jira.project is not set, and nothing is linked")
    lacking = {
        project: [name for name, has in told.items() if not has]
        for project, told in held.items()
        if told is not None
    }
    lacking = {project: names for project, names in lacking.items() if names}
    if lacking:
        told = "; ".join(f"{', '.join(names)} in {project}" for project, names in lacking.items())
        mend = "grant it in the permission scheme of the project"
        return problem(here, f"{user} lacks {told}", mend)
    silent = [project for project, told in held.items() if told is None]
    if silent:
        what = f"JIRA does not tell what {user} may do in {', '.join(silent)}"
        return warning(here, what, "look at the project's permissions in JIRA")
    return ok(here, f"{user} may do all that raidctl needs in {', '.join(held)}")


def clock(number: CheckId, system: str, ahead: timedelta | None) -> Check:
    """Whether a system's clock is near ours, as far as is known for sure; None for nothing."""
    if ahead is None:
        return skipped(number, f"{system}'s answers tell no time")
    if abs(ahead) <= NEAR:
        return ok(number, f"{system}'s clock and this host's agree")
    way = "ahead of" if ahead > timedelta(0) else "behind"
    seconds = round(abs(ahead).total_seconds())
    what = f"{system}'s clock is {seconds:,} seconds {way} this host's"
    return warning(number, what, "set both by NTP; raidctl understands times by either's own")


def service_account(mine: str, configured: str, echoing: Sequence[str]) -> Check:
    """Whether raidctl writes to JIRA as FireFighter does; `echoing` are statuses that come back."""
    here = CheckId.SERVICE_ACCOUNT
    if not configured:
        what = "impact.service_account is not set: raidctl cannot tell FireFighter's own pushes"
        mend = f"set it to FireFighter's RAID_DEFAULT_JIRA_QRAFT_USER_ID; raidctl is {mine}"
        return warning(here, what, mend)
    if mine == configured:
        what = (
            "raidctl writes to JIRA as FireFighter's own service account, whose writes it ignores"
        )
        return ok(here, what)
    held = f"Held, because they would come back as another status: {', '.join(echoing)}."
    what = f"raidctl writes to JIRA as {mine}, FireFighter as {configured}"
    return ok(here, what, held if echoing else None)


def issue_type(
    wanted: str, project: str, there: Sequence[str], allowed: Collection[str] | None
) -> Check:
    """Whether a project has the type that issues are created of, and the user may create it.

    `allowed` are those that may be created, None where nobody tells, `there` all there are.
    """
    here = CheckId.JIRA_ISSUE_TYPE
    if folded(wanted) not in map(folded, there):
        has = f"It has {named(there, 12)}." if there else None
        what = f'{project} has no issue type "{wanted}"'
        return problem(here, what, "correct jira.issue_type", has)
    if allowed is not None and folded(wanted) not in map(folded, allowed):
        what = f'the user of jira.token may not create issues of the type "{wanted}" in {project}'
        return problem(here, what, "grant CREATE_ISSUES there, or correct jira.issue_type")
    return ok(here, f'{project} has the issue type "{wanted}"')


def baselines(*, any_there: bool) -> Check:
    """Whether the journal knows for any field which side has changed."""
    here = CheckId.JOURNAL_BASELINES
    if any_there:
        return ok(here, "the journal knows what last agreed, and so which side has changed")
    what = "the journal knows of nothing that ever agreed, so no run can tell which side changed"
    mend = "remember what agrees: raidctl baseline --all, or what both histories tell as well:"
    return warning(here, what, f"{mend} raidctl baseline --all --from-history")


def cron(runs: Sequence[Run], now: datetime) -> Check:
    """Whether anything runs reconcile, by its latest runs, newest first."""
    here = CheckId.CRON_AGE
    ours = (run for run in runs if run.command == WATCHED and run.counts)
    ended = [run for run in ours if run.exit_code is not None]
    mend = "run raidctl reconcile --yes by cron; raidctl history tells of the runs there were"
    if not ended:
        return warning(here, "reconcile has never run over all links with this journal", mend)
    since = [*takewhile(lambda run: not succeeded(run), ended)]
    failures = [run for run in since if failed(run)]
    why = next((run.why for run in [*failures, *since]), None)
    last = next(filter(succeeded, ended), None)
    detail = f"The last that did not: {why}" if why else None
    if last is None:
        return warning(here, "no run of reconcile has ended well yet", mend, detail)
    at = last.finished_at or last.started_at
    age, then = now - at, f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    told = f"reconcile last ended well {_age(age)} ago, {then}"
    if age > STALE:
        return warning(here, told, mend, detail)
    if len(failures) >= FAILURES:
        what = f"{len(failures)} runs of reconcile in a row failed; {told}"
        return warning(here, what, "see why: raidctl history", detail)
    return ok(here, told)


def _age(age: timedelta) -> str:
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"
