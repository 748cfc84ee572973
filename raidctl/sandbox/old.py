"""Put years on stage: every incident and issue with its history, as `years` tells it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from raidctl.core.model import Field, IncidentStatus, Side, Value
from raidctl.sandbox.impact.seed import Edit, NewIncident, add_incidents
from raidctl.sandbox.jira.state import JiraState
from raidctl.sandbox.story import PEOPLE, SERVICE, Tale
from raidctl.sandbox.years import Life, Step

FIRST_ISSUE_ID = 10_000
_MADE = timedelta(seconds=2)  # FireFighter makes the issue right after the incident

Agreement = Callable[[Tale], tuple[Mapping[Field, Value], Mapping[Field, Value]]]
"""What both sides hold where they agree as a tale tells it."""


def tell_years(
    connection: Connection,
    jira: JiraState,
    told: Iterable[Life],
    agreement: Agreement,
    jira_fields: Mapping[Field, str],
) -> None:
    """Make every incident and issue, and let people change them when they did."""
    clock = jira.now
    incidents = []
    for life in told:
        impact, agreed = agreement(life.tale)
        incidents.append(_incident(life, {**impact, Field.STATUS: "OPEN"}))
        if life.tale.link not in ("none", "shared with the last"):
            _make_issue(jira, life, agreed, jira_fields)
    add_incidents(connection, incidents)
    jira.now = clock


def _incident(life: Life, start: Mapping[Field, Value]) -> NewIncident:
    owner = life.number - (life.tale.link == "shared with the last")
    linked = life.tale.link != "none"
    steps = [one for one in life.steps if one.side is Side.IMPACT]
    return NewIncident(
        id=life.number,
        **_columns(life.now(Side.IMPACT, start)),
        created_at=life.created,
        updated_at=steps[-1].at if steps else life.created,
        jira_key=f"INC-{owner}" if linked else None,
        jira_id=FIRST_ISSUE_ID + life.number if linked else None,
        private=life.tale.private,
        created_by=PEOPLE[0].email,  # JIRA has an account of theirs, to report a new issue
        declared=_columns(start),
        edits=tuple(_edit(one) for one in steps if one.told),
    )


def _edit(step: Step) -> Edit:
    by = None if step.by is None else PEOPLE[step.by].email
    message = f"{step.field.capitalize()} synced from Jira" if step.by is None else None
    return Edit(step.at, by, _columns({step.field: step.value}), message)


def _columns(values: Mapping[Field, Value]) -> dict[str, Any]:
    """Values as `NewIncident` has them."""
    columns: dict[str, Any] = {name.value: value for name, value in values.items()}
    if (status := values.get(Field.STATUS)) is not None:
        columns["status"] = IncidentStatus[str(status)].value
    return columns


def _make_issue(
    jira: JiraState,
    life: Life,
    agreed: Mapping[Field, Value],
    jira_fields: Mapping[Field, str],
) -> None:
    issue, key = FIRST_ISSUE_ID + life.number, f"INC-{life.number}"
    made: dict[str, Any] = {jira_fields[name]: value for name, value in agreed.items()}
    text, body = str(agreed[Field.DESCRIPTION]), life.tale.description
    tail = text.removeprefix(body) if body else ""
    jira.add_issue(key, issue, created=life.created + _MADE, **made)
    for step in life.steps:
        if step.side is not Side.JIRA:
            continue
        jira.now = lambda at=step.at: at  # type: ignore[misc]
        value = f"{step.value}{tail}" if step.field is Field.DESCRIPTION else step.value
        given: dict[str, Any] = {jira_fields[step.field]: value}
        if step.told:
            by = SERVICE.account if step.by is None else PEOPLE[step.by].account
            jira.edit(issue, by, **given)
        else:  # as an import does, which leaves no changelog
            past = jira.issue(issue)
            values = {**past.values, **given}
            jira.add_issue(key, issue, created=past.created, updated=step.at, **values)
    if life.tale.link == "moved":
        jira.move(issue, "OPS-7")
    elif life.tale.link == "forbidden":
        jira.forbid(issue)
