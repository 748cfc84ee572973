"""E-mails: one person's in whatever ASCII case, never another's that only looks alike."""

import pytest

from raidctl.config.checks import email
from raidctl.core.mapping.people import CommanderRelation, Users, email_key
from raidctl.core.model import Side

ALIKE = [
    ("kes@example.com", "Ke\u017f@example.com"),  # LATIN SMALL LETTER LONG S
    ("kes@example.com", "\u212aes@example.com"),  # KELVIN SIGN
    ("strasse@example.com", "stra\u00dfe@example.com"),
    ("\u00e9mile@example.com", "\u00c9mile@example.com"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_an_e_mail_that_only_looks_alike_is_another_s(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)
    assert email(one) != email(other)
    for users in (Users({one: "acc"}), Users({}, {one: "acc"}), Users({}, {}, {one: "acc"})):
        assert users.account(one.upper() if one.isascii() else one) == "acc"
        assert users.account(other) is None
    assert Users().account(other, (one, "acc")) is None
    assert not CommanderRelation(Users()).same(Side.IMPACT, one, other)


def test_the_case_of_ascii_letters_and_blanks_around_do_not_count() -> None:
    assert email_key(" Kes@Example.COM\t") == "kes@example.com"
    assert CommanderRelation(Users()).same(Side.IMPACT, "Kes@Example.com", "kes@example.COM ")
