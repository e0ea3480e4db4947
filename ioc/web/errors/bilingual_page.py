"""A page of one message in both languages, for responses that do not depend on who asks: no scripts, no menu."""

from collections.abc import Mapping

import htpy as h


def bilingual_page(texts: Mapping[str, str], title: str, *head: h.Node, style: str | None = None) -> str:
    """The document. `texts`: by language. `title`: its heading too. `head`: more of its head. `style`: of its body."""
    return str(
        h.html(lang="vi")[
            h.head[
                h.meta(charset="utf-8"),
                h.meta(name="viewport", content="width=device-width"),
                h.title[title],
                head,
            ],
            h.body(style=style)[h.main[h.h1[title], (h.p(lang=lang)[text] for lang, text in texts.items())]],
        ]
    )
