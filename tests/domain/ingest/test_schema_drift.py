"""What surprises about an answer, and that it is told before it is believed."""

from collections.abc import Set
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.event import Event
from ioc.domain.ingest import schema_drift as shapes
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.schema_drift import CONFIRMED, LASTS, STEADY, Look, Shape

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def look(held: Shape, one: Batch, wanted: Set[str] | None = None, *, at: datetime = NOW, parts: bool = False) -> Look:
    return shapes.look(held, one, at, wanted, parts=parts)


def batch(*keys: str, unit: str = "") -> Batch:
    return Batch(tuple(Reading(key, NOW, 1.0, unit) for key in keys))


def learnt(*batches: Batch) -> Shape:
    shape = Shape()
    for one in batches:
        shape = look(shape, one).shape
    return shape


def steady(*keys: str, unit: str = "") -> Shape:
    return learnt(*[batch(*keys, unit=unit)] * (STEADY + 1))


def test_a_field_that_is_gone_is_told_until_it_is_back() -> None:
    held = steady("a", "b")
    lacking = look(held, batch("a"))
    assert lacking.surprise == "gone: b" and len(lacking.batch.readings) == 1
    assert look(lacking.shape, batch("a")).surprise == "gone: b"
    assert look(lacking.shape, batch("a", "b")).surprise == ""


def test_a_source_that_brings_now_this_now_that_surprises_nobody() -> None:
    shape = Shape()
    for n in range(20):
        seen = look(shape, batch("a", *["b"][: n % 2]))
        shape = seen.shape
        assert seen.surprise == ""


def test_a_changed_unit_is_kept_aside_and_the_others_go_on() -> None:
    held = learnt(batch("a", "b", unit="m"))
    seen: Look = look(held, Batch((Reading("a", NOW, 150.0, "cm"), Reading("b", NOW, 1.5, "m"))))
    assert [one.series for one in seen.batch.readings] == ["b"]
    assert "not believed" in seen.batch.refused[0].reason and "unit of a: m, now cm" in seen.surprise
    assert look(seen.shape, batch("a", "b", unit="m")).surprise == ""


def events(n: int) -> Batch:
    return Batch(events=tuple(Event("report", str(k), NOW, "t") for k in range(n)), whole=frozenset({"report"}))


def test_a_count_far_off_is_told_and_a_slow_change_is_not() -> None:
    held = learnt(*[events(40)] * (STEADY + 1))
    assert look(held, events(5)).surprise == "count: 40, now 5"
    for n in range(40, 200, 20):
        seen = look(held, events(n))
        held = seen.shape
        assert seen.surprise == "" and seen.counted and seen.batch.whole


def test_nothing_is_concluded_from_a_count_far_off_before_answers_in_a_row_agree_on_it() -> None:
    held = learnt(*[events(40)] * (STEADY + 1))
    for n, at in ((5, NOW), (4, NOW + LASTS / 2), (6, NOW + LASTS * 0.9)):
        seen = look(held, events(n), at=at)
        held = seen.shape
        assert seen.surprise == f"count: 40, now {n}" and not seen.counted
        assert not seen.batch.whole and len(seen.batch.events) == n  # what is named is shown, what is not has not ended
    assert not look(held, events(5), at=NOW - LASTS).counted  # a clock that went back
    seen = look(held, events(5), at=NOW + LASTS)
    assert seen.surprise == "" and seen.counted and seen.batch.whole
    assert look(seen.shape, events(40), at=NOW + LASTS).surprise == "count: 5, now 40"


def test_a_source_that_is_seldom_asked_must_say_it_as_often() -> None:
    held = learnt(*[events(40)] * (STEADY + 1))
    for n in range(CONFIRMED):
        seen = look(held, events(5), at=NOW + n * 10 * LASTS)
        held = seen.shape
        assert seen.counted is (n == CONFIRMED - 1)


def test_counts_that_leap_about_are_never_believed() -> None:
    held = learnt(*[events(40)] * (STEADY + 1))
    for k, n in enumerate([5, 400] * CONFIRMED):
        seen = look(held, events(n), at=NOW + k * 10 * LASTS)
        held = seen.shape
        assert not seen.counted


