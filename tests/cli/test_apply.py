"""`raidctl apply`: a saved plan is carried out as it is, or refused."""

import hashlib
import json
import re
import shlex
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import SECRETS, Ended, command, discreet, talking, told_in_one_line
from tests.cli.world import ADA, BOT, GRACE, Pair, Sort, World, world
from tests.schemas import validator
from tests.simulators.jira.state import JiraState
from tests.simulators.server import Fault, refuse

PAIRS = (
    Pair(1, impact={Field.STATUS: "MITIGATED"}),
    Pair(2, impact={Field.TITLE: "A new title", Field.PRIORITY: 1}),
    Pair(3, impact={Field.COMMANDER: GRACE.email}),
    Pair(4, impact={Field.TITLE: "Another new title"}),
    Pair(5),
)
CHANGES = {(1, "status"), (2, "title"), (2, "priority"), (3, "commander"), (4, "title")}


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, PAIRS, sort=sort) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


def planned(place: World, *options: str, config: str | None = None) -> Path:
    """A plan that is saved."""
    plan = place.folder / "a plan.json"
    ended = place.reconcile("--save-plan", str(plan), *options, config=config)
    assert ended.code in {ExitCode.DRIFT, ExitCode.OK}, ended.err
    return plan


def apply(place: World, plan: Path, *options: str, config: str | None = None) -> Ended:
    return place.run("apply", str(plan), "-o", "json", *options, config=config)


def outcomes(ended: Ended) -> dict[tuple[int, str], str]:
    """What became of each change of a JSON report."""
    return {(item["incident"], item["field"]): item["outcome"] for item in ended.report["items"]}


def detail(ended: Ended, number: int) -> str:
    """What is said of an incident's change."""
    return "; ".join(i["detail"] or "" for i in ended.report["items"] if i["incident"] == number)


def test_a_saved_plan_is_carried_out_once(either: World) -> None:
    plan = planned(either)
    assert stat.S_IMODE(plan.stat().st_mode) == 0o600
    assert (either.writes, "INC" in plan.read_text()) == ([], True)

    first = apply(either, plan)
    once = list(either.writes)
    second = apply(either, plan)

    assert (first.code, first.err) == (ExitCode.OK, "")
    assert outcomes(first) == dict.fromkeys(CHANGES, "applied")
    assert len(once) == 4
    assert (either.in_jira(1, Field.STATUS), either.in_jira(2, Field.PRIORITY)) == (
        "Resolved",
        "Highest",
    )
    assert second.code == ExitCode.INCOMPLETE
    assert set(outcomes(second).values()) == {"stale"}
    assert either.writes == once
    for ended in (first, second):
        validator("report").validate(ended.report)
        assert ended.report["command"] == "apply"
        discreet(ended)
    assert either.sound()
    discreet(Ended(0, plan.read_text(), ""))


@pytest.mark.slow
def test_a_plan_from_standard_input_asks_nobody(place: World) -> None:
    """Not even at a terminal: standard input is the plan, so nobody can answer."""
    plan = planned(place)
    line = f'exec "$@" < {shlex.quote(str(plan))}'
    with talking(
        "apply", "-", environ=place.ready(NO_COLOR="1"), through=("/bin/sh", "-c", line, "sh")
    ) as talk:
        ended = talk.ended()
    with plan.open("rb") as text:
        again = subprocess.run(
            command("apply", "-", "-o", "json"),
            env=place.ready(),
            stdin=text,
            capture_output=True,
            check=False,
        )

    assert ended.code == ExitCode.OK, ended.err
    assert "Type yes" not in ended.err
    assert "5 of 5 changes applied." in ended.err
    assert again.returncode == ExitCode.INCOMPLETE
    assert b"raidctl has settled it since the plan was made" in again.stderr
    assert len(place.writes) == 4


def test_somebody_is_asked_and_sees_the_plan(place: World) -> None:
    plan = planned(place)
    ended = place.run("apply", str(plan), typed="no\n")

    assert "This changes 5 fields of 4 links" in ended.err
    assert "Type yes to write this: " in ended.err
    assert "3 INC-3" in ended.out
    assert (ended.code, place.writes) == (ExitCode.DRIFT, [])


# What has changed since the plan was made


