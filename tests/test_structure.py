"""The shape of the package: imports point one way, the core is pure, modules stay short."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import raidctl

ROOT = Path(raidctl.__file__).parent
MODULES = {
    ".".join(("raidctl", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
}
HEAVY = (
    *("requests", "jira", "rich", "sqlalchemy", "sqlite_utils", "filelock", "typer"),
    *("starlette", "uvicorn", "prometheus_client"),
)


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    """All that stands in a module, the module first."""
    return tuple(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


@cache
def imported(module: str) -> tuple[str, ...]:
    """Every module that a module names in an import, anywhere in it."""
    return tuple(_imported(module))


def _imported(module: str) -> Iterator[str]:
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            name = node.module or ""
            yield from (
                deeper if (deeper := f"{name}.{alias.name}") in MODULES else name
                for alias in node.names
            )


def within(module: str, *packages: str) -> bool:
    """Whether a module is one of these packages or in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def ours(module: str) -> set[str]:
    """What a module imports of raidctl."""
    return {name for name in imported(module) if within(name, "raidctl")}


def foreign(module: str) -> set[str]:
    """What a module imports from outside raidctl and the standard library."""
    return {
        top
        for name in imported(module)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names and top != "raidctl"
    }


def package(name: str) -> list[str]:
    found = [module for module in MODULES if within(module, f"raidctl.{name}")]
    assert found, f"raidctl.{name} is gone"
    return found


# Each package, and all of raidctl that it may import. A command parses, calls a run and prints: of
# the core it has what is typed and shown, and of plans the file alone.
WORDS = [f"core.{name}" for name in ("model", "scope", "report", "writes.log")]
WORDS += [f"core.mapping.{name}" for name in ("lint", "presets")]
ALLOWED = {
    "__main__": ["cli"],
    "core": ["core"],
    "errors": [],
    "files": [],
    "config": ["config", "core", "errors", "files"],
    "ports": ["ports", "core"],
    "breaker": ["core", "errors"],
    "halves": ["errors"],
    "prefetch": [],
    "gateways": ["gateways", "ports", "core", "errors", "files", "prefetch", "breaker", "halves"],
    "journal": ["journal", "ports", "core", "errors", "files"],
    "runs": ["runs", "ports", "core", "errors", "prefetch", "breaker", "halves"],
    "listen": ["listen", "metrics", "ports", "core", "errors"],
    "metrics": ["core"],
    "present": ["present", "core"],
    "bootstrap": [
        *("bootstrap", "gateways", "journal", "listen", "runs", "ports", "core", "config", "errors")
    ],
    "cli": [
        *("cli", "bootstrap", "runs", "ports", "present", "core", "config", "errors", "files"),
        *("metrics", "sandbox"),
    ],
    "cli.commands": [
        *("cli", "bootstrap", "runs", "present", "config", "errors", "files", "sandbox.stage"),
        *(*WORDS, "core.plan.file"),
    ],
    "sandbox": ["sandbox", "gateways", "journal", "core", "config"],
}


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_point_one_way(name: str) -> None:
    """And only bootstrap imports adapters (DESIGN §8); the sandbox brings its own."""
    targets = [f"raidctl.{target}" for target in ALLOWED[name]]
    for module in package(name):
        astray = {found for found in ours(module) if not within(found, *targets)} - {"raidctl"}
        assert not astray, f"{module} imports {astray}"


def test_every_package_has_its_place_in_that_table() -> None:
    assert {name.split(".")[1] for name in MODULES if "." in name} == {
        name for name in ALLOWED if "." not in name
    }


@pytest.mark.parametrize(
    "name", ["core", "errors", "ports", "runs", "breaker", "halves", "prefetch"]
)
def test_the_inside_imports_the_standard_library_alone(name: str) -> None:
    for module in package(name):
        assert not foreign(module), f"{module} imports {foreign(module)}"


