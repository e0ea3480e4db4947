"""Any bytes of a source end in a SourceError or in a valid batch, within a limited time."""

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.source import Source
from tests.data_sources.protocol_invariants import SOURCES, assert_parsed_or_refused
from tests.data_sources.server import NOW, fixture, shared
from tests.data_sources.test_contract import Case

EACH = pytest.mark.parametrize(("case", "source"), SOURCES, ids=[case.fixture for case, _ in SOURCES])
CHARSETS = ("cp1258", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1", "cp1252")
CLAIMS = ("", "utf-8", "utf-16", "cp1258", "ascii", "punycode", "uu", "rot13", "idna", "no-such", "\0", "x" * 300)
HTML = "<img src=x onerror=alert(1)><script>alert(1)</script>&lt;b&gt;\"'"
HALF = "@half@"  # stands for a lone surrogate, which JSON can hold and no database can store
ENTITIES = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY x "&b;&b;">]>', '<!DOCTYPE a [<!ENTITY % x "y"> %x;]>',
)  # fmt: skip
quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def page(case: Case, body: bytes, charset: str = "") -> ResponsePage:
    return ResponsePage(body, "", charset, case.fixture)


@EACH
@quick
@given(body=st.binary(max_size=600), charset=st.sampled_from(CLAIMS))
def test_arbitrary_bytes_are_parsed_or_refused(case: Case, source: Source, body: bytes, charset: str) -> None:
    assert_parsed_or_refused(source, page(case, body, charset))


@EACH
@quick
@given(seed=st.integers(0, 2**32))
def test_damaged_recording_is_parsed_or_refused(case: Case, source: Source, seed: int) -> None:
    assert_parsed_or_refused(source, page(case, damaged(fixture(case.fixture).body, random.Random(seed))))


def damaged(body: bytes, dice: random.Random) -> bytes:
    """`body` with a few changed bits, bytes or slices."""
    made = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randrange(len(made) or 1), dice.randint(1, 40)
        way = dice.randrange(5)
        if way == 0 and made:
            made[at] ^= 1 << dice.randrange(8)
        elif way == 1:
            made[at:at] = dice.randbytes(size)
        elif way == 2:
            made[at:at] = made[at : at + size] * dice.randint(1, 20)
        elif way == 3:
            del made[at : at + size]
        else:
            made = made[:at] if dice.random() < 0.3 else made
            made[at:at] = dice.choice([b"\0", b"-", b"9" * 400, b"1e999", b"NaN", b"null", b"]", b"<", b'"', b"\xff"])
    return bytes(made)


@EACH
def test_charset_of_the_bytes_overrides_wrong_declarations(case: Case, source: Source) -> None:
    body = fixture(case.fixture).body
    if case.fixture.endswith(".pb"):
        assert assert_parsed_or_refused(source, page(case, body, "punycode")) is not None
        return
    text, whole = body.decode(), assert_parsed_or_refused(source, page(case, body))
    assert whole is not None
    for charset in CLAIMS:
        batch = assert_parsed_or_refused(source, page(case, body, charset))
        assert batch is not None and (batch.readings, batch.events) == (whole.readings, whole.events)
    for charset in CHARSETS:
        assert_parsed_or_refused(source, page(case, text.encode(charset, "replace"), charset))
    for charset in ("utf-16", "utf-8-sig"):
        batch = assert_parsed_or_refused(source, page(case, text.encode(charset)))
        assert batch is not None and len(batch.readings) == len(whole.readings), charset


@EACH
@pytest.mark.parametrize("hours", [-24, 24])
def test_clock_that_is_a_day_wrong_is_parsed(case: Case, source: Source, hours: int) -> None:
    body = page(case, fixture(case.fixture).body)
    assert assert_parsed_or_refused(source, body, NOW + timedelta(hours=hours)) is not None


