"""The checks of doctor, for people and for programs."""

from collections.abc import Sequence

from raidctl.core.doctor.check import Check
from raidctl.present.format import Format
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.records import Columns, record, to_csv, to_json, to_json_lines

COLUMNS: Columns[Check] = {
    "id": lambda one: one.id,
    "state": lambda one: one.state,
    "what": lambda one: one.what,
    "detail": lambda one: one.detail,
    "mend": lambda one: one.mend,
}
_HEADS = ("Check", "State", "What was seen", "How to mend it")


def render_doctor(
    checks: Sequence[Check],
    form: Format,
    *,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
) -> str:
    """All checks in a format; width (in columns) and colour are the table's."""
    match form:
        case Format.TABLE | Format.DETAIL:
            from raidctl.present.doctor.page import render_page

            return render_page(checks, width=width, colour=colour, hyperlinks=hyperlinks)
        case Format.JSON:
            told = [record(COLUMNS, one) for one in checks]
            return to_json({"schema": "raidctl.doctor/1", "checks": told})
        case Format.JSONL:
            return to_json_lines(COLUMNS, checks)
        case Format.CSV:
            return to_csv(COLUMNS, checks)
        case Format.MARKDOWN:
            lines = table(_HEADS, (map(escaped, _row(one)) for one in checks))
            return "".join(f"{line}\n" for line in lines)
        case Format.HTML:
            from raidctl.present.doctor.page import counted
            from raidctl.present.html.page import whole
            from raidctl.present.html.table import plain

            rows = plain("Checks", _HEADS, map(_row, checks))
            return whole(f"{counted(checks)}.", "doctor", rows)


def _row(check: Check) -> list[str]:
    return [check.id, check.state, _seen(check), check.mend or ""]


def _seen(check: Check) -> str:
    return "; ".join(filter(None, [check.what, check.detail]))
