"""About 60 believable incidents, and what people did to them on one side only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from raidctl.core.model import Field, Value
from raidctl.sandbox.jira.state import Person

PEOPLE = (
    Person("712020:ada", "Ada Lovelace", "ada.lovelace@example.test"),
    Person("712020:grace", "Grace Hopper", "grace.hopper@example.test"),
    Person("712020:alan", "Alan Turing", "alan.turing@example.test"),
    Person("712020:edsger", "Edsger Dijkstra", "edsger.dijkstra@example.test"),
    Person("712020:barbara", "Barbara Liskov", "barbara.liskov@example.test"),
    Person("712020:emilie", "Émilie du Châtelet", "emilie.duchatelet@example.test"),
)
FORMER = "linus.gone@example.test"  # commands an incident, and has no JIRA account any more
BOT = Person("712020:raidctl", "raidctl", "raidctl@example.test")
SERVICE = Person("712020:firefighter", "FireFighter", "firefighter@example.test")


@dataclass(frozen=True, slots=True)
class Tale:
    """An incident both sides agreed on, and what became of it since.

    `impact` and `jira` hold what was changed on that side alone, in its own spelling. `agreed`:
    the journal remembers the agreement. `link` says what became of the issue itself,
    `just_now` that it was changed a moment ago.
    """

    title: str
    status: str = "MITIGATING"
    priority: int = 3
    commander: str | None = "ada.lovelace@example.test"
    description: str = ""
    impact: Mapping[Field, Value] = field(default_factory=dict)
    jira: Mapping[Field, Value] = field(default_factory=dict)
    agreed: bool = True
    link: str = "its own"
    just_now: bool = False
    private: bool = False


def _mail(person: int) -> str:
    return PEOPLE[person].email


TOLD = (
    Tale(
        "Checkout: 5xx on payment confirmation",
        priority=1,
        impact={Field.STATUS: "MITIGATED"},
    ),
    Tale(
        "Search returns yesterday's prices",
        impact={Field.PRIORITY: 2, Field.COMMANDER: _mail(1)},
    ),
    Tale(
        "Orders of marketplace sellers are not exported to the warehouse",
        description="Exports stopped at 02:10. The queue holds 1,240 orders.",
        impact={
            Field.DESCRIPTION: "Exports stopped at 02:10. The queue holds 3,900 orders.",
            Field.TITLE: "Orders of marketplace sellers are not exported (DE, AT)",
        },
    ),
    Tale("Login loop on the mobile site", jira={Field.STATUS: "Resolved"}),
    Tale("Images of new products are missing", priority=4, jira={Field.PRIORITY: "High"}),
    Tale(
        "Payment webhooks of one provider arrive late",
        jira={Field.TITLE: "Payment webhooks of one provider arrive 40 minutes late"},
    ),
    Tale("Back office: invoices cannot be printed", jira={Field.COMMANDER: "712020:alan"}),
    Tale(
        "Latency above target in the basket service",
        priority=2,
        impact={Field.STATUS: "MITIGATED"},
        jira={Field.STATUS: "Open"},
    ),
    Tale(
        "Stock levels drift between shop and warehouse",
        impact={Field.PRIORITY: 1},
        jira={Field.PRIORITY: "Low"},
    ),
    Tale(
        "Newsletter sent twice to 12,000 customers",
        status="MITIGATED",
        impact={Field.STATUS: "CLOSED"},
    ),
    Tale("Returns portal shows an empty page", jira={Field.STATUS: "Code Review"}),
    Tale(
        "Delivery dates are wrong for islands",
        jira={Field.TITLE: "Delivery dates are wrong for islands: " + "carrier table, " * 8},
    ),
    Tale("Chat widget does not load behind a proxy", impact={Field.COMMANDER: None}),
    Tale("Till printers go offline", jira={Field.PRIORITY: "Highest"}, just_now=True),
    Tale("Gift cards are refused at the till", impact={Field.COMMANDER: FORMER}),
    Tale("Voucher codes accepted twice", status="OPEN", impact={Field.STATUS: "INVESTIGATING"}),
    Tale("Product feed for price comparison is stale", agreed=False, jira={Field.PRIORITY: "Low"}),
    Tale(
        "Fraud check times out for large baskets",
        agreed=False,
        impact={Field.STATUS: "MITIGATED"},
        private=True,
    ),
    Tale("Customer service cannot see order history", link="moved"),
    Tale("Cookie banner blocks the buy button", link="forbidden"),
    Tale("Address check rejects valid postcodes", link="shared"),
    Tale("Address check rejects valid postcodes (B2B)", link="shared with the last"),
    Tale("Page title shows [bold]markup[/bold] and =SUM(A1)", impact={Field.PRIORITY: 2}),
    Tale("Recommendations are slow since the release", link="none"),
    Tale("Wish lists of new customers are not saved", link="none"),
)

_PLACES = ("France", "Spain", "Italy", "Germany", "the mobile app", "the B2B shop")
_SYMPTOMS = (
    "latency above target in {}",
    "elevated error rate in {}",
    "queue backlog in {}",
    "certificate of {} about to expire",
    "disk filling up on the database of {}",
    "batch job of {} runs late",
)
_STATUSES = ("OPEN", "MITIGATING", "MITIGATED", "MITIGATING", "OPEN", "POST_MORTEM")


def tales() -> Iterator[Tale]:
    """The told ones, and quiet ones that agree in everything."""
    yield from TOLD
    for symptom, words in enumerate(_SYMPTOMS):
        for place, name in enumerate(_PLACES):
            title = words.format(name)
            yield Tale(
                title[0].upper() + title[1:],
                status=_STATUSES[(symptom + place) % 6],
                priority=1 + (symptom * 5 + place) % 5,
                commander=_mail((symptom + place) % len(PEOPLE)),
                description=f"Alert raised by monitoring: {title}.\nRunbook followed.",
            )
