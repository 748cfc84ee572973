"""Issues are created by what their screen takes, once, and know whose they are."""

import json
from dataclasses import replace
from typing import Any

import pytest

from raidctl.core.backfill.backlink import PROPERTY, property_of
from raidctl.core.backfill.new_issue import NewIssue, Objection, Wrong
from raidctl.core.model import Field
from raidctl.errors import Category, FieldsRefusedError, LostAnswerError, ServiceError
from raidctl.ports.jira import IssueRef
from raidctl.sandbox.server import Reply
from tests.contract.trackers import KINDS, WRITTEN, Site, site
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, refuse

IMPACT = "https://impact.example.com"
VALUES = {
    Field.TITLE: "Orders not exported",
    Field.DESCRIPTION: "They wait.\n\nSince *noon* [here|https://example.com]",
    Field.PRIORITY: "High",
    Field.COMMANDER: "acc-ada",
}
NEW = NewIssue(
    "INC",
    "Incident",
    VALUES,
    reporter="acc-eve",
    labels=("raid",),
    more={"customfield_11049": [{"value": "PRD"}]},
    properties={PROPERTY: property_of(IMPACT, 12)},
)


def posted(jira: Site) -> list[dict[str, Any]]:
    """The bodies of the creations that were sent."""
    return [
        json.loads(request.body)
        for request in jira.seen
        if request.method == "POST" and request.path.endswith("/issue")
    ]


def issues(jira: Site) -> int:
    """How many there are."""
    return len(jira.state.ids())


def test_an_issue_is_created_as_it_was_asked_for(jira: Site) -> None:
    made = jira.admin.create(NEW)
    assert (made.id, made.key) == (10_003, "INC-3")
    record = jira.state.issue(made.id)
    assert record.issue_type == "Incident"
    assert {name: record.values.get(name) for name in ("summary", "priority", "assignee")} == {
        "summary": "Orders not exported",
        "priority": "High",
        "assignee": "acc-ada",
    }
    assert record.values["reporter"] == "acc-eve"
    assert record.values["labels"] == ["raid"]
    assert record.values["customfield_11049"] == [{"value": "PRD"}]
    assert record.values["description"].startswith("They wait.\n\nSince *noon* ")


def test_it_knows_whose_it_is_from_the_same_request_on(plain: Site) -> None:
    made = plain.admin.create(NEW)
    assert len(plain.seen) == 1
    assert plain.state.properties[made.id] == {PROPERTY: property_of(IMPACT, 12)}


def test_its_description_is_wiki_text_as_fire_fighters_is() -> None:
    """Also where issues are read as documents: only text becomes links and bold type."""
    with site(KINDS["cloud"]) as jira:
        jira.add(1)
        jira.admin._fields.documents = True
        jira.admin.create(NEW)
        (body,) = posted(jira)
        assert body["fields"]["description"] == VALUES[Field.DESCRIPTION]


def test_it_is_a_document_where_jira_takes_nothing_else() -> None:
    with site(WRITTEN["cloud-v3"]) as jira:
        jira.add(1)
        jira.admin.create(NEW)
        assert posted(jira)[-1]["fields"]["description"]["type"] == "doc"
        assert jira.asked("POST") == ["issue", "issue"]
        jira.admin.create(NEW)
        assert jira.asked("POST") == ["issue", "issue", "issue"]


def test_the_priority_goes_to_its_own_field() -> None:
    with site(KINDS["datacenter"], priority="customfield_11064") as jira:
        jira.add(1)
        jira.admin.create(NewIssue("INC", "Incident", {Field.TITLE: "t", Field.PRIORITY: "2"}))
        assert posted(jira)[0]["fields"]["customfield_11064"] == {"value": "2"}
        assert jira.values(2)["customfield_11064"] == "2"


def test_what_is_empty_is_left_to_jira(plain: Site) -> None:
    nothing = {Field.DESCRIPTION: "", Field.PRIORITY: None, Field.COMMANDER: None}
    new = replace(NEW, values={Field.TITLE: "t", **nothing}, reporter=None, labels=(), more={})
    assert list(plain.admin.spelled(new)) == ["summary"]
    made = plain.admin.create(new)
    assert plain.state.issue(made.id).values["reporter"] == "bot"


# What goes wrong


