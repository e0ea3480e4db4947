"""Frames: pace, and screens that ask while another one's frame is being drawn."""

from datetime import timedelta
from threading import Event, Thread

from ioc.snapshot.view import Frame, View
from ioc.web.live.frames import FrameRenderer
from ioc.web.live.page_registry import EMPTY_ROUTE, PageRegistry, PageRoute
from ioc.web.live.query import FrameQuery
from tests.web.fake import FakeReads


def frames(reads: FakeReads, route: PageRoute, clock: list[float]) -> FrameRenderer:
    return FrameRenderer(reads, PageRegistry([route]), lambda _view, _page, _drawn: {}, lambda: clock[0])


def route(frame: object, **changes: object) -> PageRoute:
    return PageRoute("page", "/page", EMPTY_ROUTE.pattern, None, frame, **changes)  # type: ignore[arg-type]


def moving(view: View) -> Frame:
    return {"quick": {"markup": str(view.snapshot.version)}, "slow": {"markup": str(view.snapshot.version)}}


def test_a_paced_panel_waits_and_then_comes_without_another_poll() -> None:
    reads, clock = FakeReads(), [0.0]
    drawing = frames(reads, route(moving, min_intervals={"slow": 5.0}), clock)
    first = drawing.render(FrameQuery("page"), reads.city.version)
    reads.move()
    clock[0] = 1.0
    second = drawing.render(FrameQuery("page"), reads.city.version)
    clock[0] = 5.1
    third = drawing.render(FrameQuery("page"), reads.city.version)
    assert first.hashes["slow"] == second.hashes["slow"] != third.hashes["slow"]
    assert first.hashes["quick"] != second.hashes["quick"] == third.hashes["quick"]
    assert len({first.etag, second.etag, third.etag}) == 3


def test_a_hash_stands_for_the_id_too() -> None:
    reads = FakeReads()
    drawn = frames(reads, route(moving), [0.0]).render(FrameQuery("page"), 0)
    assert drawn.panels["quick"] == drawn.panels["slow"]
    assert drawn.hashes["quick"] != drawn.hashes["slow"]


def test_nobody_waits_for_a_frame_that_is_being_drawn() -> None:
    reads, started, go = FakeReads(), Event(), Event()
    slow = [False]

    def frame(view: View) -> Frame:
        if slow[0]:
            started.set()
            assert go.wait(5)
        return moving(view)

    drawing = frames(reads, route(frame), [0.0])
    old = drawing.render(FrameQuery("page"), reads.city.version)
    reads.move()
    slow[0] = True
    other = Thread(target=lambda: drawing.render(FrameQuery("page"), reads.city.version))
    other.start()
    assert started.wait(5)
    assert drawing.render(FrameQuery("page"), reads.city.version) is old
    go.set()
    other.join(5)
    assert drawing.render(FrameQuery("page"), reads.city.version) is not old


def test_what_is_kept_is_bounded() -> None:
    reads = FakeReads()
    drawing = FrameRenderer(
        reads, PageRegistry([route(moving)]), lambda _view, _page, _drawn: {}, lambda: 0.0, max_entries=4
    )
    for n in range(50):
        drawing.render(FrameQuery("page", (("n", str(n)),)), 0)
    assert len(drawing._entries) == 4


def test_past_moments_never_push_out_what_screens_look_at() -> None:
    reads = FakeReads()
    drawing = FrameRenderer(reads, PageRegistry([route(moving)]), lambda _view, _page, _drawn: {}, lambda: 0.0)
    present = drawing.render(FrameQuery("page"), 0)
    for n in range(100):
        drawing.render(FrameQuery("page", moment=reads.city.at - timedelta(minutes=n)), 0)
    assert len(drawing._entries) < 12
    assert drawing.render(FrameQuery("page"), 0) is present


def test_a_page_is_told_what_its_pace_holds_back_and_may_leave_it_out() -> None:
    reads, clock, drawn = FakeReads(), [0.0], []

    def frame(view: View) -> Frame:
        drawn.append("slow" not in view.unchanged)
        return {key: props for key, props in moving(view).items() if key not in view.unchanged}

    drawing = frames(reads, route(frame, min_intervals={"slow": 5.0}), clock)
    first = drawing.render(FrameQuery("page"), reads.city.version)
    reads.move()
    second = drawing.render(FrameQuery("page"), reads.city.version)
    clock[0] = 5.0
    third = drawing.render(FrameQuery("page"), reads.city.version)
    assert drawn == [True, False, True]
    assert first.panels["slow"] == second.panels["slow"] != third.panels["slow"]
    assert second.render_due == 5.0


def test_the_header_is_told_of_what_is_held_back_too() -> None:
    reads, told = FakeReads(), []

    def common(_view: View, _page: str, drawn: Frame) -> Frame:
        told.append({key: props["markup"] for key, props in drawn.items()})
        return {}

    def frame(view: View) -> Frame:
        return {key: props for key, props in moving(view).items() if key not in view.unchanged}

    drawing = FrameRenderer(reads, PageRegistry([route(frame, min_intervals={"slow": 5.0})]), common, lambda: 0.0)
    first = reads.city.version
    drawing.render(FrameQuery("page"), first)
    reads.move()
    drawing.render(FrameQuery("page"), reads.city.version)
    assert told == [{"quick": str(first), "slow": str(first)}, {"quick": str(first + 1), "slow": str(first)}]
