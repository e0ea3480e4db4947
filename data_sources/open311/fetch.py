"""What a poll asks: the list of services, and reports by time, in pieces that the server gives whole."""

from datetime import UTC, datetime, timedelta

from data_sources._mapping import options_of
from data_sources.open311.options import Options
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage
from ioc.domain.ingest.source import Source

OMITTED_SPAN = "left out"  # the kind of a page that stands for a stretch of time that was not asked
_MIN_SPAN = timedelta(minutes=1)
_SERVICES_KEY, _LAST_SWEEP_KEY, _LAST_POLL_KEY = "services", "swept", "asked"
TimeSpan = tuple[datetime, datetime]


async def fetch(source: Source, world: FetchContext) -> Payload:
    """The services, and all reports that began in the days of the row or since shortly before the last poll.

    Nothing else shows that an older report has moved: so the days are asked again every `sweep` minutes.
    """
    options, now, memory = options_of(source, Options), world.now(), world.memory
    swept: datetime | None = memory.get(_LAST_SWEEP_KEY)
    sweeping = swept is None or now - swept >= timedelta(minutes=options.sweep) or now < swept
    if sweeping:
        swept, start = now, now - timedelta(days=options.days)
        services = await _fetch_services(source, world, options)
    else:
        start, services = memory[_LAST_POLL_KEY] - timedelta(minutes=options.overlap), memory[_SERVICES_KEY]
    pages = await _fetch_reports(source, world, options, (start, now))
    # The door notes a mark for each stretch of time that was asked, and none is asked twice.
    memory.clear()
    memory.update({_LAST_SWEEP_KEY: swept, _LAST_POLL_KEY: now, _SERVICES_KEY: services})
    return Payload((*services, *pages), is_partial=not sweeping)


async def _fetch_services(source: Source, world: FetchContext, options: Options) -> tuple[ResponsePage, ...]:
    if not options.services:
        return ()
    params = {name: value for name, value in options.params.items() if name == "jurisdiction_id"}
    page = await world.get(source, _address(source, options, "services"), params=params, headers=options.headers)
    return (page,) if page else world.memory.get(_SERVICES_KEY, ())


async def _fetch_reports(source: Source, world: FetchContext, options: Options, whole: TimeSpan) -> list[ResponsePage]:
    """The newest first: what is left out at the bound is the oldest."""
    pages: list[ResponsePage] = []
    waiting, asked = [whole], 0
    while waiting and asked < options.asks:
        start, end = waiting.pop()
        found = await _fetch_span(source, world, options, (start, end), options.asks - asked)
        asked += max(1, len(found))
        full = _is_full(found[-1:], options)
        if full and not options.paging and end - start > _MIN_SPAN and asked < options.asks:
            middle = start + (end - start) / 2
            waiting += [(start, middle), (middle, end)]
        else:
            pages += [*found, _omitted_page(start, end)] if full else found
    return pages + [_omitted_page(*one) for one in waiting]


async def _fetch_span(
    source: Source, world: FetchContext, options: Options, span: TimeSpan, left: int
) -> list[ResponsePage]:
    """One answer, or with paging all of them up to the first that is not full."""
    start, end = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in span)
    pages: list[ResponsePage] = []
    while len(pages) < left and (not pages or (options.paging and _is_full(pages[-1:], options))):
        paging = {options.paging: str(options.most), "page": str(len(pages) + 1)} if options.paging else {}
        params = {"start_date": start, "end_date": end, **paging, **options.params}
        page = await world.get(source, _address(source, options, "requests"), params=params, headers=options.headers)
        if page is None:
            break
        pages.append(page)
    return pages


def _address(source: Source, options: Options, name: str) -> str:
    return f"{source.address.rstrip('/')}/{name}.{options.form}"


def _is_full(pages: list[ResponsePage], options: Options) -> bool:
    """Whether the answer holds as many reports as the server gives. A text that mentions the name asks once more."""
    return any(_count(page.body) >= options.most for page in pages)


def _count(body: bytes) -> int:
    plain = body.replace(b"\0", b"")  # UTF-16
    return max(plain.count(b'"service_request_id"'), plain.count(b"<service_request_id>"))


def _omitted_page(start: datetime, end: datetime) -> ResponsePage:
    return ResponsePage(
        b"", OMITTED_SPAN, "", f"{start.isoformat(timespec='minutes')}/{end.isoformat(timespec='minutes')}"
    )
