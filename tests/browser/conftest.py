"""A Chromium for the tests of this folder, and the checker of what they show."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import FOUND, Tab, chromium

AXE = "axe_playwright_python"  # of it the checker's own script alone, which is Deque's


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    if FOUND is None:
        pytest.skip("no chromium is installed here")
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Tab:
    """As a page finds a browser that nobody has told anything."""
    browser("Emulation.setScriptExecutionDisabled", value=False)
    browser.look()
    return browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    found = find_spec(AXE)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"no {AXE} is installed here: make browser installs it")
    (folder,) = found.submodule_search_locations
    return (Path(folder) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where pictures of the pages go: RAIDCTL_PICTURES, for who wants to look at them."""
    folder = Path(os.environ.get("RAIDCTL_PICTURES") or tmp_path)
    folder.mkdir(exist_ok=True)
    return folder


def pytest_collection_modifyitems(items: list[Any]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"
    for one in items:
        if str(one.path).startswith(here):
            one.add_marker(pytest.mark.browser)
