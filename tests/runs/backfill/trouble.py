"""What goes wrong with a backfill in one process: requests fail, the process is gone."""

from collections.abc import Callable
from typing import Any

import pytest

from raidctl.sandbox.server import Request
from tests.runs.desk import Office
from tests.simulators.server import Fault


def failing(at: Office, path: str, *faults: Fault, method: str = "POST") -> None:
    """Let requests to paths that end so go wrong, one after the other."""
    left = list(faults)

    def fault(request: Request) -> Fault | None:
        mine = request.method == method and request.path.partition("?")[0].endswith(path)
        return left.pop(0) if mine and left else None

    at.server.faults = fault


class Killed(BaseException):
    """The process is gone."""


def killed(run: Callable[[], object], where: Any, name: str, *, after: bool) -> None:
    """Run, and be gone where this is called, before or after it was done."""
    real = getattr(where, name)

    def dies(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, dies)
        with pytest.raises(Killed):
            run()
