"""JIRA's JSON of an issue, a user, a changelog and a document, shape by shape."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.history import Revision
from raidctl.core.mapping.normal import normal
from raidctl.core.model import UNREADABLE, Field, Issue
from raidctl.gateways.jira.adf import adf_document, adf_over, adf_text, formatted
from raidctl.gateways.jira.fields import Fields, account_of

FIELDS = Fields("priority")
SITE = "https://jira.example.test"
OPTION = "customfield_11064"


def issue(fields: Fields = FIELDS, **values: Any) -> Issue:
    return fields.issue_of({"id": "10001", "key": "INC-1", "fields": values}, SITE)


def entry(at: str | int, *items: Any, author: Any = None) -> dict[str, Any]:
    return {"created": at, "author": author, "items": list(items)}


def item(field_id: str | None, name: str = "", **ends: str) -> dict[str, Any]:
    return {"field": name or field_id, "fieldId": field_id, **ends}


def fields_of(told: Sequence[Revision]) -> set[Field]:
    return {one.field for one in told}


# Issues


def test_an_issue_with_nothing_shown_is_unreadable_throughout() -> None:
    found = issue()
    assert (found.id, found.key, found.url) == (10_001, "INC-1", f"{SITE}/browse/INC-1")
    values = tuple(found.values[name] for name in Field)
    assert values == (UNREADABLE,) * 5
    assert found.assignee_email is None
    assert found.updated_at is None


def test_an_issue_with_nulls_is_empty_throughout() -> None:
    found = issue(
        summary=None, description=None, priority=None, status=None, assignee=None, updated=None
    )
    values = tuple(found.values[name] for name in Field)
    assert all(value in (None, "") for value in values)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"id": "2", "name": "High"}, "High"),
        ({"id": "2", "value": "2"}, "2"),
        ({"name": "Hoch", "untranslatedName": "High"}, "High"),
        ({"name": "High", "untranslatedName": ""}, "High"),
        ({"name": "High", "untranslatedName": None}, "High"),
        ("2", "2"),
        (2, "2"),
        ([{"value": "2"}], "2"),
        (["2"], "2"),
        ([], None),
        (None, None),
        ([{"value": "1"}, {"value": "2"}], UNREADABLE),
    ],
)
def test_a_priority_in_every_shape_of_field(value: object, read: object) -> None:
    assert issue(Fields(OPTION), **{OPTION: value, "priority": {"name": "Low"}}).priority == read


def test_a_list_of_null_is_empty() -> None:
    assert issue(Fields(OPTION), **{OPTION: [None]}).priority is None


def test_a_status_prefers_its_untranslated_name() -> None:
    assert issue(status={"name": "Offen", "untranslatedName": "Open"}).status == "Open"
    assert issue(status={"name": "Open"}).status == "Open"


@pytest.mark.parametrize("email", [{}, {"emailAddress": None}, {"emailAddress": ""}])
def test_a_hidden_email_is_none(email: dict[str, Any]) -> None:
    found = issue(assignee={"accountId": "acc-ada", **email})
    assert (found.values[Field.COMMANDER], found.assignee_email) == ("acc-ada", None)


def test_an_account_is_its_id_on_cloud_and_its_name_on_data_center() -> None:
    assert account_of({"accountId": "557058:abc", "displayName": "Ada"}) == "557058:abc"
    assert account_of({"name": "ada", "key": "JIRAUSER1"}) == "ada"
    with pytest.raises(KeyError):
        account_of({"displayName": "Ada"})


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-11-22T21:00:00.500+0000", UTC),
        ("2026-11-22T22:00:00.500+0100", timezone(timedelta(hours=1))),
        ("2026-11-22T21:00:00.500Z", UTC),
    ],
)
def test_a_time_is_aware(text: str, zone: timezone) -> None:
    at = issue(updated=text).updated_at
    assert at == datetime(2026, 11, 22, 21, 0, 0, 500_000, UTC)
    assert at is not None
    assert at.utcoffset() == zone.utcoffset(None)


# Changelogs


def test_changes_come_oldest_first_in_any_order() -> None:
    entries = [
        entry("2026-11-22T20:00:00.000+0000", item("summary"), author={"displayName": "Ada"}),
        entry("2026-11-22T22:30:00.000+0100", item("summary"), author={"displayName": "Eve"}),
        entry("2026-11-22T21:00:00.000+0000", item("summary"), author={"displayName": "Bob"}),
    ]
    for histories in (entries, entries[::-1], entries[1:] + entries[:1]):
        told = FIELDS.revisions_of(histories)
        assert [one.author for one in told] == ["Ada", "Bob", "Eve"]
        assert told[-1].at == datetime(2026, 11, 22, 21, 30, tzinfo=UTC)


def test_of_changes_at_one_time_the_higher_id_is_the_later() -> None:
    at = "2026-11-22T20:00:00.000+0000"
    entries = [{**entry(at, item("summary", toString=name)), "id": name} for name in ("9", "10")]
    for histories in (entries, entries[::-1]):
        assert [one.new for one in FIELDS.revisions_of(histories)] == ["9", "10"]


def test_milliseconds_are_times_too() -> None:
    edit = FIELDS.revisions_of([entry(1_795_381_200_500, item("status"))])[-1]
    assert edit.at == datetime.fromtimestamp(1_795_381_200.5, UTC)
    assert edit.author is None


@pytest.mark.parametrize(
    ("author", "name", "account"),
    [
        (None, None, None),
        ({}, None, None),
        ({"accountId": "x"}, None, "x"),
        ({"name": "ada", "displayName": "Ada"}, "Ada", "ada"),
        ({"displayName": "Ada"}, "Ada", None),  # whose account is deleted
    ],
)
def test_an_author_is_known_as_far_as_told(
    author: object, name: str | None, account: str | None
) -> None:
    edit = FIELDS.revisions_of([entry(0, item("assignee"), author=author)])[-1]
    assert (edit.author, edit.account) == (name, account)


def test_a_field_is_told_by_its_id() -> None:
    points = item("customfield_10016", "priority", **{"from": "1", "toString": "2"})
    assert FIELDS.revisions_of([entry(0, points)]) == []
    assert Fields(OPTION).revisions_of([entry(0, item("priority"), points)]) == []
    named = item(OPTION, "Priority", **{"from": "1", "toString": "2"})
    assert fields_of(Fields(OPTION).revisions_of([entry(0, named)])) == {Field.PRIORITY}


def test_an_item_without_an_id_is_told_by_its_name() -> None:
    old = {"field": "status", "fieldtype": "jira"}
    assert fields_of(FIELDS.revisions_of([entry(0, old, {"field": "Link"})])) == {Field.STATUS}


def test_a_custom_field_without_an_id_is_not_taken_for_a_field_of_the_system() -> None:
    """Older Data Centers give no field id; the name of a custom field is anybody's choice."""
    custom = {"field": "status", "fieldtype": "custom"}
    assert FIELDS.revisions_of([entry(0, custom)]) == []


