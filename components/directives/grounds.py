"""From a number of followed tasks to these tasks in the register."""

from typing import NamedTuple
from urllib.parse import urlencode

import htpy as h

from components.ui.i18n import t


class Grounds(NamedTuple):
    """The tasks of public and internal documents, official or simulated ones."""

    is_simulated: bool

    def link(self, words: str, lang: str, *, state: str = "", agency: str = "", handling: str = "") -> h.Element:
        """A link over the element that it stands in, for who may act on directives.

        `words`: what that counts; the others as in the address of the register, "" for all.
        """
        chosen = {"trang-thai": state, "co-quan": agency, "xu-ly": handling}
        scope = {"pham-vi": "mo-phong" if self.is_simulated else "chinh-thuc"}
        query = urlencode({name: value for name, value in chosen.items() if value} | scope)
        label = t("directives.grounds", lang, what=words)
        return h.a(".grounds.needs.needs-act_on_directives", href=f"/so-nhiem-vu?{query}", aria_label=label)
