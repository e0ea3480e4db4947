#!/bin/sh
# pytest in two processes. At most five tests that failed run once more, alone, at the end: one that passes then needed
# a quieter machine; the run names it and does not fail by it. A test that fails twice, or a sixth one, fails the run.
set -eu
BIN=${BIN:-.venv/bin}
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
run() { "$BIN/python" -m pytest -o cache_dir="$cache" "$@"; }

code=0
run -n 2 --dist loadfile "$@" || code=$?
[ "$code" = 1 ] || exit "$code"
failed=$("$BIN/python" -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' "$cache/v/cache/lastfailed")
if [ "$(printf '%s\n' "$failed" | wc -l)" -gt 5 ]; then
    exit 1
fi
printf 'Once more, alone:\n%s\n' "$failed"
run --last-failed --last-failed-no-failures none "$@"
printf 'Failed beside others, passed alone:\n%s\n' "$failed"
