"""FireFighter's own workflow in JIRA."""

from raidctl.sandbox.jira.workflows import Status, Transition, Workflow

FIREFIGHTER = Workflow(
    "Incident workflow - v2023.03.13",
    (
        Status("10100", "Incoming", "new"),
        Status("10101", "Pending resolution", "new"),
        Status("10102", "in progress", "indeterminate"),
        Status("10103", "Reporter validation", "indeterminate"),
        Status("10104", "Closed", "done"),
    ),
    (
        Transition("11", "Acknowledge", ("Incoming",), "Pending resolution"),
        Transition("21", "Start", ("Pending resolution",), "in progress"),
        Transition("31", "Ask the reporter", ("in progress",), "Reporter validation"),
        Transition("32", "Not solved", ("Reporter validation",), "in progress"),
        Transition("41", "Close", ("Incoming", "Reporter validation"), "Closed"),
        Transition("51", "Put back", ("Pending resolution", "in progress"), "Incoming"),
        Transition("52", "Reopen", ("Closed", "Reporter validation"), "Incoming"),
    ),
)
