#!/usr/bin/env python3
"""complete - check that nothing visible in a source is lost.

usage: complete.py PROGRAM FILE...

For each UTF-8 document: every visible word outside of the ranges that the
extraction cites (p:bytes, p:also, p:mark; residue included) must stand in a label
that `PROGRAM rows` recognized or that the extraction names, or be a template's
filler. What is visible is found here by a reader of its own.
"""
import html
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET

P = "{urn:shenbao:provenance:1}"
HIDDEN = re.compile(r"<!--.*?-->|<(script|style|title|noscript|template)\b.*?</\1\s*>|<!doctype[^>]*>|<\?[^>]*>", re.S | re.I)
NOTE = re.compile(r"<(sub|sup)\b[^>]*>.*?</\1\s*>", re.S | re.I)
TAG = re.compile(r"</?[A-Za-z](?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>|</?[A-Za-z][^<>]*>", re.S)
WORD = re.compile(r"(?:[^\W_]|[%‰])+")
# What a form prints around values and no element says again: ordinals, seals, the other
# boxes of 是 and 否, 至 between dates, levels with nothing beside them, dates of a schedule.
FILLER = re.compile(r"[\dxX一二三四五六七八九十]+|指标\d*|其中|包括|盖章|公章|签字|签章|无|元|万元|千元|亿元|[0-9]{4}年度?|年度?"
                    r"|至|到|起|止|是|否|定性|.*(指标|目标|指标值)|[0-9]{4}年[0-9]{1,2}月([0-9]{1,2}日)?")
HINT = re.compile(r"[（(][≥≤=＝><]*[*×xX]{1,4}[^（）()]{0,6}[）)]")


def loose(text):
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", html.unescape(TAG.sub("", text))))


def visible(text):
    """The text with what is not visible replaced by blanks of the same length."""
    blank = lambda match: " " * len(match.group())
    return HINT.sub(blank, TAG.sub(blank, NOTE.sub(blank, HIDDEN.sub(blank, text))))


def lost(program, path):
    with open(path, "rb") as f:
        data = f.read()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    run = subprocess.run([program, "extract", path], capture_output=True)
    if run.returncode:
        return None
    root = ET.fromstring(run.stdout)
    if root.find("{urn:shenbao:1}source").get("encoding") != "UTF-8":
        return None
    cited = bytearray(len(data) + 1)
    labels = subprocess.run([program, "rows", path], capture_output=True).stdout.decode()
    known = "|".join(loose(x) for x in re.findall(r"‹(.*?)›", labels, re.S))
    for node in root.iter():
        for name in ("bytes", "also", "mark"):
            for pair in node.get(P + name, "").split():
                a, b = map(int, pair.split("-"))
                cited[a:b] = b"\1" * (b - a)
        known += "|" + loose(node.get(P + "label", "")) + "|" + loose(node.get("label", ""))
        known += "|" + loose(node.get("from", "")) + "|" + loose(node.get("to", ""))
    offsets, at = [], 0
    for c in text:
        offsets.append(at)
        at += len(c.encode())
    seen = visible(text)
    out, gap = [], ""
    for i, c in enumerate(seen + " "):
        if i < len(seen) and not cited[offsets[i]] and not c.isspace():
            gap += c
            continue
        for word in WORD.findall(unicodedata.normalize("NFKC", html.unescape(gap))):
            if word not in known and not FILLER.fullmatch(word):
                out.append(word)
        gap = ""
    return out


def main(argv):
    if len(argv) < 2:
        sys.exit(__doc__)
    passed = failed = 0
    for path in argv[1:]:
        words = lost(argv[0], path)
        if words is None:
            continue
        if words:
            failed += 1
            print(f"not ok: {path}: lost {' '.join(words)[:200]}")
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main(sys.argv[1:]))