def test_links_that_a_plan_has_put_right_are_not_called_drifted_afterwards(place: World) -> None:
    """What is stale has changed since the plan; where both sides agree now, reading tells."""
    plan = planned(place)
    apply(place, plan, "--yes")
    again = place.run("apply", str(plan), "--yes")
    assert again.code == ExitCode.INCOMPLETE
    assert "4 links: 4 in sync now (4 before), 0 still drifted" in " ".join(again.out.split())
    place.state.edit(10_002, ADA.account, priority="Low")
    other = place.run("apply", str(plan), "--yes")
    assert "3 in sync now (3 before), 1 still drifted" in " ".join(other.out.split())


def test_what_is_not_what_the_plan_saw_is_stale_and_the_rest_goes_on(either: World) -> None:
    plan = planned(either)
    either.edit_incident(1, status=30)
    either.state.edit(10_002, ADA.account, summary="Somebody was faster")
    if either.state.deployment == "cloud":
        either.state.delete(10_003)
    else:
        either.state.forbid(10_003)

    ended = apply(either, plan)

    assert ended.code == ExitCode.INCOMPLETE
    assert outcomes(ended) == {
        (1, "status"): "stale",
        (2, "title"): "stale",
        (2, "priority"): "applied",
        (3, "commander"): "stale",
        (4, "title"): "applied",
    }
    assert "Impact changed it" in detail(ended, 1)
    assert "JIRA changed it" in detail(ended, 2)
    assert "gone" in detail(ended, 3)
    assert sorted(either.writes) == [("PUT", "10002"), ("PUT", "10004")]
    assert either.in_jira(2, Field.TITLE) == "Somebody was faster"
    assert either.sound()


def test_an_issue_that_moved_is_found_by_its_number(place: World) -> None:
    """In another project, with the same tables, it is the same issue still."""
    plan = planned(place)
    place.state.move(10_004, "PAY-7")

    ended = apply(place, plan)

    assert ended.code == ExitCode.OK, ended.out
    assert place.in_jira(4, Field.TITLE) == "Another new title"
    again = place.reconcile()
    assert (again.code, again.items) == (ExitCode.OK, {(4, None, "moved")})


# What is no plan, or not for here


def edited(text: str) -> str:
    return text.replace("A new title", "Another title")


