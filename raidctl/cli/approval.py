"""Who says yes to a plan, and how: an option, or a person at the terminal."""

import sys
from collections.abc import Callable, Sequence

from raidctl.bootstrap.rules import limits
from raidctl.cli.pager import show_beside
from raidctl.cli.terminal import on_screen, tell
from raidctl.config import Config
from raidctl.core.plan.item import Item
from raidctl.core.report import Report
from raidctl.errors import UsageError
from raidctl.present.report.approval import question
from raidctl.present.text.words import reason_words
from raidctl.runs.writing.session import Approval

_NAMED = 20


def approval(settings: Config, *, yes: bool, approve: str | None) -> Approval:
    """Who says yes: whoever typed `--yes` or `--approve`, a person at the terminal, else nobody."""
    if yes or approve is not None or not on_screen(sys.stdin):
        return Approval(limits(settings), approve)
    return Approval(limits(settings), ask=_agreed)


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return on_screen(sys.stdin) and on_screen(sys.stderr)


def _agreed(report: Report) -> bool:
    """Show what is to be written and ask; only "yes" is a yes.

    All of it on standard error: standard output stays for the report.
    """
    if not on_screen(sys.stderr):
        raise UsageError("nobody sees the question, standard error being redirected: give --yes")
    from raidctl.present.report.table import render_planned  # noqa: PLC0415 - rich is slow to load
    from raidctl.present.report.texts import long_texts, render_texts  # noqa: PLC0415 - the same

    show_beside(lambda able: render_planned(report, **able))
    for said in question(report):
        tell(said)
    if count := len(long_texts(report)):
        tell(f"Type show to read first how {count} long text{'s' * (count != 1)} would change.")
    while (answer := _yes_or_no("Type yes to write this: ")) == b"show" and count:
        show_beside(lambda able: render_texts(report, **able))
    return answer == b"yes"


def _yes_or_no(question: str) -> bytes:
    """What is answered; a yes that is not typed out is asked for once more."""
    while (answer := asked(question)) != b"yes" and answer.lower() in {b"y", b"ye", b"yes"}:
        tell("  a yes is typed out, in small letters: y is asked again, all else is a no")
    return answer


def asked(question: str) -> bytes:
    """What is answered, in bytes, whatever the terminal's encoding; nothing at its end."""
    return (typed(question) or b"").strip()


def typed(question: str) -> bytes | None:
    """The line that is typed; None where the terminal is gone, or at Ctrl-D."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.buffer.readline() or None


def noting(*, ask: bool) -> Callable[[str, Sequence[Item]], bool]:
    """Who says yes to what is only noted: nobody has to, or a person at the terminal."""
    return _agreed_to_note if ask else lambda name, items: True


def _agreed_to_note(name: str, items: Sequence[Item]) -> bool:
    """Say of what, and ask."""
    for item in items[:_NAMED]:
        subject = item.subject
        tell(
            f"  incident {subject.incident} · {subject.issue} · {item.field}: {reason_words(item)}"
        )
    if len(items) > _NAMED:
        tell(f"  and {len(items) - _NAMED} more")
    fields = "this field" if len(items) == 1 else f"these {len(items)} fields"
    return _yes_or_no(f"Type yes to {name} {fields}: ") == b"yes"
