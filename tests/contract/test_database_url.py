"""The URL of Impact's database: no part of its password is shown, whatever is in it."""

import pytest

from raidctl.core.scope import Scope
from raidctl.errors import RaidctlError
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from tests.contract.test_http import closed_port

ODD = ["xyzzy", "x/xyzzy", "x#xyzzy", "x@xyzzy", "x?xyzzy", "12/xyzzy", "a@b/xyzzy", "x:xyzzy"]
ODD += ["p@s:s/xyzzy", "[xyzzy", "x%zz%xyzzy", "x xyzzy", "a@b:1/xyzzy", "@xyzzy", "x@xyzzy@"]


@pytest.mark.parametrize("password", ODD)
@pytest.mark.parametrize("user", ["ada", "ada/x", "ada@b"])
def test_no_part_of_a_password_is_shown(user: str, password: str) -> None:
    url = f"postgresql://{user}:{password}@127.0.0.1:{closed_port()}/incidents"
    for way in (read_only_engine, writing_engine):
        with pytest.raises(RaidctlError) as caught:
            list(DatabaseIncidents(way(url, ""), "").incidents(Scope(everything=True)))
        assert "xyzzy" not in str(caught.value)
        assert "impact.database_url" in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
