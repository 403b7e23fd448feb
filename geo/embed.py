"""Scripts, styles and images written into the page itself, so that the file opens alone."""

import base64
import mimetypes
import re
from collections.abc import Collection
from pathlib import Path

from markupsafe import Markup

IMAGE = re.compile(r"url\(\s*['\"]?(?!data:)([^)'\"]+)['\"]?\s*\)")
OLD_EXPLORER = re.compile(r"behavior:\s*url\([^)]*\);?")


def scripts(folder: Path, names: Collection[str]) -> list[Markup]:
    """The text of every .js among `names`, safe inside a script element."""
    return [script((folder / name).read_text(encoding="utf-8")) for name in names if name.endswith(".js")]


def styles(folder: Path, names: Collection[str]) -> list[Markup]:
    """The text of every .css among `names`, safe inside a style element, its images embedded."""
    return [_with_images(folder / name) for name in names if name.endswith(".css")]


def script(text: str) -> Markup:
    """Our own or a vendor's script; only what would end the element early is changed."""
    without_map = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return Markup(re.sub(r"</(script)", r"<\\/\1", without_map, flags=re.IGNORECASE))  # noqa: S704  # not from outside


def style(text: str) -> Markup:
    return Markup(text.replace("</", "<\\/"))  # noqa: S704  # the package's own files


def _with_images(sheet: Path) -> Markup:
    def embedded(found: re.Match[str]) -> str:
        image = sheet.parent / found[1]
        if not image.is_file():
            return "none"
        kind = mimetypes.guess_type(image.name)[0] or "application/octet-stream"
        return f"url(data:{kind};base64,{base64.b64encode(image.read_bytes()).decode()})"

    text = OLD_EXPLORER.sub("", sheet.read_text(encoding="utf-8"))
    return style(IMAGE.sub(embedded, text))
