"""The example, filled in: each key's line gives way, and everything else stays as it is."""

import tomllib

import pytest

from raidctl.config.template import assigned, filled, template


def test_lines_give_way_by_their_keys() -> None:
    lines = {
        "impact.url": assigned("url", 'https://a.example.com/"x"'),
        "jira.token_env": 'token_command = "pass"',
        "jira.project": None,
        "mapping.preset": assigned("preset", "raid"),
    }
    text = filled(template(), lines)
    found = tomllib.loads(text)
    assert found["impact"]["url"] == 'https://a.example.com/"x"'
    assert found["impact"]["token_env"] == "IMPACT_TOKEN"
    assert (found["jira"]["token_command"], "token_env" in found["jira"]) == ("pass", False)
    assert "project" not in found["jira"]
    assert found["mapping"]["preset"] == "raid"
    changed = sum(a != b for a, b in zip(text.splitlines(), template().splitlines(), strict=True))
    assert changed == len(lines)


def test_nothing_asked_changes_nothing() -> None:
    assert filled(template(), {}) == template()


def test_a_key_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(KeyError, match=r"jira\.nothing"):
        filled(template(), {"jira.nothing": "x"})
