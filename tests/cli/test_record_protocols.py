"""A recording of each protocol that speaks in text: nothing secret or personal in the file, and it reads as it did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data_sources import protocols
from ioc.cli.record import Recording, build_mask, mask_payload, parse_recording, serialize, summarize
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.bad import SOURCES
from tests.data_sources.server import NOW, fixture
from tests.data_sources.test_contract import Case

TEXTS = [(case, source) for case, source in SOURCES if not case.fixture.endswith(".pb")]
PERSONAL = ("0912 345 678", "an.nguyen@example.vn", "079123456789")
SECRET = "geheim-1234"


def parsed(source: Source, payload: Payload) -> Batch:
    return protocols()[source.protocol].parse(source, payload, NOW + timedelta(seconds=1))


@pytest.mark.parametrize(("case", "source"), TEXTS, ids=[one.fixture for one, _ in TEXTS])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recording_is_masked_and_reads_as_it_did(case: Case, source: Source, charset: str) -> None:
    body = fixture(case.fixture).body.decode("utf-8-sig").encode(charset)
    payload = Payload((ResponsePage(body, "", "", case.fixture),))
    whole = parsed(source, payload)
    clean, left_out = mask_payload(
        payload, build_mask(lambda text: text.replace(SECRET, "<KEY>"), whole.events), binary=False
    )
    batch = parsed(source, clean)
    held = parse_recording(serialize(Recording(source.key, source.protocol, NOW, clean, summarize(batch))))
    assert not left_out and held.payload.pages == clean.pages
    assert parsed(source, held.payload) == batch and summarize(batch)["accepted"] == held.summary["accepted"]
    assert batch.readings == whole.readings
    assert [replace(one, personal={}, facts={}) for one in batch.events] == [
        replace(one, personal={}, facts={}, text=now.text, title=now.title, key=mask_personal_data(one.key))
        for one, now in zip(whole.events, batch.events, strict=True)
    ]
    words = {word for one in whole.events for word in one.personal.values() if len(word) > 2}
    assert not [word for word in words if word in held.payload.pages[0].body.decode(charset)]


@pytest.mark.parametrize(("case", "source"), TEXTS, ids=[one.fixture for one, _ in TEXTS])
def test_what_is_personal_in_any_text_of_it_is_not_in_the_file(case: Case, source: Source) -> None:
    text = fixture(case.fixture).body.decode()
    at = next(
        (
            text.find(word) + 3
            for word in ("Ninh", "Cần", "station", "muc-nuoc", "instance", "Cap", "Giông")
            if word in text
        ),
        0,
    )
    said = f"{text[:at]} {' '.join(PERSONAL)} {SECRET} {text[at:]}"
    payload = Payload((ResponsePage(said.encode(), "", "", f"{case.fixture}?key={SECRET}"),))
    clean, left_out = mask_payload(payload, build_mask(lambda text: text.replace(SECRET, "<KEY>"), ()), binary=False)
    file = serialize(Recording(source.key, source.protocol, NOW, clean, {})).decode()
    assert not left_out and MASK in file and "<KEY>" in file
    assert not [one for one in (*PERSONAL, SECRET) if one in file]
