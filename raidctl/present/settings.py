"""What is in force and where it comes from, for the terminal and as JSON."""

import json
from collections.abc import Sequence

from rich.text import Text

from raidctl.core.setting import Origin, Setting
from raidctl.present.text.page import Screen
from raidctl.present.text.records import to_json
from raidctl.present.text.safe import visible

SHOWN, CHECKED = "raidctl.config/1", "raidctl.config-check/1"
_COMMENT = 40
"""Columns before what a line says of itself, where there is room."""
_WIDE = 100_000  # nothing is broken: a path in two pieces is none to copy


def settings_page(file: str | None, settings: Sequence[Setting], *, colour: bool) -> str:
    """As a file would say it, each with what it was taken from; what is empty is left out."""
    tables: dict[str, list[Setting]] = {}
    for one in settings:
        if one.value != "" or one.origin is not Origin.DEFAULT:
            tables.setdefault(one.table, []).append(one)
    lines = [Text(visible(file or "There is no configuration file."))]
    for table in sorted(tables, key=lambda table: table.split(".")):
        lines += [Text(""), Text(visible(f"[{table}]"), style="head")]
        lines += map(_line, tables[table])
    return Screen(_WIDE, colour=colour).printed(lines)


def _line(one: Setting) -> Text:
    style = "dim" if one.origin is Origin.DEFAULT else ""
    line = Text(visible(_said(one).ljust(_COMMENT)), style=style)
    line.append(visible(f"  # {_origin(one)}"), style="dim")
    if one.lacking and one.origin is not Origin.DEFAULT:
        line.append(visible(f": {one.lacking}"), style="warning")
    return line


def _said(one: Setting) -> str:
    if one.source is None:
        return f"{one.name} = {json.dumps(one.value, ensure_ascii=False, default=str)}"
    return f"{one.name}: {'not given' if one.origin is Origin.DEFAULT else one.source}"


def _origin(one: Setting) -> str:
    if one.source is not None and one.origin is Origin.VARIABLE:
        return "set"
    if one.origin is Origin.FILE:
        return f"line {one.line}" if one.line else "the file"
    return one.variable or "default"


def settings_json(file: str | None, settings: Sequence[Setting]) -> str:
    """The same as one document; the value of a secret is null, whatever it is."""
    return to_json({"schema": SHOWN, "file": file, "settings": [_record(one) for one in settings]})


def _record(one: Setting) -> dict[str, object]:
    return {
        "key": one.key,
        "value": one.value,
        "from": one.origin.value,
        "line": one.line,
        "variable": one.variable,
        "source": one.source,
        "lacking": one.lacking,
    }


def problems_json(file: str | None, problems: Sequence[str]) -> str:
    """What is wrong with a configuration, as one document."""
    return to_json({"schema": CHECKED, "file": file, "problems": list(problems)})
