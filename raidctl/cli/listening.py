"""A batch of `raidctl listen`: what is due in the queue, settled as `raidctl event` does."""

from collections.abc import Callable

from raidctl.cli.events import Work
from raidctl.cli.notices import place_of
from raidctl.cli.session import Stopping
from raidctl.core.events.event import State, dead_words
from raidctl.errors import ExitCode
from raidctl.ports.journal import Journal

_NOTHING_DONE = {ExitCode.UNREACHABLE, ExitCode.BLOCKED, ExitCode.USAGE}


def settled(
    work: Work, stopping: Stopping, tell: Callable[[str], None], memory: Journal
) -> str | None:
    """Settle what is due; why nothing could be, None where something was.

    What is dead is told: nothing but a person brings it back.
    """
    ending = work.off_within(memory, stopping)
    if ending is None:
        return None
    for one in ending.report.events or ():
        if one.state is State.DEAD:
            tell(dead_words(one))
    if ending.exit_code not in _NOTHING_DONE:
        return None
    if ending.bar is None or ending.bar.advice is not None:
        return ending.why
    plan = ending.report.plan
    command = place_of(work.settings).typed(f"raidctl event --approve {plan}")
    return f"{ending.why}; to write exactly this plan: {command}"
