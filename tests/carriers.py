#!/usr/bin/env python3
"""carriers.py - put a tab-row text document into another carrier with the same visible content.

usage: carriers.py INPUT.txt CARRIER OUTPUT

carriers: tab pipe html cells (markup and rows), gb18030 utf16le utf16be utf8bom (encodings),
          crlf cr (line ends). The facts of the document stay the same.
"""
import codecs
import re
import sys

TAG = re.compile(r"</?(?:p|br|sub|sup|input|div|span|b|i|u|strong|em|font|li|ul|ol|a)\b[^<>]*>", re.I)
RULE = re.compile(r"[\s:|-]*-[\s:|-]*")


def kind(line):
    """row, rule (a separator row), blank or text."""
    if "\t" in line:
        return "rule" if RULE.fullmatch(line) else "row"
    return "text" if line.strip() else "blank"


def escaped(text):
    """& and < as entities, the tags that are there left alone."""
    out, at = [], 0
    for tag in TAG.finditer(text):
        out += [plain(text[at:tag.start()]), tag[0]]
        at = tag.end()
    return "".join(out) + plain(text[at:])


def plain(text):
    return re.sub(r"&(?!#?\w+;)", "&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def pipe(lines):
    for line in lines:
        if "\t" in line:
            yield "| " + " | ".join(line.split("\t")) + " |"
        else:
            yield line


def html(lines):
    yield "<!DOCTYPE html>"
    yield '<html lang="zh-CN">'
    yield '<head><meta charset="utf-8"></head>'
    yield "<body>"
    inside = False
    for line in lines:
        what = kind(line)
        if inside and what in ("text", "blank"):
            yield "</table>"
            inside = False
        if what == "row":
            if not inside:
                yield '<table border="1">'
                inside = True
            yield "<tr>" + "".join(f"<td>{escaped(c)}</td>" for c in line.split("\t")) + "</tr>"
        elif what == "text":
            mark, text = re.fullmatch(r"(#{1,6} +)?(.*)", line).groups()
            tag = f"h{len(mark.strip())}" if mark else "p"
            yield f"<{tag}>{escaped(text)}</{tag}>"
    if inside:
        yield "</table>"
    yield "</body>"
    yield "</html>"


def cells(lines):
    """One cell a line behind a tab, a blank cell a line with only a tab, rows parted by an empty line."""
    before = "blank"
    for line in lines:
        what = kind(line)
        if what == "rule":
            continue
        if what == "row":
            if before != "blank":
                yield ""
            for cell in line.split("\t"):
                yield "\t" + cell
        else:
            if before == "row" and what == "text":
                yield ""
            yield line
        before = what


def same(lines):
    return lines


CARRIERS = {
    "tab": (same, "utf-8", b"", "\n"), "pipe": (pipe, "utf-8", b"", "\n"),
    "html": (html, "utf-8", b"", "\n"), "cells": (cells, "utf-8", b"", "\n"),
    "gb18030": (same, "gb18030", b"", "\n"), "utf8bom": (same, "utf-8", codecs.BOM_UTF8, "\n"),
    "utf16le": (same, "utf-16-le", codecs.BOM_UTF16_LE, "\n"),
    "utf16be": (same, "utf-16-be", codecs.BOM_UTF16_BE, "\n"),
    "crlf": (same, "utf-8", b"", "\r\n"), "cr": (same, "utf-8", b"", "\r"),
}


def main(argv):
    if len(argv) != 4 or argv[2] not in CARRIERS:
        sys.exit(__doc__)
    with open(argv[1], encoding="utf-8", newline="") as f:
        text = f.read()
    convert, encoding, mark, end = CARRIERS[argv[2]]
    if argv[2] == "tab":
        out = text
    else:
        lines = text.split("\n")
        out = end.join(convert(lines))
    with open(argv[3], "wb") as f:
        f.write(mark + out.encode(encoding))


if __name__ == "__main__":
    main(sys.argv)
