"""The very beginning of a command: what is loaded, and Ctrl-C meanwhile."""

import subprocess
import sys

import pytest

from raidctl.errors import ExitCode

_INTERRUPTED_WHILE_LOADING = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, *_):
        if name == "raidctl.cli.app":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["raidctl", "--version"]
{before}
from raidctl.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("before", "code", "said"),
    [
        ("", ExitCode.INTERRUPTED, "raidctl: interrupted\n"),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", ExitCode.OK, ""),
    ],
)
def test_ctrl_c_ends_a_command_that_is_still_loading_unless_it_is_ignored(
    before: str, code: ExitCode, said: str
) -> None:
    program = _INTERRUPTED_WHILE_LOADING.format(before=before)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (code, said)