def test_refused_fields_are_named_and_nothing_is_created(jira: Site) -> None:
    jira.state.off_creation = {"labels"}
    jira.state.unassignable = {"acc-ada"}
    jira.state.demanded = {"customfield_12369": None}
    with pytest.raises(FieldsRefusedError) as caught:
        jira.admin.create(NEW)
    assert set(caught.value.fields) == {"labels", "customfield_12369"}
    jira.state.off_creation, jira.state.demanded = set(), {}
    with pytest.raises(FieldsRefusedError) as caught:
        jira.admin.create(NEW)
    assert set(caught.value.fields) == {Field.COMMANDER}
    assert issues(jira) == 2


def test_a_token_that_may_not_create_is_told_what_it_lacks(plain: Site) -> None:
    plain.state.may_create = False
    with pytest.raises(ServiceError, match="create issues in INC") as no:
        plain.admin.create(NEW)
    assert no.value.category is Category.PERMISSION
    assert issues(plain) == 2


def test_a_creation_that_jira_does_not_serve_is_no_issue_that_is_gone(plain: Site) -> None:
    plain.server.faults = lambda _: refuse(404, body={"errorMessages": ["No."]})
    with pytest.raises(ServiceError, match="create issues in INC"):
        plain.admin.create(NEW)


LOST = {
    "dropped": DROP_AFTER,
    "broken": Fault(reply=Reply(500, "broken")),
    "a gateway's": Fault(reply=Reply(502)),
    "a page": Fault(reply=Reply(200, "<html>Log in</html>", "text/html")),
    "of no issue": Fault(reply=Reply(201, {"self": "http://jira"})),
    "of no number": Fault(reply=Reply(201, {"id": "x", "key": "INC-3"})),
    "a list": Fault(reply=Reply(201, [])),
    "empty": Fault(reply=Reply(204)),
}


@pytest.mark.parametrize("name", LOST)
def test_a_creation_whose_answer_is_lost_happened_once(plain: Site, name: str) -> None:
    faults = iter([LOST[name]])
    plain.server.faults = lambda _: next(faults, None)
    with pytest.raises(LostAnswerError, match="nobody knows whether"):
        plain.admin.create(NEW)
    assert issues(plain) == 3
    assert len(plain.seen) == 1
    assert plain.naps.seconds == []


@pytest.mark.parametrize("fault", [DROP_BEFORE, *map(refuse, (500, 502, 503, 504))], ids=repr)
def test_a_creation_that_may_have_happened_is_not_repeated(plain: Site, fault: Fault) -> None:
    plain.server.faults = lambda _: fault
    with pytest.raises(LostAnswerError):
        plain.admin.create(NEW)
    assert len(plain.server.requests) == 1
    assert issues(plain) == 2


def test_a_creation_that_was_one_too_many_is_sent_again(plain: Site) -> None:
    """JIRA's 429 says that it did not act."""
    faults = iter([refuse(429, "3"), refuse(429, "3")])
    plain.server.faults = lambda _: next(faults, None)
    plain.admin.create(NEW)
    assert plain.naps.seconds == [3.0, 3.0]
    assert issues(plain) == 3


def test_creations_keep_to_jiras_pace(plain: Site) -> None:
    """A hundred POSTs in a second on Cloud; the next one waits."""
    for _ in range(101):
        plain.admin.create(NEW)
    assert sum(plain.naps.seconds) == 1.0


# The screen


def test_the_screen_tells_what_a_creation_takes_and_demands(jira: Site) -> None:
    jira.state.demanded = {"customfield_12369": None, "customfield_10201": {"value": "Web"}}
    jira.state.off_creation = {"labels"}
    jira.state.metadata_cap = 3  # what is asked for a page is cut
    screen = jira.admin.screen("INC", "incident")
    assert {name for name, one in screen.fields.items() if one.required} == {
        "summary",
        "customfield_12369",
    }
    assert ("High", "2") in (screen.fields["priority"].allowed or ())
    assert screen.fields["reporter"].allowed is None
    assert "labels" not in screen.fields
    assert "project" not in screen.fields
    assert screen.objections(jira.admin.spelled(NEW)) == [
        Objection("labels", "labels", Wrong.NOT_TAKEN),
        Objection("customfield_12369", "customfield_12369", Wrong.DEMANDED),
    ]


def test_what_the_screen_does_not_object_to_can_be_created(jira: Site) -> None:
    assert jira.admin.screen("INC", "Incident").objections(jira.admin.spelled(NEW)) == []
    jira.admin.create(NEW)


