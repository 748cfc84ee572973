"""Whether a request is signed: `X-Hub-Signature`, the HMAC of its raw body, as JIRA sends it."""

import hashlib
import hmac
from collections.abc import Sequence

HEADER = "x-hub-signature"
METHOD = "sha256"


def unsigned(headers: Sequence[str], body: bytes, secret: bytes) -> str | None:
    """Why a request is not believed; None for one that the secret has signed.

    `headers` are all values of the header. As FireFighter takes them (facts, webhook): the method
    in any case, the digest in lower case alone. How long it takes tells nothing of the digest.
    """
    if not headers:
        return "there is no X-Hub-Signature"
    method, equals, digest = headers[0].partition("=")
    if len(headers) > 1 or not equals:
        return f"X-Hub-Signature is not one {METHOD}=…"
    if method.lower() != METHOD:
        return f"X-Hub-Signature is made by another method than {METHOD}"
    made = hmac.new(secret, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), digest.encode(errors="replace")):
        return "X-Hub-Signature is not what the secret makes of the body"
    return None
