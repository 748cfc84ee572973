"""The mapping tables in force, and what is odd about them, for the terminal."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from raidctl.core.mapping.lint import Finding, Kind
from raidctl.core.mapping.tables import Tables
from raidctl.present.text.safe import visible

KIND_WORDS = {
    Kind.UNCOVERED: "Not covered",
    Kind.UNREACHABLE: "Cannot be reached",
    Kind.NOT_INVERSE: "Not each other's inverse (allowed)",
    Kind.NO_CHANGE: "Changes nothing",
}


@dataclass(frozen=True, slots=True)
class MappingShown:
    """Tables in force, on top of which preset, and what is odd about them.

    `found`: JIRA's workflow told which preset it is.
    """

    preset: str
    found: bool
    tables: Tables
    findings: Sequence[Finding]

    @property
    def preset_line(self) -> str:
        """Where the tables come from."""
        why = ', whose statuses JIRA has (mapping.preset = "auto")' if self.found else ""
        return f"The preset {self.preset}{why}, and the rows of your own."


def render_mapping(shown: MappingShown, *, width: int, colour: bool) -> str:
    """The preset, three tables and the findings, as text of at most `width` columns."""
    tables, findings = shown.tables, shown.findings
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
    sheets = (
        ("Impact status", "JIRA status written", tables.status_to_jira.items()),
        ("JIRA status", "Impact status read", tables.status_to_impact.items()),
        ("JIRA priority", "Impact priority", tables.priority.items()),
        ("Impact priority", "JIRA priority written", sorted(tables.priority_written.items())),
    )
    console.print(Text(shown.preset_line))
    console.print()
    for left, right, rows in sheets:
        console.print(_sheet(left, right, rows))
    for kind, words in KIND_WORDS.items():
        messages = [finding.message for finding in findings if finding.kind is kind]
        if messages:
            console.print(Text(f"{words}:", style="bold"))
            for message in messages:
                console.print(Text(f"  {visible(message)}"))
    if not findings:
        console.print(Text("Nothing odd about these tables."))
    return out.getvalue()


def _sheet(left: str, right: str, rows: Iterable[tuple[object, object]]) -> Table:
    sheet = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    sheet.add_column(left)
    sheet.add_column(right)
    for one, other in rows:
        sheet.add_row(Text(visible(str(one))), Text(visible(str(other))))
    sheet.add_row("", "")
    return sheet
