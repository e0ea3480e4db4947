"""What turns a markup that a screen holds into the newer one: where values moved, only the values travel."""

import re
from collections.abc import Iterable, Sequence

_PARTS = re.compile(r'[^<>"]+|[<>"]')
_WORDS = re.compile(r"\w+|\W")
_NEAR = 6  # what stands unchanged for less between two changes is sent along with them
_OVERHEAD = 10  # characters that the counts and signs of a step take
_WORTH = 0.6  # of the whole; beyond it the whole is sent

# Counts and texts in threes: keep, drop, put.
Steps = list[tuple[int, int, str]]


def patch(old: str, new: str) -> list[int | str] | None:
    """[keep, drop, put, …]: take `keep` characters of `old`, leave out `drop`, write `put`, …; then the rest of it.

    None where that is not much shorter than the whole, or where a screen would count characters otherwise.
    """
    if max(old + new, default="") > "\uffff":
        return None
    before, after = _PARTS.findall(old), _PARTS.findall(new)
    steps = _by_place(old, before, after) if len(before) == len(after) else _between(old, new)
    size = sum(len(put) + _OVERHEAD for _, _, put in steps)
    return [part for step in steps for part in step] if size < _WORTH * len(new) else None


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterable[tuple[str, str]]:
    """As many parts as before: each with what it became, by the word where a part has as many words as before."""
    for one, other in zip(before, after, strict=True):
        if one != other:
            words, others = _WORDS.findall(one), _WORDS.findall(other)
            if len(words) == len(others):
                yield from zip(words, others, strict=True)
                continue
        yield one, other


def _by_place(old: str, before: Sequence[str], after: Sequence[str]) -> Steps:
    """Those that differ, in one step where they are near each other."""
    steps: Steps = []
    at = done = 0  # characters of `old` before this word; those that the steps have dealt with
    for one, other in _pairs(before, after):
        if one != other:
            if steps and at - done <= _NEAR:
                keep, drop, put = steps.pop()
                steps.append((keep, drop + at - done + len(one), put + old[done:at] + other))
            else:
                steps.append((at - done, len(one), other))
            done = at + len(one)
        at += len(one)
    return steps


def _between(old: str, new: str) -> Steps:
    """Whatever lies between the same beginning and the same end."""
    short = min(len(old), len(new))
    first = next((n for n in range(short) if old[n] != new[n]), short)
    last = next((n for n in range(short - first) if old[-1 - n] != new[-1 - n]), short - first)
    return [(first, len(old) - first - last, new[first : len(new) - last])]