def resealed(text: str) -> str:
    document = json.loads(text)
    document["changes"][0]["to"] = "Closed"
    return json.dumps(document)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (edited, "it was edited since it was saved"),
        (resealed, "it was edited since it was saved"),
        (lambda _: "", "it is no JSON"),
        (lambda _: '{"schema": "raidctl.report/1", "items": []}', "it is no plan of raidctl"),
        (lambda text: text.replace("raidctl.plan/1", "raidctl.plan/2"), "raidctl.plan/2"),
        (lambda _: "[" * 100_000, "it is no JSON"),
        (lambda _: '"raidctl.plan/1"', "it is no plan of raidctl"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(
    refusing: World, spoil: Callable[[str], str], words: str
) -> None:
    plan = refusing.folder / "spoilt.json"
    plan.write_text(spoil((refusing.folder / "a plan.json").read_text()))

    line = told_in_one_line(refusing.run("apply", str(plan)), ExitCode.USAGE)

    assert f"plan {plan}" in line
    assert words in line
    assert refusing.jira.requests == []


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world with a plan for it, that no test writes to."""
    with world(tmp_path_factory.mktemp("refusing"), PAIRS) as made:
        planned(made)
        made.jira.forget()
        yield made


def test_a_file_that_cannot_be_read_is_refused_in_one_line(refusing: World) -> None:
    folder = refusing.folder
    (folder / "binary").write_bytes(b"\x80\x00{")

    for name, words in (
        ("nowhere.json", "No such file"),
        (".", "it is a directory"),
        ("binary", "it is no text"),
    ):
        line = told_in_one_line(refusing.run("apply", str(folder / name)), ExitCode.USAGE)
        assert words in line
    assert refusing.jira.requests == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda toml: toml + '[mapping.status_to_impact]\n"Code Review" = "MITIGATING"', "tables"),
        (lambda toml: toml + '[users]\n"eve@example.test" = "712020:eve"', "users"),
        (lambda toml: re.sub(r"(\[jira\]\nurl = \".*)(\")", r"\1/jira\2", toml), "made for"),
    ],
)
def test_a_plan_for_elsewhere_is_refused(
    refusing: World, change: Callable[[str], str], words: str
) -> None:
    plan = refusing.folder / "a plan.json"

    ended = refusing.run("apply", str(plan), config=change(refusing.toml()))

    line = told_in_one_line(ended, ExitCode.USAGE)
    assert words in line
    assert "plan again" in line
    assert refusing.jira.requests == []


def test_a_plan_of_another_version_is_refused(refusing: World) -> None:
    plan = refusing.folder / "other version.json"
    document: dict[str, Any] = json.loads((refusing.folder / "a plan.json").read_text())
    document["raidctl"] = "0.0.1"
    plan.write_text(sealed(document))

    line = told_in_one_line(refusing.run("apply", str(plan)), ExitCode.USAGE)

    assert "made by raidctl 0.0.1" in line


def sealed(document: dict[str, Any]) -> str:
    """A plan as a raidctl of another version would have saved it."""
    document.pop("seal")
    plain = json.dumps(document, ensure_ascii=True, sort_keys=True)
    return json.dumps({**document, "seal": f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"})


# What no plan says, sealed anew: a seal is a plain hash


def forged(place: World, edit: Callable[[dict[str, Any]], object]) -> Path:
    """The plan with one of its changes edited, and hash and seal made anew, as anybody can."""
    document: dict[str, Any] = json.loads((place.folder / "a plan.json").read_text())
    edit(document)
    rows = []
    for row in document["changes"]:
        values = map(json.dumps, (row["impact"], row["jira"], row["to"]))
        rows.append(
            [row["incident"], str(row["issue_id"]), str(row["field"]), row["verdict"], *values]
        )
    text = json.dumps([sorted(rows), sorted(document["tables"]), document["sites"]])
    document["plan"] = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    plan = place.folder / "forged.json"
    plan.write_text(sealed(document))
    return plan


def change_of(document: dict[str, Any], incident: int, field: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        row for row in document["changes"] if (row["incident"], row["field"]) == (incident, field)
    )
    return found


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda plan: change_of(plan, 2, "title").update(to="Pay here"),
            "not what the tables make",
        ),
        (lambda plan: change_of(plan, 1, "status").update(to="Closed"), "not what the tables make"),
        (lambda plan: change_of(plan, 2, "priority").update(to=None), "not what the tables make"),
        (lambda plan: change_of(plan, 1, "status").update(closes=True), "whether it closes"),
        (
            lambda plan: change_of(plan, 1, "status").update(
                impact="CLOSED", to="Closed", closes=True
            ),
            "takes --allow-close",
        ),
        (lambda plan: change_of(plan, 2, "title").update(reason="resolved"), "is no reason"),
        (lambda plan: change_of(plan, 2, "title").update(reason="undo"), "is no reason"),
        (lambda plan: change_of(plan, 2, "title").update(reason="conflict"), "is no reason"),
        (lambda plan: plan["changes"].append(change_of(plan, 2, "title")), "there twice"),
        (
            lambda plan: change_of(plan, 2, "title").update(field=None, verdict="create_issue"),
            "no plan of reconcile writes that",
        ),
        (lambda plan: change_of(plan, 2, "title").update(issue_id=None), "no plan of reconcile"),
        (lambda plan: change_of(plan, 2, "title").update(incident=2**63), "it is damaged"),
        (lambda plan: change_of(plan, 2, "title").update(incident=True), "it is damaged"),
        (lambda plan: change_of(plan, 2, "title").update(issue_url=[1]), "it is damaged"),
        (lambda plan: change_of(plan, 2, "title").update(overrides="no"), "it is damaged"),
        (lambda plan: plan.update(links=float("inf")), "it is damaged"),
        (lambda plan: plan.update(direction=[]), "it is damaged"),
        (lambda plan: plan.update(made_at="2026-11-22T21:00:00"), "it is damaged"),
        (lambda plan: plan.update(made_at=7), "it is damaged"),
    ],
    ids=range(19),
)
def test_what_no_plan_says_is_refused_whatever_its_seal(
    refusing: World, edit: Callable[[dict[str, Any]], object], words: str
) -> None:
    plan = forged(refusing, edit)

    line = told_in_one_line(refusing.run("apply", str(plan), "--yes"), ExitCode.USAGE)

    assert f"plan {plan}" in line
    assert words in line
    assert refusing.jira.requests == []


def test_a_field_that_is_not_synced_is_refused(refusing: World) -> None:
    plan = refusing.folder / "a plan.json"
    config = refusing.toml(more="[policy.fields.title]\nsync = false")

    line = told_in_one_line(refusing.run("apply", str(plan), config=config), ExitCode.USAGE)

    assert "it is not synced ([policy.fields.title] sync)" in line
    assert refusing.jira.requests == []


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda plan: change_of(plan, 2, "title").update(
                issue_id="10009", issue="SECRET-1", jira="A secret"
            ),
            "belongs to INC-2, which is another issue",
        ),
        (lambda plan: change_of(plan, 2, "title").update(incident=77), "could not be read again"),
        (
            lambda plan: change_of(plan, 2, "title").update(impact="Pay here", to="Pay here"),
            "Impact changed it",
        ),
        (
            lambda plan: change_of(plan, 3, "commander").update(to="712020:bot"),
            "raidctl would write another value",
        ),
        (
            lambda plan: change_of(plan, 2, "title").update(
                direction="jira_to_impact",
                verdict="write_impact",
                to=change_of(plan, 2, "title")["jira"],
            ),
            "raidctl would write another value",
        ),
    ],
    ids=range(5),
)
def test_what_a_plan_of_now_does_not_say_is_stale_whatever_its_seal(
    place: World, edit: Callable[[dict[str, Any]], object], words: str
) -> None:
    place.state.add_issue("SECRET-1", 10_009, summary="A secret")
    planned(place)
    plan = forged(place, edit)

    ended = apply(place, plan, "--yes")

    assert ended.code == ExitCode.INCOMPLETE, ended.err
    stale = [item for item in ended.report["items"] if item["outcome"] == "stale"]
    assert len(stale) == 1
    assert words in stale[0]["detail"]
    assert set(outcomes(ended).values()) == {"applied", "stale"}
    assert place.state.issue(10_009).values["summary"] == "A secret"
    assert place.sound()


def test_what_is_told_of_a_change_comes_of_the_plan_of_now(place: World) -> None:
    planned(place)
    lie = {"reason": "policy", "detail": "as agreed with everybody", "title": "Nothing to see"}
    plan = forged(place, lambda plan: change_of(plan, 2, "title").update(lie))
    ended = apply(place, plan, "--yes")
    (told,) = (i for i in ended.report["items"] if (i["incident"], i["field"]) == (2, "title"))

    assert (told["reason"], told["outcome"], told["detail"]) == ("impact_changed", "applied", None)
    assert "Nothing to see" not in ended.out


def test_a_conflict_that_is_held_is_not_written_by_a_plan_that_says_so(tmp_path: Path) -> None:
    both = {Field.PRIORITY: 1}, {Field.PRIORITY: "Low"}
    with world(tmp_path, (Pair(1, *both), Pair(2, impact={Field.TITLE: "New"}))) as place:
        planned(place, "--prefer", "impact")
        plan = forged(place, lambda plan: plan.update(prefer=None))
        ended = apply(place, plan, "--yes")

        assert outcomes(ended) == {(1, "priority"): "stale", (2, "title"): "applied"}
        assert "it is held: conflict" in detail(ended, 1)
        assert place.in_jira(1, Field.PRIORITY) == "Low"
        assert ended.code == ExitCode.INCOMPLETE


@pytest.mark.parametrize("how", [("--prefer", "impact"), ("--direction", "impact-to-jira")])
def test_who_decided_in_a_plan_decides_when_it_is_applied(
    tmp_path: Path, how: tuple[str, str]
) -> None:
    pair = Pair(1, {Field.PRIORITY: 1}, {Field.PRIORITY: "Low"})
    with world(tmp_path, (pair,)) as place:
        ended = apply(place, planned(place, *how))

        assert ended.code == ExitCode.OK, ended.err
        assert place.in_jira(1, Field.PRIORITY) == "Highest"


# Limits


def test_limits_hold_for_a_saved_plan_and_the_printed_command_approves_it(place: World) -> None:
    """With the configuration that was given, which is not the usual one."""
    plan = planned(place)
    limited = place.configured(place.toml(more="[safety]\nmax_changes = 2"))
    given = (str(plan), "--config", str(limited), "-o", "json")

    blocked = place.run("apply", *given)
    found = re.search(r"to write exactly this plan: raidctl (.*)$", blocked.err, re.MULTILINE)
    assert found is not None, blocked.err
    wrong = place.run("apply", *given, "--approve", "sha256:" + "0" * 64)
    none = list(place.writes)
    done = place.run(*shlex.split(found[1]), config="no configuration at all")

    assert (blocked.code, wrong.code, none) == (ExitCode.BLOCKED, ExitCode.BLOCKED, [])
    assert "4 links would change; max_changes is 2" in blocked.err
    assert (done.code, len(outcomes(done))) == (ExitCode.OK, 5)


def test_a_percentage_is_of_the_links_that_there_are_whatever_a_plan_says(tmp_path: Path) -> None:
    pairs = tuple(Pair(n, impact={Field.TITLE: "New"} if n <= 12 else {}) for n in range(1, 31))
    with world(tmp_path, pairs) as place:
        planned(place)
        plan = forged(place, lambda plan: plan.update(links=10_000))

        blocked = apply(place, plan, "--yes")

        assert blocked.code == ExitCode.BLOCKED
        assert "11 of 30 links would change (37 %)" in blocked.err  # one is hidden
        assert place.writes == []

        config = place.toml(more="[safety]\nmax_change_percent = 50")
        assert apply(place, plan, "--yes", config=config).code == ExitCode.OK


def test_a_plan_that_closes_takes_leave_to_when_it_is_applied_as_well(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(1, impact={Field.STATUS: "CLOSED"}),)) as place:
        fields = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
        config = place.toml(more=fields)
        plan = planned(place, "--allow-close", config=config)
        refused = place.run("apply", str(plan), config=config)
        assert "it closes, which takes --allow-close" in told_in_one_line(refused, ExitCode.USAGE)
        assert place.writes == []
        ended = place.run("apply", str(plan), "--allow-close", config=config, typed="yes\n")

        assert "Closes: incident 1 · INC-1 · status" in ended.err
        assert ended.code == ExitCode.OK
        assert place.in_jira(1, Field.STATUS) == "Closed"


# Systems that are not there


def test_a_system_that_is_not_there_is_7(place: World) -> None:
    plan = planned(place)
    with place.fault("impact", refuse(401)):
        refused = apply(place, plan)
    place.impact.stop()
    no_impact = apply(place, plan)
    place.impact.start()
    place.jira.stop()
    no_jira = [
        apply(place, plan, config=place.toml(jira=f'deployment = "{deployment}"'))
        for deployment in ("auto", "cloud")
    ]

    for ended, words in (
        (refused, "Impact at .*: HTTP 401"),
        (no_impact, "Impact at .*: connection refused"),
        *((ended, "JIRA at .*: connection refused") for ended in no_jira),
    ):
        assert ended.code == ExitCode.UNREACHABLE, ended.out
        assert re.search(words, ended.err)
        assert ended.err.count("\n") == 1
        discreet(ended)
    assert place.writes == []
    assert place.sound()


# Trouble while it is written: each its own row, the others done, the journal whole


def troubled(ended: Ended, place: World, *numbers: int) -> str:
    """What is said of the incidents whose changes did not come through; all others' did."""
    found = outcomes(ended)
    assert ended.code == ExitCode.INCOMPLETE, (ended.err, found)
    assert {number for (number, _), outcome in found.items() if outcome != "applied"} == {*numbers}
    assert re.fullmatch(r"raidctl: \d of 5 changes not done \(.+\), such as .+\n", ended.err)
    assert place.sound()
    discreet(ended)
    return "; ".join(detail(ended, number) for number in numbers)


def test_a_field_that_jira_refuses_is_told_in_its_words_and_the_rest_is_sent_once_more(
    either: World,
) -> None:
    either.state.unassignable = {GRACE.account}
    either.state.off_screen = {"priority"}

    ended = either.reconcile()

    said = troubled(ended, either, 2, 3)
    assert outcomes(ended)[2, "title"] == "applied"
    assert outcomes(ended)[2, "priority"] == outcomes(ended)[3, "commander"] == "refused"
    assert "JIRA says: Field 'priority' cannot be set" in said
    assert f"JIRA says: User '{GRACE.account}' cannot be assigned issues." in said
    assert [path for _, path in either.writes].count("10002") == 2
    assert [path for _, path in either.writes].count("10003") == 1


def test_a_plan_is_good_for_once(either: World) -> None:
    """A second time it would go over what a person has taken back since."""
    plan, old = planned(either), either.in_jira(1, Field.STATUS)
    assert either.run("apply", str(plan), "--yes").code == ExitCode.OK
    assert either.in_jira(1, Field.STATUS) != old
    either.state.edit(10_001, GRACE.account, status=old)

    again = either.run("apply", str(plan), "--yes", "-o", "json")

    assert {item["outcome"] for item in again.report["items"]} == {"stale"}
    assert either.in_jira(1, Field.STATUS) == old


def test_a_plan_applied_again_blames_nobody_and_calls_nothing_drifted(either: World) -> None:
    plan = planned(either)
    first = either.run("apply", str(plan), "--yes", "-o", "json")
    done = {(i["incident"], i["field"]) for i in first.report["items"] if i["outcome"] == "applied"}
    again = either.run("apply", str(plan), "--yes", "-o", "json")

    told = {(i["incident"], i["field"]): i["detail"] for i in again.report["items"]}
    assert done
    assert {told[key] for key in done} == {"raidctl has settled it since the plan was made"}
    whole = {number for number, _ in told} - {number for number, _ in told.keys() - done}
    assert first.report["summary"]["drifted"] == again.report["summary"]["drifted"] + len(whole)


def test_an_account_that_jira_no_longer_knows_is_looked_up_again(place: World) -> None:
    """Somebody's account was made anew: the one that was found once is good for nothing."""
    place.reconcile("3")
    former = replace(GRACE, email="former@example.test", active=False)
    place.state.add_user(former)
    place.state.add_user(replace(GRACE, account="712020:grace-anew"))
    place.edit_incident(3, title="Changed")
    place.state.edit(10_003, ADA.account, assignee=ADA.account)

    said = [place.reconcile("--direction", "impact-to-jira", "3") for _ in range(2)]

    assert place.in_jira(3, Field.COMMANDER) == "712020:grace-anew", said[-1].out


def test_an_issue_deleted_under_our_hands_is_one_row(place: World) -> None:
    def faults(request: Request) -> None:
        if request.method == "PUT" and request.path.endswith("/10004"):
            place.state.delete(10_004)

    place.jira.faults = faults

    said = troubled(place.reconcile(), place, 4)

    assert "gone" in said


def test_a_race_that_is_lost_is_decided_again_by_what_is_there_now(either: World) -> None:
    """Somebody's transition wins; where it leads to our goal, that is that."""
    to = {"cloud": "Resolved", "datacenter": "Blocked"}[either.state.deployment]
    either.state.race(10_001, ADA.account, status=to)

    ended = either.reconcile()

    if to == "Resolved":
        assert (ended.code, outcomes(ended)[1, "status"]) == (ExitCode.OK, "applied")
    else:
        assert "somebody else" in troubled(ended, either, 1)
    assert either.in_jira(1, Field.STATUS) == to
    assert len(either.state.history(10_001)) == 1
    assert either.sound()


def test_a_write_that_jira_swallows_is_refused(place: World) -> None:
    with place.fault("jira", Fault(acts=False, reply=Reply(204)), lambda r: r.method == "PUT"):
        ended = place.reconcile()

    said = troubled(ended, place, 2, 3, 4)
    assert set(outcomes(ended).values()) == {"applied", "refused"}
    assert "kept the old value" in said


def test_an_automation_that_changes_the_text_makes_it_normalised(place: World) -> None:
    def automation(state: JiraState, issue: int) -> None:
        if issue == 10_004 and not state.issue(issue).values["summary"].endswith("!"):
            state.edit(issue, BOT.account, summary="ANOTHER NEW TITLE!")

    place.state.after_write = automation

    first, second = place.reconcile(), place.reconcile()

    assert (first.code, outcomes(first)[4, "title"]) == (ExitCode.OK, "normalised")
    assert (second.code, outcomes(second)) == (ExitCode.OK, {})
    assert len(place.writes) == 4


# Credentials and systems that go away under our hands


EIGHT = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in range(101, 109))
NO_PERCENTAGE = "[safety]\nmax_change_percent = 0\n"