def test_one_entry_can_change_several_fields() -> None:
    told = FIELDS.revisions_of([entry(0, item("summary"), item("labels"), item("description"))])
    assert fields_of(told) == {Field.TITLE, Field.DESCRIPTION}


def test_both_values_are_told_names_as_shown_and_an_account_by_its_id() -> None:
    moved = item("status") | {"from": "3", "fromString": "Open", "to": "4", "toString": "Done"}
    given = item("assignee") | {"from": None, "fromString": None, "to": "x", "toString": "Ada"}
    told = FIELDS.revisions_of([entry(0, moved, given, item("summary"))])
    assert [(one.old, one.new) for one in told] == [
        ("Open", "Done"),
        (None, "x"),
        (UNREADABLE, UNREADABLE),
    ]


def test_a_status_has_one_name_in_an_issue_and_in_every_changelog() -> None:
    fields = Fields("priority")
    issue(fields, status={"id": "3", "name": "In Arbeit", "untranslatedName": "In Progress"})
    moved = item("status") | {"from": "1", "fromString": "Offen", "to": "3", "toString": "En cours"}
    (told,) = fields.revisions_of([entry(0, moved)])
    assert (told.old, told.new) == ("Offen", "In Progress")  # nobody has told of 1 yet


def test_a_name_that_changes_while_raidctl_runs_is_the_one_that_is_shown() -> None:
    fields = Fields("priority")
    assert issue(fields, status={"id": "3", "name": "Doing"}).status == "Doing"
    assert issue(fields, status={"id": "3", "name": "In Work"}).status == "In Work"


