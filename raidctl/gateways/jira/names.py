"""What JIRA calls statuses, priorities and issue types: one name an id, whatever the language."""

from collections.abc import Mapping
from typing import Any

from raidctl.gateways.malformed import text_of

Thing = Mapping[str, Any]
MOST = 10_000  # names that are remembered: more things than any site has
LONGEST = 255  # characters of one that is


class Names:
    """The names of things that have an id, as they were told so far; for several threads at once.

    JIRA shows them in the token owner's language in one place, with the name that no language
    changes beside it, and without that in another (a transition's target, a changelog); the id is
    the same (facts, "A status's name"). Without ids and other names, a name stands as it is shown.
    The latest name counts: one that is changed in the middle of a run is the new one from the next
    issue on that has it.
    """

    def __init__(self) -> None:
        self._untranslated: dict[tuple[str, str], str] = {}
        self._shown: dict[tuple[str, str], str] = {}
        self._users: dict[tuple[str, str], str] = {}

    def of(self, kind: str, thing: Thing) -> str:
        """The name, or an option's value, of what an issue or its project holds; remembered.

        Raises KeyError and TypeError for what has none.
        """
        own, number = thing.get("untranslatedName"), thing.get("id")
        name = text_of(own or thing.get("name") or thing["value"])
        if number is None:
            return name
        key = kind, str(number)
        name = _remember(self._untranslated if own else self._shown, key, name)
        return name if own else self._untranslated.get(key, name)

    def pointed_at(self, kind: str, thing: Thing) -> str:
        """The name of what something else points at; raises as `of`."""
        shown = text_of(thing.get("untranslatedName") or thing.get("name") or thing["value"])
        return self.by_id(kind, thing.get("id"), shown)

    def met(self, user: object) -> None:
        """Remember a user's name by the key, where a Data Center shows both."""
        if isinstance(user, dict):
            key, name = user.get("key"), user.get("name")
            if isinstance(key, str) and isinstance(name, str):
                _remember(self._users, ("user", key), name)

    def of_user(self, key: str) -> str:
        """What identifies the user whom a changelog tells by a key, where somebody showed that."""
        return self._users.get(("user", key), key)

    def by_id(self, kind: str, number: object, shown: str) -> str:
        """The name of what is shown by this one, with its id where that is known."""
        key = kind, str(number)
        if number is None:
            return shown
        return self._untranslated.get(key) or self._shown.get(key) or shown


def _remember(names: dict[tuple[str, str], str], key: tuple[str, str], name: str) -> str:
    """Of a server that sends new ones without end, no more than `MOST`.

    The same name is the very one of before, so that of many issues it is in memory once.
    """
    if (known := names.get(key)) == name:
        return known
    if len(name) <= LONGEST and (key in names or len(names) < MOST):
        names[key] = name
    else:
        names.pop(key, None)
    return name
