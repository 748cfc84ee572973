"""Short hashes of what relations rest on: of whole tables, and of what they say of one pair."""

import hashlib
import json
from functools import lru_cache

from raidctl.core.mapping.relation import Relation, Said
from raidctl.core.model import Value

OF_A_PAIR = "2:"
"""What the fingerprint of a pair begins with. Journals of before have those of whole tables."""


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
