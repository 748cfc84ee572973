"""`raidctl resolve`: decide what is held, one field after the other, or as a script says."""

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli import options
from raidctl.cli.approval import Approval, approving_command, on_terminal
from raidctl.cli.commands.held import request
from raidctl.cli.exit import answer
from raidctl.cli.session import Plan, Session, session
from raidctl.cli.targets import Filters
from raidctl.cli.terminal import answering, progress, say, say_unread
from raidctl.errors import BlockedError, ExitCode, RaidctlError, UsageError
from raidctl.present.format import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raidctl.config import Config
    from raidctl.core.plan.item import Item
    from raidctl.core.report import Report
    from raidctl.runs.reading.held import Held
    from raidctl.runs.reading.request import ReadRequest
    from raidctl.runs.writing.resolve import Options


class Take(StrEnum):
    """`--take`: what is decided."""

    IMPACT = "impact"
    JIRA = "jira"
    SKIP = "skip"
    RELEASE = "release"


TAKEN = frozenset({Take.IMPACT, Take.JIRA, Take.RELEASE})
"""What decides a field that was skipped before as well."""


def resolve(
    context: typer.Context,
    targets: options.Targets = None,
    field: options.Fields = None,
    status: options.Statuses = None,
    priority: options.Priorities = None,
    since: options.Since = None,
    everything: options.Everything = False,
    take: Annotated[
        Take | None, typer.Option(help="For scripts: decide all of it one way.")
    ] = None,
    yes: options.Yes = False,
    allow_close: options.AllowClose = False,
    max_changes: options.MaxChanges = None,
    approve: options.Approve = None,
    form: options.Form = Format.TABLE,
    out: options.Out = None,
    config: options.Configuration = None,
) -> None:
    """Decide what raidctl holds: whose value is right, field by field.

    Shows both values and who changed them when, and asks: take Impact's, take JIRA's, skip it
    (and do not ask again while both stay as they are), or release it for the next run to decide.
    What is decided is written at once. --take decides everything one way; on a terminal it asks
    once, unless --yes says not to.

    \b
    raidctl resolve                            go through all that is held
    raidctl resolve 12                         what is held of this incident
    raidctl resolve 12 --field status --take jira --yes
    """
    with answering():
        from raidctl.cli.config import load_to_write

        if take is None and (yes or approve):
            raise UsageError("--yes and --approve go with --take: without it each field is asked")
        settings = options.limited(load_to_write(config or context.obj), allow_close, max_changes)
        filters = Filters(targets, field, status, priority, since, everything)
        filters.asked(settings)  # what cannot be asked is told before anything is opened
        if take is None and not on_terminal():
            raise UsageError("nobody is there to decide: give --take impact, jira, skip or release")
        resolving = _Resolving(settings, take, Approval(yes, approve))
        with session(settings, "resolve", form, out) as one:
            resolving.run(one, filters, skipped_too=bool(targets) or take in TAKEN)
    raise typer.Exit(ExitCode(one.record.exit_code))