@pytest.fixture
def many(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, EIGHT) as made:
        yield made


def settled_later(place: World, config: str) -> None:
    """The next run reads what the broken one left open, does the rest, and nothing twice."""
    place.jira.faults = None
    after = place.reconcile(config=config)
    assert after.code == ExitCode.OK, after.err
    assert {place.in_jira(pair.number, Field.PRIORITY) for pair in EIGHT} == {"Highest"}
    assert all(len(place.state.history(10_000 + pair.number)) == 1 for pair in EIGHT)
    assert place.sound()


def test_credentials_refused_in_mid_run_end_it_with_what_was_done(many: World) -> None:
    config = many.toml(more=NO_PERCENTAGE)
    sent: list[Request] = []

    def faults(request: Request) -> Fault | None:
        if request.method == "PUT":
            sent.append(request)
        return refuse(401) if len(sent) > 2 else None

    many.jira.faults = faults

    ended = many.reconcile(config=config)

    assert ended.code == ExitCode.UNREACHABLE
    assert re.fullmatch(
        r"raidctl: JIRA at .*HTTP 401( \(.*\))?, credentials refused; .*\n", ended.err
    )
    assert len(sent) < 8, "it went on with credentials that are refused"
    assert len(ended.report["items"]) == 8
    settled_later(many, config)


