"""Words and marks of states: a tile, a map point and the table of sources say the same of the same thing."""

import pytest

from components.attention import notices
from components.source_table import source_table
from components.states import CLOCK, source_state, source_word, state_mark, state_word
from components.text import LANGS, catalogue
from components.tile import tile
from domain.health import SourceState
from domain.kpi import State
from tests.city import full_city

CITY = full_city()
SAME = {State.STALE: SourceState.STALE, State.ERROR: SourceState.DOWN, State.OFF: SourceState.OFF}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("figure", "source"), SAME.items())
def test_a_figure_and_its_source_are_told_alike(figure: State, source: SourceState, lang: str) -> None:
    assert state_word(figure, lang) == source_word(source, lang)
    assert str(state_mark(figure)) in str(source_state(source, lang))


def test_a_lost_source_is_called_by_one_word_on_tile_table_and_strip() -> None:
    drawn = [tile(CITY.figures["beds-error"], CITY, "vi"), source_table(CITY, "vi", ""), notices(CITY, "vi")]
    assert all("mất kết nối" in str(one).casefold() for one in drawn)


def test_each_state_has_a_word_of_its_own() -> None:
    for lang in LANGS:
        assert len({source_word(one, lang) for one in (*SourceState, CLOCK)}) == len(SourceState) + 1
        assert len({state_word(one, lang) for one in State}) == len(State)


def test_a_word_stands_in_the_catalogue_once() -> None:
    for word in {source_word(one, "vi") for one in SourceState} - {"tắt"}:
        assert sum(message["vi"] == word for message in catalogue().values()) == 1, word
