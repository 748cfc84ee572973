"""What events say, by the configuration."""

from raidctl.bootstrap.preset import known_tables
from raidctl.config import Config
from raidctl.core.events.parse import Parser
from raidctl.gateways.jira.fields import Fields
from raidctl.ports.journal import JournalReader


def parser(config: Config, journal: JournalReader) -> Parser:
    """What reads payloads; while no run has found the preset out, by those that it may be."""
    known = known_tables(config, journal)
    sites = config.mappings if known is None else (known,)
    fields = [Fields(site.priority_field).ids for site in sites]
    return Parser(
        {key: one for ids in fields for key, one in ids.items()}, config.impact.service_account
    )
