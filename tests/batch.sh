#!/bin/bash
# shenbao batch: folders into an archive, whatever happens on the way.
#
# usage: batch.sh PROGRAM [KILLS]   (KILLS: how often a batch is killed in the crash test; 10)
set -u
program=$(realpath "${1:?usage: batch.sh PROGRAM [KILLS]}") kills=${2:-10}
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'umount "$work/small" 2>/dev/null; chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SHENBAO_GRAMMARS LC_ALL LC_MESSAGES LANG

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
sql() { sqlite3 -batch "$1" "$2"; }
batch() { "$program" batch --archive "$@" >out 2>err; }

if ! command -v sqlite3 >/dev/null; then
    skip 'everything' 'sqlite3 is not installed'
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

# What an archive holds, without ids, in an order of its own: equal for equal content.
cat >dump.sql <<'SQL'
.mode list
CREATE TEMP VIEW s AS SELECT id AS source_id, sha256 || ' ' || media_type AS document FROM main.sources;
CREATE TEMP VIEW d AS SELECT id AS declaration_id, document || ' d' || number AS form FROM main.declarations JOIN s USING (source_id);
SELECT 'source', document, x.bytes, encoding, title, state, reason, message, program, declarations FROM sources x JOIN s ON x.id = s.source_id ORDER BY document;
SELECT 'file', path, document, bytes, reason, message FROM files LEFT JOIN s USING (source_id) ORDER BY path;
SELECT 'extraction', document, bytes, hex(xml) FROM extractions JOIN s USING (source_id) ORDER BY document;
SELECT 'declaration', form, kind, layout, coverage, title, project, code, unit, department, year, errors, warnings FROM declarations x JOIN d ON d.declaration_id = x.id ORDER BY form;
SELECT 'part', form, x.* FROM parts x JOIN d USING (declaration_id) ORDER BY form, fact;
.headers off
SELECT 'header', form, fact, element, value FROM header JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'narrative', form, fact, element, value, date_from, date_to FROM narrative JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'funding', form, fact, scope, source, stage, fen, yuan, unit, unit_from FROM funding JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'indicator', form, fact, horizon, class, dimension, level1, level2, name, target, kind, op, value, unit, description, standard, weight, direction, actual, score, deviation FROM indicators JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'line', form, fact, role, name, content, detail, amount_fen, amount_yuan, unit_price_fen, unit_price_yuan, price_basis, quantity, quantity_unit, quantity_basis, basis, previous_fen, previous_yuan, remark FROM budget_lines JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'safeguard', form, fact, system, document, measure, phases FROM (SELECT declaration_id, fact, system, safeguards.document, measure, phases FROM safeguards) JOIN d USING (declaration_id) ORDER BY form, fact;
SELECT 'field', form, fact, number, element, label, value FROM fields JOIN d USING (declaration_id) ORDER BY form, fact, number;
SELECT 'option', form, fact, number, value, checked FROM options JOIN d USING (declaration_id) ORDER BY form, fact, number;
SELECT 'finding', document, number, fact, rule, severity, message, difference FROM findings JOIN s USING (source_id) ORDER BY document, number;
SELECT 'span', form, fact, number, element, bytes, line, col, rule, label, raw, taken, also, mark FROM spans JOIN d USING (declaration_id) ORDER BY form, fact, number;
SELECT 'found', form FROM search JOIN d ON d.declaration_id = search.rowid WHERE search MATCH '"项目" OR "设施维护" OR "便民窗口" OR "满意度"' ORDER BY form;
SQL
sed -i "s/SELECT 'part', form, x.\* FROM/SELECT 'part', form, fact, kind, title FROM/; /^\.headers/d; s/FROM parts x/FROM parts/" dump.sql
dump() { sqlite3 -batch "$1" <dump.sql | sha256sum; }
same() { # two archives, neither of which is empty
    [ "$(sql "$1" 'SELECT count(*) > 0 FROM spans' 2>/dev/null)" = 1 ] && [ "$(dump "$1")" = "$(dump "$2")" ]
}
sound() { # ARCHIVE: SQLite, its references and the full text have nothing to object to
    [ "$(sql "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] &&
        sql "$1" "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)"
}

