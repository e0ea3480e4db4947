"""CAP: the area of an alert, by the units that it names and by its polygons and circles."""

import pytest

from data_sources._mapping.errors import GeometryCode
from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import ErrorCode
from ioc.domain.events.event import Area
from ioc.domain.events.validation import validate_events
from ioc.domain.geo.circle import CORNERS
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import Batch
from tests.data_sources.failures import codes
from tests.data_sources.server import NOW
from tests.data_sources.test_cap import INFO, alert, only, read


def area_of(*words: str, codes: str = "", name: str = "DVHC") -> str:
    geocodes = "".join(f"<geocode><valueName>{name}</valueName><value>{one}</value></geocode>" for one in codes.split())
    return "".join(f"<area><areaDesc>{one}</areaDesc>{geocodes}</area>" for one in words)


@pytest.mark.parametrize(
    ("areas", "units"),
    [
        (area_of("Ninh Kiều"), ("31135",)),
        (area_of("Ninh Kiều", "Thốt Nốt"), ("31135", "31207")),
        (area_of("Trung tâm"), ("31135", "31120")),  # one name for several
        (area_of("Khác", codes="31207 31135 31207"), ("31207", "31135")),  # geocodes that are codes themselves
        (area_of("Khác", codes="31207", name="SAME"), ()),  # a code of another list
        (area_of("Khác", codes="VN-1"), ("VN-1",)),
        (area_of("Khác", codes="092013", name="GSO"), ("31507",)),  # of another list, which the row translates
        (area_of("Ninh Kiều", codes="31135"), ("31135",)),
        (area_of("Khác", codes="31999"), ("31120",)),  # a code that is no unit's any more, which the row translates
    ],
)
def test_an_alert_concerns_every_unit_that_its_areas_name(areas: str, units: tuple[str, ...]) -> None:
    places = {"Ninh Kiều": "31135", "Thốt Nốt": "31207", "Trung tâm": ["31135", "31120"], "092013": "31507"}
    places |= {"31999": "31120"}
    event = only(alert(info=INFO.format(areas)), places=places, codes=["DVHC"])
    assert event.unit_codes == units
    assert (event.place, event.places) == ((units[0], ()) if len(units) == 1 else ("", units))


def test_a_code_in_a_parameter_is_no_place() -> None:
    parameter = (
        "<parameter><valueName>DVHC</valueName><value>31135</value></parameter><area><areaDesc>x</areaDesc></area>"
    )
    assert only(alert(info=INFO.format(parameter)), places={"31135": "31135"}, codes=["DVHC"]).unit_codes == ()


def shaped(*shapes: str) -> Batch:
    return read(alert(info=INFO.format(f"<area><areaDesc>x</areaDesc>{''.join(shapes)}</area>")))


def test_every_point_of_an_alert_is_kept() -> None:
    points = "<circle>10,105 0</circle>", "<circle>11,106 0</circle>"
    areas = [shaped(*shapes).events[0].area for shapes in (points, ("<polygon>9,105 9,106 10,106</polygon>", *points))]
    assert [area.points[-2:] for area in areas if area] == [((105, 10), (106, 11))] * 2


def test_circles_and_polygons() -> None:
    assert shaped("<circle>10.03,105.78 12.5</circle>").events[0].area == Area(105.78, 10.03, radius_km=12.5)
    both = shaped("<circle>10,105 10</circle>", "<polygon>9,105 9,106 10,106</polygon>").events[0].area
    assert both and [len(one) for one in both.rings] == [4, CORNERS + 1] and both.radius_km == 0
    assert both.rings[0][0] == both.rings[0][-1] == (105.0, 9.0)
    east = max(lon for lon, _ in both.rings[1])
    assert abs((east - 105) * 111.195 * 0.9848 - 10) < 0.1


@pytest.mark.parametrize("circle", ["10,179.9 500", "89.9,10 500", "-89,-179 2000"])
def test_corners_of_a_circle_beside_another_shape_stay_on_the_map(circle: str) -> None:
    batch = shaped(f"<circle>{circle}</circle>", "<polygon>9,105 9,106 10,106</polygon>")
    area = batch.events[0].area
    assert area and len(area.rings) == 2 and not batch.rejected_items
    assert all(abs(lon) <= 180 and abs(lat) <= 90 for ring in area.rings for lon, lat in ring)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ("<polygon>105.7,10 105.8,10 105.8,10.1</polygon>", CapCode.VERTEX_SWAPPED),
        ("<polygon>-95.3,38.9 -95.2,38.9 -95.2,39</polygon>", CapCode.VERTEX_SWAPPED),  # in any country
        ("<circle>151.2,-33.9 5</circle>", CapCode.VERTEX_SWAPPED),
        ("<polygon>95,200 96,200 96,201</polygon>", GeometryCode.OUT_OF_RANGE),
        ("<polygon>10,105 10,106</polygon>", CapCode.POLYGON_TOO_SHORT),
        ("<polygon>10;105 x</polygon>", ParseCode.NOT_A_NUMBER),
        ("<polygon>nan,inf 10,105 10,106 11,106</polygon>", CapCode.INVALID_VERTEX),
        ("<circle>10,105</circle>", CapCode.INVALID_CIRCLE),
        ("<circle>10,105 -1</circle>", CapCode.INVALID_CIRCLE),
        ("<circle>10,105 1e9</circle>", CapCode.INVALID_CIRCLE),
        ("<circle>105,10 5</circle>", CapCode.VERTEX_SWAPPED),
    ],
)
def test_an_invalid_shape_is_reported_and_the_alert_shown(shape: str, code: ErrorCode) -> None:
    batch = shaped(shape, "<circle>10,105 5</circle>")
    assert batch.events[0].area == Area(105, 10, radius_km=5)
    assert codes(batch) == [code] and batch.rejected_items[0].sample == "A"


def test_an_outline_with_very_many_corners_is_simplified() -> None:
    ring = " ".join(f"10.{n:05},{105 + n / 10_000}" for n in range(9_000))
    event = shaped(*[f"<polygon>{ring} 11,105</polygon>"] * 1).events[0]
    accepted, rejected = validate_events([event], {"alert"}, NOW, id_key=b"key")
    assert not rejected and accepted[0].area and 3 < len(accepted[0].area.rings[0]) <= 1_000


def test_too_many_corners_are_reported_and_the_alert_shown() -> None:
    ring = "<polygon>" + "10,105 10.1,105 10.1,105.1 " * 20_000 + "10,105</polygon>"
    batch = shaped(*[ring] * 4, ring.replace("10,105 ", "10,105.01 "), ring.replace("10.1,", "10.2,"),
                   ring.replace("105.1 ", "105.2 "), ring.replace("10,", "10.01,"))  # fmt: skip
    assert batch.events[0].area is None and len(batch.rejected_items) == 1


def test_many_small_outlines_are_limited() -> None:
    many = [f"<polygon>10,{100 + n / 100} 10.1,{100 + n / 100} 10.1,{100 + n / 99}</polygon>" for n in range(1, 3_000)]
    accepted, rejected = validate_events([shaped(*many).events[0]], {"alert"}, NOW, id_key=b"key")
    assert not rejected and accepted


def test_text_of_elements_inside_each_other_is_read_once() -> None:
    inner = "<areaDesc>Ninh Kiều<areaDesc>Cái Răng</areaDesc></areaDesc>"
    assert only(alert(info=INFO.format(f"<area>{inner}</area>"))).facts["area"] == "Ninh KiềuCái Răng"
