"""The statuses that a project's issues can have: by them a mapping preset is chosen."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from raidctl.errors import Category
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.names import Names
from raidctl.gateways.jira.transport import Versions, nonsense, says_missing
from raidctl.gateways.malformed import MALFORMED


def live_statuses(
    http: HttpClient, project: str, issue_type: str, *, cloud: bool
) -> Sequence[str] | None:
    """The statuses of a type's issues in a project, in one request; None where it is not shown.

    Those of all its types where it has none of that name, of the whole site without a project.
    Raises `ServiceError`.
    """
    path = f"project/{quote(project, safe='')}/statuses" if project else "status"
    try:
        answer = Versions(cloud=cloud).asked(
            path, lambda version: http.get(f"/rest/api/{version}/{path}"), names_one=True
        )
    except HttpError as error:
        if says_missing(error) or error.category is Category.PERMISSION:
            return None
        raise
    try:
        return _names(answer, issue_type) if project else _shown(answer)
    except MALFORMED:
        raise nonsense(http) from None


def _names(kinds: Any, issue_type: str) -> list[str]:
    names = Names()
    of_type = {names.of("issuetype", kind): _shown(kind["statuses"]) for kind in kinds}
    every = dict.fromkeys(name for found in of_type.values() for name in found)
    return of_type.get(issue_type, list(every))


def _shown(statuses: Any) -> list[str]:
    names = Names()
    return [names.of("status", status) for status in statuses]
