"""Ask at a terminal for what a configuration lacks: no secret, only where it is kept."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from raidctl.bootstrap.probe import probe_impact, probe_jira
from raidctl.cli.approval import asked, typed
from raidctl.cli.terminal import tell
from raidctl.config.access import is_clear_text
from raidctl.config.checks import UnfitError, address, project_key, with_scheme
from raidctl.config.keys import KEYS, SECRETS, SPELLINGS
from raidctl.config.secrets import Environ, Secret
from raidctl.config.template import assigned
from raidctl.errors import ServiceError, UsageError

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_KEPT = "a variable's name, file:PATH or command:LINE"


@dataclass
class Interview:
    """Questions, one after the other; `lines` are the configuration's by key.

    What the environment tells is not asked: the line gives way to the variable.
    """

    environ: Environ
    lines: dict[str, str | None] = field(default_factory=dict)

    def hold(self) -> dict[str, str | None]:
        """Ask for everything that is missing. Raises `UsageError` where the answers end."""
        tell("Enter takes what stands in brackets; Ctrl-C leaves everything as it is.")
        if not self._known("impact.url"):
            self._site("impact.url", "Impact's address", self._impact_answers)
        if self._reads_database():
            self.lines["impact.token_env"] = None
        else:
            self._secret("impact.token", "Impact's API token")
        kind = ""
        if not self._known("jira.url"):
            kind = self._site("jira.url", "JIRA's address", self._jira_answers)
        if not self._known("jira.user"):
            self._user(kind)
        self._secret("jira.token", "JIRA's token")
        if not self._known("jira.project"):
            self._project()
        return self.lines

    def _known(self, key: str) -> bool:
        """Whether a variable tells it, which then counts."""
        variable = KEYS[key].variable
        if not self.environ.get(variable):
            return False
        tell(f"{key} is taken from {variable}.")
        self.lines[key] = None
        return True

    def _reads_database(self) -> bool:
        """As a configuration without a file would."""
        if self.environ.get("IMPACT_TOKEN"):
            return False
        variables = ("IMPACT_DATABASE_URL", "POSTGRES_HOST")
        given = next((one for one in variables if self.environ.get(one)), None)
        if given is not None:
            tell(f"Impact is read from its database, which {given} tells: no token is needed.")
        return given is not None

    # The sites

    def _site(self, key: str, what: str, answers: Callable[[str], str]) -> str:
        """An address that answers, or that somebody keeps all the same; what it is."""
        for text in self._answers(f"{what}, such as {_EXAMPLES[key]}: "):
            try:
                url = address(with_scheme(text))
                if is_clear_text(url):
                    site = key.partition(".")[0]
                    why = f"http:// sends the token in clear: only by [{site}] allow_http = true"
                    tell(f"  {why}")
                    continue
                found = answers(url)
            except UnfitError as error:
                tell(f"  {error}")
                continue
            except ServiceError as error:
                tell(f"  {error}")
                if asked("Keep it all the same? [y/N] ").lower() not in {b"y", b"yes"}:
                    continue
                found = ""
            self._put(key, url)
            return found
        raise AssertionError("answers end by an error")

    def _impact_answers(self, url: str) -> str:
        probe_impact(url)
        tell("  FireFighter answers there.")
        return ""

    def _jira_answers(self, url: str) -> str:
        kind = probe_jira(url)
        if kind is None:
            tell("  It answers, and asks for credentials before it says whether it is JIRA.")
            return ""
        tell(f"  It is JIRA {'Cloud' if kind == 'cloud' else 'Data Center'}.")
        return kind

    # The rest

    def _secret(self, name: str, what: str) -> None:
        """Where it is kept."""
        key = f"{name}_env"
        given = next((one for one in SECRETS[name] if self.environ.get(one)), None)
        if given is not None:
            tell(f"{what} is in {given}.")
            self.lines[key] = None
            return
        usual = SECRETS[name][0]
        for text in self._answers(f"Where {what} is kept: {_KEPT} [{usual}]: ", usual):
            how, _, rest = text.partition(":")
            if how in SPELLINGS and how != "env" and rest.strip():
                secret = Secret(how, rest.strip(), f"{name}_{how}")
            elif _VARIABLE.fullmatch(text):
                secret = Secret("env", text, key)
            else:
                tell(f"  that is no name of a variable, and no secret belongs here: {_KEPT}")
                continue
            if lack := secret.lacks(self.environ):
                tell(f"  for now {lack}")
            self.lines[key] = assigned(
                f"{name.partition('.')[2]}_{secret.spelling}", secret.reference
            )
            return

    def _user(self, kind: str) -> None:
        """Cloud takes a token together with its account's e-mail alone."""
        if kind == "datacenter":
            question = "The user's name; Enter for a personal access token alone: "
        else:
            question = "The e-mail of the token's account; Enter on Data Center: "
        for text in self._answers(question, ""):
            if kind == "cloud" and not text:
                tell("  JIRA Cloud takes an API token only together with its account's e-mail")
                continue
            self._put("jira.user", text)
            return

    def _project(self) -> None:
        """Its workflow decides on the mapping, and new issues go there."""
        question = "The JIRA project of the incidents' issues, such as INC; Enter for all: "
        for text in self._answers(question, ""):
            try:
                self._put("jira.project", text and str(project_key(text)))
            except UnfitError as error:
                tell(f"  {error}")
            else:
                return

    def _put(self, key: str, value: str) -> None:
        self.lines[key] = assigned(key.rpartition(".")[2], value) if value else None

    def _answers(self, question: str, usual: str | None = None) -> Iterator[str]:
        """What is answered to a question, again and again until it is taken."""
        while True:
            line = typed(question)
            if line is None:
                tell("")
                raise UsageError("the answers ended: nothing was written")
            text = line.decode(errors="replace").strip()
            if text or usual is not None:
                yield text or usual or ""


_EXAMPLES = {
    "impact.url": "https://impact.example.com",
    "jira.url": "https://example.atlassian.net",
}
