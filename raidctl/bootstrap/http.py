"""What the clients of both systems share by the configuration, and what their gates ask for."""

from requests.auth import AuthBase

from raidctl.config import Config
from raidctl.config.access import Access
from raidctl.config.secrets import Environ
from raidctl.gateways.http.bounds import RunTime
from raidctl.gateways.http.client import GateAuth
from raidctl.gateways.http.pace import UNSEEN, Activity, Waiting


def waiting(config: Config, activity: Activity = UNSEEN) -> Waiting:
    """How all requests of one run wait: what one system uses up the other lacks."""
    return Waiting(share=config.share, run=RunTime(config.run_seconds), activity=activity)


def gated(auth: AuthBase, access: Access, environ: Environ) -> AuthBase:
    """Credentials with the headers of a gate. Raises `ConfigError`."""
    return GateAuth(auth, access.revealed(environ)) if access.headers else auth
