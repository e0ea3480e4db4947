"""What a poll asks: the list of services, and reports by time, in pieces that the server gives whole."""

from datetime import UTC, datetime, timedelta

from data_sources._mapping import options_of
from data_sources.open311.options import Options
from ioc.domain.ingest.protocol import Page, Payload, World
from ioc.domain.ingest.source import Source

LEFT_OUT = "left out"  # the kind of a page that stands for a stretch of time that was not asked
_SHORTEST = timedelta(minutes=1)
_SERVICES, _SWEPT, _ASKED = "services", "swept", "asked"
Stretch = tuple[datetime, datetime]


async def fetch(source: Source, world: World) -> Payload:
    """The services, and all reports that began in the days of the row or since shortly before the last poll.

    Nothing else shows that an older report has moved: so the days are asked again every `sweep` minutes.
    """
    options, now, memory = options_of(source, Options), world.now(), world.memory
    swept: datetime | None = memory.get(_SWEPT)
    sweeping = swept is None or now - swept >= timedelta(minutes=options.sweep) or now < swept
    if sweeping:
        swept, start = now, now - timedelta(days=options.days)
        services = await _services(source, world, options)
    else:
        start, services = memory[_ASKED] - timedelta(minutes=options.overlap), memory[_SERVICES]
    pages = await _reports(source, world, options, (start, now))
    # The door notes a mark for each stretch of time that was asked, and none is asked twice.
    memory.clear()
    memory.update({_SWEPT: swept, _ASKED: now, _SERVICES: services})
    return Payload((*services, *pages), parts=not sweeping)


async def _services(source: Source, world: World, options: Options) -> tuple[Page, ...]:
    if not options.services:
        return ()
    params = {name: value for name, value in options.params.items() if name == "jurisdiction_id"}
    page = await world.get(source, _address(source, options, "services"), params=params, headers=options.headers)
    return (page,) if page else world.memory.get(_SERVICES, ())


async def _reports(source: Source, world: World, options: Options, whole: Stretch) -> list[Page]:
    """The newest first: what is left out at the bound is the oldest."""
    pages: list[Page] = []
    waiting, asked = [whole], 0
    while waiting and asked < options.asks:
        start, end = waiting.pop()
        found = await _stretch(source, world, options, (start, end), options.asks - asked)
        asked += max(1, len(found))
        full = _full(found[-1:], options)
        if full and not options.paging and end - start > _SHORTEST and asked < options.asks:
            middle = start + (end - start) / 2
            waiting += [(start, middle), (middle, end)]
        else:
            pages += [*found, _left_out(start, end)] if full else found
    return pages + [_left_out(*one) for one in waiting]


async def _stretch(source: Source, world: World, options: Options, stretch: Stretch, left: int) -> list[Page]:
    """One answer, or with paging all of them up to the first that is not full."""
    start, end = (one.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in stretch)
    pages: list[Page] = []
    while len(pages) < left and (not pages or (options.paging and _full(pages[-1:], options))):
        paging = {options.paging: str(options.most), "page": str(len(pages) + 1)} if options.paging else {}
        params = {"start_date": start, "end_date": end, **paging, **options.params}
        page = await world.get(source, _address(source, options, "requests"), params=params, headers=options.headers)
        if page is None:
            break
        pages.append(page)
    return pages


def _address(source: Source, options: Options, name: str) -> str:
    return f"{source.address.rstrip('/')}/{name}.{options.form}"


def _full(pages: list[Page], options: Options) -> bool:
    """Whether the answer holds as many reports as the server gives. A text that mentions the name asks once more."""
    return any(_count(page.body) >= options.most for page in pages)


def _count(body: bytes) -> int:
    plain = body.replace(b"\0", b"")  # UTF-16
    return max(plain.count(b'"service_request_id"'), plain.count(b"<service_request_id>"))


def _left_out(start: datetime, end: datetime) -> Page:
    return Page(b"", LEFT_OUT, "", f"{start.isoformat(timespec='minutes')}/{end.isoformat(timespec='minutes')}")
