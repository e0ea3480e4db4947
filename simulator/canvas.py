"""A picture that is plainly drawn: flat colours, a road, blocks for vehicles, letters of dots; as PNG."""

import struct
import zlib

WIDTH, HEIGHT = 320, 180
_SKY, _GROUND, _ROAD, _MARK, _TEXT, _PLATE, _CAR, _HOUSE = range(8)
_DAY = ((150, 190, 215), (120, 150, 110), (95, 98, 104), (230, 230, 225), (255, 255, 255), (20, 28, 38),
        (200, 110, 50), (170, 165, 155))  # fmt: skip
_NIGHT = ((24, 32, 52), (34, 44, 40), (48, 50, 56), (150, 150, 140), (255, 255, 255), (8, 12, 18), (220, 190, 90),
          (44, 48, 60))  # fmt: skip
_HORIZON, _SCALE = 70, 2
# Seven rows of five dots each; "1" is a dot. Marks above a letter take three more rows.
_GLYPHS = {
    "0": "01110 10001 10011 10101 11001 10001 01110", "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111", "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010", "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110", "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110", "9": "01110 10001 10001 01111 00001 00010 01100",
    "/": "00001 00001 00010 00100 01000 10000 10000", ":": "00000 00100 00100 00000 00100 00100 00000",
    "M": "10001 11011 10101 10101 10001 10001 10001", "O": "01110 10001 10001 10001 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000", "H": "10001 10001 10001 11111 10001 10001 10001",
    "N": "10001 11001 10101 10011 10001 10001 10001", "G": "01110 10001 10000 10111 10001 10001 01110",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}  # fmt: skip
_ACCENTED = {"Ô": ("O", "00100 01010 10001"), "Ỏ": ("O", "01100 00010 00100")}
_ACCENT_ROWS = 3  # rows that marks take


class Canvas:
    """A picture in palette colours. Later drawings cover earlier ones."""

    def __init__(self, *, night: bool) -> None:
        self._palette = _NIGHT if night else _DAY
        self._rows = [bytearray([_SKY if y < _HORIZON else _GROUND]) * WIDTH for y in range(HEIGHT)]
        for n in range(6):
            self._box(8 + n * 54, _HORIZON - 14 - (n * 7) % 19, 36, 40, _HOUSE)
        for y in range(_HORIZON, HEIGHT):
            half = self._road_half_width(y)
            self._box(WIDTH // 2 - half, y, 2 * half, 1, _ROAD)
            if y % 14 < 7:
                self._box(WIDTH // 2 - 1, y, 3, 1, _MARK)

    def draw_vehicle(self, lane: int, where: float, length: int) -> None:
        """A block in the left (0) or right lane, `where` from the horizon (0) to the front (1)."""
        y = _HORIZON + round(where**1.6 * (HEIGHT - _HORIZON - 34)) + 4
        wide = max(4, self._road_half_width(y) // 3)
        middle = WIDTH // 2 + (self._road_half_width(y) // 2) * (1 if lane else -1)
        self._box(middle - wide // 2, y, wide, max(3, wide * length // 2), _CAR)

    def draw_text(self, x: int, y: int, text: str) -> None:
        """`text` on a dark plate, its upper left corner at x, y. KeyError: a letter that there is not."""
        self._box(x - 4, y - 4, len(text) * 6 * _SCALE + 6, (7 + _ACCENT_ROWS) * _SCALE + 6, _PLATE)
        for n, letter in enumerate(text):
            plain, above = _ACCENTED.get(letter, (letter, " ".join(["00000"] * _ACCENT_ROWS)))
            for row, dots in enumerate(f"{above} {_GLYPHS[plain]}".split()):
                for column, dot in enumerate(dots):
                    if dot == "1":
                        self._box(x + (n * 6 + column) * _SCALE, y + row * _SCALE, _SCALE, _SCALE, _TEXT)

    def png(self) -> bytes:
        """The picture, one byte of palette a dot."""
        head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
        palette = bytes(part for colour in self._palette for part in colour)
        dots = zlib.compress(b"".join(b"\0" + bytes(row) for row in self._rows), 6)
        parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", dots), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)

    @staticmethod
    def _road_half_width(y: int) -> int:
        """Half the road's width at a row: it narrows towards the horizon."""
        return 8 + (y - _HORIZON) * 110 // (HEIGHT - _HORIZON)

    def _box(self, x: int, y: int, wide: int, high: int, colour: int) -> None:
        left, right = max(0, x), min(WIDTH, x + wide)
        if left < right:
            for row in self._rows[max(0, y) : max(0, min(HEIGHT, y + high))]:
                row[left:right] = bytes([colour]) * (right - left)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
