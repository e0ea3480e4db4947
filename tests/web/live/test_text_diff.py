"""A patch turns the old markup into the new one, and is shorter than it."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.web.live.endpoint import encode_response
from ioc.web.live.frames import RenderedFrame, short_hash
from ioc.web.live.text_diff import diff

TILE = '<a class="tile" data-since="2026-11-24T17:25:35Z"><b>{value}</b> <i>số liệu lúc {at}</i><svg>{line}</svg></a>'
LINE = "".join(f"L{n} {n * 7 % 90}" for n in range(96))


def applied(old: str, steps: list[int | str]) -> str:
    """What assets/22-live.js does."""
    result, position = "", 0
    for keep, drop, put in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        result += old[position : position + int(keep)] + str(put)
        position += int(keep) + int(drop)
    return result + old[position:]


def test_where_a_value_changed_only_the_value_is_sent() -> None:
    old, new = (TILE.format(value=value, at=at, line=LINE) for value, at in (("49,9", "00:25"), ("50,1", "00:26")))
    steps = diff(old, new)
    assert steps is not None
    assert [step for step in steps if isinstance(step, str)] == ["50,1", "26"]
    assert applied(old, steps) == new


def test_an_insertion_is_one_step() -> None:
    old, new = (TILE.format(value=value, at="00:25", line=LINE) for value in ("49,9", "49,9 <u>MP</u>"))
    assert applied(old, diff(old, new) or []) == new


def test_a_text_with_another_number_of_words_is_sent_alone() -> None:
    old, new = (TILE.format(value=value, at=at, line=LINE) for value, at in (("49,9", "00:25"), ("1.050,1", "00:26")))
    steps = diff(old, new)
    assert steps is not None
    assert [step for step in steps if isinstance(step, str)] == ["1.050,1", "26"]
    assert applied(old, steps) == new


@given(st.text(alphabet="ab <>,1", max_size=60), st.text(alphabet="ab <>,1", max_size=60), st.text("xy ", max_size=200))
def test_a_patch_always_yields_the_new_markup(old_part: str, new_part: str, same: str) -> None:
    for old, new in ((same + old_part + same, same + new_part + same), (old_part + same, same + new_part)):
        steps = diff(old, new)
        assert steps is None or applied(old, steps) == new


@pytest.mark.parametrize(("old", "new"), [("abc", "xyz"), ("", "new"), ("a" * 50, "a" * 49 + "😀")])
def test_no_patch_where_it_is_not_shorter_or_characters_count_differently(old: str, new: str) -> None:
    assert diff(old, new) is None


def drawn(markup: str, older: dict[str, dict[str, bytes]]) -> RenderedFrame:
    body = orjson.dumps({"markup": markup})
    return RenderedFrame(1, '"e"', {"tile": body}, {"tile": short_hash(body)}, previous_bodies=older)


def test_a_display_gets_a_patch_of_what_it_can_patch_and_whole_panels_otherwise() -> None:
    old, new = (TILE.format(value=value, at="00:25", line=LINE) for value in ("49,9", "50,1"))
    frame = drawn(new, {"tile": {"AAAAAAAA": orjson.dumps({"markup": old})}})
    patched = orjson.loads(encode_response(frame, "b", "AAAAAAAA", "AAAAAAAA", "")[0])
    assert patched["panels"] == {}
    mark, *steps = patched["patches"]["tile"]
    assert mark == frame.hashes["tile"]
    assert applied(old, steps) == new
    assert patched["hashes"] == {}
    for have, base in (("AAAAAAAA", ""), ("BBBBBBBB", "BBBBBBBB"), ("", "nonsense!")):
        whole = orjson.loads(encode_response(frame, "b", have, base, "")[0])
        assert whole["panels"]["tile"] == {"markup": new}
        assert whole["patches"] == {}


@pytest.mark.parametrize(("tiles", "encoding"), [(1, ""), (8, "gzip")])
def test_patches_are_compressed_where_that_saves_anything(tiles: int, encoding: str) -> None:
    old, new = (TILE.format(value=value, at="00:25", line=LINE) for value in ("49,9", "50,1"))
    panels = {f"tile-{n}": f"AAAAAAA{n}" for n in range(tiles)}
    body, before = (orjson.dumps({"markup": markup}) for markup in (new, old))
    frame = RenderedFrame(
        1, '"e"', dict.fromkeys(panels, body), {key: short_hash(key.encode(), body) for key in panels},
        previous_bodies={key: {mark: before} for key, mark in panels.items()},
    )  # fmt: skip
    marks = "".join(panels.values())
    sent, how = encode_response(frame, "b", marks, marks, "gzip")
    assert how == encoding
    assert len(sent) < 300
