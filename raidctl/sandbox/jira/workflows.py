"""Workflows of the JIRA simulator as data: statuses, and the transitions between them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Status:
    """A status; `category` is `new`, `indeterminate` or `done`.

    `name` is in the token owner's language; `untranslated` is the original where it differs.
    """

    id: str
    name: str
    category: str
    untranslated: str = ""


@dataclass(frozen=True, slots=True)
class ScreenField:
    """A field that a transition's screen asks for; its choices are those of the site.

    `default` is filled in where nothing is given.
    """

    id: str
    name: str
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from any of the `sources` to the status `target`."""

    id: str
    name: str
    sources: tuple[str, ...]
    target: str
    screen: tuple[ScreenField, ...] = ()


@dataclass(frozen=True, slots=True)
class Workflow:
    """The first status is the one an issue is created in."""

    name: str
    statuses: tuple[Status, ...]
    transitions: tuple[Transition, ...]

    def status(self, name: str) -> Status:
        """The status of that very name; raises `ValueError` for a foreign one."""
        for status in self.statuses:
            if status.name == name:
                return status
        raise ValueError(f"{self.name!r} has no status {name!r}")

    def leaving(self, status: str) -> tuple[Transition, ...]:
        """The transitions that exist from the status of that name."""
        return tuple(way for way in self.transitions if status in way.sources)


_RESOLUTION = (ScreenField("resolution", "Resolution"),)

RAID = Workflow(
    "Incident workflow",
    (
        Status("1", "Open", "new"),
        Status("10000", "To Do", "new"),
        Status("4", "Reopened", "new"),
        Status("3", "In Progress", "indeterminate"),
        Status("10001", "In Review", "indeterminate"),
        Status("10002", "Blocked", "indeterminate"),
        Status("10003", "Waiting", "indeterminate"),
        Status("5", "Resolved", "done"),
        Status("10004", "Done", "done"),
        Status("6", "Closed", "done"),
    ),
    (
        Transition("11", "Start work", ("Open", "To Do", "Reopened"), "In Progress"),
        Transition("12", "Accept", ("To Do", "Reopened"), "Open"),
        Transition("13", "Stop work", ("In Progress",), "Open"),
        Transition("21", "Ask for review", ("In Progress",), "In Review"),
        Transition("22", "Block", ("In Progress",), "Blocked"),
        Transition("23", "Wait", ("In Progress",), "Waiting"),
        Transition("24", "Go on", ("In Review", "Blocked", "Waiting"), "In Progress"),
        Transition("31", "Resolve", ("In Progress", "In Review"), "Resolved"),
        Transition("32", "Finish", ("In Review",), "Done"),
        Transition("41", "Close for good", ("Resolved", "Done"), "Closed", _RESOLUTION),
        Transition("51", "Reopen", ("Resolved", "Done", "Closed"), "Reopened"),
    ),
)
