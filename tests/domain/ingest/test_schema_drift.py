"""Schema drift: which differences are reported, and that nothing is concluded from one before it is confirmed."""

from collections.abc import Set
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.failure import Failure
from ioc.domain.events.event import Event
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.schema_drift import (
    CONFIRMATION_TIME,
    CONFIRMATIONS,
    STABLE_AFTER,
    DriftCheck,
    DriftCode,
    SchemaProfile,
    check_drift,
)

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def check(
    profile: SchemaProfile, batch: Batch, expected: Set[str] | None = None, *, at: datetime = NOW, partial: bool = False
) -> DriftCheck:
    units = None if expected is None else dict.fromkeys(expected, "m")
    return check_drift(profile, batch, at, units, is_partial=partial)


def readings(*keys: str, unit: str = "") -> Batch:
    return Batch(tuple(Reading(key, NOW, 1.0, unit) for key in keys))


def readings_without_value(*keys: str, others: str = "") -> Batch:
    return Batch((*(Reading(key, NOW, None) for key in keys), *readings(*others).readings))


def events(count: int) -> Batch:
    reports = tuple(Event("report", str(key), NOW, "t") for key in range(count))
    return Batch(events=reports, complete_kinds=frozenset({"report"}))


def learned(*batches: Batch) -> SchemaProfile:
    profile = SchemaProfile()
    for batch in batches:
        profile = check(profile, batch).profile
    return profile


def stable(batch: Batch) -> SchemaProfile:
    return learned(*[batch] * (STABLE_AFTER + 1))


def missing(names: str) -> tuple[Failure, ...]:
    return (Failure(DriftCode.SERIES_MISSING, {"names": names}),)


def empty(names: str) -> tuple[Failure, ...]:
    return (Failure(DriftCode.VALUES_MISSING, {"names": names}),)


def count_changed(previous: int, current: int) -> tuple[Failure, ...]:
    return (Failure(DriftCode.COUNT_CHANGED, {"previous": previous, "current": current}),)


def unit_changed(series: str, previous: str, current: str) -> tuple[Failure, ...]:
    return (Failure(DriftCode.UNIT_CHANGED, {"series": series, "previous": previous, "current": current}),)


def test_missing_series_is_reported_until_it_is_back() -> None:
    result = check(stable(readings("a", "b")), readings("a"))
    assert result.drift == missing("b") and len(result.batch.readings) == 1
    assert check(result.profile, readings("a")).drift == missing("b")
    assert check(result.profile, readings("a", "b")).drift == ()


def test_of_many_missing_series_the_first_three_are_listed() -> None:
    assert check(stable(readings(*"abcdef")), readings("a")).drift == missing("b, c, d, … (+2)")


def test_series_that_comes_and_goes_from_the_start_is_not_missed() -> None:
    profile = SchemaProfile()
    for n in range(20):
        result = check(profile, readings("a", *["b"][: n % 2]))
        profile = result.profile
        assert result.drift == ()


def test_reading_with_a_changed_unit_is_rejected_and_the_others_are_kept() -> None:
    profile = learned(readings("a", "b", unit="m"))
    result = check(profile, Batch((Reading("a", NOW, 150.0, "cm"), Reading("b", NOW, 1.5, "m"))))
    assert [reading.series for reading in result.batch.readings] == ["b"]
    not_trusted = Failure(DriftCode.UNIT_NOT_TRUSTED, {"previous": "m", "current": "cm"})
    assert [item.failure for item in result.batch.rejected_items] == [not_trusted]
    assert result.drift == unit_changed("a", "m", "cm")
    assert check(result.profile, readings("a", "b", unit="m")).drift == ()


def test_reading_without_the_unit_that_was_named_is_rejected_unless_it_was_that_of_the_series() -> None:
    """10 °C of a source that said 50 °F became 50 °C when it left its unit out."""
    profile = check(
        SchemaProfile(), Batch((Reading("a", NOW, 150.0, "cm"), Reading("b", NOW, 1.5, "m"))), {"a", "b"}
    ).profile
    result = check(profile, readings("a", "b"), {"a", "b"})
    assert [reading.series for reading in result.batch.readings] == ["b"]
    not_trusted = Failure(DriftCode.UNIT_NOT_TRUSTED, {"previous": "cm", "current": "–"})
    assert [item.failure for item in result.batch.rejected_items] == [not_trusted]
    assert result.drift == unit_changed("a", "cm", "–")
    assert not check(result.profile, readings_without_value("a"), {"a", "b"}).drift
    assert not check(result.profile, Batch((Reading("a", NOW, 150.0, "cm"),)), {"a"}).drift


