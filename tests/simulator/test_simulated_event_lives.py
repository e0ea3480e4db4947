"""Simulated events of any seed and time: stages go one way, points are in their units, images are valid."""

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
def test_report_goes_from_received_to_closed_and_never_back(seed: int, system: str, t: float) -> None:
    for report in reports.reports_of_day(seed, system, int(t // DAY)):
        assert (
            report.sent_at < report.due_at
            and report.sent_at <= report.accepted_at <= report.closed_at <= report.sent_at + reports.MAX_DAYS * DAY
        )
        times = [report.sent_at, report.accepted_at, report.closed_at, report.closed_at + 40 * DAY]
        stages = [ORDER.index(report.status_at(moment)) for moment in times]
        assert stages == sorted(stages) and stages[0] <= 1 and stages[-1] >= 2
        assert [report.updated_at(moment) for moment in times] == [
            report.sent_at,
            report.accepted_at,
            report.closed_at,
            report.closed_at,
        ]
        assert not report.is_satisfied or not report.is_late(times[-1])


@given(seeds, systems, moments)
def test_report_counts_are_consistent(seed: int, system: str, t: float) -> None:
    counts = reports.counts(seed, system, t)
    assert counts.on_time <= counts.under and counts.satisfied <= counts.under
    assert counts.overdue <= sum(counts.pending.values()) <= counts.under + counts.overdue


@given(seeds, moments)
def test_duplicate_report_is_near_its_original_in_time_and_place(seed: int, t: float) -> None:
    city = [*reports.reports_of_day(seed, reports.CITY, int(t // DAY))]  # two may be sent in one second
    for report in reports.reports_of_day(seed, reports.OLD, int(t // DAY)):
        near = [other for other in city if 0 < report.sent_at - other.sent_at <= 3600]
        near = [
            other
            for other in near
            if other.service == report.service and distance_metres(other.point, report.point) < 100
        ]
        assert near or not reports.is_duplicate(report)


@given(seeds, st.sampled_from(UNITS))
def test_random_point_in_a_unit_is_nearest_to_its_centre(seed: int, code: str) -> None:
    point = random_point_in(code, Random(seed))
    assert min(UNITS, key=lambda unit: distance_metres(point, CENTRES[unit])) == code


@given(st.sampled_from(UNITS), st.floats(1, 2000), st.floats(0, 2 * pi))
def test_point_is_offset_by_the_requested_distance(code: str, distance: float, turn: float) -> None:
    assert distance_metres(CENTRES[code], offset_point(CENTRES[code], distance, turn)) == pytest.approx(distance, abs=2)


def test_unit_centres_equal_those_of_the_configuration() -> None:
    units = yaml.safe_load((ROOT / "config/cantho/units.yaml").read_text("utf-8"))["units"]
    assert {unit["code"]: (unit["lon"], unit["lat"]) for unit in units} == CENTRES


@given(seeds, moments)
def test_bulletin_supersedes_all_earlier_ones_and_ends_with_its_cancellation(seed: int, t: float) -> None:
    for bulletin in alerts.bulletins(seed, t):
        times = [message.sent for message in bulletin]
        assert times == sorted(set(times)) and times[-1] <= t
        assert all(later.supersedes == bulletin[: n + 1] for n, (_, later) in enumerate(pairwise(bulletin)))
        assert "Cancel" not in [message.kind for message in bulletin[:-1]] and bulletin[0].kind == "Alert"
    assert alerts.in_force_count(seed, t) <= len(alerts.HAZARDS) + 6


@given(seeds, moments)
def test_bus_is_on_its_route_and_moves_no_faster_than_it_can(seed: int, t: float) -> None:
    for before, after in zip(buses.running_buses(seed, t), buses.running_buses(seed, t + 10), strict=False):
        assert before.reported_at <= t and before.stop in buses.ROUTES[before.route].stops
        if before.key == after.key and 0 < after.reported_at - before.reported_at < 60:
            assert distance_metres(before.point, after.point) <= 60 * 6


@given(seeds, moments)
def test_open_works_have_begun_and_pause_within_their_time(seed: int, t: float) -> None:
    for site in works.open_works(seed, t):
        assert site.start <= t < site.end and site.start <= site.pause[0] <= site.pause[1] <= site.end + 2 * DAY


@given(seeds, moments)
def test_street_is_flooded_when_its_depth_reaches_the_limit(seed: int, t: float) -> None:
    deep = dict(flood.flooded_streets(seed, t))
    for key in flood.STREETS:
        depth = flood.depth(key, seed, t)
        assert depth >= 0 and ((key in deep) == (round(depth, 1) >= flood.FLOODED_CM))


@given(seeds, moments, st.sampled_from(sorted(cameras.CAMERAS)))
def test_camera_image_is_a_valid_png_and_changes_after_its_interval(seed: int, t: float, key: str) -> None:
    image, next_image = (
        camera_images.camera_image(key, seed, t),
        camera_images.camera_image(key, seed, t + camera_images.IMAGE_INTERVAL),
    )
    assert detect_media_type(image) == "image/png" and image != next_image and len(image) < 8_000
    assert struct.unpack(">II", image[16:24]) == (WIDTH, HEIGHT)
    start = image.index(b"IDAT")
    (length,) = struct.unpack(">I", image[start - 4 : start])
    assert len(zlib.decompress(image[start + 4 : start + 4 + length])) == HEIGHT * (WIDTH + 1)
