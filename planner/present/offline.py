"""Turn a folium map into one page that opens with no network at all."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import folium
from branca.element import Element
from jinja2 import Template

# The browser itself then refuses every request, whatever the page may hold.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_ABROAD = r"(?:https?:|wss?:|ftp:)?//"
_LOADS = (
    re.compile(
        rf"<[a-z][^<>]*?[\s\"'](?:src|srcset|href|xlink:href|data|poster|action|background)\s*=\s*[\"'\\]*\s*{_ABROAD}",
        re.IGNORECASE,
    ),
    re.compile(rf"\burl\(\s*[\"'\\]*\s*{_ABROAD}", re.IGNORECASE),
    re.compile(rf"@import\s+[\"'\\]*\s*{_ABROAD}", re.IGNORECASE),
)


class Raw(Element):  # type: ignore[misc]
    """A piece of page that is put in as it stands, never read as a template.

    Parameters
    ----------
    text
        HTML, with its ``style`` or ``script`` tags where it is one of these.
    """

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def escape(text: object) -> str:
    """Return text as HTML that shows it literally, in element content and in quoted attributes.

    Two slashes become entities, so that an address in the data is never taken for a resource of the page.

    Examples
    --------
    >>> escape('<script>"&"')
    '&lt;script&gt;&quot;&amp;&quot;'
    >>> escape("url(http://a)")
    'url(http:&#47;&#47;a)'
    """
    return html.escape(str(text), quote=True).replace("//", "&#47;&#47;")


def embed_json(value: Any) -> str:
    r"""Return JSON that may stand inside a ``script`` element.

    Examples
    --------
    >>> embed_json({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Only these two can end a script or begin a comment in it; escaping every "<" would double the popups.
    return text.replace("</", "\\u003c/").replace("<!", "\\u003c!")


def script(text: str) -> Raw:
    r"""Return a ``script`` element that cannot be ended by what is written in it.

    Examples
    --------
    >>> script("say('</script>')").text
    "<script>say('<\\/script>')</script>"
    """
    body = re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE)
    return Raw(f"<script>{body}</script>")


def style(text: str) -> Raw:
    """Return a ``style`` element.

    Examples
    --------
    >>> style("p{}").text
    '<style>p{}</style>'
    """
    return Raw(f"<style>{text}</style>")


def assert_offline(page: str) -> None:
    """Raise when a page would load anything from a network.

    Parameters
    ----------
    page
        The whole page.

    Raises
    ------
    AssertionError
        Some ``src``, ``href``, ``url()`` or ``@import`` points to another host.

    Examples
    --------
    >>> assert_offline('<img src="data:image/png;base64,AA==">')
    >>> assert_offline('<script src="https://example.org/a.js"></script>')
    Traceback (most recent call last):
    AssertionError: the page loads from a network: <script src="https://
    """
    text = page.replace("\\u003c", "<")
    for pattern in _LOADS:
        found = pattern.search(text)
        if found:
            raise AssertionError(f"the page loads from a network: {found.group()[-200:]}")


def empty_map(**options: Any) -> folium.Map:
    """Return a folium map without tiles that links to nothing.

    Parameters
    ----------
    **options
        As `folium.Map` takes them.

    Examples
    --------
    >>> empty_map(location=(25.8, 113.0)).default_js
    []
    """
    empty = folium.Map(tiles=None, zoom_control=False, **options)
    empty.default_js, empty.default_css = [], []
    return empty


def render(drawn: folium.Map, *, title: str, lang: str) -> str:
    """Return a map as one self-contained page; the same map gives the same text.

    Parameters
    ----------
    drawn
        A map made by `empty_map`.
    title
        Title of the window.
    lang
        Language tag of the page, such as ``zh-CN`` (it decides which shapes Chinese characters take).

    Examples
    --------
    >>> page = render(empty_map(location=(25.8, 113.0)), title="A < B", lang="en")
    >>> assert_offline(page)
    >>> "<title>A &lt; B</title>" in page
    True
    """
    root = drawn.get_root()
    root.title = escape(title)
    head = [Raw(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'), *_libraries()]
    for number, piece in enumerate(head):
        root.header.add_child(piece, name=f"library_{number}", index=number + 1)
    _name_in_order(root)
    page: str = root.render()
    page = page.replace("<html>", f'<html lang="{escape(lang)}">', 1)
    assert_offline(page)
    return page


def _name_in_order(root: Any) -> None:
    # branca draws random ids; numbered in tree order they make equal maps equal pages.
    numbers = count(1)

    def name(element: Any) -> None:
        element._id = f"{next(numbers):04d}"
        for child in element._children.values():
            name(child)

    name(root)


@cache
def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent / "data"


def _libraries() -> list[Raw]:
    return [style(_leaflet_css()), script(_leaflet_js()), script(_jquery_js())]


@cache
def _leaflet_css() -> str:
    folder = _folder("xstatic.pkg.leaflet")

    def inline(found: re.Match[str]) -> str:
        picture = (folder / found.group(1)).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(picture).decode('ascii')})"

    text = (folder / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\([\"']?(images/[\w.-]+\.png)[\"']?\)", inline, text)


@cache
def _leaflet_js() -> str:
    text = (_folder("xstatic.pkg.leaflet") / "leaflet.js").read_text(encoding="utf-8")
    # The default prefix is a link abroad with a flag; the board sets its own words.
    text = re.sub(
        r"""prefix:'<a href="https://leafletjs\.com".{0,500}?\+"Leaflet</a>\"""",
        'prefix:""',
        text,
        flags=re.DOTALL,
    )
    return _without_source_map(text)


@cache
def _jquery_js() -> str:
    text = (_folder("xstatic.pkg.jquery") / "jquery.slim.min.js").read_text(encoding="utf-8")
    return _without_source_map(text)


def _without_source_map(text: str) -> str:
    return re.sub(r"//# sourceMappingURL=\S*", "", text).rstrip()
