"""Files to attach by the configuration: where they are had from, and the job that attaches them."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from raidctl.bootstrap.rules import policy
from raidctl.config import Config
from raidctl.ports.files import FileSource
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.attaching import attachers
from raidctl.runs.backfill.attachments import AttachmentRequest, Uploads, Wishes, find
from raidctl.runs.backfill.bulk import Job

MEGABYTE = 1024**2
_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # as for both systems
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")


@contextmanager
def files(config: Config, environ: Mapping[str, str]) -> Iterator[FileSource]:
    """Files of this machine and of the public network; what is kept goes when this is left."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    from raidctl.gateways.files.source import Files
    from raidctl.gateways.files.spool import Spool
    from raidctl.gateways.files.web import Web

    authorities = next(
        (environ[name] for name in _AUTHORITIES if environ.get(name)), DEFAULT_CA_BUNDLE_PATH
    )
    seconds = config.timeout_seconds + config.backfill.attachment_max_mb
    proxied = any(environ.get(name) for name in _PROXIES)
    with (
        closing(Web(seconds, authorities, proxied=proxied)) as web,
        closing(Spool()) as spool,
    ):
        yield Files(web, spool)


def attachments_job(
    config: Config,
    wishes: Wishes,
    limit: int | None,
    source: FileSource,
    systems: Systems,
    admin: IssueAdmin,
) -> Job:
    """What attaches the files that are missing, for `limit` incidents at most.

    Raises `ServiceError`.
    """
    rules = policy(config, systems.tracker, None)
    most = config.backfill.attachment_max_mb * MEGABYTE
    request = AttachmentRequest(wishes, source, most, rules, config.concurrency, limit)
    uploads: Uploads = {}
    return Job(
        "backfill attachments",
        lambda readable, progress: find(readable, admin, request, uploads, progress),
        attachers(uploads, rules),
    )