@pytest.mark.slow
def test_a_jira_that_is_gone_in_mid_run_is_not_asked_link_after_link(many: World) -> None:
    """Nor is the answer that everything was done; what it lost is read by the next run."""
    config = many.toml(more=f"{NO_PERCENTAGE}[http]\nconcurrency = 1")
    sent: list[Request] = []

    def faults(request: Request) -> Fault | None:
        if request.method == "PUT":
            sent.append(request)
        return refuse(500) if len(sent) > 1 else None

    many.jira.faults = faults

    ended = many.reconcile(config=config)

    assert ended.code == ExitCode.UNREACHABLE
    assert ended.err.startswith("raidctl: JIRA at ")
    assert ended.err.count("\n") == 1
    assert len(sent) <= 4, "it went on although JIRA was gone"
    settled_later(many, config)


@pytest.mark.slow
def test_a_jira_that_refuses_connections_in_mid_run_is_7(tmp_path: Path) -> None:
    """It is slow enough to be gone before most of the links have had their turn."""
    many = tuple(Pair(number, impact={Field.PRIORITY: 1}) for number in range(101, 131))
    with world(tmp_path, many, sort="datacenter") as place:
        config = place.toml(more=f"{NO_PERCENTAGE}[http]\nconcurrency = 2")
        stopping: list[threading.Thread] = []

        def faults(request: Request) -> None:
            if request.method == "PUT" and not stopping:
                stopping.append(threading.Thread(target=place.jira.stop))
                stopping[0].start()

        place.jira.faults = faults
        place.jira.latency_seconds = 0.05

        ended = place.reconcile(config=config)
        stopping[0].join()
        place.jira.latency_seconds = 0.0
        place.jira.start()

        assert ended.code == ExitCode.UNREACHABLE, ended.err
        settled_later(place, config)


