"""Makes issues and what hangs on them: the one place for what the `jira` package would do.

It goes through our client all the same, since the package (3.10.5) cannot be held to what is true
of every request here. It creates without properties, so that an answer that got lost would leave an
issue nobody can tell; it repeats dropped and limited POSTs by itself, asks for application links
before it sets a remote link, sends every file as `application/octet-stream`, loses the names of the
fields in a refusal, and knows neither our deadlines, nor our pace, nor the time of the run.
"""

from raidctl.gateways.jira.admin.attaching import Attaching
from raidctl.gateways.jira.admin.creating import Creating
from raidctl.gateways.jira.admin.finding import Finding


class JiraAdmin(Creating, Finding, Attaching):
    """An `IssueAdmin` over HTTP; `deployment` as in `serverInfo`."""
