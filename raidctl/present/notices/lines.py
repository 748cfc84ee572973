"""What is newly held, in lines for the mail of cron: the first line says it all."""

from collections.abc import Iterator, Sequence

from raidctl.core.notices import grouped
from raidctl.core.plan.item import Hold
from raidctl.present.notices.place import Place
from raidctl.present.notices.words import headline, next_step, what


def hold_lines(holds: Sequence[Hold], place: Place) -> Iterator[str]:
    """A line for all of it, and below two for each group: what it is, and the command."""
    groups = sorted(grouped(holds), key=lambda one: -one.count)
    yield f"raidctl: {headline(groups)}; {place.typed('raidctl held')} shows all that waits\n"
    for one in groups:
        yield f"  {what(one)}\n"
        yield f"    {next_step(one, place)}\n"
