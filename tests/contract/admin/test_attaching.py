"""Files are uploaded as they are, streamed, once, and not at all where they change meanwhile."""

from io import BytesIO
from typing import BinaryIO

import pytest

from raidctl.core.backfill.attachment import Attachment
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.http.bounds import SLOWEST_UPLOAD, Stream
from raidctl.gateways.jira.admin.attaching import BLOCK
from raidctl.ports.jira_admin import Upload
from raidctl.sandbox.jira.belongings import File
from raidctl.sandbox.server import Reply
from tests.contract.trackers import NOW, Site
from tests.simulators.server import DROP_AFTER, Fault, refuse

CONTENT = bytes(range(256)) * 1_024  # of several blocks, with every byte, line ends too


def upload(
    stream: BinaryIO | None = None,
    size: int = len(CONTENT),
    name: str = "log.bin",
    content_type: str = "text/plain",
) -> Upload:
    return Upload(name, content_type, size, stream or BytesIO(CONTENT))


def files(jira: Site) -> list[File]:
    return jira.state.files.get(10_001, [])


def test_a_file_arrives_as_it_is(jira: Site) -> None:
    made = jira.admin.attach(10_001, upload())
    (file,) = files(jira)
    assert (file.name, file.content_type, file.content) == ("log.bin", "text/plain", CONTENT)
    assert made == Attachment(file.id, "log.bin", len(CONTENT), "text/plain", NOW)
    assert jira.admin.attachments(10_001) == [made]
    assert jira.admin.attachments(10_002) == []


def test_an_empty_file_arrives_as_well(plain: Site) -> None:
    plain.admin.attach(10_001, upload(BytesIO(), 0))
    assert files(plain)[0].content == b""


class Counted(BytesIO):
    """Content of which is known how much of it was asked for at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, len(CONTENT) if size is None or size < 0 else size)
        return super().read(size)


def test_a_file_is_never_read_whole(plain: Site) -> None:
    stream = Counted(CONTENT)
    stream.seek(100)  # whoever hashed it left it somewhere
    plain.admin.attach(10_001, upload(stream))
    assert stream.most == BLOCK
    assert files(plain)[0].content == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        'a"b.txt',
        'x"; name="other',
        "é 漢字 🧯.txt",
        "a\r\nX-Header: 1\r\n\r\nb",
        "a\\b",
        "-",
        "%22",
    ],
)
def test_a_hostile_name_is_a_name(plain: Site, name: str) -> None:
    plain.admin.attach(10_001, upload(name=name))
    (file,) = files(plain)
    assert file.content == CONTENT
    assert "\n" not in file.name
    assert name not in {"é 漢字 🧯.txt", "-"} or file.name == name


@pytest.mark.parametrize(
    "kind", ["", "text", "text/plain\r\nX: 1", "a/b\n", "é/x", "text/html; x=<y>"]
)
def test_a_type_that_is_none_is_any(plain: Site, kind: str) -> None:
    plain.admin.attach(10_001, upload(content_type=kind))
    assert files(plain)[0].content_type == "application/octet-stream"


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, 0, BLOCK])
def test_a_file_that_changes_meanwhile_is_not_attached(plain: Site, size: int) -> None:
    """The request ends before its end: nobody can take it for whole."""
    with pytest.raises(ServiceError, match="was changed while it was sent") as caught:
        plain.admin.attach(10_001, upload(size=size))
    assert caught.value.category is Category.VALIDATION
    assert not isinstance(caught.value, LostAnswerError)
    plain.admin.attach(10_001, upload())  # on another connection
    assert len(files(plain)) == 1


def test_a_file_that_is_too_large_is_said_so(plain: Site) -> None:
    plain.state.upload_limit = 100
    assert plain.admin.attachment_limit() == 100
    with pytest.raises(ServiceError, match="more than it takes") as caught:
        plain.admin.attach(10_001, upload())
    assert caught.value.category is Category.VALIDATION
    assert files(plain) == []


def test_a_jira_without_attachments_is_said_so(plain: Site) -> None:
    plain.state.upload_limit = None
    with pytest.raises(ServiceError, match="switched off") as caught:
        plain.admin.attachment_limit()
    assert caught.value.category is Category.VALIDATION
    with pytest.raises(ServiceError, match="does not show what is attached"):
        plain.admin.attachments(10_001)


def test_a_token_that_may_not_attach_is_told_what_it_lacks(jira: Site) -> None:
    jira.state.may_attach = False
    with pytest.raises(ServiceError, match="create attachments in the project") as caught:
        jira.admin.attach(10_001, upload())
    assert caught.value.category is Category.PERMISSION


def test_a_file_whose_issue_is_gone_is_said_so(jira: Site) -> None:
    for ask in (lambda: jira.admin.attach(404, upload()), lambda: jira.admin.attachments(404)):
        with pytest.raises(ServiceError, match="gone, or hidden") as caught:
            ask()
        assert caught.value.category is Category.NOT_FOUND


LOST = {
    "dropped": DROP_AFTER,
    "broken": Fault(reply=Reply(500)),
    "of no file": Fault(reply=Reply(200, [])),
    "of two": Fault(reply=Reply(200, [{}, {}])),
    "empty": Fault(reply=Reply(204)),
}


@pytest.mark.parametrize("name", LOST)
def test_an_upload_whose_answer_is_lost_happened_once(plain: Site, name: str) -> None:
    faults = iter([LOST[name]])
    plain.server.faults = lambda _: next(faults, None)
    with pytest.raises(LostAnswerError, match="nobody knows whether"):
        plain.admin.attach(10_001, upload())
    assert len(files(plain)) == 1
    assert plain.asked("POST") == ["issue/10001/attachments"]


def test_an_upload_that_was_one_too_many_is_sent_whole_again(plain: Site) -> None:
    faults = iter([refuse(429, "1")])
    plain.server.faults = lambda _: next(faults, None)
    plain.admin.attach(10_001, upload())
    assert [file.content for file in files(plain)] == [CONTENT]


def test_an_upload_that_does_not_move_is_given_up() -> None:
    """A socket's own deadline starts anew with every block."""
    clock = iter([0.0, 19.0, 21.0])
    stream = Stream(lambda: iter([b"a", b"b", b"c"]), 10 * SLOWEST_UPLOAD, lambda: next(clock))
    blocks = iter(stream)
    assert [next(blocks), next(blocks)] == [b"a", b"b"]
    with pytest.raises(TimeoutError):
        next(blocks)


def test_a_small_file_may_wait_for_its_turn() -> None:
    """On a machine with a lot to do its second block is late at once."""
    clock = iter([0.0, 5.0, 5.0])
    stream = Stream(lambda: iter([b"a", b"b", b"c"]), 3, lambda: next(clock))
    assert b"".join(stream) == b"abc"


def test_a_large_file_has_more_time_than_a_request(plain: Site) -> None:
    plain.admin._http._seconds = 0.2
    plain.server.faults = lambda _: Fault(stall_seconds=0.5)
    plain.admin.attach(10_001, upload())  # 256 kB: 2.6 s more
    assert len(files(plain)) == 1
