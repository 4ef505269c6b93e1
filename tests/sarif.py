#!/usr/bin/env python3
"""sarif - check SARIF 2.1.0 by its structure, and by its schema where that is at hand.

usage: sarif.py FILE FOLDER [SCHEMA]

FOLDER is what relative URIs are relative to: every region is compared with the
document that it points into.
"""
import hashlib
import json
import re
import sys
import urllib.parse

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}
# Every object of our output, with the members it must and may have (section 3 of SARIF 2.1.0).
SHAPES = {
    "log": ({"version", "runs"}, {"$schema"}),
    "run": ({"tool", "results"}, {"language", "columnKind", "artifacts", "invocations", "properties"}),
    "driver": ({"name"}, {"version", "semanticVersion", "language", "rules", "informationUri"}),
    "rule": ({"id"}, {"name", "shortDescription", "fullDescription", "defaultConfiguration", "help", "helpUri"}),
    "result": ({"message"}, {"ruleId", "ruleIndex", "kind", "level", "locations", "relatedLocations",
                             "partialFingerprints", "properties"}),
    "location": (set(), {"id", "physicalLocation", "logicalLocations", "message"}),
    "physicalLocation": ({"artifactLocation"}, {"region"}),
    "artifactLocation": (set(), {"uri", "index", "uriBaseId"}),
    "region": (set(), {"startLine", "startColumn", "endLine", "endColumn", "charOffset", "charLength", "byteOffset",
                       "byteLength"}),
    "artifact": (set(), {"location", "roles", "encoding", "hashes", "mimeType", "length"}),
    "invocation": ({"executionSuccessful"}, {"exitCode", "toolExecutionNotifications"}),
    "message": (set(), {"text", "id", "arguments"}),
}
URI = re.compile(r"(file:///)?(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+")


def fail(where, what):
    sys.exit(f"sarif: {where}: {what}")


def shape(where, kind, thing):
    must, may = SHAPES[kind]
    if not isinstance(thing, dict):
        fail(where, f"no object but {type(thing).__name__}")
    for name in must - thing.keys():
        fail(where, f"lacks '{name}'")
    for name in thing.keys() - must - may:
        fail(where, f"'{name}' is unknown")
    return thing


def message(where, thing):
    text = shape(where, "message", thing).get("text")
    if not isinstance(text, str) or not text:
        fail(where, "no text")


def number(where, thing, name, least):
    value = thing.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
        fail(where, f"{name} is {value}")
    return value


class Documents:
    """The text and bytes of what regions point into."""

    def __init__(self, folder):
        self.folder, self.seen = folder, {}

    def read(self, uri, encoding):
        if uri not in self.seen:
            path = urllib.parse.unquote_to_bytes(uri)
            if path.startswith(b"file://"):
                path = path[7:]
            else:
                path = self.folder.encode() + b"/" + path
            with open(path, "rb") as f:
                data = f.read()
            try:
                text = data.decode(encoding).removeprefix("\ufeff")
            except UnicodeDecodeError:
                text = None  # how many characters broken bytes make is not fixed
            starts = [0] + [m.end() for m in re.finditer(r"\r\n|\n|\r", text or "")]
            self.seen[uri] = (data, text, starts)
        return self.seen[uri]


def check_region(where, region, data, text, starts, encoding):
    shape(where, "region", region)
    for name in ("startLine", "startColumn", "endLine", "endColumn"):
        number(where, region, name, 1)
    for name in ("charOffset", "charLength", "byteOffset", "byteLength"):
        number(where, region, name, 0)
    if "startLine" not in region and "charOffset" not in region and "byteOffset" not in region:
        fail(where, "an empty region")
    if "charOffset" not in region or text is None:
        return False
    start, end = region["charOffset"], region["charOffset"] + region["charLength"]
    if starts[region["startLine"] - 1] + region["startColumn"] - 1 != start:
        fail(where, "line and column are not the offset in characters")
    if starts[region["endLine"] - 1] + region["endColumn"] - 1 != end:
        fail(where, "the ends in lines and in characters differ")
    cited = data[region["byteOffset"]:region["byteOffset"] + region["byteLength"]].decode(encoding)
    if cited != text[start:end] or not cited:
        fail(where, f"the bytes are {cited!r}, the characters {text[start:end]!r}")
    return True


