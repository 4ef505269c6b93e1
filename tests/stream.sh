#!/bin/bash
# extract --stream: a JSON line in, a JSON line out; and the examples of docs/stream.md.
#
# usage: stream.sh PROGRAM
set -u
program=$(realpath "${1:?usage: stream.sh PROGRAM}")
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SHENBAO_GRAMMARS

passed=0 failed=0 skipped=0
is() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1)); echo "ok - $name"
    else
        failed=$((failed + 1)); echo "not ok - $name"; echo "#   failed: $*"
    fi
}
skip() { skipped=$((skipped + 1)); echo "skip - $1: $2"; }

# The requests: every document of the corpus by path, then by content.
python3 - "$top" >requests.jsonl <<'PYTHON'
import base64, glob, json, sys
paths = sorted(glob.glob(sys.argv[1] + "/corpus/*/input.*"))
for path in paths:
    print(json.dumps({"id": path, "path": path}))
for path in paths:
    with open(path, "rb") as file:
        content = base64.b64encode(file.read()).decode()
    print(json.dumps({"id": {"content": path}, "content": content, "name": path}))
PYTHON
"$program" extract --stream <requests.jsonl >answers.jsonl
is 'every request is answered' [ "$?" -eq 0 ]
cat >compare.py <<'PYTHON'
"""Each answer is for its request, and has what the program writes for the document alone."""
import json, subprocess, sys
program = sys.argv[1]
requests = [json.loads(line) for line in open("requests.jsonl", encoding="utf-8")]
answers = [json.loads(line) for line in open("answers.jsonl", encoding="utf-8")]
assert [r["id"] for r in requests] == [a["id"] for a in answers], "order"
half = len(answers) // 2
assert half > 50, "no corpus"
for by_path, by_content in zip(answers[:half], answers[half:]):
    assert by_path.get("extraction") == by_content.get("extraction"), by_path["id"]
    assert by_path.get("error") == by_content.get("error"), by_path["id"]
read = [a for a in answers[:half] if "extraction" in a]
assert len(read) > 50
for answer in read[::10]:
    alone = subprocess.run([program, "extract", "-f", "json", answer["id"]], stdout=subprocess.PIPE, check=True,
                           stderr=subprocess.DEVNULL)
    assert json.loads(alone.stdout) == answer["extraction"], answer["id"]
    assert answer["declarations"] == len(answer["extraction"].get("declarations", [])), answer["id"]
PYTHON
is 'answers in order, the same by path, by content and alone' python3 compare.py "$program"

one=$(ls "$top"/corpus/*/input.txt | head -n 1)
printf '{"id":1,"path":"%s"}\n' "$one" | "$program" extract --stream -f xml >xml.jsonl
"$program" extract --compact "$one" >alone.xml 2>alone.err
is 'XML as a string' python3 -c '
import json
assert json.loads(open("xml.jsonl", encoding="utf-8").read())["extraction"] == open("alone.xml", encoding="utf-8").read()'

cat >wrong.jsonl <<WRONG
not json

[1]
{"id":1}
{"id":2,"path":"$one","content":"AAAA"}
{"id":3,"path":"/nowhere/at/all"}
{"id":4,"path":"/"}
{"id":5,"path":"-"}
{"id":6,"content":"%%%"}
{"id":7,"content":""}
{"id":8,"path":"$one","encoding":"klingon"}
{"id":9,"content":"AAECAwAAAAAAAAAA"}
{"id":10,"path":"$one"}
WRONG
"$program" extract --stream <wrong.jsonl >wrong.out
is 'wrong requests end nothing' [ "$?" -eq 0 ]
is 'each is answered with its reason' python3 -c '
import json
got = [json.loads(line) for line in open("wrong.out", encoding="utf-8")]
kinds = [(a["id"] or a["line"], a.get("error", {}).get("kind")) for a in got]
assert kinds == [(1, "request"), (3, "request"), (1, "request"), (2, "request"), (3, "unreadable"), (4, "directory"),
                 (5, "request"), (6, "request"), (7, None), (8, "request"), (9, "binary"), (10, None)], kinds'
printf '{"id":%s,"path":"/nowhere"}\n' 9223372036854775807 -9223372036854775808 '"1.10"' '[true,{"a":null,"号":"é"}]' '{"b":1,"a":2}' |
    "$program" extract --stream | sed 's/,"error".*//' >kept.out
is 'an id comes back as it is' diff kept.out - <<'KEPT'
{"id":9223372036854775807
{"id":-9223372036854775808
{"id":"1.10"
{"id":[true,{"a":null,"号":"é"}]
{"id":{"b":1,"a":2}
KEPT
printf '{"id":%s,"path":"/nowhere"}\n' 1.10 1E2 '[{"a":0.5}]' 9223372036854775808 -9223372036854775809 | "$program" extract --stream >lost.out
is 'or is refused with its limit' [ "$(grep -c '^{"id":null,"error":{"kind":"request","message":"numbers in .id. must be whole; write others as strings"},"line":[123]}$' lost.out)" -eq 3 -a \
    "$(grep -c '^{"id":null,.*past 64 bits (-9223372036854775808 to 9223372036854775807); write it as a string"},"line":[45]}$' lost.out)" -eq 2 ]
printf '{"id":1,"path":"%s"}' "$one" | "$program" extract --stream >last.jsonl
is 'the last line needs no end' [ "$(wc -l <last.jsonl)" -eq 1 ]

mkfifo to from
"$program" extract --stream <to >from 2>/dev/null &
served=$!
exec 3>to 4<from
printf '{"id":1,"path":"%s"}\n' "$one" >&3
is 'an answer comes while the stream is open' read -r -t 20 answer <&4
exec 3>&- 4<&-
wait "$served"

"$program" extract --stream "$one" </dev/null 2>err
is 'no files beside --stream' [ "$?" -eq 2 ]
is 'and says so' grep -qF 'takes its documents from standard input' err
"$program" extract --stream <requests.jsonl 2>err | head -c 100 >/dev/null
is 'a closed pipe ends it without words' [ ! -s err ]

if command -v parallel >/dev/null; then
    parallel --will-cite --pipe --keep-order --jobs 2 --max-lines 20 "$program" extract --stream <requests.jsonl >parallel.jsonl 2>/dev/null
    is 'GNU parallel: the same answers in the same order' cmp -s answers.jsonl parallel.jsonl
else
    skip 'GNU parallel' 'parallel is not installed'
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
