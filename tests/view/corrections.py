"""Corrections files for view.sh, and what must have become of them.

make SOURCE EXTRACTION.json FILE   corrections of every type of value
check SOURCE CORRECTED.xml         that they were made, and read back to their bytes
stale FILE OUT                     such as fit no longer
bad FILE                           files that are none, one a line
carried SOURCE EXTRACTION.json FILE  a level that is carried down, corrected where it is printed and in one row
carried-check SOURCE CORRECTED.xml   that the other rows follow
saved SOURCE XML FILE              what the page saved is what the extraction says
"""
import copy
import hashlib
import json
import re
import sys
import xml.etree.ElementTree as tree

P = "{urn:shenbao:provenance:1}"
D = "{urn:shenbao:1}"
command, *arguments = sys.argv[1:]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def save(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)


NEW = [
    # path, value as it should have been printed, value and attributes in the extraction
    ("header/project-name", "新 <名称> & \"引号\"", "新 <名称> & \"引号\"", {}),
    ("header/start-date", "2024年3月", "2024-03", {}),
    ("funding/amount", "3.86", "38600.00", {"unit": "万元", "unit-from": "declared"}),
    ("funding/amount[2]", "360000元", "360000.00", {"unit": "元", "unit-from": "inline"}),
    ("indicators/indicator/target", "不低于1,200本", "不低于1,200本", {"kind": "number", "op": "ge", "value": "1200", "unit": "本"}),
    ("indicators/indicator[2]/target", "大概九月", "大概九月", {"kind": "text"}),
    ("indicators/indicator[3]/level1", "满意度指标", "满意度指标", {}),
]


def at(declaration, path):
    block, name, *rest = path.split("/")
    name, _, number = name.partition("[")
    node = [node for node in declaration[block] if node["element"] == name][int(number.rstrip("]") or 1) - 1 if number else 0]
    for child in rest:
        node = node[child]
    return node


