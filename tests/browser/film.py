"""A film of 2.5 s recorded by Chromium, served as a camera serves HLS: an init segment and media segments."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Page

_RECORD_SCRIPT = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  const pen = canvas.getContext('2d'), parts = [];
  const recorder = new MediaRecorder(canvas.captureStream(), {
    mimeType: 'video/mp4;codecs=avc1.42E01E', videoKeyFrameIntervalDuration: 500, videoBitsPerSecond: 300000,
  });
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((resolve) => { recorder.onstop = resolve; });
  const begun = performance.now();
  const draw = (now) => {
    pen.fillStyle = '#d02020';
    pen.fillRect(0, 0, 80, 90);
    pen.fillStyle = `hsl(${(now / 5) % 360} 90% 50%)`;
    pen.fillRect(80, 0, 80, 90);
    if (now - begun < 2500) requestAnimationFrame(draw); else recorder.stop();
  };
  recorder.start(500);
  draw(begun);
  await ended;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(''));
}"""


@dataclass(frozen=True, slots=True)
class Film:
    """`parts`: each begins with a key frame; `seconds`: when each begins."""

    head: bytes
    parts: tuple[bytes, ...]
    seconds: tuple[float, ...]

    def playlist(self, base: str = "") -> bytes:
        """The playlist of the whole film, which ends; its parts lie at `base`."""
        return self._playlist(range(len(self.parts)), base, "#EXT-X-ENDLIST")

    def rolling(self, turn: int) -> bytes:
        """The playlist of a live stream after `turn` parts: three of them, and the film begins anew where it ends."""
        return self._playlist(range(turn, turn + 3), "")

    def _playlist(self, numbers: range, base: str, *end: str) -> bytes:
        ends = (*self.seconds[1:], self.seconds[-1] + 0.5)
        lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{numbers[0]}"]
        lines.append(f'#EXT-X-MAP:URI="{base}head.mp4"')
        for n in numbers:
            part = n % len(self.parts)
            lines += ["#EXT-X-DISCONTINUITY"] if n and not part else []
            lines += [f"#EXTINF:{ends[part] - self.seconds[part]:.3f},", f"{base}part-{part}.m4s"]
        return "\n".join([*lines, *end, ""]).encode()


def record_film(page: Page) -> Film:
    """A film of an H.264 picture whose left half is red."""
    page.goto("about:blank")
    head, parts, seconds, scale = b"", list[bytes](), list[float](), 1
    for kind, box in _boxes(base64.b64decode(page.evaluate(_RECORD_SCRIPT))):
        if kind in (b"ftyp", b"moov"):
            head += box
            scale = _number(box, b"mdhd", 20, 4) if kind == b"moov" else scale
        elif kind == b"moof":
            seconds.append(_number(box, b"tfdt", 4, 8) / scale)
            parts.append(box)
        elif kind == b"mdat":
            parts[-1] += box
    return Film(head, tuple(parts), tuple(seconds))


def _boxes(film: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(film):
        size = int.from_bytes(film[at : at + 4], "big")
        yield film[at + 4 : at + 8], film[at : at + size]
        at += size


def _number(box: bytes, name: bytes, after: int, size: int) -> int:
    begin = box.index(name) + 4 + after
    return int.from_bytes(box[begin : begin + size], "big")
