"""SVG that the operator imports: written anew from what is harmless, or refused."""

import re
from pathlib import Path

import pytest

import surehold.app.demo
from surehold.adapters.images.bench import answer_to
from surehold.adapters.images.drawings import redraw
from surehold.adapters.images.words import RefusedError

SHAPE = re.compile(rb"<[a-zA-Z]|[ ][a-zA-Z-]+=")
DEMO = sorted(Path(surehold.app.demo.__file__).parent.glob("pictures/*.svg"))
OPEN = b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 10">'


def test_the_drawings_of_the_demo_are_taken_whole() -> None:
    assert len(DEMO) > 100
    for path in DEMO:
        body = path.read_bytes()
        made = redraw(body)
        assert (made.width, made.height) == (800, 1000)
        assert len(SHAPE.findall(made.files[0].body)) == len(SHAPE.findall(body)) > 3


@pytest.mark.parametrize(
    "inside",
    [
        b"<script>alert(1)</script>",
        b"<foreignObject/>",
        b'<image href="x.png"/>',
        b"<style>@import url(//evil)</style>",
        b'<path d="M0 0" onload="alert(1)"/>',
        b'<path d="M0 0" style="fill:url(//evil)"/>',
        b'<use href="https://evil.example/x.svg#a"/>',
        b'<use xlink:href="data:image/svg+xml,x"/>',
        b'<rect fill="url(https://evil.example/p)"/>',
        b'<rect fill="URL ( //evil.example )"/>',
        b'<rect fill="\\75rl(//evil)"/>',
        b'<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        b'<animate attributeName="href" values="javascript:alert(1)"/>',
        b'<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        b"<g>" * 70 + b"</g>" * 70,
        b"<g>",
    ],
)
def test_what_is_more_than_a_drawing_is_refused(inside: bytes) -> None:
    with pytest.raises(RefusedError):
        redraw(OPEN + inside + b"</svg>")


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + OPEN + b"<text>&b;</text></svg>",
        b'<?xml-stylesheet href="//evil"?>' + OPEN + b"</svg>",
        b"<svg/>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99999 1"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 nan inf"/>',
        b'<html xmlns="http://www.w3.org/1999/xhtml"/>',
        b"\xff\xfe<\x00s\x00v\x00g\x00",
    ],
)
def test_what_is_no_plain_svg_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError):
        redraw(body)


def test_comments_do_not_come_along() -> None:
    assert b"secret" not in redraw(OPEN + b"<!-- secret --><path d='M0 0'/></svg>").files[0].body


def test_an_upload_takes_no_drawing() -> None:
    refused = answer_to(OPEN + b"</svg>", takes_drawings=False)
    assert refused.rendered is None
    assert "SVG" in (refused.refused or "")
    assert answer_to(OPEN + b"</svg>", takes_drawings=True).rendered is not None
