"""The cache of what is computed from texts of others."""

from ioc.domain.base.text_cache import MAX_CACHED_LENGTH, cache_short_texts


def test_only_results_of_short_texts_are_kept() -> None:
    calls = list[str]()

    @cache_short_texts(8)
    def size(text: str, more: int = 0) -> int:
        calls.append(text)
        return len(text) + more

    short, long = "a" * MAX_CACHED_LENGTH, "a" * (MAX_CACHED_LENGTH + 1)
    assert [size(short), size(short), size(short, more=1)] == [len(short), len(short), len(short) + 1]
    assert calls == [short, short]
    assert [size(long), size(long)] == [len(long)] * 2
    assert calls == [short, short, long, long]


def test_only_the_last_results_are_kept() -> None:
    calls = list[str]()

    @cache_short_texts(2)
    def same(text: str) -> str:
        calls.append(text)
        return text

    assert [same(text) for text in "abca"] == list("abca")
    assert calls == list("abca")
