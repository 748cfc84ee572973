"""Short hashes of what relations rest on: of whole tables, and of what they say of one pair."""

import hashlib
import json
from functools import lru_cache

from raidctl.core.mapping.relation import Relation, Said
from raidctl.core.model import Value

OF_A_PAIR = "2:"
"""What the fingerprint of a pair begins with. Journals of before have those of whole tables."""


def of_both(pair: str, tables: str) -> str:
    """The two in one: while the tables are the very same, nothing has to be asked of the pair."""
    return f"{pair}.{tables}"


def same(stored: str, tables: str) -> bool:
    """Whether a pair was stored under these very tables."""
    return stored.endswith(tables)


def pair_in(stored: str) -> str | None:
    """What was stored of the pair alone; None in an older journal."""
    return stored.partition(".")[0] if stored.startswith(OF_A_PAIR) else None


def of_tables(relation: Relation) -> str:
    """Of all a relation rests on: a plan is good for the very tables it was made with."""
    return _hash(relation.tables())


def of_pair(relation: Relation, impact: Value, jira: Value) -> str:
    """Of what the tables say of this pair: what they say of others leaves its baseline as it is."""
    return _of_said(relation.says_of(impact, jira))


@lru_cache(4096)  # a site says few different things of its pairs
def _of_said(said: Said) -> str:
    return f"{OF_A_PAIR}{_hash(said)}"


def _hash(plain: object) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
