"""The pages in a real browser: its policy holds, keys are enough, everybody can read them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.history import Revision
from raidctl.core.missed import Missed, MissedReport, Why
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import held
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.urgency import Urgency
from raidctl.core.waiting import Waiting
from raidctl.present.format import Format
from raidctl.present.held.render import render_held
from raidctl.present.held.rows import HeldList
from raidctl.present.history.render import render_history
from raidctl.present.missed.render import render_missed
from raidctl.present.report.render import render
from raidctl.present.status.render import render_status
from tests.browser.chromium import Tab
from tests.present.believable import CAUSE, CHECKOUT, ITEMS, NOTE, STARTED, UNREAD, item, report
from tests.present.test_history import WHOLE
from tests.present.test_html import HOSTILE
from tests.present.test_status import full

Shown = Callable[[str], Path]
SCREENS = {"light": {}, "dark": {"dark": True}, "narrow": {"width": 360, "height": 780}}


@pytest.fixture
def shown(tab: Tab, tmp_path: Path) -> Shown:
    """Opens a page in the browser."""

    def opened(page: str) -> Path:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        tab.open(file)
        return file

    return opened


def whole() -> Report:
    return report(unread=(UNREAD,), notes=(NOTE,))


def waiting() -> str:
    edit = Revision(Field.TITLE, STARTED - timedelta(hours=7), "Grace Hopper")
    some = [
        Waiting(one, STARTED - timedelta(hours=number), {Side.IMPACT: edit})
        for number, one in enumerate(held(ITEMS))
    ]
    return render_held(HeldList(some, STARTED, (UNREAD,)), Format.HTML)


def missed() -> str:
    """Short values and long texts, asked about or not."""
    told = [
        Missed(
            one.subject,
            Revision(one.field, STARTED, "Grace Hopper", old=one.pair.impact, new=one.pair.jira),
            why,
            CAUSE[0],
        )
        for one, why in zip(ITEMS, cycle(Why), strict=False)
        if one.field is not None
    ]
    some = [replace(told[0], overtaken=True), *told[1:12]]
    since = STARTED - timedelta(days=7)
    found = MissedReport(since, STARTED, STARTED, some, 190, 12, 40, 0, 0, {})
    return render_missed(found, Format.HTML)


PAGES: dict[str, Callable[[], str]] = {
    "report": lambda: render(whole(), "html"),
    "held": waiting,
    "missed": missed,
    "history": lambda: render_history(WHOLE, Format.HTML),
    "status": lambda: render_status(full(), Format.HTML, timedelta(days=1)),
}
BROKEN = """(() => {
    const found = [], walk = document.createTreeWalker(document.querySelector('main'), 4);
    for (let node; node = walk.nextNode();) {
        if (!node.parentElement.checkVisibility()) continue;
        for (const one of node.data.matchAll(/\\S+/g)) {
            const code = node.parentElement.closest('code');
            if (one[0].length > 16 || !/^[\\p{L}\\p{N}-]+[:,.;]?$/u.test(one[0])
                || (one[0].includes('-') && !code)) continue;
            const range = document.createRange();
            range.setStart(node, one.index);
            range.setEnd(node, one.index + one[0].length);
            const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (lines.size > 1) found.push(one[0]);
        }
    }
    return found;
})()"""


def rows(tab: Tab) -> list[str]:
    """The rows that are seen, by their incident and field."""
    script = """[...document.querySelectorAll('.rows tbody tr')].filter((one) => !one.hidden)
        .map((one) => one.cells[0].querySelector('a, th').textContent + ' ' + one.dataset.field)"""
    found: list[str] = tab.run(script)
    return found


def focused(tab: Tab) -> str:
    return str(tab.run("document.activeElement.textContent || document.activeElement.name"))


def told(tab: Tab) -> str:
    """What is said of the table to those who hear it."""
    return str(tab.run("document.querySelector('.told').textContent"))


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_the_data_runs_and_nothing_is_fetched(
    tab: Tab, shown: Shown, words: str
) -> None:
    about = replace(CHECKOUT, title=words, issue=words, incident_url=f"https://h/{words}")
    one = item(about, Field.TITLE, (words, "x"), Reason.CONFLICT, detail=words)
    file = shown(render(report((one,), notes=(words,)), "html"))
    assert tab.requests == [file.as_uri()]
    assert tab.complaints == []
    assert tab.run("document.scripts.length") == 1


def test_what_would_get_past_our_escaping_is_stopped_by_the_policy(tab: Tab, shown: Shown) -> None:
    """As though the escaping had a hole: the page with markup in it that is not ours."""
    evil = (
        "<script>document.title = 'owned'</script>"
        "<img src='http://evil.invalid/x.png' onerror=\"document.title = 'owned'\">"
        "<link rel='stylesheet' href='http://evil.invalid/x.css'>"
        "<style>body { display: none }</style><p style='color: red'>"
        "<iframe src='http://evil.invalid/'></iframe><base href='http://evil.invalid/'>"
    )
    file = shown(render(whole(), "html").replace("<main>", f"<main>{evil}"))
    assert tab.run("document.title") == "19 of 190 links drifted. · raidctl · diff"
    assert tab.run("getComputedStyle(document.body).display") == "block"
    assert tab.run("document.baseURI") == file.as_uri()
    assert tab.requests == [file.as_uri()]
    assert len([one for one in tab.complaints if "Content Security Policy" in one]) >= 6


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_it(
    tab: Tab, shown: Shown, axe: str, pictures: Path, name: str, screen: str
) -> None:
    tab.look(**SCREENS[screen])  # type: ignore[arg-type]
    shown(PAGES[name]())
    tab.run("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    (pictures / f"{name}-{screen}.png").write_bytes(tab.picture())
    tab.run(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = json.dumps({"runOnly": tags, "resultTypes": ["violations", "incomplete"]})
    found = tab.run(f"axe.run(document, {options})")
    assert found["passes"]
    told = {one["id"]: one["nodes"][0]["html"] for one in found["violations"]}
    assert told == {}
    assert tab.run("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("width", [360, 700, 1210, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_word_is_broken_and_nothing_is_wider_than_the_page(
    tab: Tab, shown: Shown, name: str, width: int
) -> None:
    tab.look(width=width)
    shown(PAGES[name]())
    assert tab.run(BROKEN) == []
    assert tab.run("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_few_rows_are_found_by_looking(tab: Tab, shown: Shown) -> None:
    seen = "document.querySelector('form').checkVisibility()"
    shown(render(report(ITEMS[:9]), "html"))
    assert tab.run(seen) is False
    shown(render(report(ITEMS[:10]), "html"))
    assert tab.run(seen) is True


@pytest.mark.parametrize("screen", SCREENS)
def test_a_table_is_a_table_for_those_who_hear_it(tab: Tab, shown: Shown, screen: str) -> None:
    """Whatever the style makes of its rows."""
    tab.look(**SCREENS[screen])  # type: ignore[arg-type]
    shown(render(whole(), "html"))
    nodes: list[dict[str, Any]] = tab("Accessibility.getFullAXTree")["nodes"]
    roles = [one["role"]["value"] for one in nodes if not one["ignored"]]
    assert roles.count("table") == 2
    assert roles.count("rowheader") == 39 + 6
    assert roles.count("columnheader") == 8 + 5
    assert [one["name"]["value"] for one in nodes if one["role"]["value"] == "columnheader"][
        -8:
    ] == [*("Incident", "Priority", "Issue", "Field", "Impact", "JIRA", "Verdict", "Why")]


def test_the_keyboard_sorts(tab: Tab, shown: Shown) -> None:
    shown(render(report(ITEMS[:8]), "html"))
    before = rows(tab)
    for _ in range(60):
        tab.press("Tab")
        if focused(tab) == "Field":
            break
    assert focused(tab) == "Field"
    heading = "document.activeElement.closest('th').getAttribute('aria-sort')"
    tab.press("Enter")
    assert tab.run(heading) == "ascending"
    assert [row.split()[1] for row in rows(tab)] == [
        *("commander", "commander", "description", "priority", "priority"),
        *("status", "status", "title"),
    ]
    assert (
        tab.run("document.querySelector('.told').textContent") == "Rows sorted by Field, ascending"
    )
    tab.press("Space")
    assert tab.run(heading) == "descending"
    assert rows(tab)[0] == "12 title"
    tab.press("Enter")
    assert tab.run(heading) is None
    assert rows(tab) == before


def test_numbers_keys_and_times_are_sorted_as_what_they_are(tab: Tab, shown: Shown) -> None:
    shown(waiting())
    click = "document.querySelectorAll('.rows thead button')[{}].click()"
    every = "[...document.querySelectorAll('.rows tbody {}')].map((one) => {})"
    numbers = every.format("th a", "+one.textContent")
    since = every.format("time", "one.dateTime")
    tab.run(click.format(0))
    assert tab.run(numbers) == sorted(tab.run(numbers))
    tab.run(click.format(7))
    assert tab.run(since) == sorted(tab.run(since))


def test_typing_filters_and_says_how_many_are_left(tab: Tab, shown: Shown) -> None:
    shown(render(whole(), "html"))
    tab.run("document.querySelector('input').focus()")
    for character in "checkout pol":
        tab.press(character)
    tab.run("new Promise((done) => setTimeout(done, 400))")
    assert rows(tab) == ["12 commander"]
    assert told(tab) == "1 of 39 rows shown"
    for _ in range(4):
        tab.press("Tab")
    assert focused(tab) == "Show all"
    tab.press("Enter")
    tab.run("new Promise((done) => setTimeout(done, 100))")
    assert len(rows(tab)) == 39


def test_a_list_filters_by_reason(tab: Tab, shown: Shown) -> None:
    shown(render(whole(), "html"))
    tab.run("""(() => {
        const list = document.querySelector('select[name=reason]');
        list.value = 'unmapped';
        list.dispatchEvent(new Event('input', { bubbles: true }));
        return new Promise((done) => setTimeout(done, 400));
    })()""")
    assert rows(tab) == ["14 commander", "21 status"]


def test_without_its_script_all_of_it_is_there(tab: Tab, shown: Shown) -> None:
    tab("Emulation.setScriptExecutionDisabled", value=True)
    shown(render(whole(), "html"))
    assert len(rows(tab)) == 39
    assert tab.run("document.querySelector('form').checkVisibility()") is False
    assert tab.run("document.querySelectorAll('button').length") == 1  # in the form, unseen


def test_it_prints_in_ink_on_white_with_every_row(tab: Tab, shown: Shown) -> None:
    tab.look(dark=True)
    shown(render(whole(), "html"))
    tab("Emulation.setEmulatedMedia", media="print")
    assert tab.run("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert tab.run("document.querySelector('form').checkVisibility()") is False
    assert tab.run("getComputedStyle(document.querySelector('.linked tr')).display") == "table-row"
    assert tab.printed().startswith(b"%PDF")
    tab("Emulation.setEmulatedMedia", media="")


def test_ten_thousand_rows_stay_usable(tab: Tab, shown: Shown) -> None:
    """Of a page that is not too long, what is in sight is laid out and nothing else."""
    fields = [one for one in ITEMS if one.field is not None]
    urgent = Urgency(2, "OPEN", STARTED - timedelta(days=3))
    many = tuple(
        replace(one, subject=replace(one.subject, incident=number, urgency=urgent))
        for number, one in enumerate(islice(cycle(fields), 10_000))
    )
    page = render(report(many), "html")
    assert len(page) < 8_000_000
    shown(page)
    tab.run("document.querySelectorAll('.rows thead button')[6].click()")
    assert told(tab) == "Rows sorted by Verdict, ascending"
    drawn = """[...document.querySelectorAll('.rows tbody td:last-child')]
        .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).length"""
    assert tab.run(drawn) < 200
