"""What comes from a stranger's camera: shown as a picture or a film or not at all, and kept nowhere."""

from flask import Response


def with_camera_headers(answer: Response) -> Response:
    """`answer` with the headers that say so."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