"$top/scripts/make-corpus" --seed 7 120 made >/dev/null || { echo 'not ok - forms for the tests'; exit 1; }
mkdir forms
mv made/*.txt made/*.md made/*.html forms 2>/dev/null
rm -r made
mkdir forms/deeper
i=0
for input in "$top"/corpus/*/input.*; do
    i=$((i + 1))
    cp "$input" "forms/deeper/$i.${input##*.}"
done
count=$(find forms -type f | wc -l)

# ---- one batch ----

batch one.db --jobs 2 forms
is 'a batch' [ "$?" -eq 0 ]
is 'every file is in the archive' [ "$(sql one.db "SELECT count(*) FROM files JOIN sources s ON s.id = source_id WHERE state = 'done'")" -eq "$count" ]
is 'the archive is sound' sound one.db
is 'nothing is left beside it' [ "$(echo one.db*)" = one.db ]
is 'the summary has the forms' grep -qE '^  forms +declaration [0-9]+' out
"$program" extract --compact -d xml forms/*.txt 2>/dev/null
cat >facts.py <<'PYTHON'
"""The tables have what the XML has; every span is where the XML says."""
import glob, os, sqlite3, sys
import xml.etree.ElementTree as ET
D, P = "{urn:shenbao:1}", "{urn:shenbao:provenance:1}"
db = sqlite3.connect("one.db")
seen = 0
for path in sorted(glob.glob("forms/*.txt")):
    root = ET.parse(os.path.join("xml", os.path.basename(path)[:-4] + ".xml")).getroot()
    source = db.execute("SELECT source_id FROM files WHERE path = ?", (path,)).fetchone()[0]
    ids = [r[0] for r in db.execute("SELECT id FROM declarations WHERE source_id = ? ORDER BY number", (source,))]
    forms = root.findall(D + "declaration")
    assert len(ids) == len(forms), path
    for id, form in zip(ids, forms):
        def rows(sql):
            return db.execute(sql, (id,)).fetchall()
        def block(name):
            found = form.find(D + name)
            return [] if found is None else list(found)
        spans = sorted((r[0], r[1], r[2]) for r in rows(
            "SELECT bytes, line || ':' || col, element FROM spans WHERE declaration_id = ? AND bytes IS NOT NULL "
            "AND fact NOT IN (SELECT fact FROM findings WHERE declaration_id = spans.declaration_id)"))
        there = sorted((e.get(P + "bytes"), e.get(P + "at"), e.tag[len(D):]) for e in form.iter()
                       if e.get(P + "bytes") and e.tag not in (D + "text", D + "finding"))
        assert spans == there, (path, id, set(spans) ^ set(there))
        assert [(e.tag[len(D):], e.text) for e in block("header") if not len(e)] == rows(
            "SELECT element, value FROM header WHERE declaration_id = ? AND fact NOT IN (SELECT fact FROM options o WHERE "
            "o.declaration_id = header.declaration_id) ORDER BY fact"), path
        assert [(e.tag[len(D):], e.text) for e in block("narrative")] == rows(
            "SELECT element, value FROM narrative WHERE declaration_id = ? ORDER BY fact"), path
        money = [(e.get("scope"), e.get("source"), e.get("stage"), round(float(e.text) * 100) if e.text else None)
                 for e in block("funding") if e.tag == D + "amount" and e.get("kind") is None]
        assert money == rows("SELECT scope, source, stage, fen FROM funding WHERE declaration_id = ? ORDER BY fact"), path
        def text(e, name):
            child = e.find(D + name)
            return None if child is None else child.text
        assert [(text(e, "level1"), text(e, "level2"), text(e, "name"), text(e, "target"), e.get("horizon"), e.get("class"))
                for e in block("indicators")] == rows(
            "SELECT level1, level2, name, target, horizon, class FROM indicators WHERE declaration_id = ? ORDER BY fact"), path
        assert len([e for e in block("budget") if e.tag == D + "line"]) == rows(
            "SELECT count(*) FROM budget_lines WHERE role = 'line' AND declaration_id = ?")[0][0], path
        assert [(e.get("rule"), e.get("severity"), e.text) for e in block("findings")] == rows(
            "SELECT rule, severity, message FROM findings WHERE declaration_id = ? ORDER BY number"), path
        seen += len(spans)
assert seen > 5000, seen
PYTHON
is 'the tables have what the XML has' python3 facts.py

batch two.db --jobs 1 forms
is 'one worker makes the same content as two' same one.db two.db
batch one.db forms
is 'again: status 0' [ "$?" -eq 0 ]
is 'again: all is skipped' grep -q "^skipped   $count files" out
is 'again: nothing is read' grep -q '^read      0 documents' out
touch forms/*.txt
batch one.db forms
is 'a new time, the same content: known' grep -q "^known     $(ls forms/*.txt | wc -l) files" out
printf '\n备注：后来加的一行\n' >>"$(ls forms/*.txt | head -n 1)"
batch one.db forms
is 'a changed file is read again' grep -q '^read      1 documents' out
rm -f two.db
batch two.db forms
is 'and what it held before is gone' same one.db two.db
is 'still sound' sound one.db
batch one.db --verify forms
is '--verify reads all and changes nothing' same one.db two.db

# ---- what is walked ----

batch part.db forms/deeper --include '*.html' --exclude '1*'
is '--include, --exclude' [ "$(sql part.db 'SELECT count(*) FROM files')" -eq "$(find forms/deeper -name '*.html' ! -name '1*' | wc -l)" ]
mkdir globs
for name in 一表.txt 二表.txt 三表.txt $'\xff表.txt'; do cp "$(ls forms/*.txt | head -n 1)" "globs/$name"; done
LC_ALL=C batch globs.db globs --include '[一二]?.txt' --include $'\xff*'
is 'in globs a character is one of UTF-8' [ "$(sql globs.db 'SELECT path FROM files')" = $'globs/%FF表.txt\nglobs/一表.txt\nglobs/二表.txt' ]
find forms -name '*.md' >list
batch list.db --from-file list
is '--from-file' [ "$(sql list.db 'SELECT count(*) FROM files')" -eq "$(wc -l <list)" ]
find forms -name '*.md' -print0 | batch list0.db --from0
is '--from0' same list.db list0.db
batch list0.db --from-file forms
is 'a list that cannot be read: status 2' [ "$?$(grep -c '^forms: error: cannot read the list: ' err)" = 21 ]
mkdir odd
cp forms/0001.* $'odd/a\nb.txt' 2>/dev/null || cp "$(ls forms/*.txt | head -n 1)" $'odd/a\nb.txt'
cp $'odd/a\nb.txt' $'odd/\xff.txt'
cp $'odd/a\nb.txt' 'odd/.hidden.txt'
batch odd.db odd
is 'odd names: one content, two files, the hidden one left out' [ "$(sql odd.db 'SELECT count(*) FROM sources; SELECT count(*) FROM files')" = $'1\n2' ]
is 'bytes that are not UTF-8 stand as %XX' [ "$(sql odd.db "SELECT count(*) FROM files WHERE path = 'odd/%FF.txt'")" = 1 ]
cp forms/deeper/1.* .
(cd odd && "$program" batch --archive ../inside/../odd/own.db . >/dev/null 2>&1)
(mkdir -p inside && cd inside && cp ../odd/*b.txt . && "$program" batch --archive own.db --log own.log . >/dev/null 2>&1 && "$program" batch --archive own.db --log own.log . >/dev/null 2>&1)
is 'the archive and the log are no documents of the folder they lie in' [ "$(sql inside/own.db 'SELECT count(*) FROM files')" = 1 ]
is '--log has a JSON line for each document' python3 -c '
import json
lines = [json.loads(line) for line in open("inside/own.log", encoding="utf-8")]
assert [line["event"] for line in lines] == ["start", "document", "end", "start", "end"], lines
assert lines[1]["state"] == "done" and lines[1]["declarations"] == 1 and len(str(lines[1]["seconds"])) < 10, lines[1]
assert lines[2]["status"] == 0 and lines[4]["skipped"] == 1'

parts=0
for i in 0 1 2; do
    batch shard$i.db --shard $i/3 forms || echo "# shard $i: status $?"
    parts=$((parts + $(sql shard$i.db 'SELECT count(*) FROM sources')))
done
is 'three shards hold each document once' [ "$parts" -eq "$(sql two.db 'SELECT count(*) FROM sources')" ]
is 'and none is empty' [ "$(for i in 0 1 2; do sql shard$i.db 'SELECT count(*) > 20 FROM sources'; done | sort -u)" = 1 ]

# ---- what cannot be read ----

mkdir hostile hostile/good
cp forms/*.txt hostile/good
: >hostile/empty.txt
: >hostile/empty-too.txt
head -c 100000 /dev/urandom >hostile/random.txt
printf 'PK\003\004%1000s' '' | tr ' ' '\0' >hostile/form.docx
head -c 8000000 /dev/zero | tr '\0' 'x' >hostile/long-line.txt
printf '项目名称：甲\n' >hostile/tiny.txt
mkfifo hostile/pipe.txt
ln -s . hostile/circle
ln -s loop-a hostile/loop-b
ln -s loop-b hostile/loop-a
ln -s nowhere hostile/broken.txt
ln -s good/$(basename "$(ls forms/*.txt | head -n 1)") hostile/link.txt
batch hostile.db --timeout 60 hostile
is 'hostile files: status 1' [ "$?" -eq 1 ]
is 'each is named with its reason' [ "$(sql hostile.db "SELECT path || ' ' || reason FROM failures")" = "hostile/broken.txt unreadable
hostile/circle loop
hostile/empty-too.txt empty
hostile/empty.txt empty
hostile/form.docx binary
hostile/loop-a unreadable
hostile/loop-b unreadable
hostile/pipe.txt special
hostile/random.txt binary" ]
is 'all good ones are stored' [ "$(sql hostile.db "SELECT count(*) FROM forms WHERE path LIKE 'hostile/good/%' OR path = 'hostile/link.txt'")" -eq "$(sql two.db "SELECT count(*) FROM forms WHERE path LIKE 'forms/%.txt' AND path NOT LIKE 'forms/deeper/%'")" ]
is 'no row points to one that is not there' [ -z "$(sql hostile.db 'PRAGMA foreign_key_check')" ]
is 'what cannot be opened is worded as what cannot be read' [ "$(sql hostile.db "SELECT message FROM failures WHERE path = 'hostile/broken.txt'")" = 'cannot read: No such file or directory' ]
is 'and on standard error' grep -q '^hostile/form.docx: error: binary file' err
batch hostile.db hostile
is 'what failed before is skipped, and said' grep -q '^skipped   4 files that failed before' out
batch hostile.db --retry-failed hostile
is '--retry-failed tries it again' grep -q '^failed    9 files' out
LANG=zh_CN.UTF-8 batch hostile.db hostile
is 'in a Chinese locale the summary is Chinese' grep -q '^跳过  文件4份，以前失败（加 --retry-failed 重试）' out
is 'and says what the reasons mean' grep -qF '  失败    unreadable（无法打开） 3，binary（二进制文件） 2，empty（空文件） 2，loop（链接成环） 1，special（不是普通文件） 1' out
is 'nothing in it is English' [ "$(grep -cE '^(read|known|skipped|failed|time|the archive)|documents|files' out)" = 0 ]
LANG=zh_CN.UTF-8 batch hostile.db --lang en hostile
is '--lang en: English again' grep -q '^skipped   4 files that failed before' out
batch hostile.db --lang de hostile
is 'another language is refused' [ "$?$(grep -c "unknown language 'de'; zh and en are known" err)" = 21 ]
# Root may do everything: what permissions are for is tried as nobody.
mkdir nobody
cp two.db nobody/read-only.db
cp "$(ls forms/*.txt | head -n 1)" nobody/locked.txt
cp "$(ls forms/*.txt | tail -n 1)" nobody/open.txt
chmod 0444 nobody/read-only.db
chmod 0 nobody/locked.txt
plain=()
if [ "$(id -u)" -eq 0 ]; then
    plain=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 711 "$work"
    chown -R 65534:65534 nobody
fi
if "${plain[@]}" "$program" --version >/dev/null 2>&1; then
    (cd nobody && "${plain[@]}" "$program" batch --archive locked.db . >../out 2>../err)
    is 'no permission: status 1' [ "$?" -eq 1 ]
    is 'no permission: named' [ "$(sql nobody/locked.db "SELECT path || ' ' || reason FROM failures WHERE path LIKE '%txt'")" = './locked.txt unreadable' ]
    is 'no permission: the other one is done' [ "$(sql nobody/locked.db "SELECT count(*) FROM forms WHERE path = './open.txt'")" = 1 ]
    (cd nobody && "${plain[@]}" "$program" batch --archive read-only.db open.txt >../out 2>../err)
    is 'a read-only archive: status 2' [ "$?" -eq 2 ]
    is 'a read-only archive: a message' grep -q 'read-only.db: error: the archive is read-only' err
    is 'a read-only archive: as it was' cmp -s nobody/read-only.db two.db
else
    skip 'permissions' 'the program cannot be run by another user'
fi

# A document that needs too long, or too much memory, costs itself only.
python3 - <<'PYTHON'
import os
os.mkdir("slow")
text = open("forms/" + sorted(n for n in os.listdir("forms") if n.endswith(".txt"))[0], encoding="utf-8", errors="replace").read()
for i in range(5):
    open(f"slow/{i}.txt", "w", encoding="utf-8").write(text + f"\n备注：第{i}份\n")
open("slow/2-slow.txt", "w", encoding="utf-8").write((text + "\n") * 40000)
PYTHON
batch slow.db --timeout 1 --jobs 2 slow
is 'a document that takes too long: status 1' [ "$?" -eq 1 ]
is 'is recorded with its reason' [ "$(sql slow.db "SELECT path || ' ' || reason FROM failures")" = 'slow/2-slow.txt timeout' ]
is 'and the others are done' [ "$(sql slow.db "SELECT count(*) FROM sources WHERE state = 'done'")" -eq 5 ]
batch memory.db --memory 60 --jobs 2 slow
case $(sql memory.db "SELECT path || ' ' || reason FROM failures") in
'slow/2-slow.txt memory') is 'a document that needs too much memory' true ;;
*)  if nm "$program" 2>/dev/null | grep -q __asan_init; then
        skip 'a document that needs too much memory' 'the sanitizer needs more than any document'
    else
        is 'a document that needs too much memory' false
    fi ;;
esac
rm -r slow

# ---- the archive cannot be written ----

echo 'no archive' >text.db
batch text.db forms
is 'a file that is no archive: status 2' [ "$?" -eq 2 ]
is 'and it stays as it is' [ "$(cat text.db)" = 'no archive' ]
sqlite3 other.db 'CREATE TABLE t (a)'
batch other.db forms
is 'a database that is no archive: status 2' [ "$?" -eq 2 ]
is 'and says so' grep -q 'no archive of this program' err
if [ -w /dev/full ]; then
    batch unlogged.db --log /dev/full forms/deeper
    is 'a log that cannot be written: status 2' [ "$?$(grep -c '^/dev/full: error: cannot write the log' err)" = 21 ]
    is 'a log that cannot be written: the documents are done all the same' [ "$(sql unlogged.db "SELECT count(*) FROM files")" -eq "$(find forms/deeper -type f | wc -l)" ]
fi
mkdir small
if mount -t tmpfs -o size=1m tmpfs small 2>/dev/null; then
    batch small/full.db --jobs 2 forms
    is 'a full disk: status 2' [ "$?" -eq 2 ]
    is 'a full disk: a message' grep -q 'full.db: no space is left for the archive' err
    is 'a full disk: the archive opens' [ "$(sql small/full.db 'PRAGMA integrity_check')" = ok ]
    mount -o remount,size=100m small
    batch small/full.db --jobs 2 forms
    is 'with room again it goes on' [ "$?" -eq 0 ]
    is 'to the same content' same small/full.db two.db
    umount small
else
    skip 'a full disk' 'no tmpfs can be mounted'
fi

# ---- two at once, interruption, death ----

"$top/scripts/make-corpus" --seed 8 600 many >/dev/null
rm -f many/*.json
batch whole.db --jobs 2 many
is 'many forms, uninterrupted' [ "$?" -eq 0 ]
cat >terminal.py <<'PYTHON'
"""Runs a command whose standard error is a terminal, and prints what stood there, a look at the progress a line."""
import os, pty, subprocess, sys
there, here = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=here)
os.close(here)
text = b""
while True:
    try:
        piece = os.read(there, 65536)
    except OSError:
        break
    text += piece
assert process.wait() == 0
print(text.decode().replace("\r", "\n"))
PYTHON
for lang in en zh; do
    rm -f terminal.db
    python3 terminal.py "$program" batch --lang $lang --archive terminal.db --jobs 1 many >terminal.$lang
done
is 'progress on a terminal' grep -qE '^[0-9]+( / [0-9]+)? · [0-9]+/s (· [0-9:]+ left )?· 0 failed · [0-9]+ findings$' terminal.en
is 'and in Chinese' grep -qE '^[0-9]+( / [0-9]+)? · 每秒[0-9]+份 (· 还需[0-9:]+ )?· 失败0份 · 检查结果[0-9]+条$' terminal.zh
is 'nothing of it is left there' [ -z "$(tail -n 2 terminal.zh | tr -d '\n ')" ]

"$program" batch --archive both.db --jobs 1 many >out1 2>err1 &
first=$!
"$program" batch --archive both.db --jobs 1 many >out2 2>err2 &
second=$!
wait "$first"; status1=$?
wait "$second"; status2=$?
is 'two at once: one works, the other works or is refused' [ "$status1$status2" = 00 -o "$status1$status2" = 02 -o "$status1$status2" = 20 ]
[ "$status1$status2" = 00 ] || is 'the refused one says why' grep -q 'another batch or merge (process [0-9]*) is filling this archive' err1 err2
is 'two at once: the same content' same both.db whole.db

env --default-signal=INT "$program" batch --archive stopped.db --jobs 2 many >out 2>err &
process=$!
for _ in $(seq 200); do [ -s stopped.db ] && [ "$(sql stopped.db 'SELECT count(*) FROM runs' 2>/dev/null)" = 1 ] && break; sleep 0.01; done
kill -INT "$process"
wait "$process"
is 'Ctrl-C: status 130' [ "$?" -eq 130 ]
is 'Ctrl-C: says how to go on' grep -q 'the same command goes on' err
is 'Ctrl-C: the archive is sound' sound stopped.db
batch stopped.db --jobs 2 many
is 'after Ctrl-C: the same content' same stopped.db whole.db
mkfifo names
env --default-signal=INT "$program" batch --archive waiting.db --from-file names >out 2>err &
process=$!
exec 3>names
ls "$PWD"/forms/*.txt | head -n 3 >&3
for _ in $(seq 200); do [ -s waiting.db ] && [ "$(sql waiting.db 'SELECT count(*) FROM runs' 2>/dev/null)" = 1 ] && break; sleep 0.01; done
sleep 0.2
kill -INT "$process"
wait "$process"
is 'Ctrl-C while it waits for names: status 130' [ "$?" -eq 130 ]
exec 3>&-
is 'and no other trouble' [ "$(grep -c error err)" = 0 ]
is 'what was named is done' [ "$(sql waiting.db "SELECT count(*) FROM files")" = 3 ]

cat >kill.py <<'PYTHON'
"""Starts a batch again and again, and kills it (or one of its workers) a moment later, until one comes to its end."""
import os, random, signal, subprocess, sys, time
program, kills, archive = sys.argv[1], int(sys.argv[2]), sys.argv[3]
random.seed(int(sys.argv[4]))
command = [program, "batch", "--archive", archive, "--jobs", "2", "--retry-failed", "many"]
begun = time.monotonic()
subprocess.run([program, "batch", "--archive", "time.db", "--jobs", "2", "many"], stdout=subprocess.DEVNULL, check=True)
whole = time.monotonic() - begun
def workers(process):
    try:
        with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        return []
done = 0
for attempt in range(kills * 3):
    batch = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while done < kills and batch.poll() is None:
        time.sleep(random.uniform(0, whole / 6))
        of_workers = workers(batch.pid)
        if of_workers and random.random() < 0.5:
            try:
                os.kill(random.choice(of_workers), signal.SIGKILL)
                done += 1
            except ProcessLookupError:
                pass
        elif batch.poll() is None:
            batch.kill()
            done += 1
            break
    status = batch.wait()
    if done >= kills and status in (0, 1):
        break
sys.exit(0 if status == 0 else 1)
PYTHON
is "killed $kills times, then to its end" timeout 600 python3 kill.py "$program" "$kills" killed.db "${SEED:-1}"
is 'killed: the archive is sound' sound killed.db
is 'killed: the same content' same killed.db whole.db

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