# The journal, and secrets


def test_a_journal_that_cannot_be_used_is_told_before_anything_is_written(
    place: World,
) -> None:
    plan = planned(place)
    kept = place.journal.read_bytes()

    def corrupt() -> None:
        place.journal.write_bytes(b"what is this" * 1000)

    def newer() -> None:
        with closing(sqlite3.connect(place.journal)) as connection, connection:
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('raidctl', 'm9999_of_a_later_raidctl', '2030-01-01')"
            )

    def folder() -> None:
        place.journal.unlink()
        place.journal.mkdir()

    commands = [("reconcile", "--yes"), ("apply", str(plan)), ("baseline",), ("resume",)]
    for spoil in (corrupt, newer, folder):
        for path in place.journal.parent.glob("journal.db-*"):
            path.unlink()
        place.journal.write_bytes(kept)
        spoil()
        for arguments in commands:
            line = told_in_one_line(place.run(*arguments), ExitCode.USAGE)
            assert str(place.journal) in line, (spoil, line)
        del commands[1:]
    assert place.writes == []


def test_no_secret_is_kept_anywhere(place: World) -> None:
    plan = planned(place)
    out = place.folder / "report.json"
    ended = [
        apply(place, plan, "--out", str(out)),
        place.run("explain", "1"),
    ]

    kept = b"".join(path.read_bytes() for path in place.journal.parent.iterdir())
    kept += plan.read_bytes() + out.read_bytes()
    assert not [secret for secret in SECRETS if secret.encode() in kept]
    for one in ended:
        assert one.code in {ExitCode.OK, ExitCode.DRIFT}
        discreet(one)
