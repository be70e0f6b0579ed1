"""A page loads nothing, and nothing in it can break out of where it stands."""

from __future__ import annotations

import json
import re

import pytest

from planner.present import offline


@pytest.mark.parametrize(
    "piece",
    [
        '<script src="https://cdn.example/a.js"></script>',
        "<script src='//cdn.example/a.js'></script>",
        "<img src=http://cdn.example/a.png>",
        '<IMG alt="x" SRC = "HTTP://cdn.example/a.png">',
        '<img srcset="https://cdn.example/a.png 2x">',
        '<link rel="stylesheet" href="https://cdn.example/a.css"/>',
        '<a href="https://leafletjs.com">Leaflet</a>',
        "<style>p { background: url(https://cdn.example/a.png) }</style>",
        "<style>p { background: url( '//cdn.example/a.png' ) }</style>",
        '<style>@import "https://cdn.example/a.css";</style>',
        "<style>@import url(//cdn.example/a.css);</style>",
        '<script>var popup = "\\u003cimg src=\\"https://cdn.example/a.png\\"\\u003e"</script>',
        '<iframe src="https://cdn.example/"></iframe>',
        '<object data="https://cdn.example/a.svg"></object>',
        '<form action="https://cdn.example/">',
        '<svg><image xlink:href="https://cdn.example/a.png"/></svg>',
    ],
)
def test_a_page_that_loads_from_abroad_is_refused(piece):
    with pytest.raises(AssertionError, match="network"):
        offline.assert_offline(f"<html><body>{piece}</body></html>")


@pytest.mark.parametrize(
    "piece",
    [
        '<img src="data:image/png;base64,iVBORw0KGgo=">',
        '<rect fill="url(#verdict-pass)"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<p>see https://example.org for more</p>",
        '<a href="#top">top</a>',
        f'<p title="{offline.escape("src=http://a url(//b) @import //c")}">x</p>',
        f"<p>{offline.escape('<img src=//a>')}</p>",
    ],
)
def test_a_page_that_stays_at_home_is_accepted(piece):
    offline.assert_offline(f"<html><body>{piece}</body></html>")


def test_a_plain_folium_map_is_refused():
    import folium

    with pytest.raises(AssertionError):
        offline.assert_offline(folium.Map(tiles=None).get_root().render())


def test_leaflet_and_jquery_are_inside():
    page = offline.render(offline.empty_map(location=(25.8, 113.0)), title="x", lang="zh-CN")
    assert "Leaflet 1.9" in page
    assert "jQuery v3" in page
    assert page.count("data:image/png;base64,") == 3
    assert "url(images/" not in page
    assert "sourceMappingURL" not in page
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    assert '<html lang="zh-CN">' in page
    assert "leaflet-attribution-flag" not in page.split("</style>")[-1].replace("leaflet.css", "")


def test_the_page_forbids_its_browser_to_load():
    page = offline.render(offline.empty_map(location=(25.8, 113.0)), title="x", lang="en")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


@pytest.mark.parametrize(
    "text", ["</script>", "</SCRIPT >", "<!--", "<!--<script>", "a & b", "\u2028", "'\"\\", "云岭"]
)
def test_embedded_json_reads_back_and_cannot_end_its_script(text):
    embedded = offline.embed_json({"name": text})
    assert json.loads(embedded) == {"name": text}
    assert not re.search("</|<!", embedded)


def test_nan_is_no_json():
    with pytest.raises(ValueError, match="JSON"):
        offline.embed_json({"minutes": float("nan")})


def test_the_same_map_is_the_same_text():
    pages = {offline.render(offline.empty_map(location=(25.8, 113.0)), title="x", lang="en") for _ in range(3)}
    assert len(pages) == 1