class _Resolving:
    """One run of `resolve`, told all that is on its command line."""

    def __init__(self, settings: "Config", take: Take | None, approval: Approval) -> None:
        self._settings = settings
        self._take = take
        self._consent = approval

    def run(self, one: Session, filters: Filters, *, skipped_too: bool) -> None:
        """Find out what is held, and decide it."""
        from raidctl.runs.reading.held import held
        from raidctl.runs.writing.recover import recover
        from raidctl.runs.writing.resolve import options as options_of

        recovered = recover(one.systems, one.context)
        asked = filters.asked(self._settings)
        wanted = request(self._settings, asked, one.systems.tracker, one.systems.journal)
        with progress("reading") as advance:
            found = held(one.systems.readable, wanted, advance)
        one = one.by(found.survey.book)
        choices = options_of(found, wanted.policy, wanted.now)
        choices = [each for each in choices if skipped_too or not each.waiting.skipped]
        report = self._report(one, found, wanted)
        if not choices:
            say("nothing to decide" + ("; raidctl held shows what waits" if found.waiting else ""))
            _end(one, report, (), recovered)
            if self._take in TAKEN and found.waiting and one.record.exit_code == ExitCode.OK:
                one.record.exit_code = ExitCode.INCOMPLETE  # a script must not take that for done
        elif self._take is None:
            _by_dialogue(one, report, choices, recovered)
        elif self._take in {Take.SKIP, Take.RELEASE}:
            _by_note(one, report, choices, recovered, self._take)
        else:
            self._by_plan(one, report, choices, recovered)

    def _report(self, one: Session, found: "Held", wanted: "ReadRequest") -> "Report":
        from raidctl import bootstrap
        from raidctl.runs.reading.diff import report_of

        sites, now = bootstrap.sites(self._settings), bootstrap.utc_now()
        made = report_of(found.survey, one.systems.readable, wanted, sites, now)
        return replace(made, command="resolve", run=one.run.id, unread=found.unread, notes=())

    def _by_plan(
        self,
        one: Session,
        report: "Report",
        choices: "Sequence[Options]",
        recovered: "Sequence[Item]",
    ) -> None:
        """One side's values for all of it; what cannot be taken stays held, and counts."""
        from raidctl import bootstrap
        from raidctl.core.model import Side
        from raidctl.core.plan.item import Hold
        from raidctl.core.plan.plan import Plan as Made
        from raidctl.core.plan.safety import Limits

        side = Side(str(self._take))
        items = tuple(each.taking[side] for each in choices if side in each.taking)
        if not items:
            say(f"nothing to write: the other side agrees with {self._take}'s already")
            _end(one, report, (), recovered)
            return
        sites = bootstrap.sites(self._settings)
        plan = Made(items, tuple(one.context.book.fingerprints), sites, len(items)).hash
        limits = Limits(self._settings.safety.max_changes, 0)  # a person has looked at them
        report = replace(_with_items(report, items), plan=plan)
        one.carry_out(
            Plan(report, recovered, len(items), limits, approving_command(plan)), self._consent
        )
        if one.record.exit_code == ExitCode.OK and any(isinstance(item, Hold) for item in items):
            one.record.exit_code = ExitCode.INCOMPLETE


def _by_note(
    one: Session,
    report: "Report",
    choices: "Sequence[Options]",
    recovered: "Sequence[Item]",
    take: Take,
) -> None:
    """Remember each field as skipped, or let the next run decide it."""
    from raidctl.runs.writing import resolve as runs

    items = tuple(each.waiting.item for each in choices)
    act = runs.skip if take is Take.SKIP else runs.release
    done = sum(1 for item in items if act(one.systems, one.context, item))
    words = "skipped" if take is Take.SKIP else "released"
    say(f"{done} of {len(items)} {words}; nothing was written")
    _end(one, report, items, recovered)


def _by_dialogue(
    one: Session, report: "Report", choices: "Sequence[Options]", recovered: "Sequence[Item]"
) -> None:
    """Ask about each, and write what was decided at once."""
    from raidctl.cli.dialogue import Dialogue

    if one.systems.journal.paused() is not None:
        raise BlockedError("nothing was written: raidctl is paused; raidctl resume ends that")
    dialogue = Dialogue(one.systems, one.context, one.shutdown)
    _end(one, report, dialogue.about(choices), recovered, dialogue.ended)


def _end(
    one: Session,
    report: "Report",
    items: "tuple[Item, ...]",
    recovered: "Sequence[Item]",
    ended: "RaidctlError | None" = None,
) -> None:
    """Tell what came of it where somebody asked for a report, and answer."""
    from raidctl.runs.writing import reconcile as runs

    report = replace(_with_items(report, items), finished_at=one.context.clock())
    report = runs.with_recovered(report, recovered)
    one.record.report = report
    one.record.exit_code = answer(report, ended, interrupted=one.shutdown.wanted)
    if one.form is not Format.TABLE or one.out is not None:
        one.show(report)
    else:
        say_unread(report.unread)
    if ended is not None:
        say(str(ended))


def _with_items(report: "Report", items: "Sequence[Item]") -> "Report":
    """The report of these fields alone: what else drifted is no matter of this run."""
    from raidctl.core.report import summarised

    links = len({item.subject.incident for item in items})
    summary = summarised(items, links, 0, report.summary.requests)
    return replace(report, items=tuple(items), summary=summary)
