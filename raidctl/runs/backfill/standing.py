"""The files of an issue, and what is remembered of them there."""

from collections.abc import Sequence

from raidctl.core.backfill.attachment import (
    PROPERTY,
    Attachment,
    Remembered,
    property_of,
    remembered,
)
from raidctl.ports.jira_admin import IssueAdmin


def standing(admin: IssueAdmin, issue: int) -> tuple[Sequence[Attachment], Sequence[Remembered]]:
    """Its files, and what those hold that raidctl has attached. Raises `ServiceError`."""
    return admin.attachments(issue), remembered(admin.read_property(issue, PROPERTY))


def remember(admin: IssueAdmin, issue: int, known: Sequence[Remembered]) -> None:
    """Keep at the issue what these files hold, the newest last. Raises `ServiceError`."""
    admin.set_property(issue, PROPERTY, property_of(known))
