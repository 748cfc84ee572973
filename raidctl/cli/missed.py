"""How what was missed is told: on a screen paged where it is long."""

from raidctl.cli.options import MissedOutput
from raidctl.cli.pager import show_paged
from raidctl.cli.report import say_unread
from raidctl.cli.shown import FOR_PEOPLE
from raidctl.cli.terminal import Capabilities, capabilities, say, show
from raidctl.cli.typed import approving_command, asked
from raidctl.core.missed import MissedReport
from raidctl.present.missed.render import render_missed
from raidctl.present.text.records import only
from raidctl.runs.writing.session import Ending


def tell(found: MissedReport, output: MissedOutput) -> None:
    """Show the list, and say what else could not be read."""

    def told(able: Capabilities) -> str:
        return render_missed(found, output.form, width=able["width"], asked=asked())

    if output.out is None and output.form in FOR_PEOPLE:
        show_paged(told)
    else:
        show(only(told(capabilities(output.out)), output.picked()), output.out)
    say_unread(found.unread[1:])


def tell_why(ending: Ending) -> None:
    """Say why a delivery ended as it did, and what approves its plan where that is what helps."""
    if ending.said is not None and ending.said != ending.why:
        say(ending.said)
    if (why := ending.why) is None:
        return
    if ending.bar is not None and ending.bar.advice is None:
        say(f"{why}; to write exactly this plan:", approving_command(ending.report.plan))
    else:
        say(why)
