"""A source that repeats the key of its request in an event: nothing of the key is stored."""

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.events.event import Event
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import EventKind
from ioc.poller.admission import admit_batch
from tests.city import NOW
from tests.poller.running import FakeHttpClients, poll_source

KINDS = (EventKind("report", LocalizedText("Phản ánh")),)


class Echoing(FakeHttpClients):
    """A context in which the request had the key."""

    def mask_secrets(self, text: str, *, is_shown: bool = False) -> str:
        return text.replace("k3y-of-it", "<KEY>") if is_shown else "masked"


def test_event_that_repeats_the_key_has_its_name_in_every_text() -> None:
    link = "https://a.example/?key=k3y-of-it"
    event = Event(
        "report", f"guid {link}", NOW, f"Tin {link}", text=link, link=link, shared_id=link,
        replaces=(f"guid {link} 0",), facts={"nguồn": link}, personal={"người báo": link},
    )  # fmt: skip
    admitted = admit_batch(Batch(events=(event,)), poll_source("a", events=KINDS), Echoing(), NOW, id_key=b"key")  # type: ignore[arg-type]
    (kept,) = admitted.events
    assert "k3y" not in repr(kept)
    assert kept.key == "guid https://a.example/?key=<KEY>" and kept.facts["nguồn"].endswith("<KEY>")
    assert kept.replaces == ("guid https://a.example/?key=<KEY> 0",)
