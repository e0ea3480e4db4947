"""A recording of each text protocol: no secret and no personal data in the file, and the same batch when parsed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data_sources import protocols
from ioc.cli.record import Recording, build_mask, mask_payload, parse_recording, serialize, summarize
from ioc.domain.events.pii_masking import MASK, mask_personal_data
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from tests.data_sources.protocol_invariants import SOURCES
from tests.data_sources.server import NOW, fixture
from tests.data_sources.test_contract import Case

TEXTS = [(case, source) for case, source in SOURCES if not case.fixture.endswith(".pb")]
PERSONAL = ("0912 345 678", "an.nguyen@example.vn", "079123456789")
SECRET = "geheim-1234"


def parse(source: Source, payload: Payload) -> Batch:
    return protocols()[source.protocol].parse(source, payload, NOW + timedelta(seconds=1))


@pytest.mark.parametrize(("case", "source"), TEXTS, ids=[case.fixture for case, _ in TEXTS])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_recording_is_masked_and_parsed_to_the_same_batch(case: Case, source: Source, charset: str) -> None:
    body = fixture(case.fixture).body.decode("utf-8-sig").encode(charset)
    payload = Payload((ResponsePage(body, "", "", case.fixture),))
    whole = parse(source, payload)
    clean, left_out = mask_payload(
        payload, build_mask(lambda text: text.replace(SECRET, "<KEY>"), whole.events), binary=False
    )
    batch = parse(source, clean)
    recording = parse_recording(serialize(Recording(source.key, source.protocol, NOW, clean, summarize(batch))))
    assert not left_out and recording.payload.pages == clean.pages
    assert parse(source, recording.payload) == batch and summarize(batch)["accepted"] == recording.summary["accepted"]
    assert batch.readings == whole.readings
    assert [replace(event, personal={}, facts={}) for event in batch.events] == [
        replace(event, personal={}, facts={}, text=new.text, title=new.title, key=mask_personal_data(event.key))
        for event, new in zip(whole.events, batch.events, strict=True)
    ]
    words = {word for event in whole.events for word in event.personal.values() if len(word) > 2}
    assert not [word for word in words if word in recording.payload.pages[0].body.decode(charset)]


@pytest.mark.parametrize(("case", "source"), TEXTS, ids=[case.fixture for case, _ in TEXTS])
def test_personal_data_and_secrets_in_any_text_are_masked_in_the_file(case: Case, source: Source) -> None:
    text = fixture(case.fixture).body.decode()
    at = next(
        (
            text.find(word) + 3
            for word in ("Ninh", "Cần", "station", "muc-nuoc", "instance", "Cap", "Giông")
            if word in text
        ),
        0,
    )
    planted = f"{text[:at]} {' '.join(PERSONAL)} {SECRET} {text[at:]}"
    payload = Payload((ResponsePage(planted.encode(), "", "", f"{case.fixture}?key={SECRET}"),))
    clean, left_out = mask_payload(payload, build_mask(lambda text: text.replace(SECRET, "<KEY>"), ()), binary=False)
    file = serialize(Recording(source.key, source.protocol, NOW, clean, {})).decode()
    assert not left_out and MASK in file and "<KEY>" in file
    assert not [word for word in (*PERSONAL, SECRET) if word in file]
