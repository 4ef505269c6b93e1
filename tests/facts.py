#!/usr/bin/env python3
"""facts - compare what extractions say, wherever and however it was printed.

usage: facts.py FIRST.xml OTHER.xml...

Elements, values and attributes must be the same, byte for byte; provenance (p:*),
the source, coverage, residue and findings are set aside. Prints the differences;
exit status 1 if there are any.
"""
import sys
import xml.etree.ElementTree as ET

ASIDE = {"source", "residue", "findings"}


def facts(node, path=""):
    name = node.tag.split("}")[-1]
    if name in ASIDE:
        return []
    path = f"{path}/{name}"
    own = {k: v for k, v in node.attrib.items() if not k.startswith("{") and k not in ("coverage", "generator")}
    out = [(path, tuple(sorted(own.items())), node.text if len(node) == 0 else None)]
    for child in node:
        out += facts(child, path)
    return out


def main(paths):
    if len(paths) < 2:
        sys.exit(__doc__)
    first = facts(ET.parse(paths[0]).getroot())
    differences = 0
    for other in paths[1:]:
        got = facts(ET.parse(other).getroot())
        for a, b in zip(first + [None] * (len(got) - len(first)), got + [None] * (len(first) - len(got))):
            if a != b:
                differences += 1
                print(f"{other}: {b} instead of {a}")
                break
    return 1 if differences or len(first) < 10 else 0


sys.exit(main(sys.argv[1:]))
