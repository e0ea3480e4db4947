"""The figures of docs/bench.md: each measured on the real processes, printed beside its goal. Nothing fails by them."""
