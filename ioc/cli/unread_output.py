"""Standard output and error that nobody reads any more: `backup FILE | head -0`, `2>&1 | head -1`, `>&-`."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast


class _Output:
    """`stream`; what is written after its reader has ended is lost, and the command goes on to its own exit code."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._discard()
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._discard()

    def _discard(self) -> None:
        """What the stream still holds back would fail again at the end of the process."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


@contextmanager
def unread_output_ignored() -> Iterator[None]:
    """Within it no print fails because nobody reads it. An output that was closed at the start leads nowhere."""
    with ExitStack() as at_end:
        stdout, stderr = (
            _Output(stream or at_end.enter_context(open(os.devnull, "w"))) for stream in (sys.stdout, sys.stderr)
        )
        at_end.enter_context(redirect_stdout(cast(TextIO, stdout)))
        at_end.enter_context(redirect_stderr(cast(TextIO, stderr)))
        try:
            yield
        finally:
            stdout.flush()
            stderr.flush()
