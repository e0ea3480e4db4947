"""What personal data looks like in the folded text: mail addresses, numbers, vehicle plates."""

import re

from ioc.domain.base.slug import without_accents

_ANY_DATE = r"(?:\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d|(?:19|20)\d\d[./\-]\d\d[./\-]\d\d)"
_DATE = r"(?!\d{1,2}[./\-]\d{1,2}[./\-](?:19|20)\d\d(?!\d))"
# Where a number begins: a point or comma, a slash too, refuses it behind a digit only ("1.0912…", not "ĐT.0912…").
_ALONE, _NO_SLASH = r"(?<!\d)(?<!\d[.,])", r"(?<!\d/)"
_GAP = r"[ .\-/()\[\]{}]{0,3}"  # between the groups of a telephone number
_TELEPHONE = rf"{_DATE}[(\[{{]?(?=0\d(?:\d|[)\]}}] ?\d))0(?:{_GAP}\d){{9,10}}(?!T?\d)"  # no code of an hour behind it
# Between groups of the usual lengths only: lists, columns of figures and file names have these signs as well.
_RARE_GAP = r"(?: {0,3}(?:_|[^\w\s•]) {0,3}| ?\t ?|%20|[ \t]{0,3}\r?\n[ \t]{0,3})"
_MIXED_GAP = r"(?:_|[^\w\s•]| )"  # of two kinds; a list has a space behind its sign
_SIGN_WORDS = "a[ -]?còng|a[ -]?móc"
_AT = rf"(?:@{{1,3}}|%40|[(\[{{<] ?(?i:at|{_SIGN_WORDS}|@) ?[)\]}}>])"
_DOT = r"(?:\.|%2[eE]|[(\[{<] ?(?i:dot|chấm) ?[)\]}>])"
_NO_WORD = r"(?:(?<![^\W_])|(?<=(?i:xe))|(?<=(?i:iển))|(?<=(?i:bks))|(?<=(?i:số)))"  # before a plate, but "xe13B1…"
# What stands before a number with a letter that is no plate, and after one.
_NO_PLATE_AFTER = "".join(f"(?<!{word} )" for word in ("QL", "lộ", "ường", "ớp", "ẻm", "uyến", "ĐT", "oạn", "ầu"))
UNIT_WORDS = "[kmc]?m[²³23]?|mét|ha|k?W|k?VA|V|Hz|kg|tấn|lít|hộ|người|đồng|hPa|mb|mAh|xe|ca|lượt|vụ|suất"
_UNITS = rf"(?! ?(?:{UNIT_WORDS})\b)"
MONEY_WORDS = "đồng|đ|VND|VNĐ|tỷ|triệu"
_NO_MONEY_AFTER = rf"(?! ?(?:{MONEY_WORDS}|thẻ)\b)(?! ?₫)"
_NO_MONEY_BEFORE = "".join(
    f"(?<!{word} )(?<!{word}: )"
    for word in ("phí", "vốn", "iền", "ổng", "hu", "hi", "iá", "trị", "oán", "ách", "đồng\\)")
)
# Behind a plus: with points or commas; with spaces, where a unit or nothing else of a telephone number follows.
_GROUPED_AMOUNT = (
    r"\d{1,3}(?:(?:[.,]\d{3}){2,}|[.,]\d{3}-\d{1,3}[.,]\d{3}|(?: \d{3}){2})(?!\d|[.,]\d|[ -]\d)|"
    rf"\d{{1,3}}(?: \d{{3}}){{2,4}} ?(?:(?:{UNIT_WORDS}|{MONEY_WORDS})\b|₫)"
)
# A digit and a mark stand before the number ("5,0…" behind the number of a house), but not the whole part of a decimal
# number: 0, and degrees of the country, with a point 8 to 23 and 102 to 117, with a comma in a pair or after a word.
_MARK_BEFORE = r"(?<=\d[.,/])(?<!(?<!\d)0[.,])"
_NO_DEGREES = (
    r"(?<!(?<!\d)[89]\.)(?<!(?<!\d)1\d\.)(?<!(?<!\d)2[0-3]\.)(?<!(?<!\d)10[2-9]\.)(?<!(?<!\d)11[0-7]\.)"
    r"(?<!độ \d,)(?<!độ \d\d,)(?<!độ \d\d\d,)(?<!\d; 10[2-9],)(?<!\d; 11[0-7],)(?!\d{10}; ?1[01]\d,\d)"
)
_USUAL_GROUPS = (
    r"0[1-9]\d\d(?P<gap>[ .-])\d{3}(?P=gap)\d{3}|0[1-9]\d(?P<gap2>[ .-])\d{3}(?P=gap2)\d{4}|"
    r"0[1-9]\d(?P<gap4>[ .-])\d{4}(?P=gap4)\d{3}|0[1-9]\d\d(?P<gap3>[ .-])\d\d(?P=gap3)\d\d(?P=gap3)\d\d"
)
# Lists of numbers of two digits, and dates with times in this form.
_NO_LIST = (
    r"(?<!\d[ -])(?!05.10.15.20.25)(?!(?:0\d.){4}0\d)"
    r"(?!0[1-9].(?:0[1-9]|1[0-2]).[0-3]\d.(?:[01]\d|2[0-3]).[0-5]\d)"
)
_CLOCK, _DAY = r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", r"(?:[0-2]\d|3[01])(?:0[1-9]|1[0-2])\d\d"
_LONG_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d"
_NO_STAMP = rf"(?!{_CLOCK}[ .-]{_DAY})(?!{_DAY}[ .-]{_CLOCK})(?!\d{{4}}[ .-]{_LONG_DAY})"
_IDENTITY_WORDS = (
    r"cmnd|cmtnd|cmt|cccd|chứng minh(?: nhân dân| thư)?|căn cước(?: công dân)?|(?:số )?định danh(?: cá nhân)?|đdcn|"
    r"(?<!\d )cc\b"  # no volume of an engine
)
# Cards of health insurance, numbers of social insurance and tax, behind which amounts of money stand as well; cards of
# officers and the like, behind which none do.
_INSURANCE_WORDS = r"bhyt|bảo hiểm y tế|bhxh|bảo hiểm xã hội|(?:mst|mã số thuế)(?: cá nhân)?|(?:mã|số) thẻ"
_CARD_WORDS = (
    r"gplx|giấy phép lái xe|cmsq|cmqđ|cmqn|cmcand|thẻ đảng(?: viên)?|"
    r"chứng minh (?:sĩ quan|quân nhân|quân đội|công an)(?: nhân dân| chuyên nghiệp)?"
)
_SHORT_TELEPHONE = "s?đt(?:dđ)?|dđ|sdt"  # "sdt" between words with accents too
_TELEPHONE_WORDS = (
    f"{_SHORT_TELEPHONE}|điện thoại(?: di động| liên hệ| bàn)?|di động|số máy|máy bàn|tel|phone|mobile|hotline|"
    "đường dây nóng|zalo|viber|whatsapp|telegram|mob|liên hệ|lh"
)
_GROUPED = r"(?: ?[._-]? ?\d)"  # a digit in any groups
# What people write between such a word and its number: "STK của anh Ba là: 12…". With accounts, no word that tells what
# kind they are and no household: "số tài khoản mới", "số tài khoản của hộ" is how many accounts there are.
_PERSONS = (
    "tôi|tui|mình|em|anh|chị|ông|bà|cô|chú|bác|cậu|dì|cháu|mẹ|má|bố|ba|cha|vợ|chồng|"
    "chủ (?:hộ|nhà|xe|tài khoản)|người (?:gửi|nhận|báo|mua|bán)"
)
_KIND = "(?: (?:mới|cũ|riêng|chính chủ|cá nhân|liên lạc|liên hệ))?"
_NAME = r"\b(?: [^\W\d]{1,10}){0,3}?"
_BEFORE_OWNER = r"(?i:(?: số)?(?: ?\([^\d()\n]{1,20}\))?"
_AFTER_OWNER = r"(?: (?:số|là|mã|sổ|thẻ|như sau|no\b\.?)){0,3})[ \t:.=/_-]{0,3}(?:(?<=:)\r?\n[ \t]{0,3})?"
_BETWEEN = rf"{_BEFORE_OWNER}{_KIND}(?:(?: của| cho)? (?:{_PERSONS}|hộ|con){_NAME})?{_AFTER_OWNER}"
_BETWEEN_ACCOUNT = rf"{_BEFORE_OWNER}(?:{_KIND}(?: của)? (?:{_PERSONS}){_NAME})?{_AFTER_OWNER}"
_MAIL_PROVIDERS = r"(?:gmail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|zoho|live)"
_DOCUMENTS = "KH|TB|QĐ|NQ|CT|CV|BC|HD|TT|NĐ|LT|TU|HĐ|BB|DA|ĐA|XL|TV|PC|GM"  # kinds of documents, in their numbers
_NO_DOCUMENT = rf"(?!(?:{_DOCUMENTS})\b)"
# "45-QĐ-2026", "12KH-1234", "01 A - 2026"
_NO_NUMBERED = rf"(?!\d\d[ .-]{{0,3}}(?:{_DOCUMENTS})\b)(?!\d\d ?[ -] ?[A-ZĐ]{{1,2}} ?- ?(?:19|20)\d\d(?!\d))"
_BANK_NAMES = (
    "á châu|quân đội|ngoại thương|công thương|nông nghiệp(?: và phát triển nông thôn)?|đầu tư và phát triển|kỹ thương|"
    "sài gòn thương tín|sài gòn hà nội|phương đông|quốc dân|nam á|bắc á|việt á|bảo việt|bưu điện liên việt|hàng hải|"
    "đông nam á|quốc tế|tiên phong|xuất nhập khẩu|kiên long|an bình|chính sách(?: xã hội)?|hợp tác xã"
)
_BANKS = (
    "vcb|vietcombank|bidv|agribank|vietinbank|ctg|tcb|techcombank|mb|mbbank|acb|vpbank|vpb|tpbank|sacombank|stb|shb|"
    "hdbank|vib|ocb|msb|eximbank|scb|seabank|lpbank|lienvietpostbank|kienlongbank|abbank|pvcombank|ncb|nam ?a ?bank|"
    "nam á bank|bac ?a ?bank|bắc á bank|vietabank|vietbank|saigonbank|gpbank|bao ?viet ?bank|bvbank|cbbank|oceanbank|"
    "pgbank|vrb|hsbc|shinhan|woori|timo|momo|zalopay|viettelpay|vnpay|"
    f"ngân hàng(?: tmcp| thương mại cổ phần)?(?: (?:{_BANK_NAMES}))?(?: việt nam)?"
)
_WORD = r"(?<![^\W_])(?=[^\W\d_])"  # where a word begins; "_" stands for a blank
_LETTERS = r"(?!(?:so|la|ma)\b)[A-Za-z]"  # of a number, no word before it
_TRIPLES = r"0\d{2}(?:[ ._-]\d{3}){3}"
_NO_YEARS = r"(?!(?:19|20)\d\d ?- ?(?:19|20)\d\d(?![.-]?\d| \d{3}[ .-]?\d))"
_NO_YEAR_LIST = r"(?!(?:(?:19|20)\d\d[ .-]{1,3}){2})"
_NO_AMOUNT = _NO_YEARS + r"(?![1-9]\d{0,2}(?:(?:\.\d{3})+|(?: \d{3})+)(?![\d.]| \d))"
# Behind the name of a bank: days and years, numbers of houses, coordinates, a hotline, a count, numbers of documents.
_NO_ACCOUNT = (
    r"(?!(?:19|20)\d\d-\d\d-\d\d(?!\d))(?!(?<=-)20\d\d-\d{3,4}(?![ .-]?\d))(?!\d{1,2}(?:-\d{1,2}){2,3}(?![-.]?\d))"
    r"(?!(?:19|20)\d\d(?:-(?:19|20)\d\d)+(?![ .-]?\d))(?!(?:[089]|1\d|2[0-3]|10[2-9]|11[0-7])\.\d{4,}(?![\d.]))"
    r"(?!1[89]00(?:[ .-]?\d){4,6}(?![ .-]?\d))(?!\d{1,7} giao dịch)(?!\d+/[A-ZĐ]{2}\w{0,6}-[A-ZĐ])"
)
# What stands around an @, from the sign on; points in words, a comma for the point, endings of any script.
_AFTER_SIGN = (
    rf"[ \n]?{_AT}[ \n]?[\w-]{{1,63}}+(?: ?{_DOT} ?[\w-]{{1,63}}+)* ?{_DOT} ?[A-Za-z]{{2,24}}\b|"
    r"@{1,3}[\w-]{1,63}+(?:(?:\.|,| (?i:dot|chấm) )[\w-]{1,63}+){0,4}(?:[.,]| (?i:dot|chấm) )[^\W\d_]{2,24}\b|"
    rf" ?{_AT} ?(?i:{_MAIL_PROVIDERS})\b(?: com\b)?|"
    # "(a)" numbers points of a law as well.
    r"[(\[{<][aA][)\]}>][\w-]{1,63}+(?:\.[\w-]{1,63}+)*\.[A-Za-z]{2,24}\b|"
    rf" ?[(\[{{<][aA][)\]}}>] ?(?i:{_MAIL_PROVIDERS})\.[\w.-]{{2,24}}\b"
)
# A word for the sign; "at" alone only before a provider, or behind a name with a digit or mark: no place has these.
_AFTER_WORD = (
    rf" (?i:{_SIGN_WORDS}) [\w-]{{1,63}}+(?: ?{_DOT} ?[\w-]{{1,63}}+)* ?{_DOT} ?[A-Za-z]{{2,24}}\b|"
    rf" (?i:at|{_SIGN_WORDS}) [\w-]{{1,63}}+(?: (?i:dot|chấm) [A-Za-z]{{2,24}}){{1,3}}\b|"
    rf" (?i:at) (?i:{_MAIL_PROVIDERS})\.[\w.-]{{2,24}}\b|"
    r"(?P<place> (?i:at) (?:[\w-]{1,63}+\.){1,4}[A-Za-z]{2,24}\b)"
)
MAIL_SIGN = re.compile(rf"(?=[ \n@%(\[{{<])(?<=[\w.+-])(?:{_AFTER_SIGN}|{_AFTER_WORD})")
LOCAL_PART_REVERSED = re.compile(r"[\w.+-]{1,64}+")
NO_PLACE = re.compile(r"[\d._]")
# Six digits near each other: no number that is masked has fewer, or a longer gap.
DIGITS = re.compile(r"[0-9](?:[^0-9]{0,10}+[0-9]){5,}+")
BEFORE_DIGITS, AFTER_DIGITS = 72, 40  # characters around them that the patterns look at
# Ids that programs make, in which digits may look like personal numbers: UUIDs and other hexadecimal ones.
HEXADECIMAL = r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,64})"
# In a quoted part of an answer: hexadecimal ids; behind a sign or at the beginning a time in seconds or milliseconds
# since 1970, or a date and time in digits alone.
IMPERSONAL = re.compile(
    rf"(?<![\w-]){HEXADECIMAL}(?![\w-])|(?:(?<![^'\"“=\[(])|(?<=['\"]: )|(?<=[,\[] ))"
    r"(?:1[5-9][0-9]{8}(?:[0-9]{3})?|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])"
    r"[0-5][0-9](?:[0-5][0-9])?)(?![\w.])"
)