def test_a_type_is_known_by_its_id_once_the_screen_was_seen(plain: Site) -> None:
    """The type's name follows the language of the token's user."""
    plain.admin.screen("INC", "Incident")
    plain.admin.create(NEW)
    assert posted(plain)[0]["fields"]["issuetype"] == {"id": plain.state.type_id("Incident")}


def refused_screen(jira: Site, project: str = "INC", issue_type: str = "Incident") -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        jira.admin.screen(project, issue_type)
    assert "\n" not in str(caught.value)
    assert caught.value.where == f"{jira.server.url}/browse/{project}"
    return caught.value


def test_a_project_that_is_not_there_is_said_so(jira: Site) -> None:
    error = refused_screen(jira, "NONE")
    assert error.category is Category.NOT_FOUND
    assert error.seen.startswith("there is no such project")
    assert "jira.project" in error.advice


def test_an_archived_project_is_said_so(jira: Site) -> None:
    jira.state.archived = {"INC"}
    error = refused_screen(jira)
    assert error.category is Category.VALIDATION
    assert error.seen == "the project is archived"


@pytest.mark.parametrize(
    ("switch", "name"), [("may_create", "CREATE_ISSUES"), ("may_link", "LINK_ISSUES")]
)
def test_a_missing_permission_is_named(jira: Site, switch: str, name: str) -> None:
    setattr(jira.state, switch, False)
    error = refused_screen(jira)
    assert error.category is Category.PERMISSION
    assert name in error.seen


def test_a_token_whose_permissions_jira_does_not_tell_is_told_of_no_types(jira: Site) -> None:
    jira.state.tells_permissions = False
    jira.state.may_create = False
    assert "none that the user of jira.token may create" in refused_screen(jira).seen


def test_a_type_that_the_project_lacks_is_told_with_those_it_has(jira: Site) -> None:
    error = refused_screen(jira, issue_type="Störung")
    assert error.category is Category.VALIDATION
    assert error.seen == "no issues of the type 'Störung' can be created there; it has Incident"
    assert "jira.issue_type" in error.advice


def test_a_data_center_too_old_for_it_is_said_so(plain: Site) -> None:
    no_such_path = Fault(acts=False, reply=Reply(404, "<html>dead link</html>", "text/html"))
    plain.server.faults = lambda asked: no_such_path if "createmeta" in asked.path else None
    with pytest.raises(ServiceError, match=r"JIRA Data Center of 8\.4 or later"):
        plain.admin.screen("INC", "Incident")


def test_choices_that_jira_completes_as_one_types_are_not_all(plain: Site) -> None:
    """Of thousands of users it shows some."""
    plain.admin.screen("INC", "Incident")
    row = {"fieldId": "assignee", "allowedValues": [{"id": "1"}], "autoCompleteUrl": "http://jira"}
    page = {"values": [row], "fields": [row], "total": 1}
    told = Fault(acts=False, reply=Reply(200, page))
    of_type = f"issuetypes/{plain.state.type_id('Incident')}"
    plain.server.faults = lambda asked: told if asked.path.endswith(of_type) else None
    assert plain.admin.screen("INC", "Incident").fields["assignee"].allowed is None


@pytest.mark.parametrize("page", [{}, {"values": None}, {"values": [3]}, [], {"fields": [{}]}])
def test_metadata_that_is_none_is_said_so(plain: Site, page: object) -> None:
    told = Fault(acts=False, reply=Reply(200, page))
    plain.server.faults = lambda asked: told if "createmeta" in asked.path else None
    with pytest.raises(ServiceError):
        plain.admin.screen("INC", "Incident")


def test_metadata_without_an_end_is_not_read_for_ever(plain: Site) -> None:
    row = {"id": "7", "name": "Other"}
    page = {"values": [row], "issueTypes": [row], "total": 10**9}
    told = Fault(acts=False, reply=Reply(200, page))
    plain.server.faults = lambda asked: told if "createmeta" in asked.path else None
    with pytest.raises(ServiceError, match="have no end"):
        plain.admin.screen("INC", "Incident")


def test_a_created_issue_is_read_as_any_other(jira: Site) -> None:
    made = jira.admin.create(NEW)
    (found,) = jira.issues([IssueRef(made.key)])
    assert found is not None
    assert found.id == made.id
    assert found.values[Field.COMMANDER] == "acc-ada"