def test_sqlites_own_dialect_stands_in_its_folder_alone() -> None:
    """What else the journal says, PostgreSQL understands as well."""
    dialect = re.compile(
        r"json_(each|extract|group)|\bOR (REPLACE|IGNORE)\b|\bIS NOT [(:?]|row_?id\b|PRAGMA|NOCASE"
        r"|sqlite_|\bWHERE (open|sent)\b(?! =)|AND sent\b(?! =)",
        re.IGNORECASE,
    )
    ours_alone = [one for one in package("journal") if not within(one, "raidctl.journal.sqlite")]
    for module in ours_alone:
        found = dialect.search(MODULES[module].read_text(encoding="utf-8"))
        assert found is None, f"{module} says {found[0]}"
        assert "sqlite3" not in imported(module)
        # The package itself offers what it has.
        assert module == "raidctl.journal" or not any("sqlite" in name for name in ours(module))


def test_no_two_modules_import_each_other() -> None:
    """Not even through others: `graphlib` names the circle it finds."""
    graph = {module: ours(module) & MODULES.keys() for module in MODULES}
    assert tuple(TopologicalSorter(graph).static_order())


def test_the_core_does_no_io_and_has_no_clock() -> None:
    doors = {"os", "io", "pathlib", "socket", "subprocess", "time", "random", "sqlite3", "logging"}
    for module in package("core"):
        assert not {name.partition(".")[0] for name in imported(module)} & doors, module
        called = {
            node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            for node in nodes(module)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        }
        assert not called & {"open", "print", "input", "now", "utcnow", "today"}, module


# The only places that name a field; all others take it as it comes.
NAMED_IN = {
    "relations": ["core.mapping.book"],
    "rows": [
        "core.policy",  # the values that the webhook has words for
        "core.firefighter",  # and those that its handler knows
        "gateways.impact.rows",
        "gateways.impact.database.rows",
        "gateways.impact.webhook",
        "gateways.jira.fields",
    ],
    "rules of the status": [
        "core.model",
        *("core.plan.case", "core.plan.holds", "core.plan.item"),
        *("runs.writing.status", "runs.writing.undo"),
        *("bootstrap.rules", "cli.answers"),
    ],
    "what an issue is made of": ["core.backfill.draft", "core.backfill.making", "runs.backfill"],
    "what JIRA says of its users": ["runs.writing.permissions", "runs.writing.read_back"],
    "what doctor looks at for a field": ["core.doctor", "runs.doctor", "bootstrap.doctor"],
    "words": ["present"],
    "the demo's tales": [f"sandbox.{name}" for name in ("story", "stage", "years", "old")],
}


def test_a_field_is_named_by_its_relation_its_rows_and_the_rules_of_the_status() -> None:
    """A sixth field is a relation and its rows: tests/toys/test_sixth_field.py."""
    allowed = [f"raidctl.{name}" for names in NAMED_IN.values() for name in names]
    astray = {
        module: sorted(names)
        for module in MODULES
        if not within(module, *allowed)
        if (names := _fields_named(module))
    }
    assert not astray


def _fields_named(module: str) -> set[str]:
    """The members of `Field` that a module names."""
    return {
        node.attr
        for node in nodes(module)
        if isinstance(node, ast.Attribute)
        if isinstance(node.value, ast.Name)
        if node.value.id == "Field" and node.attr.isupper()
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_short_and_says_what_it_is_for(module: str) -> None:
    tree = nodes(module)[0]
    assert isinstance(tree, ast.Module)
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 400
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("name", ["core", "ports", "runs"])
def test_importing_the_inside_loads_nothing_heavy(name: str) -> None:
    script = f"import sys, {', '.join(package(name))}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    assert f"raidctl.{name}" in loaded
    assert not set(HEAVY) & set(loaded)


def test_what_only_reads_loads_nothing_that_writes() -> None:
    """Nobody waits at 3 a.m. for what the command they typed does not need."""
    script = "import sys, raidctl.cli.app, raidctl.cli.commands.diff; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    loaded = told.stdout.split()
    assert "raidctl.runs.reading.diff" in loaded
    writing = ("runs.writing", "runs.backfill", "ports.jira_admin", "core.missed", "sandbox")
    unwanted = (*(f"raidctl.{name}" for name in writing), "rich", "jira", "sqlalchemy", "filelock")
    assert not [module for module in loaded if within(module, *unwanted)]
