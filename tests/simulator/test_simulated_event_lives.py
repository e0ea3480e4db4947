"""Whatever the seed and the day: lives of events go one way, points lie in their units, drawings are pictures."""

import struct
import zlib
from itertools import pairwise
from math import pi
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.camera_image import detect_media_type
from simulator import alerts, buses, camera_images, cameras, flood, reports, works
from simulator.canvas import HEIGHT, WIDTH
from simulator.noise import DAY
from simulator.places import CENTRES, UNITS, distance_metres, offset_point, random_point_in

ROOT = Path(__file__).parents[2]
seeds = st.integers(0, 2**31 - 1)
moments = st.floats(1_735_689_600, 1_893_456_000)  # 2025 to 2030
systems = st.sampled_from([reports.CITY, reports.OLD])
ORDER = [reports.RECEIVED, reports.IN_PROGRESS, reports.DONE, reports.DONE_DISSATISFIED]


@given(seeds, systems, moments)
def test_a_report_goes_from_received_to_handled_and_never_back(seed: int, system: str, t: float) -> None:
    for one in reports.reports_of_day(seed, system, int(t // DAY)):
        assert (
            one.sent_at < one.due_at
            and one.sent_at <= one.accepted_at <= one.closed_at <= one.sent_at + reports.MAX_DAYS * DAY
        )
        times = [one.sent_at, one.accepted_at, one.closed_at, one.closed_at + 40 * DAY]
        words = [ORDER.index(one.status_at(moment)) for moment in times]
        assert words == sorted(words) and words[0] <= 1 and words[-1] >= 2
        assert [one.updated_at(moment) for moment in times] == [
            one.sent_at,
            one.accepted_at,
            one.closed_at,
            one.closed_at,
        ]
        assert not one.is_satisfied or not one.is_late(times[-1])


@given(seeds, systems, moments)
def test_the_counts_of_reports_hold_together(seed: int, system: str, t: float) -> None:
    found = reports.counts(seed, system, t)
    assert found.on_time <= found.under and found.satisfied <= found.under
    assert found.overdue <= sum(found.pending.values()) <= found.under + found.overdue


@given(seeds, moments)
def test_two_tellings_of_a_report_lie_near_enough_to_be_known_for_one(seed: int, t: float) -> None:
    city = {one.sent_at: one for one in reports.reports_of_day(seed, reports.CITY, int(t // DAY))}
    for one in reports.reports_of_day(seed, reports.OLD, int(t // DAY)):
        near = [other for other in city.values() if 0 < one.sent_at - other.sent_at <= 3600]
        near = [
            other for other in near if other.service == one.service and distance_metres(other.point, one.point) < 100
        ]
        assert near or not reports.is_duplicate(one)


@given(seeds, st.sampled_from(UNITS))
def test_a_point_somewhere_in_a_unit_is_nearest_to_its_centre(seed: int, code: str) -> None:
    point = random_point_in(code, Random(seed))
    assert min(UNITS, key=lambda one: distance_metres(point, CENTRES[one])) == code


@given(st.sampled_from(UNITS), st.floats(1, 2000), st.floats(0, 2 * pi))
def test_a_point_is_moved_as_far_as_it_is_told(code: str, distance: float, turn: float) -> None:
    assert distance_metres(CENTRES[code], offset_point(CENTRES[code], distance, turn)) == pytest.approx(distance, abs=2)


def test_the_centres_are_those_of_the_configuration() -> None:
    units = yaml.safe_load((ROOT / "config/cantho/units.yaml").read_text("utf-8"))["units"]
    assert {one["code"]: (one["lon"], one["lat"]) for one in units} == CENTRES


@given(seeds, moments)
def test_a_bulletin_updates_and_cancels_what_was_sent_before(seed: int, t: float) -> None:
    for told in alerts.bulletins(seed, t):
        assert [one.sent for one in told] == sorted({one.sent for one in told}) and told[-1].sent <= t
        assert all(later.supersedes == told[: n + 1] for n, (_, later) in enumerate(pairwise(told)))
        assert "Cancel" not in [one.kind for one in told[:-1]] and told[0].kind == "Alert"
    assert alerts.in_force_count(seed, t) <= len(alerts.HAZARDS) + 6


@given(seeds, moments)
def test_buses_are_where_they_can_be(seed: int, t: float) -> None:
    for before, after in zip(buses.running_buses(seed, t), buses.running_buses(seed, t + 10), strict=False):
        assert before.reported_at <= t and before.stop in buses.ROUTES[before.route].stops
        if before.key == after.key and 0 < after.reported_at - before.reported_at < 60:
            assert distance_metres(before.point, after.point) <= 60 * 6


@given(seeds, moments)
def test_works_that_stand_have_begun_and_rest_within_their_time(seed: int, t: float) -> None:
    for one in works.open_works(seed, t):
        assert one.start <= t < one.end and one.start <= one.pause[0] <= one.pause[1] <= one.end + 2 * DAY


@given(seeds, moments)
def test_a_street_is_under_water_when_its_depth_says_so(seed: int, t: float) -> None:
    deep = dict(flood.flooded_streets(seed, t))
    for key in flood.STREETS:
        depth = flood.depth(key, seed, t)
        assert depth >= 0 and ((key in deep) == (round(depth, 1) >= flood.FLOODED_CM))


@given(seeds, moments, st.sampled_from(sorted(cameras.CAMERAS)))
def test_a_picture_is_one_and_another_ten_seconds_later(seed: int, t: float, key: str) -> None:
    one, other = (
        camera_images.camera_image(key, seed, t),
        camera_images.camera_image(key, seed, t + camera_images.IMAGE_INTERVAL),
    )
    assert detect_media_type(one) == "image/png" and one != other and len(one) < 8_000
    assert struct.unpack(">II", one[16:24]) == (WIDTH, HEIGHT)
    start = one.index(b"IDAT")
    (length,) = struct.unpack(">I", one[start - 4 : start])
    assert len(zlib.decompress(one[start + 4 : start + 4 + length])) == HEIGHT * (WIDTH + 1)
