"""An issue that is to be created, and what JIRA's screen for its creation says to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, Value


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue as it is to be created, with JIRA's own values throughout.

    `values`: as JIRA's side of a field (an assignee as its account); the status is none of them,
    the workflow gives it. `reporter` is an account. `more` are other fields by JIRA's id, spelled
    as JIRA takes them; `properties` entity properties by key.
    """

    project: str
    issue_type: str
    values: Mapping[Field, Value]
    reporter: str | None = None
    labels: tuple[str, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreationField:
    """A field on a creation screen.

    `required`: nothing is filled in where nothing is given. `allowed` are the names (and ids) of
    its choices; None where it takes any value, or where JIRA does not list them.
    """

    id: str
    name: str
    required: bool = False
    allowed: tuple[tuple[str, ...], ...] | None = None


class Wrong(StrEnum):
    """What a screen objects to."""

    NOT_TAKEN = "not_taken"  # the field is not on it
    DEMANDED = "demanded"  # the field must be filled in, and is not
    NOT_ALLOWED = "not_allowed"  # the value is none of its choices


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an issue could not be created so; `choices` by name where the value is none of them."""

    field: str
    name: str
    wrong: Wrong
    value: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CreationScreen:
    """What the creation of issues of one type in one project takes and demands, by JIRA's ids."""

    project: str
    issue_type: str
    fields: Mapping[str, CreationField]

    def objections(self, spelled: Mapping[str, object]) -> Sequence[Objection]:
        """All that JIRA would refuse of fields as they would be sent, by field id.

        Empty ones are left out of the request: they are neither taken nor filled in.
        """
        given = {name: value for name, value in spelled.items() if value not in (None, "", [])}
        found = [
            Objection(name, name, Wrong.NOT_TAKEN) for name in given if name not in self.fields
        ]
        for name, one in self.fields.items():
            if name not in given:
                if one.required:
                    found.append(Objection(name, one.name, Wrong.DEMANDED))
            elif one.allowed is not None:
                found += _unknown(one, one.allowed, given[name])
        return found


def _unknown(
    one: CreationField, allowed: Sequence[tuple[str, ...]], value: object
) -> Iterable[Objection]:
    known = {folded(name) for names in allowed for name in names}
    choices = tuple(names[0] for names in allowed if names)
    for choice in value if isinstance(value, list) else [value]:
        said = _said(choice)
        if said is not None and folded(said) not in known:
            yield Objection(one.id, one.name, Wrong.NOT_ALLOWED, said, choices)


def _said(choice: object) -> str | None:
    """What a choice is named by; None for what is spelled in no form that has a name."""
    if isinstance(choice, dict):
        named = (choice.get(key) for key in ("id", "value", "name"))
        choice = next((name for name in named if name is not None), None)
    return str(choice) if isinstance(choice, str | int) else None
