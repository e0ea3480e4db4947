"""The halves of a ratio of which a share is enough: by the texts that the wildcards of their patterns stand for."""

from pathlib import Path

import pytest

from ioc.config.errors import ConfigCode
from ioc.config.row_codes import RowCode
from tests.config.folders import KPIS, SOURCES, codes, load_faults, load_folder, write

FORMULA = "{op: ratio, inputs: [done-total], to: [due-total], scale: 100, window: 24h}"


def folder(path: Path, inputs: str, to: str, *keys: str) -> Path:
    """A configuration with the series `keys` and a ratio over `inputs` and `to`, each patterns after one another."""
    lists = (f'["{patterns.replace(" ", chr(34) + ", " + chr(34))}"]' for patterns in (inputs, to))
    formula = "{{op: ratio, inputs: {}, to: {}, min_share: 0.5}}".format(*lists)
    each = f'key: "{{each}}", name: "{{each}}", unit: hồ sơ, each: [{", ".join(keys)}, done-total, due-total]'
    sources = SOURCES.replace('key: "{each}-total", name: "{each}", unit: hồ sơ, each: [due, done]', each)
    return write(path, kpis=KPIS.replace(FORMULA, formula), sources=sources)


@pytest.mark.parametrize(
    ("inputs", "to", "pairs"),
    [
        ("in-*", "all-*", "in-1 all-1, in-2 all-2"),
        ("w*-in-*", "w*-all-*", "w1-in-abc w1-all-abc, w2-in-b w2-all-b"),
        ("w?-in-*", "w?-all-*", "w1-in-abc w1-all-abc, w2-in-b w2-all-b"),
        ("w[12]-in-?", "w[12]-all-?", "w1-in-a w1-all-a, w2-in-b w2-all-b"),
        (f"w[{'1' * 60}2]-in-?", f"w[{'1' * 60}2]-all-?", "w1-in-a w1-all-a, w2-in-b w2-all-b"),
        ("w[!2]-in-*", "w[!2]-all-*", "w1-in-abc w1-all-abc"),
        ("*-open", "*-open *-shut", "a-open a-shut, b-open b-shut"),
        ("*-a *-b", "*-t", "p-a p-b p-t, q-a q-b q-t"),
        ("*-a *-b", "*-t *-t", "p-a p-t p-b, q-a q-t q-b"),
        ("x y", "u v", "x u, y v"),
        ("x y", "u", "x y u"),
        ("in-* in-1", "all-*", "in-1 all-1, in-2 all-2"),
    ],
)
def test_series_whose_wildcards_stand_for_the_same_texts_are_a_pair(
    tmp_path: Path, inputs: str, to: str, pairs: str
) -> None:
    expected = [tuple(pair.split()) for pair in pairs.split(", ")]
    keys = dict.fromkeys([key for pair in expected for key in pair])
    configuration = load_folder(folder(tmp_path, inputs, to, *keys))
    (kpi,) = (kpi for kpi in configuration.kpis if kpi.key == "on-time")
    assert list(map(set, kpi.formula.pairs)) == list(map(set, expected))


@pytest.mark.parametrize(
    ("inputs", "to", "keys"),
    [
        ("in-*", "all-*", "in-1 all-1 in-2"),
        ("w*-in-*", "w*-all-*", "w1-in-a w1-all-b"),
        ("w?-in-*", "w*-all", "w1-in-a w1-all"),
        ("in-*", "sum", "in-1 in-2 sum"),
        ("in-*", "all-* sum", "in-1 all-1 sum"),
        ("x y", "*-u *-v", "x y p-u p-v"),
    ],
)
def test_series_without_another_half_is_refused(tmp_path: Path, inputs: str, to: str, keys: str) -> None:
    assert codes(load_faults(folder(tmp_path, inputs, to, *keys.split()))) == [RowCode.RATIO_NOT_PAIRED]


def test_pattern_that_is_too_long_is_refused(tmp_path: Path) -> None:
    pattern = f"in-[{'1' * 300}]"
    assert codes(load_faults(folder(tmp_path, pattern, "all-*", "in-1", "all-1"))) == [ConfigCode.TOO_LONG]
