"""The names of the marks of a list that is not whole: as the usual services and libraries write them.

All are of small letters and digits only, as `plain_name` gives them: "totalcount" is `totalCount`, `total_count`,
`TotalCount`. "iotcount" is `@iot.count`.
"""

LINKS = frozenset({
    "iotnextlink", "odatanextlink", "nextlink", "next", "hydranext", "nexturl", "nextpageurl", "nextpagelink",
    "nextpage", "nexthref",
})  # fmt: skip
NEXT_PAGES = frozenset({"nextpage", "nextpagenumber", "nextpageno"})
NEXT_POSITIONS = frozenset({"nextoffset", "nextstart", "nextskip", "nextstartindex"})
TOKENS = frozenset({
    "nextpagetoken", "nextcursor", "nexttoken", "nextpagecursor", "nextmarker", "nextcontinuationtoken",
    "continuationtoken", "lastevaluatedkey",
})  # fmt: skip
FLAGS = frozenset({
    "exceededtransferlimit", "hasnextpage", "hasnext", "hasmore", "more", "hasmorepages", "hasmoreitems", "hasmoredata",
    "hasmoreresults", "hasmorerecords", "moreitems", "moredata", "morerecords", "moreresults", "truncated",
    "istruncated",
})  # fmt: skip
ENDS = frozenset({"islast", "islastpage", "isend"})  # false: the list goes on
TOTALS = frozenset({
    "iotcount", "odatacount", "count", "total", "totalcount", "totalitems", "totalitem", "totalresults", "totalresult",
    "totalelements", "totalelement", "recordstotal", "totalrecords", "totalrecord", "totalrows", "totalrow",
    "totalhits", "totalsize", "nhits", "nbhits", "hitstotal", "numbermatched", "totalfeatures", "numfound", "found",
    "matched", "hydratotalitems", "recordcount", "rowcount", "resultcount", "numresults", "tongso", "tongsobanghi",
    "tongbanghi", "tongsoluong",
})  # fmt: skip
TEXTS = LINKS | TOKENS | FLAGS | ENDS | TOTALS  # those that may be written as a text
FILTERED_TOTALS = {"recordstotal": "recordsfiltered"}  # where both stand, the list is that of the second
GROUP_TOTALS = frozenset({"tong"})  # in a group only: elsewhere a sum of values
OF_PAGE = frozenset({"count", "resultcount", "recordcount", "rowcount", "numresults"})  # or of this page alone
PAGE_COUNTS = frozenset({
    "totalpages", "totalpage", "lastpage", "pagecount", "numpages", "pages", "tongsotrang", "sotrang",
})  # fmt: skip
PAGE_NUMBERS = (
    "page", "currentpage", "pagenumber", "pageindex", "pageno", "pagenum", "trang", "tranghientai",
)  # fmt: skip
# Objects beside a list that hold its marks, and those inside of them.
GROUPS = frozenset({
    "meta", "metadata", "pagination", "paging", "page", "pageinfo", "properties", "context", "links", "hydraview",
    "view", "pager", "paginator", "responsemetadata", "resultset", "info", "phantrang",
})  # fmt: skip
INNER_GROUPS = frozenset({"pagination", "paging", "page", "pageinfo", "resultset", "phantrang"})
