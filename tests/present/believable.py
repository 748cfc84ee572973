"""A believable report with every verdict and every reason, for golden examples."""

from datetime import UTC, datetime, timedelta

from raidctl.core.model import NO_VALUES, UNREADABLE, Field, Readable, Side, SyncDirection, Value
from raidctl.core.plan.holds import HOLDS
from raidctl.core.plan.item import (
    ATTACH,
    CREATE_ISSUE,
    CREATE_LINK,
    Change,
    Item,
    Subject,
    Verdict,
    link_hold,
)
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.core.urgency import Urgency
from tests.items import item as made

STARTED = datetime(2026, 11, 22, 21, 0, 0, tzinfo=UTC)
PLAN = "sha256:" + "0123456789abcdef" * 4
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
ACCOUNT = "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"

STORY = (
    "Since 20:41 the checkout answers 502 for every card payment in France and Spain.\n"
    "Paypal is not concerned. Orders are kept and can be replayed.\n\n"
    "Impact on sales is estimated at 40 orders a minute; the payment provider has confirmed "
    "{}, and we have switched the traffic of both countries to the second provider."
)


def subject(number: int, title: str = "", *, private: bool | None = None) -> Subject:
    return Subject(
        number,
        f"https://impact.example.com/incident/{number}/",
        title or f"Orders are not exported to warehouse {number}",
        private,
        f"INC-{number}",
        10_000 + number,
        f"https://jira.example.com/browse/INC-{number}",
        urgency=Urgency(1 if private else 3, "MITIGATING", STARTED - timedelta(days=number)),
    )


def unlinked(number: int) -> Subject:
    return Subject(number, f"https://impact.example.com/incident/{number}/", f"Incident {number}")


def item(
    about: Subject,
    field: Field,
    values: tuple[Readable, Readable],
    reason: Reason,
    direction: SyncDirection | None = None,
    *,
    to: Value = None,
    detail: str | None = None,
) -> Item:
    writes = Verdict.WRITE_JIRA if direction is TO_JIRA else Verdict.WRITE_IMPACT
    verdict = Verdict.HOLD if reason in HOLDS else writes
    return made(about, field, *values, verdict, direction, reason, to, detail)


CHECKOUT = subject(12, "Checkout answers 502 for card payments in France and Spain", private=True)
EXPORT = subject(14)
OPEN_DONE = ("OPEN", "Done")
SEARCH = subject(21, "Search returns no results for accents (é, ü): index rebuilt without folding")

CAUSE = STORY.format("an outage on their side"), STORY.format("that nothing is wrong with them")

