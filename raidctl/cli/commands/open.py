"""`raidctl open`: both pages of a link in a browser."""

import os
import sys
from collections.abc import Iterable

from raidctl.bootstrap.rules import request, sites
from raidctl.cli import options
from raidctl.cli.config import load_to_read
from raidctl.cli.reading import both_systems
from raidctl.cli.report import answered, say_unread
from raidctl.cli.targets import is_ours
from raidctl.cli.terminal import end_at_once_on_interrupt, say, show
from raidctl.errors import ExitCode
from raidctl.present.text.safe import safe_url, visible
from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.pages import pages


def open(  # noqa: A001 - a command is the function of its module's name
    target: options.Target,
    config: options.Configuration = None,
) -> ExitCode:
    """Open the pages of an incident and of its issue in a browser; print where they are.

    Where there is no browser they are printed alone. Only pages of the two configured sites are
    opened. Exit code 0: found; 4: not everything could be read; 7: a system could not be reached.

    \b
    raidctl open 12
    raidctl open INC-34
    """
    end_at_once_on_interrupt()
    settings = load_to_read(config)
    asked = options.Links([target]).filters(settings)
    with both_systems(settings, os.environ) as (systems, _, advance):
        subjects, unread = pages(systems, request(settings, asked, systems), advance)
    fit = []
    for subject in subjects:
        for side, url in (("Impact", subject.incident_url), ("JIRA", subject.issue_url)):
            show(f"{side:6}  {visible(url or 'no issue is linked')}\n", None)
            if url is None:
                continue
            if (address := safe_url(url)) is None:
                say(f"this cannot be opened: {url}")
            elif is_ours(address, sites(settings)):
                fit.append(address)
            else:
                say(f"not opened, as it is no site of the configuration: {address}")
    if fit and not _opened(fit):
        say("there is no browser here: open them elsewhere")
    say_unread(unread[1:])  # `answered` says the first
    return answered([Fact.UNREAD] if unread else [], unread=unread)


def _opened(addresses: Iterable[str]) -> bool:
    """Whether a browser took them; one in this very terminal only where $BROWSER says so."""
    import webbrowser  # noqa: PLC0415 - not for those who only complete a command line

    seen = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in seen):
        return False
    return all(webbrowser.open_new_tab(address) for address in addresses)