def test_a_count_is_looked_at_while_something_else_surprises() -> None:
    def some(n: int, unit: str) -> Batch:
        return Batch((Reading("a", NOW, 1.0, unit),), events=events(n).events)

    held = learnt(*[some(8, "m")] * (STEADY + 1))
    for n in (12, 20, 29):
        held = look(held, some(n, "cm")).shape
    assert look(held, some(3, "cm")).surprise == "unit of a: m, now cm; count: 30, now 4"


def without(*keys: str, others: str = "") -> Batch:
    return Batch((*(Reading(key, NOW, None) for key in keys), *batch(*others).readings))


def test_a_field_that_is_gone_inside_the_items_is_told_at_once() -> None:
    held = steady("a", "b")
    seen = look(held, without("a", "b"))
    assert seen.surprise == "empty: a, b"
    assert look(seen.shape, batch("a", "b")).surprise == ""


def test_a_sensor_that_pauses_surprises_when_it_stays_silent_for_long() -> None:
    held = steady("a", "b")
    for n in range(3 * STEADY):
        seen = look(held, without("a", others="b"))
        held = seen.shape
        assert seen.surprise == ("empty: a" if n >= STEADY - 1 else "")
    for _ in range(2 * STEADY):  # now this pauses, now that
        held = look(look(held, without("a", others="b")).shape, without("b", others="a")).shape
    assert look(held, batch("a", "b")).surprise == ""


def test_of_a_part_that_is_told_without_values_only_a_row_of_them_surprises() -> None:
    shape = steady("a", "b")
    for n in range(STEADY):
        seen = look(shape, without("a", "b"), parts=True)
        shape = look(seen.shape, batch("c"), parts=True).shape
        assert seen.surprise == ("empty: a, b" if n == STEADY - 1 else "")


def test_what_never_had_a_value_is_not_missed() -> None:
    held = learnt(*[without("a", others="b")] * (3 * STEADY))
    assert look(held, without("a", others="b")).surprise == ""


def test_what_the_row_does_not_name_is_not_missed() -> None:
    shape = Shape()
    for _ in range(STEADY + 1):
        shape = look(shape, batch("a", "other"), {"a"}).shape
    assert look(shape, batch("a"), {"a"}).surprise == ""


batches = st.lists(
    st.builds(
        Reading, st.sampled_from("abc"), st.just(NOW), st.just(1.0), st.sampled_from(["", "m", "cm"])
    ),
    max_size=4, unique_by=lambda one: one.series,
).map(lambda rows: Batch(tuple(rows)))  # fmt: skip


@given(st.lists(batches, max_size=30))
def test_no_reading_is_lost_and_none_in_a_unit_that_was_another(course: list[Batch]) -> None:
    shape, first = Shape(), dict[str, str]()
    for one in course:
        seen = look(shape, one)
        shape = seen.shape
        assert len(seen.batch.readings) + len(seen.batch.refused) == len(one.readings)
        for reading in seen.batch.readings:
            if reading.unit:
                assert first.setdefault(reading.series, reading.unit) == reading.unit


def test_of_a_source_that_answers_in_parts_only_what_stays_away_is_gone() -> None:
    shape = Shape()
    for n in range(4 * STEADY):
        seen = look(shape, batch(*(("c",) if n % 2 else ("a", "b"))), parts=True)
        shape = seen.shape
        assert not seen.surprise
    for n in range(STEADY):
        seen = look(shape, batch("a", "b"), parts=True)
        shape = seen.shape
        assert seen.surprise == ("gone: c" if n == STEADY - 1 else "")
    assert look(shape, batch("c"), parts=True).surprise == ""


def test_a_part_with_another_unit_is_kept_aside_all_the_same() -> None:
    shape = Shape()
    for _ in range(STEADY + 1):
        shape = look(shape, batch("a", unit="m"), parts=True).shape
    assert look(shape, batch("a", unit="cm"), parts=True).surprise == "unit of a: m, now cm"


def test_a_whole_answer_is_compared_with_the_last_whole_one_whatever_came_between() -> None:
    shape = learnt(*[events(500)] * (STEADY + 1))
    for n in (0, 3, 40, 1):
        seen = look(shape, events(n), parts=True)
        shape = seen.shape
        assert seen.surprise == ""
    assert look(shape, events(520)).surprise == ""
    assert look(shape, events(60)).surprise == "count: 500, now 60"
