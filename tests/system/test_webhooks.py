"""Webhooks out of the real program: its worker process tells a system of acts, again where it failed or was killed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from ioc.domain.base.times import city_date, utc_now
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.positions import Position
from ioc.storage.db.store import Store, StoreError
from ioc.storage.directives import positions
from tests.storage.directives.receiver import Message, Receiver, receiving
from tests.system import quick_config
from tests.system.conftest import running
from tests.system.program import Program, command, until

pytestmark = pytest.mark.slow
SECRET_KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(SECRET_KEY).decode()
ROW = "webhooks:\n  - {{system: qlvb, address: '{address}', secret: '${{QLVB_WEBHOOK}}', private: true}}\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def centre_with_webhook(tmp_path: Path, receiver: Receiver) -> Iterator[Program]:
    """A centre whose configuration has the receiver's address."""
    folder = quick_config.write(tmp_path / "config")
    (folder / "webhooks.yaml").write_text(ROW.format(address=receiver.address), "utf-8")
    yield from running(Program(tmp_path / "data", IOC_CONFIG=str(folder), QLVB_WEBHOOK=SECRET))


class System:
    """Another system, with its key and its position, which sends a document and acts on it."""

    def __init__(self, program: Program) -> None:
        self.program, self.today = program, city_date(utc_now())
        config = program.more["IOC_CONFIG"]
        added = command(program.data, "api-key", "add", "qlvb", "directives", IOC_CONFIG=config, QLVB_WEBHOOK=SECRET)
        self.key = next(word for word in added.stdout.split() if word.startswith("ioc-"))
        until(self._has_position, 60, "the position is stored")
        task = {"external_id": "1", "title": "Lắp trạm", "lead": "mp-c", "assigned_on": f"{self.today}"}
        document = {
            "external_id": "VB-1", "number": "9/MP-UBND", "issued_on": f"{self.today}", "title": "Chống ngập",
            "kind": "công văn", "issuer": "mp-b", "source": "chairman", "tasks": [task],
        }  # fmt: skip
        until(lambda: self.post("documents", document) == 200, 30, "the document is taken")

    def _has_position(self) -> bool:
        """Stores the position; False while the centre, which has just started, writes itself."""
        position = Position("he-thong", PositionKind.SYSTEM, "QLVB", "qlvb", self.today, master="qlvb")
        try:
            with closing(Store(f"sqlite:///{self.program.data / 'ioc.db'}")) as store, store.write() as conn:
                positions.put_position(conn, position)
        except StoreError:
            return False
        return True

    def act(self, number: str, act: str, **stated: Any) -> None:
        """Does an act with the external id `number`."""
        body = {"document": "VB-1", "task": "1", "external_id": number, "act": act, "stated": stated}
        until(lambda: self.post("acts", body) == 200, 30, "the act is taken")

    def post(self, path: str, body: object) -> int:
        """The status of the answer."""
        connection = HTTPConnection("127.0.0.1", self.program.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection.request("POST", f"/api/v1/directives/{path}", json.dumps(body), headers)
        with closing(connection):
            return connection.getresponse().status


def messages(receiver: Receiver, number: str) -> list[Message]:
    """Those of the act with that external id."""
    return [each for each in list(receiver.got) if json.loads(each.body)["data"]["external_id"] == number]


def is_signed(message: Message) -> bool:
    """Whether the signature is that of its content."""
    signed = f"{message.id}.{message.headers['webhook-timestamp']}.".encode() + message.body
    own = base64.b64encode(hmac.new(SECRET_KEY, signed, hashlib.sha256).digest()).decode()
    return message.headers["webhook-signature"] == f"v1,{own}"


def test_acts_arrive_signed_and_again_after_a_failure_and_a_killed_worker(
    centre_with_webhook: Program, receiver: Receiver
) -> None:
    system = System(centre_with_webhook)
    system.act("e1", "receive")
    until(lambda: messages(receiver, "e1"), 60, "the act arrives")
    receiver.answers += [500] * 50  # whatever else is on its way
    system.act("e2", "report", text="Đã khảo sát", percent=30)
    until(lambda: len(receiver.answers) < 50, 60, "a message is refused")
    receiver.answers.clear()
    until(lambda: messages(receiver, "e2"), 60, "the act arrives once it is taken")
    centre_with_webhook.signal("work")
    system.act("e3", "report", text="Đã lắp", percent=60)
    until(lambda: messages(receiver, "e3"), 60, "the act arrives from the next worker process")
    firsts = [messages(receiver, number)[0] for number in ("e1", "e2", "e3")]
    assert all(map(is_signed, receiver.got)) and [each.act for each in firsts] == sorted(each.act for each in firsts)
    for number in ("e1", "e2", "e3"):
        assert len({message.id for message in messages(receiver, number)}) == 1
