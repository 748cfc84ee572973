"""Files that are attached: each is there once, as it is, and none that was there is touched."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from raidctl.core.backfill.attachment import PROPERTY, remembered
from raidctl.sandbox.jira.belongings import File
from tests.cli.world import GRACE
from tests.crash.making import Making, Yard
from tests.crash.systems import BEFORE

CONTENT = {"a.log": b"what happened\n", "b.log": b"what happened then\n"}
DUE = {10_001: ["a.log", "b.log"], 10_002: ["a.log"]}


@dataclass(frozen=True, slots=True)
class Attaching(Making):
    """Two issues and two files, of which a person has attached one to the first."""

    def arguments(self, folder: Path) -> Sequence[str]:
        """All files for the first, one for the second."""
        for name, content in CONTENT.items():
            (folder / name).write_bytes(content)
        rows = [
            f"{issue - 10_000},{folder / name}" for issue, names in DUE.items() for name in names
        ]
        file = folder / "files.csv"
        file.write_text("\n".join(["incident,file", *rows, ""]))
        return ("backfill", "attachments", "--from-csv", str(file))

    def incidents(self) -> Iterable[dict[str, Any]]:
        """With their issues."""
        for issue in DUE:
            number = issue - 10_000
            yield {"id": number, "status": 30, "jira_key": f"INC-{number}", "jira_id": issue}

    def seed(self, place: Yard) -> None:
        """The issues, and the file of one."""
        state = place.state
        for issue in DUE:
            state.add_issue(f"INC-{issue - 10_000}", issue, created=BEFORE, summary="Incident")
        by_hand = File(1, "a.log", "text/plain", CONTENT["a.log"], GRACE.account, BEFORE)
        state.files[10_001] = [by_hand]

    def there(self, place: Yard) -> object:
        """The files of both, and what is remembered of them."""
        state = place.state
        return [
            [[one.name for one in state.files.get(issue, ())], state.properties.get(issue)]
            for issue in DUE
        ]

    def amiss(self, place: Yard) -> Iterator[str]:
        """What is not there once as it is, or remembered as another."""
        for issue, names in DUE.items():
            files = place.state.files.get(issue, ())
            if sorted(one.name for one in files) != names:
                yield f"issue {issue} has {[one.name for one in files]}"
            hashes = {one.id: sha256(one.content).hexdigest() for one in files}
            for one in files:
                if one.content != CONTENT.get(one.name):
                    yield f"{one.name} of issue {issue} is {one.content!r}"
            for row in remembered(place.state.properties.get(issue, {}).get(PROPERTY)):
                if hashes.get(row.id) != row.content.sha256:
                    yield f"{row.name} of issue {issue} is remembered as another"
        if place.state.files[10_001][0].author != GRACE.account:
            yield "the file that was there is gone"


ATTACHINGS = (
    Attaching("attachments, Cloud", "cloud", "off"),
    Attaching("attachments, Data Center", "datacenter", "off"),
)