# The words with which patterns begin: these are tried only where there is one.
WORD_BEFORE = re.compile(
    without_accents(
        rf"{_WORD}(?i:stk|số tk|(?:số )?tài khoản|tk|{_BANKS}|hộ chiếu|passport|{_INSURANCE_WORDS}|{_IDENTITY_WORDS}|"
        rf"{_CARD_WORDS}|{_TELEPHONE_WORDS}|xe|biển|bks|bs)"
    )
)


def _compiled(source: str) -> tuple[tuple[re.Pattern[str], bool | None], ...]:
    """An expression with whether it is for a text without accents, None for either: people write words without them."""
    if not source.startswith(_WORD):
        return ((re.compile(source), None),)
    # "co", "DT" and "dd" are other words.
    plain = source.replace("|cô|", "|").replace(_SHORT_TELEPHONE, "sđt|số đt|đtdđ")
    return (re.compile(source), False), (re.compile(without_accents(plain)), True)


PATTERNS = tuple(
    pattern
    for source in (
        # Numbers that only a word before them tells from others, in any groups: before what looks like telephone
        # numbers in them. Shorter accounts, passports, identity numbers.
        rf"{_WORD}(?:(?i:stk|số tk){_BETWEEN}|(?i:số tài khoản){_BETWEEN_ACCOUNT}){_DATE}{_NO_YEARS}"
        rf"(?!\d{{3}}\.\d{{3}}(?![\d.]))(?P<number>\d(?:[ .-]?\d){{5,18}}+)(?![\d.,]?\d){_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:tài khoản){_BETWEEN_ACCOUNT}{_DATE}{_NO_AMOUNT}"
        rf"(?P<number>\d(?:[ .-]?\d){{5,18}}+)(?![\d.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:tk){_BETWEEN_ACCOUNT}{_DATE}{_NO_AMOUNT}"
        rf"(?P<number>\d(?:[ .-]?\d){{8,18}}+)(?![\d.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:{_BANKS})(?i: bank)?{_BETWEEN_ACCOUNT}{_DATE}{_NO_AMOUNT}{_NO_ACCOUNT}"
        rf"(?P<number>\d(?:[ .-]?\d){{5,18}}+)(?![\d.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:hộ chiếu|passport){_BETWEEN}"
        rf"(?P<number>{_LETTERS}{{1,2}}(?: ?[.-] ?| )?(?:\d{{6,8}}(?!\d)|\d{{1,4}}[ -]\d{{3,6}}(?![.,]?\d)))"
        rf"{_UNITS}{_NO_MONEY_AFTER}",
        # Cards of banks before insurance: "số thẻ" stands before both.
        r"(?<!\d)(?!(?:(?:19|20)\d\d[ .-]){2})\d{4}(?:[ .-]\d{4}){3}(?:[ .-]\d{1,3})?(?!\d)",
        # Insurance before identity: CC begins numbers of its cards, and is short for căn cước.
        rf"{_WORD}(?i:{_INSURANCE_WORDS})(?i: (?:mã|sổ|thẻ)){{0,2}}{_BETWEEN}{_DATE}{_NO_YEAR_LIST}"
        rf"{_NO_AMOUNT}(?P<number>(?:{_LETTERS}{{2}} ?[._-]? ?)?\d{_GROUPED}{{9}}(?:{_GROUPED}{{2,3}}|-\d{{3}})?)"
        rf"(?!\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:{_IDENTITY_WORDS})(?:{_BETWEEN}|[^\d.;\n]{{0,20}}?[ \t.:]{{0,3}})"
        rf"(?P<number>\d(?: ?[._-]? ?\d){{8}}(?:(?: ?[._-]? ?\d){{3}})?)(?!\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:{_CARD_WORDS})(?i: hạng \w{{1,3}})?{_BETWEEN}{_DATE}{_NO_YEAR_LIST}{_NO_YEARS}"
        rf"(?P<number>\d{_GROUPED}{{5,11}}+)(?!\d){_UNITS}{_NO_MONEY_AFTER}",
        # Telephone numbers without their 0, of mobile networks and of provinces.
        rf"{_WORD}(?i:{_TELEPHONE_WORDS}){_BETWEEN}(?!20[0-2]|\d{{3}}(?:[ .]000){{2}}(?!\d))"
        r"(?!(?P<road>\d)\d\d([ .-](?P=road)\d\d){2}(?!\d))"  # a list of roads, "ĐT 917-918-919"
        rf"(?P<number>\(?(?:[35789]|2\d)(?:(?:\) ?|[ .-])?\d){{8}})(?![\d.,]?\d){_UNITS}{_NO_MONEY_AFTER}",
        # With their 0, or of another country: behind its word in whatever groups.
        rf"{_WORD}(?i:{_TELEPHONE_WORDS}){_BETWEEN}(?P<number>\(?0\)?(?:[ ./-]{{0,2}}\d){{9}}|"
        rf"\+\d(?:[ .()/-]{{0,2}}\d){{7,13}}+)(?![ .,/-]{{0,2}}\d){_UNITS}{_NO_MONEY_AFTER}",
        # Accounts of which a part looks like a telephone number: before these.
        rf"{_ALONE}0\d{{3}}[ .-]\d{{4}}[ .-]\d{{5,7}}(?![\d.,]\d|\d)",
        # Telephone numbers of Vietnam: +84 and nine or ten digits, or 0 and as many, of which two follow it at once.
        rf"{_ALONE}(?:\(?\+ ?84\)?|\( ?84(?: ?\)|(?=[ .-]?\d{{1,3}} ?\)))|0084){_GAP}(?:\(0\))?(?:{_GAP}\d){{9,10}}"
        r"(?!\d)",
        # Of other countries: + tells it, but no decimal, grouped or short number, zone of a time or date behind it.
        r"(?<![\d+])(?<!GMT)(?<!UTC)\(?\+(?!\d+[.,]\d{1,9}(?![\d.-]))(?!\d{8}(?!\d|[ .()/-]{1,2}\d))"
        rf"(?!{_GROUPED_AMOUNT})[1-9]\d{{0,2}}\)?(?:(?![ (]{{0,2}}{_ANY_DATE})[ .()/-]{{0,2}}\d){{7,12}}(?!\d)"
        rf"{_UNITS}{_NO_MONEY_AFTER}",
        rf"(?=84){_ALONE}{_NO_SLASH}{_NO_MONEY_BEFORE}84(?:[ .-]?\(0\))?(?:[ .-]?\d){{9,10}}(?![.,]?\d)"
        rf"{_UNITS}{_NO_MONEY_AFTER}",
        rf"{_ALONE}{_NO_SLASH}{_TELEPHONE}(?:[.,/]{_TELEPHONE})*",
        # The letter O for 0; the 0 apart from the groups of a mobile number, which are no steps of a scale.
        rf"(?<![^\W_]){_ALONE}{_NO_SLASH}[(\[]?(?=[0oO][35789][\doO])[0oO](?:{_GAP}[\doO]){{9}}(?![\doO])",
        r"(?<!\d)(?<!\d[.,/ -])0(?P<gap>[ .-])(?!\d\d[05].\d\d[05].\d\d[05])[35789]\d\d(?P=gap)\d{3}(?P=gap)\d{3}"
        r"(?![ .,-]?\d)",
        rf"{_ALONE}0(?:\d{{3}}(?P<gap>{_RARE_GAP})\d{{3}}(?P=gap)\d{{3}}|"
        rf"\d\d(?P<gap2>{_RARE_GAP})\d{{3}}(?P=gap2)\d{{4}})(?![\d.,]?\d)",
        rf"{_ALONE}{_NO_SLASH}0[35789](?:\d\d{_MIXED_GAP}\d{{3}}{_MIXED_GAP}\d{{3}}|"
        rf"\d{_MIXED_GAP}\d{{3}}{_MIXED_GAP}\d{{4}})(?![.,]?\d)",
        r"(?<!\d)(?<!\d[.,/ -])0[35789](?P<gap>[ .-])(?:\d\d(?P=gap)(?!00)\d{3}(?P=gap)\d{3}|"
        r"\d{3}(?P=gap)\d{3}(?P=gap)\d\d)(?![ .,/-]?\d)",
        rf"{_MARK_BEFORE}{_NO_DEGREES}0[1-9]\d{{8}}(?!\d)",
        rf"{_MARK_BEFORE}(?:{_USUAL_GROUPS})(?![.,]?\d)",
        rf"(?=0){_ALONE}{_NO_SLASH}{_NO_LIST}0[1-9](?P<gap>[ .-])\d\d(?:(?P=gap)\d\d){{3}}(?![ .,/-]?\d)",
        rf"{_ALONE}{_NO_SLASH}0(?P<gap>[.-])[35789](?:(?P=gap)\d){{8}}(?![.-]?\d)",
        r"(?<!\d)(?<!\d[.,/-])0[1-9](?P<gap>[ .-])(?!(?:19|20)\d\d)\d{4}(?P=gap)\d{4}(?![.,/-]?\d)",
        # Citizen identity numbers, by the parts of the number or in four groups, below in three; an amount of money
        # does not begin with 0.
        rf"(?=0){_ALONE}{_NO_STAMP}0\d\d(?:[ ._-]\d{{3}}|[ ._-]\d[ ._-]\d\d)[ ._-]\d{{6}}(?![\d.,]\d|\d)",
        # Not a list of codes, which have a part in common or are more than two.
        rf"(?=0){_ALONE}(?<!\d[ -]){_NO_STAMP}(?P<begin>0\d\d)\d{{3}}[ ._-](?!(?P=begin))\d{{6}}(?![ .,-]?\d)",
        rf"(?=0){_ALONE}{_NO_STAMP}0\d\d(?:\d[ .-]\d{{8}}|[ .-]\d{{9}})(?![\d.,]\d|\d)",
        rf"{_ALONE}{_TRIPLES}(?:[,/.]{_TRIPLES})*(?![\d.,]\d|\d)",
        # Any long run of digits: identity numbers, accounts, cards; cards also in groups of four.
        rf"{_ALONE}\d{{9,}}+(?:[.,]\d{{9,}}+)*",
        r"(?<!\d)(?!(?:(?:19|20)\d\d[ .-]){2})\d{4}(?:[ .-]\d{4}){2}[ .-]\d{1,7}(?!\d)",
        rf"{_ALONE}0\d{{3}}(?:[ .-]\d{{4}}){{2}}(?![\d.,]\d|\d)",
        rf"{_ALONE}(?!19\d\d[ .-](?:19|20)\d\d[ .-])19\d\d(?P<gap>[ .-])\d{{4}}(?:(?P=gap)\d{{3}}){{2}}(?![\d.,]?\d)",
        # Vehicle plates: province, series, five digits, or four of old plates.
        rf"{_NO_WORD}\d{{2}}(?: ?[ .-] ?)?[A-ZĐ]{{1,2}}\d?[ .-]{{0,3}}\d{{3}}(?: ?[. -] ?)?\d{{2}}(?!\d)",
        rf"{_NO_WORD}\d{{2}}-?[a-zđ]{{1,2}}\d?[ .-]{{0,3}}\d{{3}}(?: ?\. ?|-)?\d{{2}}(?!\d)",
        rf"(?=\d\d)(?<![^\W_]){_NO_PLATE_AFTER}{_NO_NUMBERED}\d{{2}}(?: ?[ .-] ?)?[A-ZĐ]{{1,2}}\d? ?- ?\d{{4}}(?!\d)",
        rf"(?=\d\d)(?<![^\W_]){_NO_PLATE_AFTER}\d{{2}}(?:[A-ZĐ]{{1,2}}|[ .][A-ZĐ])\d?[ .]?"
        rf"(?!(?:19|20)\d\d(?!\d))\d{{4}}(?![\d.,]?\d){_UNITS}",
        rf"(?=\d\d)(?<![^\W_]){_NO_PLATE_AFTER}\d{{2}}-{_NO_DOCUMENT}(?:[A-ZĐ]{{1,2}}\d?|[a-zđ]\d)[ .-]"
        rf"(?!(?:19|20)\d\d(?!\d))\d{{4}}(?![\d.,]?\d){_UNITS}",
        # Four digits in pairs: behind a word, or with a dash and a digit of the series; lots have points alone.
        rf"{_WORD}(?i:xe|biển|bks|bs)\b[^\d.;\n]{{0,20}}(?P<number>\d\d[ .-]?[A-ZĐ]{{1,2}}\d?(?:[ .-]\d\d[ .-]\d\d|"
        rf"-\d\d\.\d{{3}}))(?![.,-]?\d){_UNITS}{_NO_MONEY_AFTER}",
        rf"{_WORD}(?i:biển (?:số|kiểm soát)(?: xe)?|bks|bs)[: ]{{1,3}}(?P<number>\d\d[ .-]?[A-ZĐ]{{1,2}}\d?[ .-]"
        r"\d\d\.\d{3})(?![.,-]?\d)",
        rf"(?=\d\d-)(?<![^\W_]){_NO_PLATE_AFTER}\d\d-[A-ZĐ]\d[ .](?!20[ .])\d\d[ .]\d\d(?![.,-]?\d){_UNITS}",
        # Plates of missions: NG, NN before or within the number.
        r"(?<![^\W_])N[GN][ .-]?\d{2}[ .-]\d{3}[ .-]\d{2}(?!\d)",
        r"(?<![^\W_])\d{2}[ .-]?\d{3}[ .-]?N[GN][ .-]?\d{2}(?!\d)",
    )
    for pattern in _compiled(source)
)
# Plates of the army: letters of the unit, two and two digits. Codes have this form too, and days and months: with
# spaces, or pairs that may be these, only behind a word.
ARMY_PLATE = re.compile(
    r"(?<![^\W_])(?P<unit>A[ABCDNPTV]|B[BCHKLPSTV]|H[ABCDEHNQT]|K[ABCDKNPTV]|P[AKMPQTX]|Q[ABH]|T[CHKMNT]|V[BKT])"
    r"(?P<gap> ?- ?|[ .])(?P<first>\d\d)(?: ?- ?|[ .])(?P<second>\d\d)(?![.,-]?\w)"
)
# Fishing boats (Thông tư 23/2018/TT-BNNPTNT): province, number, TS.
BOAT_PLATE = re.compile(r"(?<![^\W_])[A-ZĐ]{1,3}[ .-]{1,3}\d{4,5}[ .-]{1,3}TS(?!\w)")
BEFORE_PLATE = re.compile(r"(?<![^\W_])(?i:xe|biển|bks|bs)\b[^\d.;\n]{0,20}\Z")
# The end of a line within a number, but not before an entry of a list, an amount, a day or a time.
WRAP = re.compile(
    r"[0-9A-Z]\)?(?P<gap>[ .-]{0,2}\r?\n[ \t]{0,8})(?=[0-9])"
    r"(?![0-9]{1,2}[.)]\s)(?![0-9]{1,2}[.,][0-9]{1,2}(?![0-9]))"
    rf"(?![0-9]{{1,3}}(?:[.,][0-9]{{3}})*(?:,[0-9]+)? ?(?:{UNIT_WORDS}|{MONEY_WORDS})\b)"
    r"(?!(?:19|20)[0-9]{2}(?:[./-]|(?![0-9 ])))(?![0-9]{1,2}[/.-][0-9]{1,2}[/.-])(?![0-9]{1,2}[:h][0-9]{2})"
)
# What such a number has before it: a word, or the beginning of a mobile number.
WRAPPED = re.compile(
    rf"(?:(?<![^\W_])(?i:{_TELEPHONE_WORDS}|{_IDENTITY_WORDS}|gọi|xe|biển|bks)(?:\W[^\n]{{0,25}})?"
    r"|(?<!\d)(?:0[35789]|\+ ?84)[0-9 .-]{0,12})\Z"
)