def check(log, folder):
    shape("log", "log", log)
    if log["version"] != "2.1.0" or len(log["runs"]) != 1:
        fail("log", "not one run of version 2.1.0")
    run = shape("run", "run", log["runs"][0])
    if set(run["tool"]) != {"driver"}:
        fail("tool", "no driver")
    driver = shape("driver", "driver", run["tool"]["driver"])
    if run.get("columnKind") != "unicodeCodePoints" or not re.fullmatch(r"[a-z]{2}-[A-Z]{2}", run.get("language", "")):
        fail("run", "columnKind or language")
    rules = driver["rules"]
    if len({rule["id"] for rule in rules}) != len(rules):
        fail("rules", "an id stands twice")
    for i, rule in enumerate(rules):
        where = f"rule {rule.get('id')}"
        shape(where, "rule", rule)
        message(where, rule["shortDescription"])
        message(where, rule["fullDescription"])
        if rule["defaultConfiguration"]["level"] not in LEVELS:
            fail(where, "its level")
    artifacts = run["artifacts"]
    documents = Documents(folder)
    for i, artifact in enumerate(artifacts):
        where = f"artifact {i}"
        shape(where, "artifact", artifact)
        uri = shape(where, "artifactLocation", artifact["location"])["uri"]
        if not URI.fullmatch(uri):
            fail(where, f"'{uri}' is no percent-encoded reference")
        data = documents.read(uri, artifact["encoding"])[0]
        if artifact["hashes"]["sha-256"] != hashlib.sha256(data).hexdigest():
            fail(where, "the hash is that of another file")
    for invocation in run["invocations"]:
        if not isinstance(shape("invocation", "invocation", invocation)["executionSuccessful"], bool):
            fail("invocation", "executionSuccessful")
    shown = 0
    for i, result in enumerate(run["results"]):
        where = f"result {i}"
        shape(where, "result", result)
        message(where, result["message"])
        if rules[result["ruleIndex"]]["id"] != result["ruleId"]:
            fail(where, "ruleIndex is that of another rule")
        if result["level"] not in LEVELS or result["kind"] not in KINDS:
            fail(where, "level or kind")
        if result["kind"] != "fail" and result["level"] != "none":
            fail(where, "a level without failure")
        if not result["locations"] or len(result["locations"]) > 1:
            fail(where, "not one location")
        for name, value in result["partialFingerprints"].items():
            if not re.fullmatch(r"\w+/v\d+", name) or not value:
                fail(where, "its fingerprint")
        ids = [location.get("id") for location in result.get("relatedLocations", [])]
        if len(set(ids)) != len(ids) or None in ids:
            fail(where, "ids of related locations")
        for location in result["locations"] + result.get("relatedLocations", []):
            shape(where, "location", location)
            if "message" in location:
                message(where, location["message"])
            physical = shape(where, "physicalLocation", location["physicalLocation"])
            at = shape(where, "artifactLocation", physical["artifactLocation"])
            artifact = artifacts[at["index"]]
            if artifact["location"]["uri"] != at["uri"]:
                fail(where, "index of another artifact")
            if "region" in physical:
                data, text, starts = documents.read(at["uri"], artifact["encoding"])
                shown += check_region(where, physical["region"], data, text, starts, artifact["encoding"])
    return len(run["results"]), shown


def main(argv):
    if len(argv) not in (2, 3):
        sys.exit(__doc__)
    with open(argv[0], encoding="utf-8") as f:
        log = json.load(f)
    results, regions = check(log, argv[1])
    if len(argv) == 3:
        import jsonschema

        with open(argv[2], encoding="utf-8") as f:
            schema = json.load(f)
        for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(log):
            fail("/".join(map(str, error.path)), error.message[:300])
    print(f"{results} results, {regions} regions")


main(sys.argv[1:])
