"""Who is known to the simulated JIRA, and what the token may do."""

from collections.abc import Callable

from raidctl.sandbox.jira.calls import Call, Handler, strings
from raidctl.sandbox.jira.server import not_served
from raidctl.sandbox.jira.state import Person, RefusedError
from raidctl.sandbox.server import Reply
from tests.simulators.jira.state import site


def _my_permissions(call: Call) -> Reply:
    """Cloud tells of what is asked; Data Center of all there is, by old names and new ones."""
    state, asked = site(call), call.parameters()
    if not state.tells_permissions:
        not_served(call)
    if (project := asked.get("projectKey", "")) and project not in state.projects:
        raise RefusedError(404, f"No project could be found with key '{project}'.")
    held = {"BROWSE_PROJECTS": True, "EDIT_ISSUES": state.may_edit}
    held |= {"TRANSITION_ISSUES": state.may_transition, "ASSIGN_ISSUES": state.may_assign}
    held |= {"CREATE_ISSUES": state.may_create, "LINK_ISSUES": state.may_link}
    held |= {"CREATE_ATTACHMENTS": state.may_attach}
    if state.deployment == "datacenter":
        older = {name[:-1]: has for name, has in held.items() if name != "BROWSE_PROJECTS"}
        held |= older | {"BROWSE": True}
    else:
        names = strings(asked.get("permissions"))
        if not names or (unknown := [name for name in names if name not in held]):
            why = f"Unrecognized permission: {unknown[0]}" if names else "permissions is required."
            raise RefusedError(400, why)
        held = {name: held[name] for name in names}
    shapes = {name: {"key": name, "havePermission": has} for name, has in held.items()}
    return Reply(200, {"permissions": shapes})


def _user(call: Call) -> Reply:
    parameter = "accountId" if call.state.deployment == "cloud" else "username"
    person = call.state.person(call.parameters().get(parameter))
    if person is None or not site(call).browse_users:
        raise RefusedError(
            404, "Specified user does not exist or you do not have required permissions"
        )
    return Reply(200, call.shapes.person(person))


def _user_search(call: Call) -> Reply:
    cloud = call.state.deployment == "cloud"
    return _people(call, lambda person: cloud or person.active)


def _assignable(call: Call) -> Reply:
    return _people(call, lambda person: person.active)


def _people(call: Call, eligible: Callable[[Person], bool]) -> Reply:
    asked = call.parameters()
    cloud = call.state.deployment == "cloud"
    text = asked.get("query" if cloud else "username", "").casefold()
    found = [
        call.shapes.person(person)
        for person in call.state.people()
        if site(call).browse_users and eligible(person) and _matches(person, text, cloud=cloud)
    ]
    start, most = int(asked.get("startAt", 0)), int(asked.get("maxResults", 50))
    return Reply(200, found[start : start + most])


def _matches(person: Person, text: str, *, cloud: bool) -> bool:
    names = [*person.name.split(), person.name, person.email]
    if not cloud:
        names.append(person.account)
    return any(name.casefold().startswith(text) for name in names)


PEOPLE_ROUTES: dict[str, Handler] = {
    "GET mypermissions": _my_permissions,
    "GET user": _user,
    "GET user/search": _user_search,
    "GET user/assignable/search": _assignable,
}
