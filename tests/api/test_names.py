"""Names of files that come from outside never leave the place where a name stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from api.content import disposition
from api.intake import safe_name
from api.security.sniffing import MEDIA, Found, Kind
from storage.assets import FilmAsset, Upload
from vibeboard.asset import BlobRef

NAMES = st.text() | st.text(alphabet="./\\\"';%\r\n\0 aä", max_size=300)


@given(NAMES)
def test_a_name_is_one_part_of_a_path_that_can_be_printed(name):
    safe = safe_name(name, Found(Kind.PNG, "image/png"))
    assert 0 < len(safe) <= 200
    assert safe.isprintable()
    assert not set(safe) & {"/", "\\"}
    assert safe not in (".", "..")
    assert safe_name(safe, Found(Kind.PNG, "image/png")) == safe


@given(NAMES, st.sampled_from(sorted({*MEDIA.values(), "text/html", "image/svg+xml", "text/plainer"})))
def test_a_name_stands_in_its_header_and_comes_back(name, media):
    safe = safe_name(name, Found(Kind.PNG, media))
    ref = BlobRef(sha256="0" * 64, size=1, media=media)
    header = disposition(FilmAsset(ref, (), Upload(safe, media, datetime.now(UTC))))
    found = re.fullmatch(r"(inline|attachment); filename\*=UTF-8''([\w.~%-]+)", header, re.ASCII)
    assert unquote(found[2]) == safe
    risky = media in ("text/html", "image/svg+xml", "text/plainer") or media.startswith(("model/", "application/vnd"))
    assert (found[1] == "attachment") == risky
