"""Fetching of the list of services, and of reports by spans of time that the server answers completely."""

from datetime import UTC, datetime, timedelta

from data_sources._mapping import options_of
from data_sources.open311.options import Options
from ioc.domain.base.clock_set_back import is_within
from ioc.domain.ingest.protocol import FetchContext, Payload, ResponsePage
from ioc.domain.ingest.source import Source

OMITTED_SPAN = "left out"  # media type of a page that stands for a span of time that was not requested
_MIN_SPAN = timedelta(minutes=1)
_SERVICES_KEY, _LAST_SWEEP_KEY, _LAST_POLL_KEY = "services", "last_sweep", "last_poll"
TimeSpan = tuple[datetime, datetime]


async def fetch(source: Source, context: FetchContext) -> Payload:
    """The services, and all reports of the days of the row, or since shortly before the last poll.

    The protocol has no way to ask for older reports that changed: so all days are requested every `sweep` minutes.
    """
    options, now = options_of(source, Options), context.now()
    last_sweep: datetime | None = context.memory.get(_LAST_SWEEP_KEY)
    is_sweep = last_sweep is None or not is_within(timedelta(minutes=options.sweep), last_sweep, now)
    if is_sweep:
        last_sweep, start = now, now - timedelta(days=options.days)
        services = await _fetch_services(source, context, options)
    else:
        start = context.memory[_LAST_POLL_KEY] - timedelta(minutes=options.overlap)
        services = context.memory[_SERVICES_KEY]
    pages = await _fetch_reports(source, context, options, (start, now))
    # The HTTP client remembers validators for each span of time, and no span is requested twice.
    context.memory.clear()
    context.memory.update({_LAST_SWEEP_KEY: last_sweep, _LAST_POLL_KEY: now, _SERVICES_KEY: services})
    return Payload((*services, *pages), is_partial=not is_sweep)


async def _fetch_services(source: Source, context: FetchContext, options: Options) -> tuple[ResponsePage, ...]:
    if not options.services:
        return ()
    params = {name: value for name, value in options.params.items() if name == "jurisdiction_id"}
    page = await context.get(source, _address(source, options, "services"), params=params, headers=options.headers)
    return (page,) if page else context.memory.get(_SERVICES_KEY, ())


async def _fetch_reports(
    source: Source, context: FetchContext, options: Options, whole: TimeSpan
) -> list[ResponsePage]:
    """The reports of a span, the newest first: what is left out at the limit is the oldest."""
    pages: list[ResponsePage] = []
    pending, requests = [whole], 0
    while pending and requests < options.asks:
        start, end = pending.pop()
        answers = await _fetch_span(source, context, options, (start, end), options.asks - requests)
        requests += max(1, len(answers))
        is_full = _is_full(answers[-1:], options)
        if is_full and not options.paging and end - start > _MIN_SPAN and requests < options.asks:
            middle = start + (end - start) / 2
            pending += [(start, middle), (middle, end)]
        else:
            pages += [*answers, _omitted_page(start, end)] if is_full else answers
    return pages + [_omitted_page(*span) for span in pending]


async def _fetch_span(
    source: Source, context: FetchContext, options: Options, span: TimeSpan, max_requests: int
) -> list[ResponsePage]:
    """One answer; with paging all answers up to the first that is not full."""
    start, end = (time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for time in span)
    pages: list[ResponsePage] = []
    while len(pages) < max_requests and (not pages or (options.paging and _is_full(pages[-1:], options))):
        paging = {options.paging: str(options.most), "page": str(len(pages) + 1)} if options.paging else {}
        params = {"start_date": start, "end_date": end, **paging, **options.params}
        page = await context.get(source, _address(source, options, "requests"), params=params, headers=options.headers)
        if page is None:
            break
        pages.append(page)
    return pages


def _address(source: Source, options: Options, name: str) -> str:
    return f"{source.address.rstrip('/')}/{name}.{options.form}"


def is_report_page(page: ResponsePage, options: Options) -> bool:
    """Whether `page` came from the address of the reports: a list of services there is an answer of another kind."""
    return page.address.endswith(f"/requests.{options.form}")


def _is_full(pages: list[ResponsePage], options: Options) -> bool:
    """Whether the answer has as many reports as the server gives. A text with the field name may count as one."""
    return any(_count(page.body) >= options.most for page in pages)


def _count(body: bytes) -> int:
    text = body.replace(b"\0", b"")  # also of UTF-16
    return max(text.count(b'"service_request_id"'), text.count(b"<service_request_id>"))


def _omitted_page(start: datetime, end: datetime) -> ResponsePage:
    return ResponsePage(
        b"", OMITTED_SPAN, "", f"{start.isoformat(timespec='minutes')}/{end.isoformat(timespec='minutes')}"
    )