ITEMS = (
    item(
        CHECKOUT,
        Field.TITLE,
        (CHECKOUT.title, "Checkout answers 502 for card payments in France"),
        Reason.IMPACT_CHANGED,
        TO_JIRA,
        to=CHECKOUT.title,
    ),
    item(CHECKOUT, Field.DESCRIPTION, CAUSE, Reason.JIRA_CHANGED, TO_IMPACT, to=CAUSE[1]),
    item(CHECKOUT, Field.PRIORITY, (1, "Medium"), Reason.CONFLICT),
    item(
        CHECKOUT,
        Field.STATUS,
        ("MITIGATED", "In Progress"),
        Reason.DIRECTION,
        TO_JIRA,
        to="Resolved",
        detail="overrides the change made in JIRA by Grace Hopper at 2026-11-22 20:58 UTC",
    ),
    item(CHECKOUT, Field.COMMANDER, ("ada@example.com", None), Reason.POLICY, TO_JIRA, to=ACCOUNT),
    item(EXPORT, Field.PRIORITY, (3, "High"), Reason.NEWEST, TO_IMPACT, to=2),
    item(EXPORT, Field.STATUS, ("OPEN", "Done"), Reason.UNFINISHED, TO_IMPACT, to="MITIGATED"),
    item(
        EXPORT,
        Field.COMMANDER,
        ("edsger.dijkstra@example.com", ACCOUNT),
        Reason.UNMAPPED,
        TO_JIRA,
        detail="no JIRA account is known for edsger.dijkstra@example.com; also settling: changed "
        "at 20:59:41 UTC",
    ),
    item(SEARCH, Field.TITLE, (SEARCH.title, "Search is broken"), Reason.UNDECIDED),
    item(
        SEARCH,
        Field.DESCRIPTION,
        ("Long " * 8_000, "Long"),
        Reason.LOSSY,
        TO_JIRA,
        to="Long " * 8_000,
        detail="40000 characters, a JIRA description holds 32767",
    ),
    item(SEARCH, Field.PRIORITY, (2, None), Reason.EMPTY, TO_IMPACT),
    item(
        SEARCH,
        Field.STATUS,
        ("INVESTIGATING", "Code Review"),
        Reason.UNMAPPED,
        TO_IMPACT,
        detail="Code Review has no row in status_to_impact",
    ),
    item(
        SEARCH,
        Field.COMMANDER,
        (UNREADABLE, None),
        Reason.UNREADABLE,
        detail="the token may not see this field in Impact",
    ),
    item(subject(29), Field.PRIORITY, (2, "Low"), Reason.PREFER, TO_IMPACT, to=4),
    item(subject(28), Field.TITLE, ("Secret", "Old"), Reason.PRIVATE, TO_JIRA, to="Secret"),
    item(subject(28), Field.STATUS, ("CLOSED", "Open"), Reason.DOWNGRADED, TO_JIRA, to="Closed"),
    link_hold(subject(27), Reason.MOVED, "Impact knows it as INC-27, JIRA as PAY-3"),
    item(subject(30), Field.TITLE, ("Old", "New"), Reason.READ_ONLY, TO_IMPACT, to="New"),
    item(subject(30), Field.STATUS, OPEN_DONE, Reason.READ_ONLY, TO_IMPACT, to="MITIGATED"),
    item(subject(31), Field.STATUS, ("OPEN", "Closed"), Reason.CLOSING, TO_IMPACT, to="CLOSED"),
    item(subject(32), Field.TITLE, ("Old", "New"), Reason.UNDONE, TO_JIRA, to="Old"),
    item(subject(32), Field.STATUS, OPEN_DONE, Reason.REFUSED, TO_IMPACT, to="MITIGATED"),
    item(subject(32), Field.PRIORITY, (3, "High"), Reason.RESOLVED, TO_JIRA, to="Medium"),
    item(subject(32), Field.COMMANDER, (None, ACCOUNT), Reason.UNDO, TO_JIRA),
    item(subject(33), Field.STATUS, OPEN_DONE, Reason.FLAPPING, TO_JIRA, to="Open"),
    item(
        subject(33),
        Field.COMMANDER,
        ("ada@example.com", "acc-bot"),
        Reason.SIDE_EFFECT,
        TO_IMPACT,
        detail="raidctl's own account left it in JIRA, and the journal knows of no such write",
    ),
    item(subject(33), Field.TITLE, ("New", "Old"), Reason.FIREFIGHTER, TO_JIRA, to="New"),
    item(subject(34), Field.STATUS, OPEN_DONE, Reason.COOLING, TO_JIRA, to="Open"),
    item(
        subject(35),
        Field.STATUS,
        ("MITIGATED", "In Progress"),
        Reason.SETTLING,
        TO_JIRA,
        to="Resolved",
        detail="changed at 20:59:52 UTC",
    ),
    item(
        subject(36),
        Field.STATUS,
        ("INVESTIGATING", "Open"),
        Reason.ECHO,
        TO_JIRA,
        to="In Progress",
        detail="FireFighter would set MITIGATING",
    ),
    link_hold(subject(40), Reason.RELINKED, "INC-40 was issue 10040 and is now issue 11234"),
    item(
        subject(41),
        Field.STATUS,
        OPEN_DONE,
        Reason.SHARED_ISSUE,
        TO_JIRA,
        to="Open",
        detail="INC-41 also belongs to incident #7",
    ),
    Change(
        unlinked(60),
        CREATE_ISSUE,
        None,
        TO_JIRA,
        NO_VALUES,
        "INC",
        Reason.UNLINKED,
        "a1b2",
        "Incident, then In Progress; nobody is assigned: no JIRA account is known for x@y.z",
    ),
    Change(subject(61), CREATE_LINK, None, TO_JIRA, NO_VALUES, "INC-61", Reason.MISSING),
    Change(subject(62), ATTACH, None, TO_JIRA, NO_VALUES, "log.txt", Reason.MISSING),
    link_hold(unlinked(63), Reason.GAMEDAY),
    link_hold(unlinked(64), Reason.LOOK_ALIKE, "INC-64, created at 20:41 UTC"),
    *(link_hold(subject(number), Reason.NOT_VISIBLE) for number in (50, 51)),
    *(link_hold(unlinked(number), Reason.UNLINKED) for number in range(100, 130)),
)

UNREAD = Unread(
    Side.JIRA,
    "100 issues, INC-200 to INC-299",
    "JIRA at https://jira.example.com: 503 Service Unavailable, four times; try again later",
    "network",
)
NOTE = (
    "The journal holds no baselines yet, so it cannot be known which side changed: only "
    "a person, --prefer or [policy] can decide."
)


def report(
    items: tuple[Item, ...] = ITEMS, unread: tuple[Unread, ...] = (), notes: tuple[str, ...] = ()
) -> Report:
    requests = {Side.IMPACT: 1, Side.JIRA: 4}
    summary = summarised(items, 190, 100 if unread else 0, requests)
    finished = STARTED + timedelta(seconds=2, milliseconds=140)
    return Report("diff", None, None, STARTED, finished, PLAN, summary, items, unread, notes)
