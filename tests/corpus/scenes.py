"""The scenes of plain use: what is read, written, taken back and decided."""

from collections.abc import Callable, Mapping

from tests.cli.world import ADA, GRACE
from tests.corpus.places import FIREFIGHTER, LONG, ONE_BY_ONE, Field, Pair, Places, edited
from tests.corpus.record import FORMS, WIDE, Play
from tests.corpus.trouble import TROUBLE
from tests.corpus.words import WORDS

Scene = Callable[[Places], None]

DATABASE = 'reads = "database"'
JUST_CHANGED = 14  # an incident of the demo
FILTERS = (
    ("--field", "status"),
    ("--field", "title", "--field", "commander"),
    ("--status", "Mitigated"),
    ("--status", "in progress"),
    ("--priority", "P1", "--priority", "High"),
    ("--since", "7d"),
    ("--all",),
    ("--direction", "impact-to-jira"),
    ("--direction", "jira-to-impact"),
)

CHANGED: Mapping[Field, str | int | None] = {
    Field.TITLE: "Another title, told by Impact",
    Field.DESCRIPTION: "Another text.\n\n- first\n- second",
    Field.PRIORITY: 1,
    Field.STATUS: "MITIGATED",
    Field.COMMANDER: GRACE.email,
}
CHANGED_IN_JIRA: Mapping[Field, str | int | None] = {
    Field.TITLE: "Another title, told by JIRA",
    Field.DESCRIPTION: "Another text of JIRA's.\n\nIn two parts.",
    Field.PRIORITY: "High",
    Field.STATUS: "Resolved",
    Field.COMMANDER: GRACE.account,
}
FIVE = (Pair(1, impact=CHANGED), Pair(2, jira=CHANGED_IN_JIRA), Pair(3), Pair(4, agreed=False))
ALL_WRITERS = 'description = "database"\ncommander = "database"\n'

