"""Frames: minimum intervals, concurrent requests, the bounds of the cache."""

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

from components.ui.live_table import PAGE
from ioc.dash_kit.pages import GRID
from ioc.dash_kit.tables import TABLE_PARAMS
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import Frame, View, one_of
from ioc.web.live.frames import FAULT_PANEL, FrameRenderer, RenderedFrame
from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery
from tests.web.fake import FakeReads

NUMBERS = set(map(str, range(50)))


def frames(reads: FakeReads, route: PageRoute, clock: list[float]) -> FrameRenderer:
    return FrameRenderer(reads, PageRegistry([route]), lambda _view, _page, _own: {}, lambda: clock[0])


def route(frame: object, **changes: object) -> PageRoute:
    return PageRoute("page", "/page", EMPTY_ROUTE.pattern, None, frame, **changes)  # type: ignore[arg-type]


def two_panels(view: View) -> Frame:
    return {"quick": {"markup": str(view.snapshot.version)}, "slow": {"markup": str(view.snapshot.version)}}


def test_a_panel_with_a_minimum_interval_is_rendered_when_it_has_passed() -> None:
    reads, clock = FakeReads(), [0.0]
    renderer = frames(reads, route(two_panels, min_intervals={"slow": 5.0}), clock)
    first = renderer.render(FrameQuery("page"), reads.city.version)
    reads.move()
    clock[0] = 1.0
    second = renderer.render(FrameQuery("page"), reads.city.version)
    clock[0] = 5.1
    third = renderer.render(FrameQuery("page"), reads.city.version)
    assert first.hashes["slow"] == second.hashes["slow"] != third.hashes["slow"]
    assert first.hashes["quick"] != second.hashes["quick"] == third.hashes["quick"]
    assert len({first.etag, second.etag, third.etag}) == 3


def test_a_frame_is_the_same_whichever_of_its_panels_were_rendered_again() -> None:
    reads, clock = FakeReads(), [0.0]

    def same(_view: View) -> Frame:
        return {"slow": {"markup": "a"}, "quick": {"markup": "b"}}

    renderer = frames(reads, route(same, min_intervals={"slow": 5.0}), clock)
    tags = set()
    for clock[0] in (0.0, 1.0, 5.1, 6.0):
        tags.add(renderer.render(FrameQuery("page"), reads.city.version).etag)
        reads.move()
    assert len(tags) == 1


def test_a_hash_covers_the_id() -> None:
    reads = FakeReads()
    frame = frames(reads, route(two_panels), [0.0]).render(FrameQuery("page"), 0)
    assert frame.panels["quick"] == frame.panels["slow"]
    assert frame.hashes["quick"] != frame.hashes["slow"]


class SlowRendering:
    """A page whose second rendering goes on in a thread until `finish`."""

    def __init__(self) -> None:
        self.reads, self.clock, self._is_slow = FakeReads(), [0.0], False
        self._started, self._go = Event(), Event()
        self._renderer = frames(self.reads, route(self._frame), self.clock)
        self.old = self.render()

    def _frame(self, view: View) -> Frame:
        if self._is_slow:
            self._started.set()
            assert self._go.wait(60)
        return two_panels(view)

    def render(self) -> RenderedFrame:
        return self._renderer.render(FrameQuery("page"), self.reads.city.version)

    def start(self) -> Thread:
        self.reads.move()
        self._is_slow = True
        thread = Thread(target=self.render)
        thread.start()
        assert self._started.wait(60)
        return thread

    def finish(self, *threads: Thread) -> None:
        self._go.set()
        for thread in threads:
            thread.join(60)


def test_a_request_gets_the_old_frame_while_another_renders_the_new_one() -> None:
    page = SlowRendering()
    other = page.start()
    assert page.render() is page.old
    page.finish(other)
    assert page.render() is not page.old


def test_a_frame_that_was_due_long_ago_is_not_served_while_another_request_renders_the_new_one() -> None:
    """After a night without screens the second request got the figures of the evening."""
    page = SlowRendering()
    page.clock[0] = 9 * 3600.0
    other, served = page.start(), list[RenderedFrame]()
    second = Thread(target=lambda: served.append(page.render()))
    second.start()
    second.join(0.3)
    assert not served
    page.finish(other, second)
    assert served == [page.render()] != [page.old]


