"""The classic search of the simulated Data Center."""

from raidctl.sandbox.jira.calls import Call, Handler, strings
from raidctl.sandbox.jira.issues import with_history
from raidctl.sandbox.jira.jql import parse_jql, run_jql
from raidctl.sandbox.server import Reply
from tests.simulators.jira.state import site


def _classic(call: Call) -> Reply:
    state, asked = site(call), call.parameters()
    strict = str(asked.get("validateQuery", "strict")).lower() in {"strict", "true"}
    found = run_jql(call, parse_jql(asked.get("jql") or ""), strict=strict)
    start = int(asked.get("startAt", 0))
    most = min(int(asked.get("maxResults", 50)), state.search_cap)
    fields = strings(asked.get("fields"))
    page = found[start : start + most]
    if "changelog" in strings(asked.get("expand")):
        shapes = [with_history(call, record, fields) for record in page]
        numbers = {"startAt": start, "maxResults": most, "total": len(found)}
        return Reply(200, {**numbers, "issues": shapes})
    pieces = b",".join(call.issue(record, fields) for record in page)
    head = f'{{"startAt":{start},"maxResults":{most},"total":{len(found)},"issues":['
    return Reply(200, head.encode() + pieces + b"]}")


CLASSIC_ROUTES: dict[str, Handler] = {"GET search": _classic, "POST search": _classic}
