"""The issue that an incident is to have: its content as FireFighter makes it, and where it goes.

What an incident may have no issue for is told by `holds_of`; what its issue would be, by `drafted`.
Both are asked twice: when the plan is made, and again just before anything is sent.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from raidctl.core.backfill.backlink import PROPERTY, RemoteLink, property_of, remote_link
from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.core.backfill.first_issue import first_issue
from raidctl.core.backfill.new_issue import NewIssue
from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.mapping.normal import utf16_length
from raidctl.core.mapping.relation import Image
from raidctl.core.mapping.tables import folded
from raidctl.core.mapping.texts import JIRA_DESCRIPTION_LIMIT, fitted
from raidctl.core.model import Field, Incident, SyncDirection, Value, plain
from raidctl.core.reasons import Reason

GAMEDAY = 20  # the value of FireFighter's priority for exercises (facts: severities)
_LEFT_OUT = False  # what a configured field says that is not to be sent

TO_JIRA = SyncDirection.IMPACT_TO_JIRA
Said = tuple[Reason, str]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What issues are made of and where they go, beside their incidents.

    `site` is Impact's base URL, `ids` JIRA's id of each field of ours. `projects` are keys by the
    folded name of a category, a group or an issue type; `fields` are values by JIRA's field id,
    which win, False for one that is not sent. `reporter` is an account, empty for none.
    """

    site: str
    project: str
    issue_type: str
    ids: Mapping[Field, str]
    projects: Mapping[str, str] = field(default_factory=dict)
    reporter: str = ""
    labels: tuple[str, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    category_field: str = ""
    toolbox_url: str = ""
    private_to_jira: bool = False
    allow_close: bool = False

    def project_of(self, declared: Declaration) -> str:
        """Where an incident's issue goes: by a row, else where FireFighter's team would have it."""
        for name in (declared.category, declared.group, self.issue_type):
            if (found := self.projects.get(folded(name))) is not None:
                return found
        return (declared.custom or CustomFields()).project or self.project


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue as it would be created for an incident.

    `status` is where it belongs once it is there, None where its table is silent; `notes` are what
    a person should know who says yes.
    """

    incident: Incident
    issue: NewIssue
    link: RemoteLink
    status: Value
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A short hash of all of it but the notes."""
        issue, link = self.issue, self.link
        whole = [
            *(issue.project, issue.issue_type, issue.reporter, issue.labels, issue.more),
            sorted(issue.values.items()),
            *(link.global_id, link.url, link.title, self.status),
        ]
        text = json.dumps(whole, ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def holds_of(
    incident: Incident, mapping: ProjectMapping, blueprint: Blueprint
) -> Mapping[Reason, str]:
    """All that an incident may have no issue for, as far as it tells itself."""
    told = {
        Reason.DOWNGRADED: "ignored in Impact" if incident.ignored else None,
        Reason.PRIVATE: None if blueprint.private_to_jira else _private(incident),
        Reason.GAMEDAY: "" if incident.priority == GAMEDAY else None,
        Reason.UNREADABLE: _unreadable(incident),
        **_of_status(incident, mapping, blueprint),
    }
    title = _image(mapping, incident, Field.TITLE)
    if title.problem is Reason.LOSSY:
        told[Reason.LOSSY] = f"title: {title.detail}"
    return {reason: words for reason, words in told.items() if words is not None}


def _private(incident: Incident) -> str | None:
    """By REST nobody knows, and what JIRA was told once its readers have seen."""
    if incident.private is None:
        return "only Impact's database tells"
    return "" if incident.private else None


def _unreadable(incident: Incident) -> str | None:
    hidden = [name for name in Field if plain(incident.value(name)) is None]
    needed = [name for name in hidden if name in (Field.TITLE, Field.STATUS)]
    return f"Impact does not tell its {' and '.join(needed)}" if needed else None


def _of_status(
    incident: Incident, mapping: ProjectMapping, blueprint: Blueprint
) -> Mapping[Reason, str | None]:
    image = _image(mapping, incident, Field.STATUS)
    if image.problem is not None:
        return {image.problem: image.detail}
    closes = mapping.closes(Field.STATUS, TO_JIRA, image.value)
    why = "its issue would be closed as soon as it is there"
    return {Reason.CLOSING: why if closes and not blueprint.allow_close else None}


def drafted(
    incident: Incident,
    declared: Declaration,
    book: MappingBook,
    blueprint: Blueprint,
    account: Mapping[str, str | None],
) -> Draft:
    """The issue of an incident that nothing holds.

    `account` has the JIRA account of each e-mail that it names, None for nobody's. What cannot be
    written as it is (`Draft.notes`) is left empty, never guessed.
    """
    project = blueprint.project_of(declared)
    mapping, notes = book.of(project), list[str]()
    title = str(_image(mapping, incident, Field.TITLE).value or "")
    first = first_issue(
        title,
        str(plain(incident.value(Field.DESCRIPTION)) or ""),
        declared,
        toolbox_url=blueprint.toolbox_url,
        category_field=blueprint.category_field,
        labels=blueprint.labels,
    )
    values: dict[Field, Value] = {Field.TITLE: title, Field.DESCRIPTION: first.description}
    priority = _image(mapping, incident, Field.PRIORITY)
    if mapping.relations[Field.PRIORITY].covers(plain(incident.priority)) and not priority.problem:
        values[Field.PRIORITY] = priority.value
    commander = plain(incident.value(Field.COMMANDER))
    if isinstance(commander, str) and commander:
        values[Field.COMMANDER] = account.get(commander)
        if values[Field.COMMANDER] is None:
            notes.append(f"nobody is assigned: no JIRA account is known for {commander}")
    more = dict(first.extra)
    labels = more.pop("labels", ())
    issue = NewIssue(
        project=project,
        issue_type=blueprint.issue_type,
        values=values,
        reporter=_reporter(declared, blueprint, account, notes),
        labels=tuple(map(str, labels)),
        more=more,
        properties={PROPERTY: property_of(blueprint.site, incident.id)},
    )
    return Draft(
        incident,
        _configured(issue, blueprint),
        remote_link(blueprint.site, incident),
        _image(mapping, incident, Field.STATUS).value,
        tuple(notes),
    )


def too_long(draft: Draft) -> Said | None:
    """That a description does not fit, with what FireFighter adds to it; None where it does."""
    text = str(draft.issue.values.get(Field.DESCRIPTION) or "")
    image = fitted(text, utf16_length, JIRA_DESCRIPTION_LIMIT, "a JIRA description")
    return None if image.problem is None else (image.problem, f"description: {image.detail}")


def _reporter(
    declared: Declaration,
    blueprint: Blueprint,
    account: Mapping[str, str | None],
    notes: list[str],
) -> str | None:
    """The creator, else whom the configuration names, else whom JIRA takes, which is said."""
    if found := account.get(declared.creator):
        return found
    instead = "[backfill] reporter" if blueprint.reporter else "the owner of jira.token"
    notes.append(f"reported by {instead}: no JIRA account is known for {declared.creator}")
    return blueprint.reporter or None


def _configured(issue: NewIssue, blueprint: Blueprint) -> NewIssue:
    """With the configured fields in the place of what would be sent there, by JIRA's ids."""
    given = blueprint.fields
    values = {
        name: value for name, value in issue.values.items() if blueprint.ids[name] not in given
    }
    more = {**issue.more, **given}
    return replace(
        issue,
        values=values,
        reporter=None if "reporter" in given else issue.reporter,
        labels=() if "labels" in given else issue.labels,
        more={name: value for name, value in more.items() if value is not _LEFT_OUT},
    )


def _image(mapping: ProjectMapping, incident: Incident, name: Field) -> Image:
    return mapping.relations[name].to_jira(plain(incident.value(name)), None)