def test_search_and_sorting_of_a_grid_make_no_frame_of_their_own_and_of_a_drawn_table_they_do() -> None:
    reads = FakeReads()
    table = route(lambda view: {"params": {"markup": " ".join(view.params)}}, suites=(GRID,), params=TABLE_PARAMS)
    renderer = frames(reads, table, [0.0])

    def etag(**params: str) -> str:
        return renderer.render(FrameQuery("page", tuple(sorted(params.items()))), 0).etag

    assert etag(tim="so") == etag() != etag(ve="1") != etag(ve="1", tim="so")


def test_search_and_sorting_of_a_paged_table_make_a_frame() -> None:
    params = {**TABLE_PARAMS, PAGE: one_of(lambda _: {"2"})}
    table = route(lambda view: {"params": {"markup": str(dict(view.params))}}, suites=(GRID,), params=params)
    renderer = frames(FakeReads(), table, [0.0])

    def etag(**params: str) -> str:
        return renderer.render(FrameQuery("page", tuple(sorted(params.items()))), 0).etag

    assert len({etag(), etag(tim="so"), etag(trang="2"), etag(tim="so", trang="2")}) == 4 and etag() == etag(trang="3")


def test_the_cache_is_bounded() -> None:
    reads = FakeReads()
    renderer = FrameRenderer(
        reads,
        PageRegistry([route(two_panels, params={"n": one_of(lambda _: NUMBERS)})]),
        lambda *_: {},
        lambda: 0.0,
        max_entries=4,
    )
    for n in range(50):
        renderer.render(FrameQuery("page", (("n", str(n)),)), 0)
    assert len(renderer._entries) == 4


def test_parameters_that_the_page_does_not_know_make_no_frame_of_their_own() -> None:
    reads = FakeReads()
    renderer = frames(reads, route(two_panels, params={"n": one_of(lambda _: NUMBERS)}), [0.0])
    first = renderer.render(FrameQuery("page", (("n", "1"),)), 0)
    assert renderer.render(FrameQuery("page", (("n", "1"), ("z", "7"))), 0) is first
    assert renderer.render(FrameQuery("page", (("n", "2"),)), 0) is not first


def test_values_that_the_page_does_not_know_make_no_frame_of_their_own() -> None:
    reads, rendered = FakeReads(), []

    def frame(view: View) -> Frame:
        rendered.append(dict(view.params))
        return two_panels(view)

    renderer = frames(reads, route(frame, params={"n": one_of(lambda snapshot: {str(snapshot.version)})}), [0.0])
    version = reads.city.version
    without = renderer.render(FrameQuery("page"), version)
    for n in range(-50, 0):
        query = FrameQuery("page", (("n", str(n)),))
        assert renderer.render(query, version) is without
        renderer.confirm(query, without, reads.versions())
        assert renderer.confirmed(query) == (without, reads.versions())
    assert rendered == [{}] and len(renderer._entries) == 1
    known = FrameQuery("page", (("n", str(version + 1)),))
    assert renderer.render(known, version) is without
    reads.move()  # from now on the page knows the value
    assert renderer.render(known, version + 1) is not without and rendered[-1] == {"n": str(version + 1)}


def test_unknown_values_at_a_past_moment_make_no_frame_of_their_own() -> None:
    reads, rendered = FakeReads(), []
    moment = reads.city.at - timedelta(hours=1)

    def frame(view: View) -> Frame:
        rendered.append(dict(view.params))
        return two_panels(view)

    def known_then(snapshot: Snapshot) -> set[str]:
        return {"then"} if snapshot.at == moment else set()

    clock = [0.0]
    renderer = frames(reads, route(frame, params={"n": one_of(known_then)}), clock)
    without = renderer.render(FrameQuery("page", moment=moment), 0)
    read_count = reads.past_snapshots
    for n in range(50):
        query = FrameQuery("page", (("n", str(n)),), moment=moment)
        assert renderer.render(query, 0) is without
        renderer.confirm(query, without, reads.versions())
        assert renderer.confirmed(query) == (without, reads.versions())
    assert rendered == [{}] and reads.past_snapshots == read_count == 1
    assert renderer.render(FrameQuery("page", (("n", "then"),), moment=moment), 0) is not without
    assert rendered[-1] == {"n": "then"} and reads.past_snapshots == 1, "pages share the snapshot of a moment"
    clock[0] = 61.0
    assert renderer.render(FrameQuery("page", moment=moment), 0) is not without
    assert reads.past_snapshots == 2, "late readings are shown after a minute"


