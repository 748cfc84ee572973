"""Runs raidctl in a place that stays as it was left, and writes a file about every run."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.process import Ended, on_terminal, talking
from tests.corpus.forks import Forks
from tests.corpus.normal import Normal
from tests.corpus.traces import Traces

FORMS = ("table", "json", "jsonl", "csv", "markdown")
WIDE = 240  # no line is broken there, be an age that it tells 9 s or 10 s

NOTHING: Mapping[str, str] = {}
_LONGEST_NAME = 80


@dataclass
class Play:
    """One scene: `environ` is that of its runs, `config` their configuration."""

    out: Path
    environ: dict[str, str]
    config: Path
    normal: Normal
    traces: Traces
    forks: Forks
    _runs: int = field(default=0, init=False)

    def configure(self, text: str) -> None:
        """From now on that is the configuration."""
        self.config.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, width: int = 80, environ: Mapping[str, str] = NOTHING) -> Ended:
        """Run raidctl without a terminal, with these variables as well."""
        more = {"COLUMNS": str(width), **environ}
        ended = self.forks.run(*arguments, environ={**self.environ, **more})
        self.record(arguments, more, _streams(ended))
        return ended

    def every_form(self, *arguments: str, forms: Iterable[str] = FORMS) -> None:
        """Run it once in each format, the table in two widths."""
        for form in forms:
            self.run(*arguments, "-o", form)
            if form == "table":
                self.run(*arguments, width=120)

    def show(self, *arguments: str, width: int) -> None:
        """Run it with standard output on a terminal, in colour and with links."""
        ended = on_terminal(*arguments, environ=self.environ, columns=width)
        self.record(arguments, {"terminal": width}, _streams(ended))

    def talk(self, *arguments: str, answers: Sequence[str], prompt: str) -> None:
        """Run it with somebody at the terminal, who answers each prompt; no bar is drawn there."""
        with talking(*arguments, environ={**self.environ, "TERM": "dumb"}) as conversation:
            for number, answer in enumerate(answers, start=1):
                conversation.until(prompt, number)
                conversation.type(answer)
            ended = conversation.ended()
        self.record(
            arguments, {"answers": answers}, [("exit", f"{ended.code}\n"), ("screen", ended.err)]
        )

    def record(
        self, arguments: Sequence[str], more: Mapping[str, object], parts: Sequence[tuple[str, str]]
    ) -> None:
        """Write the file about a run: how it was started, what it said, and what it left."""
        self._runs += 1
        how = " ".join(f"{name}={value}" for name, value in more.items())
        news = [
            (name, "".join(f"{line}\n" for line in lines)) for name, lines in self.traces.news()
        ]
        told = "".join(f"── {name}\n{_whole(text)}" for name, text in (*parts, *news))
        text = self.normal.text(f"{how} $ raidctl {' '.join(arguments)}\n{told}")
        name = re.sub(r"[^\w.:=-]+", "_", self.normal.text(" ".join(arguments)))[:_LONGEST_NAME]
        (self.out / f"{self._runs:03}_{name}.txt").write_text(
            text.replace("\x1b", "\\e"), encoding="utf-8"
        )


def _streams(ended: Ended) -> Sequence[tuple[str, str]]:
    return ("exit", f"{ended.code}\n"), ("stdout", ended.out), ("stderr", ended.err)


def _whole(text: str) -> str:
    """The text as whole lines, as it is where it has none at all."""
    return text if not text or text.endswith("\n") else f"{text}⟨no line break⟩\n"
