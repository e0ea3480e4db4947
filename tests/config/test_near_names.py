"""A name is offered for another only when it is near, and when no other is as near."""

import pytest

from ioc.config.errors import ConfigCode, closest_match, suggest

AGENCIES = ["mp-a", "mp-b", "mp-c", "so-y-te", "so-khcn", "cong-an"]


@pytest.mark.parametrize(("word", "known", "near"), [
    ("so-yte", AGENCIES, "so-y-te"),
    ("kye", ["key", "kind", "name"], "key"),  # two letters exchanged
    ("enviroment", ["environment", "health"], "environment"),
    ("ubnd-tp", ["ubnd-tp", "ubnd-tpp"], "ubnd-tpp"),
    ("mp-aa", AGENCIES, "mp-a"),  # more like it than the others, which also differ in two places
    ("mp-q", AGENCIES, ""),  # three are as near
    ("so-tttt", AGENCIES, ""),
    ("31148", ["31147", "31149", "31489"], ""),  # a code says nothing of another
    ("31148", ["31147"], ""),
    ("ab", ["ac", "abc"], ""),  # too short
    ("", ["a", "abc"], ""),
    ("x" * 1000, ["x" * 999], ""),  # no word
    ("abcdefghijklmnopqrstuvwx", ["abcdefghijklmnopqrst0000"], ""),  # four letters
])  # fmt: skip
def test_only_a_near_name_is_offered(word: str, known: list[str], near: str) -> None:
    assert closest_match(word, known) == near


@pytest.mark.parametrize(("n", "names"), [(3, "n-00, n-01, n-02"), (60, "n-28, n-29, n-30, n-31, n-32, …")])
def test_without_a_near_name_few_are_listed_and_of_many_those_beside_it(n: int, names: str) -> None:
    suggestion = suggest("n-29-and-more", [f"n-{number:02}" for number in range(n)])
    assert suggestion is not None and suggestion.code == ConfigCode.KNOWN_NAMES
    assert suggestion.params == {"names": names, "n": n}
