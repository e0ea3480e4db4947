"""Responses that are an open file: the server sends it from its descriptor, without a copy, and closes it."""

import os
from typing import IO

from flask import Response, request
from werkzeug.wsgi import FileWrapper

BLOCK_BYTES = 65_536


class FileBlocks(FileWrapper):
    """The blocks of a file, which is closed after the last one too: test clients do not call `close`."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, BLOCK_BYTES)

    def __next__(self) -> bytes:
        if self.file.closed:
            raise StopIteration
        block: bytes = self.file.read(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            self.file.close()
        if not block:
            raise StopIteration
        return block


def file_response(file: IO[bytes], content_type: str) -> Response:
    """The whole of `file`, which is at its beginning and does not change any more. HEAD is answered with its size."""
    response = Response(FileBlocks(file), content_type=content_type, direct_passthrough=True)
    response.content_length = os.fstat(file.fileno()).st_size
    if request.method == "HEAD":
        file.close()
    return response