def test_unit_of_a_value_that_is_rejected_is_not_learned() -> None:
    """One record in an unknown unit had every good value after it rejected, also after a restart."""
    for unit in ("😀", "unknown", "°C"):
        result = check(SchemaProfile(), readings("a", unit=unit), {"a"})
        assert result.profile.units == () and not check(result.profile, readings("a", unit="m"), {"a"}).drift
    stored = SchemaProfile(units=(("a", "😀"),))
    result = check(stored, readings("a", unit="cm"), {"a"})
    assert (result.drift, result.profile.units) == ((), (("a", "cm"),))


def test_nothing_is_learned_of_series_that_the_row_does_not_name() -> None:
    """A source with new names at each poll grew what is stored of it without end."""
    profile = learned(readings("a", *map(str, range(50)), unit="m"))
    for n in range(20):
        profile = check(profile, readings("a", f"new-{n}", unit="m"), {"a"}).profile
    assert profile.units == (("a", "m"),)


def test_unusual_count_is_reported_and_a_slow_change_is_not() -> None:
    profile = stable(events(40))
    assert check(profile, events(5)).drift == count_changed(40, 5)
    for count in range(40, 200, 20):
        result = check(profile, events(count))
        profile = result.profile
        assert result.drift == () and result.is_count_trusted and result.batch.complete_kinds


