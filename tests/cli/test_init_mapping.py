"""`raidctl init`, `raidctl mapping`, help, completion: the first things anybody types."""

import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from raidctl import __version__
from raidctl.cli.app import COMMANDS, loaded
from raidctl.errors import ExitCode
from raidctl.present.text.safe import width_of
from tests.cli.inside import within
from tests.cli.process import clean_environ, command, raidctl
from tests.cli.world import World


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return clean_environ(tmp_path)


# init


def test_init_writes_a_private_configuration_that_only_lacks_what_is_secret(
    environ: dict[str, str], tmp_path: Path
) -> None:
    ended = within("init", environ=environ, cwd=tmp_path)
    file = tmp_path / "raidctl.toml"

    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert ended.err.startswith("raidctl: wrote raidctl.toml; ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {"impact", "jira", "mapping"} <= tomllib.loads(file.read_text()).keys()

    diff = within("diff", environ=environ, cwd=tmp_path)
    assert diff.code == ExitCode.USAGE
    assert [line.split(": ")[1] for line in diff.err.splitlines()[1:]] == [
        "impact.token_env",
        "jira.token_env",
    ]


def test_init_never_replaces_a_file_without_force(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    file.chmod(0o644)

    refused = within("init", str(file), environ=environ)
    assert (refused.code, file.read_text()) == (ExitCode.USAGE, "mine")
    assert "is there already" in refused.err
    assert "--force" in refused.err

    forced = within("init", str(file), "--force", environ=environ)
    assert forced.code == ExitCode.OK
    assert file.read_text().startswith("# raidctl's configuration")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_place_that_the_help_of_init_names_can_be_written(environ: dict[str, str]) -> None:
    """On a new machine ~/.config/raidctl does not exist, and it is where raidctl looks."""
    place = Path(environ["HOME"]) / ".config" / "raidctl" / "raidctl.toml"

    ended = within("init", str(place), environ=environ)

    assert ended.code == ExitCode.OK, ended.err
    assert place.exists()


@pytest.mark.parametrize("place", ["file/raidctl.toml", "folder"])
def test_init_says_where_it_cannot_write(
    environ: dict[str, str], tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    ended = within("init", str(tmp_path / place), "--force", environ=environ)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert f"{tmp_path / place} cannot be written: " in ended.err
    assert ended.err.count("\n") == 1


# mapping


def test_mapping_prints_the_tables_in_force(site: World) -> None:
    raid = site.run("mapping")
    stock = site.run("mapping", config=site.toml(more='[mapping]\npreset = "firefighter"'))

    assert (raid.code, raid.err) == (stock.code, stock.err) == (ExitCode.OK, "")
    for row in ("In Progress", "Resolved", "POST_MORTEM", "Highest"):
        assert row in raid.out
    assert "Reporter validation" in stock.out
    assert "Reporter validation" not in raid.out
    assert max(map(width_of, (raid.out + stock.out).splitlines())) <= 80


def test_mapping_names_what_is_odd(site: World) -> None:
    """Values not covered, rows that cannot be reached, rows that are not each other's inverse."""
    tables = """
[mapping]
preset = "none"
[mapping.status_to_jira]
OPEN = "Open"
MITIGATING = "In Progress"
[mapping.status_to_impact]
Open = "INVESTIGATING"
[mapping.priority]
High = 2
[mapping.project.PAY.status_to_impact]
Paying = "CLOSED"
"""
    common = site.run("mapping", config=site.toml(more=tables))
    project = site.run("mapping", "--project", "PAY", config=site.toml(more=tables))
    unknown = site.run("mapping", "--project", "XYZ", config=site.toml(more=tables))

    assert (common.code, project.code) == (ExitCode.OK, ExitCode.OK)
    for uncovered in ("CLOSED", "POST_MORTEM", "In Progress"):
        assert uncovered in common.out
    assert "Paying" in project.out
    assert "Paying" not in common.out
    assert (unknown.code, unknown.out) == (ExitCode.USAGE, "")
    assert "XYZ" in unknown.err
    assert "PAY" in unknown.err
    assert site.run("mapping").out != common.out


# Help, version, completion


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_shows_examples_and_fits_80_columns(environ: dict[str, str], name: str) -> None:
    ended = within(*([name] if name else []), "--help", environ={**environ, "COLUMNS": "80"})

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert max(map(width_of, ended.out.splitlines())) <= 80
    assert re.search(rf"^ +raidctl {name or 'diff'}( |$)", ended.out, re.MULTILINE)
    assert "\x1b" not in ended.out
    if not name:
        assert all(re.search(rf"^  {each} ", ended.out, re.MULTILINE) for each in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_own_help_says_first(name: str) -> None:
    told = loaded(name).get_short_help_str(1000)  # with a full stop or not, by version
    assert told.removesuffix(".") == COMMANDS[name].removesuffix(".")


@pytest.mark.parametrize("name", ["diff", "reconcile"])
def test_help_tells_a_mirror_from_a_preference(environ: dict[str, str], name: str) -> None:
    told = " ".join(within(name, "--help", environ=environ).out.split())
    assert "Make the other side a mirror of this one, its own edits undone too." in told
    assert "Whose value wins in conflicts and undecided fields; nothing else." in told


def test_help_and_version_import_no_command(environ: dict[str, str]) -> None:
    script = (
        "import sys; from raidctl.cli.app import app\n"
        "try: app([sys.argv[1]], prog_name='raidctl')\n"
        "except SystemExit: print(*(m for m in sys.modules if m.startswith('raidctl.')))"
    )
    for option in ("--help", "--version"):
        done = subprocess.run(
            [command()[0], "-c", script, option],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        loaded_modules = done.stdout.splitlines()[-1].split()
        assert "raidctl.cli.app" in loaded_modules
        assert not {"raidctl.cli.commands", "raidctl.bootstrap", "raidctl.core"} & {*loaded_modules}


def test_the_version_is_told(environ: dict[str, str]) -> None:
    ended = within("--version", environ=environ)

    assert (ended.code, ended.out, ended.err) == (ExitCode.OK, f"raidctl {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [("frobnicate",), ("diff", "--frobnicate"), ("diff", "--format", "xml"), ("init", "a", "b")],
)
def test_what_does_not_exist_is_wrong_usage(
    environ: dict[str, str], arguments: tuple[str, ...]
) -> None:
    ended = within(*arguments, environ=environ)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "Usage: " in ended.err
    assert "Traceback" not in ended.err


def test_an_unknown_field_is_told_with_the_choices(environ: dict[str, str]) -> None:
    ended = within("diff", "--field", "colour", environ=environ)

    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    for choice in ("'title'", "'description'", "'priority'", "'status'", "'commander'"):
        assert choice in ended.err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("raidctl ", {*COMMANDS}),
        ("raidctl di", {"diff"}),
        ("raidctl diff --field ", {"title", "description", "priority", "status", "commander"}),
        ("raidctl diff --for", {"--format"}),
    ],
)
def test_a_shell_can_complete(environ: dict[str, str], line: str, expected: set[str]) -> None:
    script = Path(command()[0]).with_name("raidctl")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}

    done = subprocess.run(
        [script],
        env={**environ, "_RAIDCTL_COMPLETE": "complete_bash", **asked},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == expected


def test_the_module_is_called_raidctl_too(environ: dict[str, str]) -> None:
    """`python -m raidctl`: a usage line that can be typed, a completion that a shell accepts."""
    ended = raidctl("--help", environ=environ)

    assert ended.out.lstrip().startswith("Usage: raidctl ")
