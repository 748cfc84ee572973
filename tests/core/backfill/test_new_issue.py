"""What a creation screen says to an issue that is to be created."""

import pytest

from raidctl.core.backfill.new_issue import CreationField, CreationScreen, Objection, Wrong

FIELDS = [
    CreationField("summary", "Summary", required=True),
    CreationField("description", "Description"),
    CreationField("priority", "Priority", allowed=(("High", "2"), ("Low", "4"))),
    CreationField("customfield_1", "Team", required=True, allowed=(("Blue", "10"), ("Red", "11"))),
    CreationField("customfield_2", "Environment", allowed=(("PRD", "1"), ("STG", "2"))),
]
SCREEN = CreationScreen("INC", "Incident", {one.id: one for one in FIELDS})
WHOLE = {"summary": "Orders", "customfield_1": {"value": "Blue"}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"description": "text", "priority": {"name": "high "}},
        {"priority": {"id": "4"}},
        {"customfield_2": [{"value": "PRD"}, {"value": "STG"}]},
        {"customfield_2": [{"self": "of no form that has a name"}]},
    ],
)
def test_what_fits_is_not_objected_to(more: dict[str, object]) -> None:
    assert SCREEN.objections({**WHOLE, **more}) == []


@pytest.mark.parametrize("empty", [None, "", []])
def test_what_is_empty_is_neither_taken_nor_filled_in(empty: object) -> None:
    spelled = {"summary": "Orders", "customfield_1": empty, "customfield_9": empty}
    assert SCREEN.objections(spelled) == [Objection("customfield_1", "Team", Wrong.DEMANDED)]


def test_everything_is_objected_to_at_once() -> None:
    spelled = {
        "summary": "Orders",
        "labels": ["raid"],
        "priority": {"name": "Urgent"},
        "customfield_2": [{"value": "PRD"}, {"value": "INT"}],
    }
    assert SCREEN.objections(spelled) == [
        Objection("labels", "labels", Wrong.NOT_TAKEN),
        Objection("priority", "Priority", Wrong.NOT_ALLOWED, "Urgent", ("High", "Low")),
        Objection("customfield_1", "Team", Wrong.DEMANDED),
        Objection("customfield_2", "Environment", Wrong.NOT_ALLOWED, "INT", ("PRD", "STG")),
    ]
