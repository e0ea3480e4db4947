"""What surprises about an answer, and that it is told before it is believed."""

from collections.abc import Set
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.event import Event
from ioc.domain.ingest import schema_drift as shapes
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.schema_drift import CONFIRMATION_TIME, CONFIRMATIONS, STABLE_AFTER, DriftCheck, SchemaProfile

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def look(
    held: SchemaProfile, one: Batch, wanted: Set[str] | None = None, *, at: datetime = NOW, parts: bool = False
) -> DriftCheck:
    return shapes.check_drift(held, one, at, wanted, is_partial=parts)


def batch(*keys: str, unit: str = "") -> Batch:
    return Batch(tuple(Reading(key, NOW, 1.0, unit) for key in keys))


def learnt(*batches: Batch) -> SchemaProfile:
    shape = SchemaProfile()
    for one in batches:
        shape = look(shape, one).profile
    return shape


def steady(*keys: str, unit: str = "") -> SchemaProfile:
    return learnt(*[batch(*keys, unit=unit)] * (STABLE_AFTER + 1))


def test_a_field_that_is_gone_is_told_until_it_is_back() -> None:
    held = steady("a", "b")
    lacking = look(held, batch("a"))
    assert lacking.drift == "gone: b" and len(lacking.batch.readings) == 1
    assert look(lacking.profile, batch("a")).drift == "gone: b"
    assert look(lacking.profile, batch("a", "b")).drift == ""


def test_a_source_that_brings_now_this_now_that_surprises_nobody() -> None:
    shape = SchemaProfile()
    for n in range(20):
        seen = look(shape, batch("a", *["b"][: n % 2]))
        shape = seen.profile
        assert seen.drift == ""


def test_a_changed_unit_is_kept_aside_and_the_others_go_on() -> None:
    held = learnt(batch("a", "b", unit="m"))
    seen: DriftCheck = look(held, Batch((Reading("a", NOW, 150.0, "cm"), Reading("b", NOW, 1.5, "m"))))
    assert [one.series for one in seen.batch.readings] == ["b"]
    assert "not believed" in seen.batch.rejected_items[0].failure and "unit of a: m, now cm" in seen.drift
    assert look(seen.profile, batch("a", "b", unit="m")).drift == ""


def events(n: int) -> Batch:
    return Batch(
        events=tuple(Event("report", str(k), NOW, "t") for k in range(n)), complete_kinds=frozenset({"report"})
    )


def test_a_count_far_off_is_told_and_a_slow_change_is_not() -> None:
    held = learnt(*[events(40)] * (STABLE_AFTER + 1))
    assert look(held, events(5)).drift == "count: 40, now 5"
    for n in range(40, 200, 20):
        seen = look(held, events(n))
        held = seen.profile
        assert seen.drift == "" and seen.is_count_trusted and seen.batch.complete_kinds


def test_nothing_is_concluded_from_a_count_far_off_before_answers_in_a_row_agree_on_it() -> None:
    held = learnt(*[events(40)] * (STABLE_AFTER + 1))
    for n, at in ((5, NOW), (4, NOW + CONFIRMATION_TIME / 2), (6, NOW + CONFIRMATION_TIME * 0.9)):
        seen = look(held, events(n), at=at)
        held = seen.profile
        assert seen.drift == f"count: 40, now {n}" and not seen.is_count_trusted
        assert (
            not seen.batch.complete_kinds and len(seen.batch.events) == n
        )  # what is named is shown, what is not has not ended
    assert not look(held, events(5), at=NOW - CONFIRMATION_TIME).is_count_trusted  # a clock that went back
    seen = look(held, events(5), at=NOW + CONFIRMATION_TIME)
    assert seen.drift == "" and seen.is_count_trusted and seen.batch.complete_kinds
    assert look(seen.profile, events(40), at=NOW + CONFIRMATION_TIME).drift == "count: 5, now 40"


def test_a_source_that_is_seldom_asked_must_say_it_as_often() -> None:
    held = learnt(*[events(40)] * (STABLE_AFTER + 1))
    for n in range(CONFIRMATIONS):
        seen = look(held, events(5), at=NOW + n * 10 * CONFIRMATION_TIME)
        held = seen.profile
        assert seen.is_count_trusted is (n == CONFIRMATIONS - 1)


def test_counts_that_leap_about_are_never_believed() -> None:
    held = learnt(*[events(40)] * (STABLE_AFTER + 1))
    for k, n in enumerate([5, 400] * CONFIRMATIONS):
        seen = look(held, events(n), at=NOW + k * 10 * CONFIRMATION_TIME)
        held = seen.profile
        assert not seen.is_count_trusted


