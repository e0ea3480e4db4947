"""Common passwords: words, keyboard rows, counting and years, in any case and with any accents.

Enough must be left of a password when these are taken out. The word list is our own.
"""

import re
from functools import cache

from ioc.domain.base.slug import without_accents
from ioc.domain.base.text_cache import cache_short_texts

_MIN_REMAINING = 4  # letters and digits
_WORDS = """
matkhau matma mk khau passcode password passw0rd passwort pass pwd pw parola senha motdepasse secret bimat khongbiet
cantho tpcantho thanhphocantho ninhkieu cairang binhthuy omon thotnot phongdien codo thoilai vinhthanh haugiang vithanh
soctrang ngabay longmy xakhu phuong taydo mekong songhau cuulong mientay baclieu camau angiang dongthap kiengiang
vinhlong tiengiang longan bentre travinh
hanoi saigon hochiminh tphcm danang haiphong hue nhatrang dalat vungtau vietnam vietnamese viet nam tiengviet
nguoi truc ban toi
trungtam giamsat dieuhanh thongminh dothithongminh dothi ubnd uyban nhandan hdnd so sotttt khcn khoahoccongnghe congan
cand csgt pccc yte giaoduc noivu taichinh xaydung giaothong tuphap lanhdao chutich phochutich giamdoc phogiamdoc
bithu vanphong canbo congchuc vienchuc baocao nguoibaocao bientap tructrung trucban quantri quantrivien quanly nhanvien
kythuat kythuatvien hethong maychu maytinh phanmem dulieu bando canhbao chidao nhiemvu hoso
ioc iocantho ioccantho admin administrator adm root superuser super sysadmin system server user users guest operator
oper viewer leader editor reporter manager master boss test tester testing demo default changeme change temp temporary
login logon signin dangnhap welcome xinchao chaomung hello letmein letmeinnow open sesame access
iloveyou love loveyou anhyeuem emyeuanh yeuem yeuanh anhyeu emyeu yeu tinhyeu vochong giadinh conyeu bome bame cunyeu
baby babygirl honey princess prince queen king angel sunshine sunflower flower rose lotus hoasen hoahong hoamai summer
winter spring autumn fall muaxuan muahe muathu muadong monday friday sunday january december
dragon monkey tiger lion eagle shark wolf panda cat dog cho meo heo ga trau chuot ran ngua long lan quy phuong
superman batman spiderman ironman starwars pokemon naruto doraemon conan minecraft roblox lienquan football bongda
soccer baseball basketball liverpool arsenal chelsea barcelona realmadrid manunited manchester ronaldo messi
michael jordan jessica ashley daniel andrew thomas robert charlie jennifer nguyen tran le pham hoang huynh phan vu vo
dang bui do ho ngo duong ly van thi minh anh tuan hung dung thanh hieu linh huong lan hoa mai thao trang ngoc phuc
computer internet network wifi mobile samsung iphone apple google facebook zalo gmail yahoo microsoft windows linux
oracle mysql postgres cisco viettel vnpt fpt mobifone vinaphone vietcombank agribank vietinbank bidv techcombank
hacker killer ninja shadow matrix trustno1 whatever nothing freedom peace happy lucky maymang hanhphuc thanhcong
chienthang vodich sieunhan money tien dollar business office company congty security secure safe private
abc abcd xyz aaa qwe qaz wsx edc zaq asd zxc qwerty azerty asdf zxcv poiu
"""
_LOOKALIKES = {"a": "a4@", "b": "b8", "e": "e3", "g": "g9", "i": "i1!l", "l": "l1!i", "o": "o0", "s": "s5$", "t": "t7+"}
_SEQUENCES = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol", "abcdefghijklmnopqrstuvwxyz",
         "01234567890", "!@#$%^&*()")  # fmt: skip
_YEAR = re.compile(r"(?:0?[1-9]|[12]\d|3[01])?(?:0?[1-9]|1[0-2])?(?:19|20)\d\d|\d{1,4}$")
_MIN_RUN = 3


def is_common(password: str, names: tuple[str, ...] = ()) -> bool:
    """Whether nearly all of the password consists of common parts, or of `names`."""
    text = _YEAR.sub(" ", _without_runs(_YEAR.sub(" ", _without_words(_fold(password), names))))
    return sum(letter.isalnum() for letter in text) < _MIN_REMAINING


def _fold(text: str) -> str:
    """Lower-case letters without accents, spaces and punctuation."""
    return re.sub(r"[\s\-_.,;:/\\'\"]", "", without_accents(text.casefold()))


def _without_words(text: str, names: tuple[str, ...]) -> str:
    own = {
        word
        for name in names
        for word in (_fold(name), *map(_fold, re.split(r"[\s-]+", name)))
        if len(word) >= _MIN_RUN
    }
    text = _pattern(frozenset(own)).sub(" ", text) if own else text
    return _pattern(_words()).sub(" ", text)


@cache
def _words() -> frozenset[str]:
    return frozenset(_WORDS.split())


@cache_short_texts(2048)  # the words above, and names of accounts
def _lookalike_pattern(word: str) -> str:
    return "".join(
        f"[{re.escape(_LOOKALIKES[letter])}]" if letter in _LOOKALIKES else re.escape(letter) for letter in word
    )


def _pattern(words: frozenset[str]) -> re.Pattern[str]:
    """Any of the words, the longest first, with look-alike characters."""
    return re.compile("|".join(map(_lookalike_pattern, sorted(words, key=lambda word: (-len(word), word)))))


def _without_runs(text: str) -> str:
    """The text with counting, keyboard rows and repetitions replaced by spaces."""
    parts, at = [], 0
    while at < len(text):
        size = max(_sequence_length(text, at), _repeat_length(text, at))
        parts.append(text[at : at + 1] if size < _MIN_RUN else " ")
        at += 1 if size < _MIN_RUN else size
    return "".join(parts)


def _sequence_length(text: str, at: int) -> int:
    """How many characters from `at` on are neighbours in one of the sequences, forwards or backwards."""
    longest = 0
    for row in _SEQUENCES:
        for line in (row, row[::-1]):
            size = 0
            while at + size < len(text) and text[at : at + size + 1] in line:
                size += 1
            longest = max(longest, size)
    return longest


def _repeat_length(text: str, at: int) -> int:
    """How many characters from `at` on repeat the same one, two or three."""
    longest = 0
    for width in (1, 2, 3):
        unit, size = text[at : at + width], width
        while len(unit) == width and text[at + size : at + size + width] == unit:
            size += width
        longest = max(longest, size if size > width else 0)
    return longest
