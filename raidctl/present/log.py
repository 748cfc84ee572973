"""One line of the log: as text for people and grep, or as JSON by OpenTelemetry's names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from raidctl.present.text.safe import visible

Attributes = Mapping[str, object]
_OURS = "raidctl."
_SEVERITIES = {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}
"""OpenTelemetry's numbers ("Logs Data Model", SeverityNumber)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What happened when: `event` is its name in a closed set, `attributes` what is known of it.

    `severity` is DEBUG, INFO, WARN or ERROR.
    """

    at: datetime
    severity: str
    event: str
    body: str
    attributes: Attributes


def as_json(line: Line, resource: Attributes) -> str:
    """The line as one flat object; `resource` says of whom it is."""
    document = {
        "timestamp": _instant(line.at),
        "severity_text": line.severity,
        "severity_number": _SEVERITIES[line.severity],
        "event_name": f"{_OURS}{line.event}",
        "body": line.body,
        **resource,
        **_known(line.attributes),
    }
    return json.dumps(document)  # in ASCII: what is unseen is escaped, and a line is a line


def as_text(line: Line) -> str:
    """The line with its attributes as `name=value`, our own without their prefix."""
    pairs = [
        f"{name.removeprefix(_OURS)}={_value(value)}"
        for name, value in _known(line.attributes).items()
    ]
    head = f"{_instant(line.at)} {line.severity:<5} {line.event}: {visible(line.body)}"
    return " ".join([head, *pairs])


def _known(attributes: Attributes) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if value is not None}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _value(value: object) -> str:
    """A value in one piece: in quotes where it would not be one."""
    text = visible(f"{value:.3f}" if isinstance(value, float) else str(value))
    odd = not text or any(one in text for one in ' "=')
    return json.dumps(text, ensure_ascii=False) if odd else text