@EACH
@pytest.mark.parametrize("head", ENTITIES, ids=["file", "outside", "nested", "parameter"])
def test_dtd_and_entities_are_never_read(case: Case, source: Source, head: str) -> None:
    body = fixture(case.fixture).body
    if body.lstrip()[:1] != b"<":
        assert_parsed_or_refused(source, page(case, f"{head}<a>&x;</a>".encode()))
        return
    text = body.decode()
    start = text.index("?>") + 2 if text.startswith("<?xml") else 0
    with_entities = f"{text[:start]}{head}{text[start:]}".replace("</title>", "&x;</title>")
    batch = assert_parsed_or_refused(source, page(case, with_entities.encode()))
    # A feed of RSS 0.91 names its DTD, which is not requested.
    assert batch is None or (case.protocol == "rss" and "SYSTEM" in head and "root:" not in f"{batch}")


def _texts(value: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    """The container and key of each text in a document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        if isinstance(inner, str):
            yield value, key  # type: ignore[misc]
        yield from _texts(inner)


@EACH
def test_hostile_text_in_any_field_is_parsed(case: Case, source: Source) -> None:
    """One hostile text refuses no answer that is read without it: what it stands in may be rejected."""
    body = fixture(case.fixture).body
    try:
        document = orjson.loads(body)
    except ValueError:
        plain, escaped, _ = (
            assert_parsed_or_refused(source, page(case, body.replace("Ninh Kiều".encode(), text.encode())))
            for text in ("Ninh Kiều", escape(HTML), HTML)
        )
        assert (escaped is None) == (plain is None)
        return
    read = set[str]()
    texts = (HTML, "javascript:alert(1)", HALF, "\0", "9" * 5_000, "2026-13-45T99:99:99Z", "")
    for container, key in list(_texts(document)):
        original = container[key]  # type: ignore[index]
        for text in texts:
            container[key] = text  # type: ignore[index]
            changed = orjson.dumps(document).replace(HALF.encode(), b"\\ud800")
            if assert_parsed_or_refused(source, page(case, changed)) is not None:
                read.add(text)
        container[key] = original  # type: ignore[index]
    assert read >= {*texts}


@EACH
@pytest.mark.parametrize("depth", [900, 100_000])
def test_deep_nesting_is_parsed_or_refused(case: Case, source: Source, depth: int) -> None:
    body, half = fixture(case.fixture).body, b"[" * depth + b"]" * depth
    for deep in (b"[" * depth, half, half + b"\n" + half):
        assert_parsed_or_refused(source, page(case, deep))
    assert_parsed_or_refused(source, page(case, b'{"a":' * depth + b"1" + b"}" * depth))
    assert_parsed_or_refused(source, page(case, b"<a>" * depth + b"</a>" * depth))
    for value in re.findall(rb'"[^"]*"(?=[,}\]\s])', body)[
        : 10_000 // depth
    ]:  # in the place of each of the first texts
        assert_parsed_or_refused(source, page(case, body.replace(value, half, 1)))


@EACH
def test_recorded_files_of_every_protocol_are_parsed_or_refused(case: Case, source: Source) -> None:
    for path in sorted(path for path in shared("").rglob("*") if path.is_file()):
        body = path.read_bytes()
        for name in {path.name, case.fixture}:
            assert_parsed_or_refused(source, ResponsePage(body, path.suffix.lower().lstrip("."), "", name))


@EACH
@pytest.mark.slow
def test_damaged_recorded_files_are_parsed_or_refused(case: Case, source: Source) -> None:
    dice = random.Random(case.fixture)
    for path in _recorded_files(case.protocol):
        body = path.read_bytes()
        for _ in range(8):
            assert_parsed_or_refused(source, ResponsePage(damaged(body, dice), "", "", path.name))


_FOLDERS = {
    "cap": "cap", "rss": "rss", "gtfs_rt": "gtfs", "ngsi": "ngsi", "openaq": "openaq", "open_meteo": "openmeteo",
    "geojson": "geojson", "open311": "open311", "sensorthings": "sensorthings", "mqtt": "mqtt", "tt10": "tt10",
    "spreadsheet": "csv_xls", "waterml": "hydro",
}  # fmt: skip


def _recorded_files(protocol: str) -> list[Path]:
    folder = shared(_FOLDERS.get(protocol, "openaq"))
    return sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size < 200_000)