CONFLICTS = (
    Pair(1, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(2, jira={Field.TITLE: "Another title of 2"}, agreed=False),
    Pair(3, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Open"}),
    Pair(4, impact={Field.TITLE: "A new title of 4"}),
    Pair(5, impact={Field.COMMANDER: GRACE.email}, jira={Field.COMMANDER: None}),
    Pair(6),
)


def reading(play: Play, *targets: str) -> None:
    """Every command that only reads, in every format."""
    play.every_form("diff")
    play.every_form("held")
    play.every_form("reconcile", "--dry-run")
    play.every_form("missed")
    play.run("missed", "--deliver", "--dry-run", "-o", "json")
    play.run("diff", *targets, "-o", "json")
    play.run("held", *targets, "--fail-on", "held", "-o", "json")
    for target in targets:
        play.run("explain", target)


def demo(places: Places) -> None:
    """The demo as it is first seen."""
    with places.alone("demo") as play:
        play.run("demo")
        play.run("demo", width=120, environ={"NO_COLOR": "1"})
        play.run("demo", "--latency", "1", width=100, environ={"FORCE_COLOR": "1"})


def demo_first(places: Places) -> None:
    """Nothing is remembered yet."""
    with places.demo("demo-first", known=False) as play:
        play.every_form("history")
        play.every_form("diff")
        play.every_form("held")
        for direction in ("impact-to-jira", "jira-to-impact"):
            play.run("diff", "--direction", direction, "-o", "json")
        play.run("explain", "8")
        play.run("reconcile", "-o", "json")
        play.run("diff", "-o", "json")
        play.run("baseline", "--all")
        play.run("reconcile", "--yes", "--direction", "jira-to-impact", "-o", "json")
        play.run("history", "-o", "json")


def demo_known(places: Places) -> None:
    """What each command makes of a drift of every kind."""
    with places.demo("demo-known") as play:
        reading(play)
        for form in ("table", "json", "csv"):
            play.run("diff", "-o", form, "--out", f"report.{form}")
        play.run("held", "-o", "markdown", "--out", "held.md")
        for options in FILTERS:
            play.run("diff", *options, "-o", "json")
        for options in FILTERS[:5]:
            play.run("held", *options, "-o", "json")
        play.run("diff", "3", "inc-8", "#9", "https://jira.example.test/browse/INC-10")
        for number in range(1, 26):
            play.run("explain", str(number), width=WIDE if number == JUST_CHANGED else 80)
        play.run("explain", "INC-1", "--field", "status", width=120)
        play.run("explain", "3", "--field", "description")
        play.run("explain", "8", "--field", "status", "--field", "commander")
        play.run("reconcile", "--save-plan", "plan.json")
        applied = play.run("apply", "plan.json", "-o", "json")
        play.run("apply", "plan.json")
        play.every_form("history")
        play.every_form("history", str(applied.report["run"]))
        play.run("history", "3", "INC-4", "-o", "json")
        play.run("history", "3", "INC-4")
        play.run("diff")
        undone = play.run("undo", str(applied.report["run"]), "-o", "json")
        play.run("held", width=WIDE)
        play.run("explain", "1", width=WIDE)
        play.run("undo", str(undone.report["run"]), "--yes")
        play.run("reconcile", "-o", "json")
        play.run("resolve", "--take", "impact", "--yes", "-o", "json")
        play.run("resolve", "--take", "jira")
        play.run("resolve", "8", "--take", "release")
        play.run("held", "-o", "json")


def demo_database(places: Places) -> None:
    """The same, read from the database: it knows more."""
    with places.demo("demo-database", impact=DATABASE) as play:
        reading(play, "1", "3", "8", "INC-18", "22")
        done = play.run("reconcile", "-o", "json")
        play.run("history", str(done.report["run"]))
        play.run("undo", str(done.report["run"]), "1", "INC-2", "--field", "status", "-o", "json")
        play.run("undo", str(done.report["run"]), "-o", "markdown")
        play.run("diff", "-o", "json")


def pairs(places: Places) -> None:
    """The tests' own incidents, read in both ways from both kinds of JIRA."""
    for name, sort, impact in (
        ("cloud-rest", "cloud", ""),
        ("datacenter-database", "datacenter", DATABASE),
    ):
        with places.world(f"pairs-{name}", sort=sort, impact=impact) as (play, _):
            reading(play, "2", "INC-4", "6", "7")
            play.run("reconcile")
            play.run("reconcile", "-o", "json")
            play.run("reconcile", "--all", "--direction", "impact-to-jira", "-o", "csv")
            play.every_form("history")


def five(places: Places) -> None:
    """All five fields in both directions, and back, and back again."""
    for name, sort, impact, webhook in (
        ("cloud-rest", "cloud", "", "webhook"),
        ("cloud-database", "cloud", DATABASE, "database"),
        ("datacenter-rest", "datacenter", "", "database"),
        ("datacenter-database", "datacenter", DATABASE, "webhook"),
    ):
        more = LONG + ONE_BY_ONE
        with places.world(
            f"five-{name}", FIVE, sort=sort, impact=impact, writes=ALL_WRITERS, more=more
        ) as (play, site):
            play.configure(play.config.read_text("utf-8").replace('"webhook"', f'"{webhook}"'))
            play.run("explain", "1")
            play.run("explain", "2")
            play.run("reconcile", "--save-plan", "plan.json", "-o", "json")
            done = play.run("apply", "plan.json", "-o", "json")
            play.run("apply", "plan.json", "-o", "json")
            play.run("history", str(done.report["run"]), width=120)
            play.run("history", "1", "INC-2", "-o", "json")
            undone = play.run("undo", str(done.report["run"]), "-o", "json")
            play.run("diff", "-o", "json")
            play.run("reconcile", "-o", "json")
            play.run("held", width=WIDE)
            again = play.run("undo", str(undone.report["run"]), "-o", "json")
            play.run("undo", str(again.report["run"]), "INC-1", "--field", "title", "-o", "json")
            play.run("resolve", "1", "--take", "release", "-o", "json")
            edited(site, 1, summary="Somebody else's title", assignee=ADA.account)
            site.edit_incident(3, title="Impact's own title of 3")
            play.run("reconcile", "-o", "json")
            play.run("history", "1", width=120)


def forms(places: Places) -> None:
    """Every command that writes, in every format."""
    for form in FORMS:
        with places.world(f"form-{form}", FIVE, writes=ALL_WRITERS) as (play, _):
            play.run("reconcile", "--save-plan", "plan.json", "-o", form)
            play.run("apply", "plan.json", "-o", form)
            applied = play.run("history", "-o", "json").report["runs"][0]["id"]
            play.run("undo", applied, "-o", form, "--out", "undone")
            play.run("resolve", "--take", "release", "-o", form)
            play.run("reconcile", "-o", form, width=120)


def directions(places: Places) -> None:
    """One side's values for everything, on the first day."""
    strangers = tuple(
        Pair(pair.number, impact=pair.impact, jira=pair.jira, agreed=False) for pair in FIVE
    )
    for direction in ("impact-to-jira", "jira-to-impact"):
        with places.world(f"all-{direction}", strangers, writes=ALL_WRITERS) as (play, _):
            play.run("reconcile", "--dry-run", "--direction", direction)
            play.run("reconcile", "-o", "json")
            done = play.run("reconcile", "--direction", direction, "-o", "json")
            play.run("reconcile", "--direction", direction)
            play.run("undo", str(done.report["run"]), "-o", "json")


def side_by_side(places: Places) -> None:
    """Several links at once, as they are written by default."""
    for sort in ("cloud", "datacenter"):
        name = f"side-by-side-{sort}"
        with places.world(name, FIVE, sort=sort, writes=ALL_WRITERS, more=LONG) as (play, _):
            play.traces.in_order = False
            done = play.run("reconcile", "-o", "json")
            play.run("undo", str(done.report["run"]), "-o", "json")


def firefighter(places: Places) -> None:
    """The other preset, from its first run on."""
    usual: Mapping[Field, str | int | None] = {Field.STATUS: "in progress", Field.PRIORITY: "3"}
    links = tuple(Pair(number, jira=usual, agreed=False) for number in range(1, 7))
    with places.world(
        "firefighter",
        links,
        more=f'{LONG}{ONE_BY_ONE}[mapping]\npreset = "firefighter"\n',
        priority_field="customfield_11064",
        workflow=FIREFIGHTER,
    ) as (play, site):
        play.run("diff")
        play.run("baseline")
        edited(site, 1, status="Reporter validation", customfield_11064="2")
        edited(site, 2, status="Incoming")
        edited(site, 3, status="Closed")
        site.edit_incident(4, status=40, title="A title of 4")
        site.edit_incident(5, status=60)
        site.edit_incident(6, status=50)
        reading(play, "1", "2", "3", "4", "5", "6")
        done = play.run("reconcile", "-o", "json")
        play.run("reconcile", "--allow-close", "-o", "json")
        play.run("reconcile", "--direction", "impact-to-jira", "--allow-close", "-o", "json")
        play.run("undo", str(done.report["run"]), "-o", "json")
        play.run("explain", "1", width=WIDE)


def deciding(places: Places) -> None:
    """What is held, and each way in which a script decides it."""
    with places.world("deciding", CONFLICTS) as (play, site):
        play.every_form("held")
        for form in ("table", "json", "csv"):
            play.run("resolve", "1", "--take", "skip", "-o", form)
        play.run("resolve", "--take", "skip")
        play.run("resolve", "--take", "skip", "--field", "title")
        play.run("held", "-o", "json")
        play.run("held")
        edited(site, 1, priority="Lowest")
        play.run("resolve", "--take", "skip", "-o", "json")
        play.run("resolve", "1", "--take", "release")
        play.run("resolve", "--take", "impact", "--max-changes", "1", "-o", "json")
        play.run("resolve", "1", "--take", "jira", "-o", "json")
        play.run("resolve", "2", "--take", "impact")
        play.run("resolve", "3", "5", "--take", "jira", "-o", "markdown")
        play.run("resolve", "--take", "impact", "-o", "json")
        play.run("resolve", "--take", "jira")
        play.run("history", width=120)
        play.run("history", "1", "INC-3", "-o", "csv")
    for form in ("jsonl", "csv", "markdown", "table"):
        with places.world(f"deciding-all-{form}", CONFLICTS, impact=DATABASE) as (play, _):
            play.run("resolve", "--take", "jira" if form == "csv" else "impact", "-o", form)


def policies(places: Places) -> None:
    """What `[policy]` decides."""
    strangers = (*CONFLICTS, Pair(7, jira={Field.PRIORITY: "High"}, agreed=False))
    for number, policy in enumerate(
        (
            'on_conflict = "impact"\non_first_sight = "jira"',
            'on_conflict = "newest"\non_first_sight = "newest"',
            'direction = "jira-to-impact"\n[policy.fields]\ntitle = { sync = false }',
        )
    ):
        more = f"{LONG}{ONE_BY_ONE}[policy]\n{policy}\n"
        with places.world(f"policy-{number}", strangers, impact=DATABASE, more=more) as (play, s):
            edited(s, 7, priority="Highest")
            play.run("diff")
            play.run("explain", "1")
            play.run("reconcile", "-o", "json")


SCENES: Mapping[str, Scene] = {
    scene.__name__: scene
    for scene in (
        *WORDS,
        demo,
        demo_first,
        demo_known,
        demo_database,
        pairs,
        five,
        forms,
        directions,
        side_by_side,
        firefighter,
        deciding,
        policies,
        *TROUBLE,
    )
}
