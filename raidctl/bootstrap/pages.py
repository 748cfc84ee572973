"""Where incidents and issues have their pages, as far as the configuration alone tells."""

from collections.abc import Callable
from functools import partial

from raidctl.bootstrap.jira import CLOUD_API_HOST
from raidctl.config import Config
from raidctl.gateways.impact.rows import incident_url
from raidctl.gateways.jira.fields import issue_url


def pages(config: Config) -> tuple[Callable[[int], str | None], Callable[[str], str | None]]:
    """The address of an incident's page by its number, and of an issue's by its key.

    Of a JIRA whose API has a host of its own only JIRA knows them: None.
    """
    through_api = config.jira.url.startswith(CLOUD_API_HOST)
    issue = (lambda _: None) if through_api else partial(issue_url, config.jira.url)
    return partial(incident_url, config.impact.url), issue
