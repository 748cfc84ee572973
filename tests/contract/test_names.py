"""Names by id: what is remembered of them, and what is not."""

from raidctl.gateways.jira.names import LONGEST, MOST, Names


def thing(number: int | None, name: str, own: str | None = None) -> dict[str, str]:
    """A status as an issue shows it, and with its own name where JIRA tells that."""
    known = {} if number is None else {"id": str(number)}
    return {**known, "name": name, **({} if own is None else {"untranslatedName": own})}


def test_one_that_is_renamed_in_the_middle_of_a_run_is_the_new_one_everywhere() -> None:
    names = Names()
    names.of("status", thing(5, "Resolved"))
    assert names.of("status", thing(5, "Fixed")) == "Fixed"
    assert names.by_id("status", 5, "Resolved") == "Fixed"
    assert names.pointed_at("status", thing(5, "Erledigt")) == "Fixed"

    names.of("status", thing(6, "Geschlossen", "Closed"))
    assert names.of("status", thing(6, "Zu", "Shut")) == "Shut"
    assert names.of("status", thing(6, "Zu")) == "Shut"


def test_what_has_no_id_lends_its_name_to_nothing_else() -> None:
    names = Names()
    assert names.of("status", thing(None, "Erledigt", "Done")) == "Done"
    assert names.of("status", thing(None, "Open")) == "Open"


def test_names_without_end_are_not_all_remembered() -> None:
    names = Names()
    for number in range(MOST + 1):
        assert names.of("status", thing(number, f"S{number}")) == f"S{number}"
    assert names.by_id("status", MOST - 1, "shown") == f"S{MOST - 1}"
    assert names.by_id("status", MOST, "shown") == "shown"
    assert names.of("status", thing(0, "x" * (LONGEST + 1))) == "x" * (LONGEST + 1)
    assert names.by_id("status", 0, "shown") == "shown"