# Documents


def doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content)} | ({"attrs": attrs} if attrs else {})


def leaf(kind: str, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs}


def text(words: str, *marks: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": list(marks)}


def para(*content: Any) -> dict[str, Any]:
    return node("paragraph", *content)


def mark(kind: str, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs}


URL = "https://example.test/x"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([], ""),
        ([para()], ""),
        ([para(text("one")), para(text("two"))], "one\n\ntwo"),
        ([para(text("one"), {"type": "hardBreak"}, text("two"))], "one\ntwo"),
        ([node("heading", text("Title"), level=2)], "h2. Title"),
        ([node("bulletList", *(node("listItem", para(text(w))) for w in "ab"))], "* a\n* b"),
        ([node("orderedList", *(node("listItem", para(text(w))) for w in "ab"))], "# a\n# b"),
        ([node("codeBlock", text("x = 1"), language="python")], "{code}\nx = 1\n{code}"),
        ([node("blockquote", para(text("said")))], "{quote}said{quote}"),
        ([node("panel", para(text("mind")), panelType="info")], "mind"),
        ([para(text("a")), {"type": "rule"}, para(text("b"))], "a\n\n----\n\nb"),
        ([para(text("a", mark("strong")), text("b", mark("em")))], "*a*_b_"),
        ([para(text("a", mark("code")), text("b", mark("strike")))], "{{a}}-b-"),
        ([para(text("here", mark("link", href=URL)))], f"[here|{URL}]"),
        ([para(text(URL, mark("link", href=URL)))], URL),
        ([para(text("plain", mark("textColor", color="#f00")))], "plain"),
        ([para(leaf("mention", id="x", text="@Ada"), text(" hi"))], "@Ada hi"),
        ([para(leaf("emoji", shortName=":fire:", text="🔥"))], "🔥"),
        ([para(leaf("emoji", shortName=":fire:"))], ":fire:"),
        ([para(leaf("inlineCard", url=URL))], URL),
        ([leaf("blockCard", url=URL)], URL),
        ([leaf("embedCard", url=URL, layout="center")], URL),
        ([node("mediaSingle", leaf("media", id="1"))], ""),
        ([node("taskList", node("taskItem", text("do it"), state="TODO"))], "do it"),
        ([node("mediaSingle", leaf("media", id="1"), node("caption", text("so")))], "so"),
        ([node("unheardOf", para(text("still here")))], "still here"),
        ([para(text("since "), leaf("date", timestamp="1732233600000"))], "since 2024-11-22"),
        ([para(text("since "), leaf("date", timestamp="soon"))], "since soon"),
        ([para(text("ask "), leaf("mention", id="5b1:a-2"))], "ask [~accountid:5b1:a-2]"),
        ([node("expand", para(text("the log")), title="Details")], "Details\n\nthe log"),
        ([node("expand", para(text("the log")))], "the log"),
    ],
)
def test_a_document_as_text(content: list[Any], expected: str) -> None:
    assert adf_text(doc(*content)).strip() == expected


def test_a_nested_list_goes_one_level_deeper() -> None:
    inner = node("bulletList", node("listItem", para(text("b"))))
    nested = node("bulletList", node("listItem", para(text("a")), inner))
    assert adf_text(doc(nested)) == "* a\n** b"


def test_a_document_is_a_description() -> None:
    assert issue(description=doc(para(text("one")))).values[Field.DESCRIPTION] == "one"
    assert issue(description="one").values[Field.DESCRIPTION] == "one"


LINK, PANEL = mark("link", href=URL), node("panel", para(text("mind")), panelType="info")
IMAGE = node("mediaSingle", leaf("media", id="1"))
EMOJI = leaf("emoji", shortName=":fire:", text="🔥")


