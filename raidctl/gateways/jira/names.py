"""What JIRA calls statuses, priorities and issue types: one name an id, whatever the language."""

from collections.abc import Mapping
from typing import Any

from raidctl.gateways.malformed import text_of

Thing = Mapping[str, Any]


class Names:
    """The names of things that have an id, as they were told so far; for several threads at once.

    JIRA shows them in the token owner's language in one place, with the name that no language
    changes beside it, and without that in another (a transition's target, a changelog); the id is
    the same (facts, "A status's name"). Without ids and other names, a name stands as it is shown.
    """

    def __init__(self) -> None:
        self._untranslated: dict[tuple[str, str], str] = {}
        self._shown: dict[tuple[str, str], str] = {}

    def of(self, kind: str, thing: Thing) -> str:
        """The name, or an option's value, of what an issue or its project holds; remembered.

        Raises KeyError and TypeError for what has none.
        """
        key = kind, str(thing.get("id"))
        if own := thing.get("untranslatedName"):
            name = self._untranslated[key] = text_of(own)
            return name
        name = self._shown[key] = text_of(thing.get("name") or thing["value"])
        return self._untranslated.get(key, name)

    def pointed_at(self, kind: str, thing: Thing) -> str:
        """The name of what something else points at; raises as `of`."""
        shown = text_of(thing.get("untranslatedName") or thing.get("name") or thing["value"])
        return self.by_id(kind, thing.get("id"), shown)

    def by_id(self, kind: str, number: object, shown: str) -> str:
        """The name of what is shown by this one, with its id where that is known."""
        key = kind, str(number)
        if number is None:
            return shown
        return self._untranslated.get(key) or self._shown.get(key) or shown