def test_a_count_is_looked_at_while_something_else_surprises() -> None:
    def some(n: int, unit: str) -> Batch:
        return Batch((Reading("a", NOW, 1.0, unit),), events=events(n).events)

    held = learnt(*[some(8, "m")] * (STABLE_AFTER + 1))
    for n in (12, 20, 29):
        held = look(held, some(n, "cm")).profile
    assert look(held, some(3, "cm")).drift == "unit of a: m, now cm; count: 30, now 4"


def without(*keys: str, others: str = "") -> Batch:
    return Batch((*(Reading(key, NOW, None) for key in keys), *batch(*others).readings))


def test_a_field_that_is_gone_inside_the_items_is_told_at_once() -> None:
    held = steady("a", "b")
    seen = look(held, without("a", "b"))
    assert seen.drift == "empty: a, b"
    assert look(seen.profile, batch("a", "b")).drift == ""


def test_a_sensor_that_pauses_surprises_when_it_stays_silent_for_long() -> None:
    held = steady("a", "b")
    for n in range(3 * STABLE_AFTER):
        seen = look(held, without("a", others="b"))
        held = seen.profile
        assert seen.drift == ("empty: a" if n >= STABLE_AFTER - 1 else "")
    for _ in range(2 * STABLE_AFTER):  # now this pauses, now that
        held = look(look(held, without("a", others="b")).profile, without("b", others="a")).profile
    assert look(held, batch("a", "b")).drift == ""


def test_of_a_part_that_is_told_without_values_only_a_row_of_them_surprises() -> None:
    shape = steady("a", "b")
    for n in range(STABLE_AFTER):
        seen = look(shape, without("a", "b"), parts=True)
        shape = look(seen.profile, batch("c"), parts=True).profile
        assert seen.drift == ("empty: a, b" if n == STABLE_AFTER - 1 else "")


def test_what_never_had_a_value_is_not_missed() -> None:
    held = learnt(*[without("a", others="b")] * (3 * STABLE_AFTER))
    assert look(held, without("a", others="b")).drift == ""


def test_what_the_row_does_not_name_is_not_missed() -> None:
    shape = SchemaProfile()
    for _ in range(STABLE_AFTER + 1):
        shape = look(shape, batch("a", "other"), {"a"}).profile
    assert look(shape, batch("a"), {"a"}).drift == ""


batches = st.lists(
    st.builds(
        Reading, st.sampled_from("abc"), st.just(NOW), st.just(1.0), st.sampled_from(["", "m", "cm"])
    ),
    max_size=4, unique_by=lambda one: one.series,
).map(lambda rows: Batch(tuple(rows)))  # fmt: skip


@given(st.lists(batches, max_size=30))
def test_no_reading_is_lost_and_none_in_a_unit_that_was_another(course: list[Batch]) -> None:
    shape, first = SchemaProfile(), dict[str, str]()
    for one in course:
        seen = look(shape, one)
        shape = seen.profile
        assert len(seen.batch.readings) + len(seen.batch.rejected_items) == len(one.readings)
        for reading in seen.batch.readings:
            if reading.unit:
                assert first.setdefault(reading.series, reading.unit) == reading.unit


def test_of_a_source_that_answers_in_parts_only_what_stays_away_is_gone() -> None:
    shape = SchemaProfile()
    for n in range(4 * STABLE_AFTER):
        seen = look(shape, batch(*(("c",) if n % 2 else ("a", "b"))), parts=True)
        shape = seen.profile
        assert not seen.drift
    for n in range(STABLE_AFTER):
        seen = look(shape, batch("a", "b"), parts=True)
        shape = seen.profile
        assert seen.drift == ("gone: c" if n == STABLE_AFTER - 1 else "")
    assert look(shape, batch("c"), parts=True).drift == ""


def test_a_part_with_another_unit_is_kept_aside_all_the_same() -> None:
    shape = SchemaProfile()
    for _ in range(STABLE_AFTER + 1):
        shape = look(shape, batch("a", unit="m"), parts=True).profile
    assert look(shape, batch("a", unit="cm"), parts=True).drift == "unit of a: m, now cm"


def test_a_whole_answer_is_compared_with_the_last_whole_one_whatever_came_between() -> None:
    shape = learnt(*[events(500)] * (STABLE_AFTER + 1))
    for n in (0, 3, 40, 1):
        seen = look(shape, events(n), parts=True)
        shape = seen.profile
        assert seen.drift == ""
    assert look(shape, events(520)).drift == ""
    assert look(shape, events(60)).drift == "count: 500, now 60"