if command == "make":
    source, extraction, out = arguments
    declaration = load(extraction)["declarations"][0]
    with open(source, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    made = []
    for path, value, _, _ in NEW:
        node = at(declaration, path)
        made.append({"declaration": "d1", "path": path, "rule": node["provenance"]["rule"], "bytes": node["provenance"]["bytes"],
                     "was": node["text"], "value": value, "state": "corrected", "note": "核对", "when": "2024-05-06T07:08:09Z", "who": "某人"})
    node = at(declaration, "indicators/indicator/name")
    made.append({"declaration": "d1", "path": "indicators/indicator/name", "bytes": node["provenance"]["bytes"], "was": node["text"],
                 "state": "accepted"})
    save(out, {"format": "shenbao-corrections", "version": 1, "sources": [{"path": source, "sha256": sha256, "corrections": made}]})


def normal(text):
    return re.sub(r"\s+", "", text)


def element(root, path):
    node = root.find(f"{D}declaration")
    for part in path.split("/"):
        name, _, number = part.partition("[")
        node = node.findall(D + name)[int(number.rstrip("]")) - 1 if number else 0]
    return node


def reads_back(source, root):
    with open(source, "rb") as file:
        bytes_ = file.read()
    for node in root.iter():
        if P + "bytes" not in node.attrib:
            continue
        ranges = [list(map(int, range_.split("-"))) for range_ in node.get(P + "bytes").split()]
        read = b"".join(bytes_[first:last] for first, last in ranges).decode()
        assert normal(read) == normal(node.get(P + "raw", node.text)), (node.tag, read, node.attrib, node.text)


if command == "check":
    source, corrected = arguments
    root = tree.parse(corrected).getroot()
    for path, _, value, attributes in NEW:
        node = element(root, path)
        assert node.text == value, (path, node.text, value)
        assert node.get(P + "by") == "reviewed" and node.get(P + "raw") and node.get(P + "raw") != value, (path, node.attrib)
        own = {key: text for key, text in node.attrib.items() if not key.startswith("{") and key not in ("scope", "source")}
        assert own == attributes, (path, own, attributes)
    assert element(root, "indicators/indicator[3]").get("class") == "satisfaction"
    assert element(root, "indicators/indicator/name").get(P + "by") != "reviewed"
    reads_back(source, root)

if command == "stale":
    whole = load(arguments[0])
    items = whole["sources"][0]["corrections"]
    items[0]["was"] = "别的名称"            # another value there
    items[1]["bytes"] = [[0, 3]]            # other bytes
    items[2]["value"] = "约三万"            # no money
    items[3]["path"] = "funding/amount[99]" # not there, and nothing like it
    items[3]["was"] = "1.00"
    whole["sources"][0]["corrections"] = items[:4]
    save(arguments[1], whole)

if command == "bad":
    whole = load(arguments[0])

    def but(change):
        other = copy.deepcopy(whole)
        change(other, other["sources"][0], other["sources"][0]["corrections"][0])
        print(json.dumps(other, ensure_ascii=False))

    def set_(what, key, value):
        if value is None:
            del what[key]
        else:
            what[key] = value

    for line in ["", "{", "[]", "{}", "null", "1", '{"format": "shenbao-corrections", "version": 1}', "[" * 5000]:
        print(line)
    for key, value in [("format", "x"), ("format", None), ("version", 2), ("version", "1"), ("sources", {}), ("sources", [1]), ("more", 1)]:
        but(lambda root, source, item: set_(root, key, value))
    for key, value in [("sha256", "abc"), ("sha256", "G" * 64), ("sha256", None), ("path", None), ("path", 3), ("corrections", None),
                       ("corrections", {}), ("corrections", [None]), ("more", True)]:
        but(lambda root, source, item: set_(source, key, value))
    for key, value in [("declaration", None), ("path", ""), ("path", "header/project-name[0]"), ("path", "header/project-name[01]"),
                       ("path", "header/project-name[99999999999999999999]"), ("path", "header/project-name[1"), ("path", "header/project-name[1]x"),
                       ("path", "header/project-name[+1]"), ("path", "header//project-name"), ("path", "header/"), ("path", "a/" * 20 + "a"), ("bytes", None), ("bytes", []), ("bytes", [[5, 5]]), ("bytes", [[-1, 5]]),
                       ("bytes", [[1, 2, 3]]), ("bytes", [1, 2]), ("bytes", [[0, 1e30]]), ("bytes", [[0, 2**40]]), ("was", None), ("was", 7), ("value", None), ("value", ""),
                       ("value", " \n"), ("value", "a\u0007b"), ("value", "a\uffff"), ("value", "长" * 400000), ("state", "maybe"), ("state", None), ("note", []), ("more", 1)]:
        but(lambda root, source, item: set_(item, key, value))
    print(json.dumps(whole)[:-1] + ', "version": 1}')  # a key twice

if command == "carried":
    source, extraction, out = arguments
    declaration = load(extraction)["declarations"][0]
    with open(source, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    made = []
    for path, value in [("indicators/indicator/level1", "效益指标"), ("indicators/indicator[3]/level1", "满意度指标"), ("indicators/indicator[4]/level1", None)]:
        node = at(declaration, path)
        made.append({"declaration": "d1", "path": path, "bytes": node["provenance"]["bytes"], "was": node["text"]} |
                    ({"value": value, "state": "corrected"} if value else {"state": "accepted"}))
    assert len({json.dumps(item["bytes"]) for item in made}) == 1, made
    save(out, {"format": "shenbao-corrections", "version": 1, "sources": [{"path": source, "sha256": sha256, "corrections": made}]})

if command == "carried-check":
    source, corrected = arguments
    root = tree.parse(corrected).getroot()
    rows = root.findall(f"{D}declaration/{D}indicators/{D}indicator")
    assert [row.find(D + "level1").text for row in rows] == ["效益指标", "效益指标", "满意度指标", "产出指标", "满意度指标"], rows
    assert [row.get("class") for row in rows] == ["benefit", "benefit", "satisfaction", "output", "satisfaction"]
    assert [row.find(D + "level1").get(P + "by") for row in rows] == ["reviewed", "reviewed", "reviewed", "filled", None]
    reads_back(source, root)

if command == "saved":
    source, corrected, saved = arguments
    root = tree.parse(corrected).getroot()
    items = load(saved)["sources"][0]["corrections"]
    assert len(items) == 3 and [item["state"] for item in items].count("corrected") == 2, items
    for item in items:
        node = element(root, item["path"])
        assert item["who"] == "测试员" and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", item["when"]), item
        assert (node.get(P + "by") == "reviewed") == (item["state"] == "corrected"), (item, node.attrib)
    assert element(root, "header/project-name").text == "更正过的名称𠮷"
    assert element(root, "funding/amount").text == "1234500.00"
    reads_back(source, root)