@pytest.mark.parametrize(
    ("content", "spans"),
    [
        ([para(text("one"), {"type": "hardBreak"}, text("two")), para(EMOJI)], ()),
        ([para(text("one")), para(text("here", LINK))], ((5, 5 + len(f"[here|{URL}]")),)),
        ([PANEL, para(text("one"))], ((0, 4),)),
        (
            [IMAGE, para(text("one")), node("bulletList", node("listItem", para(text("a"))))],
            ((5, 8),),
        ),
        ([para(text("one", mark("strong")))], ((0, 5),)),
    ],
)
def test_where_a_document_holds_more_than_its_text(
    content: list[Any], spans: tuple[tuple[int, int], ...]
) -> None:
    assert formatted(doc(*content)) == spans


def test_the_last_blocks_stay_as_they_are_where_the_text_ends_so() -> None:
    tail = [para(text("🧯 created")), PANEL, IMAGE, para(text("here", LINK))]
    below = adf_text(doc(*tail))
    old = doc(para(text("broken", LINK)), *tail)
    body = adf_document("It works.")["content"]
    assert adf_over(old, f"It works.\n\n{below}")["content"] == [*body, *tail]
    assert adf_over(old, below)["content"] == tail
    assert adf_over(old, "Nothing of it")["content"] == adf_document("Nothing of it")["content"]
    assert adf_over(doc(para(text("works."))), "It works.") == adf_document("It works.")


words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1)
inlines = st.lists(st.builds(text, words), max_size=3)
holders = st.sampled_from(["paragraph", "heading", "codeBlock", "taskItem", "caption"])
frames = st.sampled_from(["bulletList", "listItem", "panel", "blockquote", "tableCell", "new"])


def block(kind: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return node(kind, *content)


blocks = st.recursive(
    st.builds(block, holders, inlines),
    lambda inner: st.builds(block, frames, st.lists(inner, max_size=3)),
    max_leaves=8,
)


def texts(tree: dict[str, Any]) -> list[str]:
    own = [tree["text"]] if "text" in tree else []
    return own + [found for child in tree.get("content", ()) for found in texts(child)]


@given(st.lists(blocks, max_size=3))
def test_no_text_of_a_document_is_lost(content: list[dict[str, Any]]) -> None:
    shown, at = adf_text(doc(*content)), 0
    for part in texts(doc(*content)):
        at = shown.find(part, at)
        assert at >= 0
        at += len(part)


# Documents that are written

BREAKS = st.sampled_from(
    ["\n", "\r\n", "\r", "\n\n", "\n \n", "\u2028", "\v", "\f", "\x1c", "\x85"]
)


@given(st.lists(st.text() | BREAKS).map("".join))
def test_a_written_document_reads_back_as_the_text(text: str) -> None:
    assert normal(adf_text(adf_document(text))) == normal(text)


@given(st.lists(st.text() | BREAKS).map("".join))
def test_a_written_document_is_one_that_jira_takes(text: str) -> None:
    document = adf_document(text)
    assert (document["type"], document["version"]) == ("doc", 1)
    for paragraph in document["content"]:
        assert paragraph["type"] == "paragraph"
        kinds = [node["type"] for node in paragraph["content"]]
        assert kinds[::2] == ["text"] * len(kinds[::2])
        assert kinds[1::2] == ["hardBreak"] * len(kinds[1::2])
        assert all(node.get("text", "x").strip() for node in paragraph["content"])


def test_empty_lines_part_paragraphs_and_others_break() -> None:
    (first, second) = adf_document("a\nb\n\n \nc\n")["content"]
    assert [node.get("text") for node in first["content"]] == ["a", None, "b"]
    assert [node.get("text") for node in second["content"]] == ["c"]
    assert adf_document("")["content"] == adf_document(" \n ")["content"] == []


@given(st.lists(blocks, max_size=4), st.lists(st.text() | BREAKS).map("".join))
def test_a_document_written_over_another_reads_back_as_the_text(
    content: list[dict[str, Any]], text: str
) -> None:
    whole = f"{text.rstrip()}\n\n{adf_text(doc(*content))}"
    for written in (text, whole):
        assert normal(adf_text(adf_over(doc(*content), written))) == normal(written)
