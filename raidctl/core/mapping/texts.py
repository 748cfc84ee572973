"""Title and description: related after normalisation, each within its limits."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from raidctl.core.mapping.normal import (
    join_tail,
    normal,
    one_line,
    split_tail,
    tail_marker,
    unspelled,
    utf16_length,
)
from raidctl.core.mapping.relation import Image, Said
from raidctl.core.mapping.respelled import as_typed
from raidctl.core.model import Side, Value
from raidctl.core.reasons import Reason

IMPACT_TITLE_LIMIT = 128  # incidents_incident.title is varchar(128)
JIRA_SUMMARY_LIMIT = 255
JIRA_DESCRIPTION_LIMIT = 32_767


class _Text(ABC):
    """What the relations of texts have in common: values agree where their normal forms do."""

    @abstractmethod
    def _normal(self, value: Value) -> str:
        """The form in which a value is compared."""

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal after normalisation."""
        return left == right or self._normal(left) == self._normal(right)

    def empty(self, value: Value) -> bool:
        """Nothing but blanks."""
        return not self._normal(value)

    def covers(self, impact: Value) -> bool:
        """Every text is compared."""
        return True


@dataclass(frozen=True, slots=True)
class TitleRelation(_Text):
    """Titles and summaries, compared on one line."""

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The summary of a title."""
        text = one_line(str(impact or ""))
        return fitted(text, utf16_length, JIRA_SUMMARY_LIMIT, "a JIRA summary")

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The title of a summary."""
        text = one_line(str(jira or ""))
        return fitted(text, len, IMPACT_TITLE_LIMIT, "an Impact title")

    def tables(self) -> object:
        """Nothing a user can change."""
        return []

    def says_of(self, impact: Value, jira: Value) -> Said:
        """Nothing."""
        return ()

    def _normal(self, value: Value) -> str:
        return normal(one_line(str(value or "")))


@dataclass(frozen=True, slots=True)
class DescriptionRelation(_Text):
    """Descriptions: bodies are compared and travel, each side's tail stays where it is.

    What JIRA's own editor respelled is the same text, and travels as it was typed.

    Source of the tail: FireFighter appends a block to the JIRA description when it creates
    the issue (markers are configurable). A tail that begins inside a `formatted` span of what JIRA
    holds cannot be kept as it is.
    """

    markers: tuple[str, ...]
    formatted: tuple[tuple[int, int], ...] = ()

    def to_jira(self, impact: Value, current: Value) -> Image:
        """Impact's body over JIRA's tail."""
        text = join_tail(self._body(impact), self._tail(current))
        cut = len(self._body(current))
        if any(start < cut < end for start, end in self.formatted):
            why = "the tail begins inside formatted text, which cannot be kept as it is"
            return Image(text, Reason.LOSSY, why)
        return fitted(text, utf16_length, JIRA_DESCRIPTION_LIMIT, "a JIRA description")

    def to_impact(self, jira: Value, current: Value) -> Image:
        """JIRA's body as it was typed, over whatever tail Impact's own text has."""
        return Image(join_tail(as_typed(self._body(jira)), self._tail(current)))

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal after normalisation, or but for what JIRA's editor respelled."""
        if _Text.same(self, side, left, right):
            return True
        return unspelled(self._body(left)) == unspelled(self._body(right))

    def empty(self, value: Value) -> bool:
        """Nothing but blanks and what JIRA's editor adds."""
        return not unspelled(self._body(value))

    def tables(self) -> object:
        """The tail markers."""
        return list(self.markers)

    def says_of(self, impact: Value, jira: Value) -> Said:
        """The marker with which each text's tail begins: where it begins follows from that."""
        return tuple(tail_marker(str(text or ""), self.markers) for text in (impact, jira))

    def _normal(self, value: Value) -> str:
        return normal(self._body(value))

    def _body(self, value: Value) -> str:
        return split_tail(str(value or ""), self.markers)[0]

    def _tail(self, value: Value) -> str:
        return split_tail(str(value or ""), self.markers)[1]


def fitted(text: str, measure: Callable[[str], int], limit: int, holder: str) -> Image:
    """The text, held as lossy where it is longer than what is to hold it."""
    if 2 * len(text) <= limit or (length := measure(text)) <= limit:  # at most 2 units each
        return Image(text)
    return Image(text, Reason.LOSSY, f"{length} characters, {holder} holds {limit}")
