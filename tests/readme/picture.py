"""Draw the README's picture anew out of the demo: `python -m tests.readme.picture`."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS, LINES = 116, 34


def main() -> None:
    """Run the demo in colour and keep its first lines as SVG, without fonts from elsewhere."""
    environ = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    command = [sys.executable, "-m", "raidctl", "demo"]
    shown = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    lines = shown.splitlines()[:LINES]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(lines)), soft_wrap=True)
    plain = re.sub(r"\s*@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    PICTURE.write_text(
        console.export_svg(title="raidctl demo", theme=MONOKAI, code_format=plain, unique_id="demo")
    )


if __name__ == "__main__":
    main()
