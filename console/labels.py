"""The code on a device's label: what a camera or a scanner reads, and nothing that is secret."""

import io
from functools import lru_cache

import segno

QR_PREFIX = "carebell:1:"
"""Then the uid. 1 is the version of this text, not of the code."""


@lru_cache(maxsize=512)
def qr_svg(uid: str) -> bytes:
    """An SVG picture that fills whatever frame it is given; a quarter of it may be scratched and it still reads."""
    out = io.BytesIO()
    code = segno.make_qr(QR_PREFIX + uid, error="q", boost_error=False)
    code.save(out, kind="svg", border=4, omitsize=True, svgclass=None, lineclass=None, xmldecl=False)
    return out.getvalue()
