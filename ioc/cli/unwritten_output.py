"""Standard output and error that nobody reads any more (`backup FILE | head -0`, `>&-`), or that are on a full disk."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from ioc.domain.base.text import replace_forbidden


class _Output:
    """`stream`; what cannot be written is lost, and the command goes on. `failure`: why, if its reader is there."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            # A text that is quoted must neither move a terminal's cursor nor show itself as another one.
            return self._stream.write(replace_forbidden(text))
        except OSError as error:
            self._discard(error)
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        self.write("".join(lines))

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._discard(error)

    def _discard(self, error: OSError) -> None:
        """What the stream still holds back would fail again at the end of the process."""
        if not isinstance(error, BrokenPipeError):
            self.failure = error
        descriptor = self._stream.fileno()
        kept, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        self._stream.flush()
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def unwritten_output_ignored() -> Iterator[None]:
    """Within it no print fails because it cannot be written. An output that was closed at the start leads nowhere."""
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


def unwritten_output() -> OSError | None:
    """Why something of standard output could not be written since this was last asked; None too if nobody reads it."""
    sys.stdout.flush()
    failure: OSError | None = getattr(sys.stdout, "failure", None)
    if failure:
        cast(_Output, sys.stdout).failure = None
    return failure