def test_moments_of_the_future_make_one_frame() -> None:
    reads, rendered = FakeReads(), []

    def frame(view: View) -> Frame:
        rendered.append(dict(view.params))
        return two_panels(view)

    renderer = frames(reads, route(frame), [0.0])
    present = renderer.render(FrameQuery("page"), 0)
    for days in range(1, 20):
        moment = reads.city.at + timedelta(days=days)
        answer = renderer.render(FrameQuery("page", (("luc", moment.isoformat()),), moment=moment), 0)
        assert answer.past_ms is None and answer.panels[FAULT_PANEL] != present.panels[FAULT_PANEL]
    assert len(rendered) == 2 and reads.past_snapshots == 0


def test_confirmed_frame_comes_with_the_versions_that_it_shows_and_expires() -> None:
    reads, clock = FakeReads(), [0.0]
    renderer = frames(reads, route(two_panels), clock)
    query, versions = FrameQuery("page"), reads.versions()
    assert renderer.confirmed(query) is None
    frame = renderer.render(query, versions[0])
    renderer.confirm(query, frame, versions)
    reads.move()
    renderer.confirm(query, frame, reads.versions())  # it does not show them
    clock[0] = 2.0
    assert renderer.confirmed(query) == (frame, versions)
    clock[0] = 2.1
    assert renderer.confirmed(query) is None


def test_past_moments_do_not_evict_the_present() -> None:
    reads = FakeReads()
    renderer = FrameRenderer(reads, PageRegistry([route(two_panels)]), lambda _view, _page, _own: {}, lambda: 0.0)
    present = renderer.render(FrameQuery("page"), 0)
    for n in range(100):
        renderer.render(FrameQuery("page", moment=reads.city.at - timedelta(minutes=n)), 0)
    assert len(renderer._entries) < 12
    assert renderer.render(FrameQuery("page"), 0) is present


def test_a_page_may_leave_out_unchanged_panels() -> None:
    reads, clock, with_slow = FakeReads(), [0.0], []

    def frame(view: View) -> Frame:
        with_slow.append("slow" not in view.unchanged)
        return {key: props for key, props in two_panels(view).items() if key not in view.unchanged}

    renderer = frames(reads, route(frame, min_intervals={"slow": 5.0}), clock)
    first = renderer.render(FrameQuery("page"), reads.city.version)
    reads.move()
    second = renderer.render(FrameQuery("page"), reads.city.version)
    clock[0] = 5.0
    third = renderer.render(FrameQuery("page"), reads.city.version)
    assert with_slow == [True, False, True]
    assert first.panels["slow"] == second.panels["slow"] != third.panels["slow"]
    assert second.render_due == 5.0


def test_a_frame_is_rendered_again_after_a_while_without_a_commit() -> None:
    reads, clock = FakeReads(), [0.0]
    renderer = frames(reads, route(two_panels), clock)
    first = renderer.render(FrameQuery("page"), reads.city.version)
    reads.city = replace(reads.city, at=reads.city.at + timedelta(minutes=1))  # the same version, later
    clock[0] = 4.9
    assert renderer.render(FrameQuery("page"), reads.city.version) is first
    clock[0] = 5.0
    assert renderer.render(FrameQuery("page"), reads.city.version).snapshot is reads.city


def test_the_shell_sees_unchanged_panels_too() -> None:
    reads, seen_by_shell = FakeReads(), []

    def common(_view: View, _page: str, own: Frame) -> Frame:
        seen_by_shell.append({key: props["markup"] for key, props in own.items()})
        return {}

    def frame(view: View) -> Frame:
        return {key: props for key, props in two_panels(view).items() if key not in view.unchanged}

    renderer = FrameRenderer(reads, PageRegistry([route(frame, min_intervals={"slow": 5.0})]), common, lambda: 0.0)
    first = reads.city.version
    renderer.render(FrameQuery("page"), first)
    reads.move()
    renderer.render(FrameQuery("page"), reads.city.version)
    assert seen_by_shell == [{"quick": str(first), "slow": str(first)}, {"quick": str(first + 1), "slow": str(first)}]
