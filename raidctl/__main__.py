"""`python -m raidctl`, and the `raidctl` command."""

import gc
import os
import signal


def main() -> None:
    """Run the command line; Ctrl-C ends it as soon as it has begun, while it is still loading."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else somebody wants it to be ignored
        signal.signal(signal.SIGINT, _ends_at_once)
    from raidctl.cli.app import main as answer  # noqa: PLC0415 - takes a twentieth of a second

    signal.signal(signal.SIGINT, before)
    try:
        answer()
    finally:
        gc.freeze()  # to look for cycles once more, as Python does at its end, takes a twentieth


def _ends_at_once(*_: object) -> None:
    os.write(2, b"raidctl: interrupted\n")
    os._exit(130)  # `ExitCode.INTERRUPTED`, which is not loaded yet


if __name__ == "__main__":
    main()