def test_size_and_series_of_messages_mean_nothing_unless_they_list_all_events() -> None:
    """A count over events stood still after a burst of messages, as if a list had been cut."""
    profile = SchemaProfile()
    for count in (40, 40, 40, 40, 40, 1, 30):
        some = Batch(events=events(count).events, readings=readings(*"abc"[: count // 10]).readings)
        result = check_drift(profile, some, NOW, holds_messages=True)
        profile = result.profile
        assert result.is_count_trusted and not result.drift
    whole = check_drift(stable(events(40)), events(5), NOW, holds_messages=True)
    assert whole.drift == count_changed(40, 5) and not whole.is_count_trusted


def test_unusual_count_ends_no_event_until_several_answers_agree() -> None:
    profile = stable(events(40))
    for count, at in ((5, NOW), (4, NOW + CONFIRMATION_TIME / 2), (6, NOW + CONFIRMATION_TIME * 0.9)):
        result = check(profile, events(count), at=at)
        profile = result.profile
        assert result.drift == count_changed(40, count) and not result.is_count_trusted
        assert not result.batch.complete_kinds and len(result.batch.events) == count
    after_clock_was_set_back = check(profile, events(5), at=NOW - CONFIRMATION_TIME)
    assert not after_clock_was_set_back.is_count_trusted
    result = check(profile, events(5), at=NOW + CONFIRMATION_TIME)
    assert result.drift == () and result.is_count_trusted and result.batch.complete_kinds
    assert check(result.profile, events(40), at=NOW + CONFIRMATION_TIME).drift == count_changed(5, 40)


def test_of_several_lists_the_count_of_the_newest_one_is_checked() -> None:
    """They wait while the poller stands still; the events of all were counted, and none ended."""
    profile = stable(events(5))
    result = check(profile, replace(events(45), list_count=1))
    assert result.drift == () and result.is_count_trusted and result.batch.complete_kinds
    assert check(stable(events(40)), replace(events(45), list_count=1)).drift == count_changed(40, 1)


def test_count_of_a_seldom_polled_source_needs_as_many_confirmations() -> None:
    profile = stable(events(40))
    for n in range(CONFIRMATIONS):
        result = check(profile, events(5), at=NOW + n * 10 * CONFIRMATION_TIME)
        profile = result.profile
        assert result.is_count_trusted is (n == CONFIRMATIONS - 1)


def test_counts_that_alternate_are_never_trusted() -> None:
    profile = stable(events(40))
    for n, count in enumerate([5, 400] * CONFIRMATIONS):
        result = check(profile, events(count), at=NOW + n * 10 * CONFIRMATION_TIME)
        profile = result.profile
        assert not result.is_count_trusted


def test_count_is_checked_while_a_unit_differs_too() -> None:
    def mixed(count: int, unit: str) -> Batch:
        return Batch((Reading("a", NOW, 1.0, unit),), events=events(count).events)

    profile = stable(mixed(8, "m"))
    for count in (12, 20, 29):
        profile = check(profile, mixed(count, "cm")).profile
    assert check(profile, mixed(3, "cm")).drift == unit_changed("a", "m", "cm") + count_changed(30, 4)


def test_answer_without_any_value_is_reported_at_once() -> None:
    result = check(stable(readings("a", "b")), readings_without_value("a", "b"))
    assert result.drift == empty("a, b")
    assert check(result.profile, readings("a", "b")).drift == ()


def test_series_without_values_is_reported_after_several_answers() -> None:
    profile = stable(readings("a", "b"))
    for n in range(3 * STABLE_AFTER):
        result = check(profile, readings_without_value("a", others="b"))
        profile = result.profile
        assert result.drift == (empty("a") if n >= STABLE_AFTER - 1 else ())
    for _ in range(2 * STABLE_AFTER):  # the two pause in turns
        profile = check(profile, readings_without_value("a", others="b")).profile
        profile = check(profile, readings_without_value("b", others="a")).profile
    assert check(profile, readings("a", "b")).drift == ()


def test_partial_answer_without_values_is_reported_after_several_of_them() -> None:
    profile = stable(readings("a", "b"))
    for n in range(STABLE_AFTER):
        result = check(profile, readings_without_value("a", "b"), partial=True)
        profile = check(result.profile, readings("c"), partial=True).profile
        assert result.drift == (empty("a, b") if n == STABLE_AFTER - 1 else ())


def test_series_that_never_had_a_value_is_not_reported() -> None:
    profile = learned(*[readings_without_value("a", others="b")] * (3 * STABLE_AFTER))
    assert check(profile, readings_without_value("a", others="b")).drift == ()


def test_series_that_the_row_does_not_name_is_not_missed() -> None:
    profile = SchemaProfile()
    for _ in range(STABLE_AFTER + 1):
        profile = check(profile, readings("a", "other"), {"a"}).profile
    assert check(profile, readings("a"), {"a"}).drift == ()


answers = st.lists(
    st.builds(Reading, st.sampled_from("abc"), st.just(NOW), st.just(1.0), st.sampled_from(["", "m", "cm"])),
    max_size=4,
    unique_by=lambda reading: reading.series,
).map(lambda rows: Batch(tuple(rows)))


@given(st.lists(answers, max_size=30))
def test_no_reading_is_lost_and_none_is_trusted_in_another_unit(batches: list[Batch]) -> None:
    profile, first_units = SchemaProfile(), dict[str, str]()
    for batch in batches:
        result = check(profile, batch)
        profile = result.profile
        assert len(result.batch.readings) + len(result.batch.rejected_items) == len(batch.readings)
        for reading in result.batch.readings:
            if reading.unit:
                assert first_units.setdefault(reading.series, reading.unit) == reading.unit


def test_series_missing_from_several_partial_answers_is_reported() -> None:
    profile = SchemaProfile()
    for n in range(4 * STABLE_AFTER):
        result = check(profile, readings(*(("c",) if n % 2 else ("a", "b"))), partial=True)
        profile = result.profile
        assert not result.drift
    for n in range(STABLE_AFTER):
        result = check(profile, readings("a", "b"), partial=True)
        profile = result.profile
        assert result.drift == (missing("c") if n == STABLE_AFTER - 1 else ())
    assert check(profile, readings("c"), partial=True).drift == ()


def test_changed_unit_in_a_partial_answer_is_reported() -> None:
    profile = SchemaProfile()
    for _ in range(STABLE_AFTER + 1):
        profile = check(profile, readings("a", unit="m"), partial=True).profile
    assert check(profile, readings("a", unit="cm"), partial=True).drift == unit_changed("a", "m", "cm")


def test_partial_answers_do_not_change_the_expected_count() -> None:
    profile = stable(events(500))
    for count in (0, 3, 40, 1):
        result = check(profile, events(count), partial=True)
        profile = result.profile
        assert result.drift == ()
    assert check(profile, events(520)).drift == ()
    assert check(profile, events(60)).drift == count_changed(500, 60)


def test_partial_answer_ends_no_event() -> None:
    assert not check(SchemaProfile(), events(3), partial=True).batch.complete_kinds
    assert check(SchemaProfile(), events(3)).batch.complete_kinds
