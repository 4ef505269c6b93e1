#!/bin/bash
# The archive as a database: query, find, export, merge, and compare and view from it.
#
# usage: archive.sh PROGRAM
set -u
program=$(realpath "${1:?usage: archive.sh PROGRAM}")
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'umount "$work/small" "$work/fixed" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SHENBAO_GRAMMARS LC_ALL LC_MESSAGES LANG

passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok $((passed + failed)) - $1"; }
not_ok() {
    failed=$((failed + 1))
    echo "not ok $((passed + failed)) - $1"
    shift
    printf '#   %s\n' "$@"
}
skip() { skipped=$((skipped + 1)); echo "skip - $1: $2"; }
run() {
    timeout 120 "$program" "$@" >out 2>err </dev/null
    status=$?
}
is() {
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name" "failed: $*" "status $status" "$(head -n 3 err)" "$(head -n 5 out)"; fi
}
exits() { [ "$status" -eq "$1" ]; }
says() { grep -qF -- "$1" err; }
prints() { grep -qF -- "$1" "${2:-out}"; }
is_silent() { [ ! -s err ]; }
is_empty() { [ ! -s "${1:-out}" ]; }
has_only() { # FOLDER NAME...: nothing else lies there, hidden files included
    local folder=$1
    shift
    [ "$(ls -A "$folder" | LC_ALL=C sort | tr '\n' ' ')" = "$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')" ]
}
lines() { [ "$(wc -l <"${2:-out}")" -eq "$1" ]; }
fails() { # NAME STATUS MESSAGE: the last run failed so, and printed nothing
    is "$1" exits "$2"
    is "$1: says why" says "$3"
    is "$1: prints nothing" is_empty
}
sql() { sqlite3 -batch "$1" "$2"; }
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

# ---- an archive of the corpus, with a copy, an empty file and a file that is no text ----

mkdir -p files
cp -r "$top/corpus" files/corpus
find files/corpus ! -name '*.txt' ! -name '*.md' ! -name '*.html' -type f -delete
cp files/corpus/ten-projects-in-one-table/input.txt 'files/again, "twice" & <so>.txt'
head -c 3000 "$program" >files/binary.txt
"$program" batch --archive one.db --jobs 2 files >out 2>err
status=$?
is 'a batch fills an archive; one file of it cannot be read' exits 1
forms=$(sql one.db 'SELECT count(*) FROM declarations')
is 'it holds the forms of the corpus' [ "$forms" -gt 200 ]
sha256sum one.db >one.sum
untouched() { sha256sum --status -c one.sum; }

# ---- query ----

run query one.db 'SELECT project, year FROM declarations WHERE project LIKE '\''%钓鱼台'\'
printf '%s\n' 'project         year' '──────────────  ────' '"半亩塘"钓鱼台  2024' >expected
is 'a question is answered by a table' cmp -s out expected
is 'silently' is_silent
question="SELECT 1 AS n, -2.5 AS r, 0.1 AS s, NULL AS blank, 'a,\"b\"' AS t, x'00ff' AS b, char(10) || char(9) || char(27) AS c"
run query one.db -f csv "$question"
printf 'n,r,s,blank,t,b,c\r\n1,-2.5,0.1,,"a,""b""",00ff,"\n\t\033"\r\n' >expected
is 'in CSV' cmp -s out expected
run query one.db -f jsonl "$question"
printf '%s\n' '{"n":1,"r":-2.5,"s":0.1,"blank":null,"t":"a,\"b\"","b":"00ff","c":"\n\u0009\u001b"}' >expected
is 'in JSON lines' cmp -s out expected
run query one.db "$question" -f json
is 'in JSON' [ "$(python3 -c 'import json; print(json.load(open("out"))[0]["c"] == "\n\t\x1b")')" = True ]
run query one.db "$question"
is 'in a table a cell is one line, without control characters' lines 3
is 'no escape reaches a terminal' [ "$(grep -c $'\033' out)" -eq 0 ]
run query one.db -f json 'SELECT 1 AS a, 2 AS a, 9e999 AS b'
is 'columns of one name get numbers, what JSON cannot say is null' prints '"a":1, "a:2":2, "b":null'
run query one.db -f jsonl "SELECT CAST(x'e4bdff41' AS TEXT) AS t"
is 'what is no UTF-8 is mended' [ "$(python3 -c 'import json; print(json.load(open("out", encoding="utf-8"))["t"][-1])')" = A ]
run query one.db -f json 'SELECT 1 WHERE 0'
is 'nothing is an empty list' [ "$(cat out)" = '[]' ]
is 'and no failure' exits 0
run query one.db 'SELECT path FROM files ORDER BY path'
is 'a long answer is whole' lines $(($(sql one.db 'SELECT count(*) FROM files') + 2))

run query one.db 'SELEC 1'
fails 'a mistake in SQL' 2 'near "SELEC": syntax error'
is 'a mistake in SQL: its place is shown' says 'SQL:1:1: error:'
run query one.db $'SELECT 1,\n\t年度 FROM forms'
is 'a mistake in another line is shown there' says 'SQL:2:2: error: no such column: 年度'
run query one.db 'SELECT 1 FROM formen'
is 'a table that is none is named' says 'no such table: formen'
run query one.db 'SELECT 单位, nope FROM forms'
is 'a column that is none is shown' says 'SQL:1:8: error: no such column: 单位'
run query one.db ''
fails 'no question at all' 2 'no statement'
run query one.db 'SELECT 1; SELECT 2'
fails 'two questions' 2 'more than one statement'
run query one.db 'SELECT 1; -- and a remark'
is 'a remark behind a question is none' exits 0
for change in 'DELETE FROM files' 'UPDATE declarations SET year = 1' 'DROP TABLE spans' 'CREATE TABLE t (a)' \
    "INSERT INTO search (search) VALUES ('rebuild')" 'PRAGMA user_version = 2' 'PRAGMA journal_mode = DELETE' 'VACUUM' \
    "VACUUM INTO 'stolen.db'" 'REINDEX' 'CREATE TEMP TABLE t (a)' 'WITH x AS (SELECT 1) DELETE FROM files'; do
    run query one.db "$change"
    fails "'$change' is refused" 2 'this would change the archive'
done
for nothing in BEGIN COMMIT "ATTACH 'other.db' AS other" 'PRAGMA writable_schema = ON' "SELECT load_extension('x')" \
    "SELECT writefile('stolen', 'x')"; do
    run query one.db "$nothing"
    is "'$nothing' fails" exits 2
    is "'$nothing' says so" [ -s err ]
done
is 'and nothing was changed or made' untouched
is 'nor left beside it' has_only . err expected files one.db one.sum out
run query one.db 'SELECT fail()'
is 'a function that is none' says 'no such function: fail'
run query one.db "SELECT abs(-9223372036854775807 - 1)"
fails 'a question that fails on its way' 2 'integer overflow'
"$program" query one.db 'SELECT * FROM spans' 2>err | head -n 1 >out
is 'who reads only the beginning is not bothered' is_silent
if [ -w /dev/full ]; then
    "$program" query one.db 'SELECT * FROM spans' >/dev/full 2>err
    status=$?
    is 'a full disk is reported' says 'standard output: error: cannot write'
    is 'once' lines 1 err
    is 'and is a failure' exits 2
fi

mkdir folder
: >empty.db
echo text >text.db
sqlite3 other.db 'CREATE TABLE t (a); INSERT INTO t VALUES (1)'
cp one.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 99' >/dev/null
head -c 20000 one.db >torn.db
broken() { # COMMAND...: what is no archive is refused by it
    local name=$1
    shift
    while read -r archive message; do
        run "${@/ARCHIVE/$archive}"
        fails "$name: $archive" 2 "$message"
    done <<'END'
missing.db No such file or directory
folder is a folder
empty.db is empty, no archive
text.db is no archive
other.db is a database, but no archive
newer.db the archive has version 99
END
}
broken query query ARCHIVE 'SELECT 1'
broken find find ARCHIVE 水
broken export export ARCHIVE -f csv -d nowhere
broken compare compare --archive ARCHIVE
broken view view --archive ARCHIVE
is 'none of them is made' [ ! -e missing.db ]
run query torn.db 'SELECT count(*) FROM spans'
is 'a torn archive is a failure' exits 2
rm -rf folder nowhere missing.db empty.db newer.db torn.db

if mkdir fixed && mount -t tmpfs -o size=20m none fixed 2>/dev/null; then
    cp one.db fixed/ && mount -o remount,ro fixed
    run query fixed/one.db 'SELECT count(*) AS n FROM declarations'
    is 'an archive on a disk that cannot be written to is read' prints "$forms"
    run find fixed/one.db 满意度
    is 'and searched' exits 0
    run export fixed/one.db -f jsonl -d from-fixed
    is 'and exported' exits 0
    run merge from-fixed.db fixed/one.db
    is 'and merged' exits 0
    run merge fixed/one.db one.db
    is 'but not merged into' exits 2
    mount -o remount,rw fixed && : >fixed/one.db-wal && head -c 100 one.db >fixed/one.db-wal && mount -o remount,ro fixed
    run query fixed/one.db 'SELECT 1'
    is 'with a log beside it, it is not' exits 2
    umount fixed
else
    skip 'an archive on a disk that cannot be written to' 'nothing can be mounted here'
fi
rm -rf fixed from-fixed from-fixed.db

# ---- find ----

found() { tail -n +3 out | grep -o '^[^ ]*' | sort -u | tr '\n' ' '; }
run find one.db 半亩塘
is 'a word of three characters is found' prints '"【半亩塘】"钓鱼台'
is 'with its path' prints files/corpus/json-and-csv-of-a-small-form/input.txt
is 'as success' exits 0
run find one.db 钓鱼
is 'a word of two characters is found' prints '【钓鱼】'
is 'with its path' prints files/corpus/json-and-csv-of-a-small-form/input.txt
run find one.db 台 半亩塘
is 'long and short words together' prints json-and-csv-of-a-small-form
run find one.db 钓 鱼 台
is 'short ones together' prints json-and-csv-of-a-small-form
run find one.db 半亩塘 河湾阅读
is 'words that do not stand together are not found' exits 1
is 'that is said by an empty table' lines 2
run find one.db -f jsonl 不会有的词
is 'nothing in JSON lines is nothing' is_empty
is 'and is status 1' exits 1
run find one.db 不会
is 'of a short word too' exits 1
run find one.db '"半亩塘"'
is 'quotes are looked for' prints json-and-csv-of-a-small-form
is 'as they are' [ "$(tail -n +3 out | wc -l)" -eq 1 ]
run find one.db '塘"'
is 'in short words too' prints json-and-csv-of-a-small-form
for word in '%' '_' '100%' '*' 'a OR b' '半亩塘 OR 满意度' 'NEAR(a b)' 'project:半亩塘' '^半亩' '半亩塘*' "'" "';--" '\' '\%'; do
    run find one.db -f jsonl "$word"
    expected=$(python3 - "$word" <<'END'
import sqlite3, sys
word = sys.argv[1].lower()
rows = sqlite3.connect('file:one.db?mode=ro', uri=True).execute('SELECT project, unit, names, narrative FROM search_text')
print(min(100, sum(any(word in (text or '').lower() for text in row) for row in rows)))
END
)
    is "'$word' is looked for as it stands" lines "$expected"
done
run find one.db 书香·
is 'a point in a word' exits 0
run find one.db --in project 满意度
is '--in looks there only' exits 1
run find one.db --in names 满意度
is 'and there' exits 0
run find one.db --in project 水务
is 'of short words too' exits 1
run find one.db --in unit 水务
is 'and there' exits 0
run find one.db --in nowhere 满意度
fails '--in something that is not there' 2 "nothing is called 'nowhere'"
run find one.db 满意度 -n 3
is '-n limits' lines 5
is 'and says so' says 'the first 3'
for number in 0 -1 x 3x ''; do
    run find one.db 满意度 -n "$number"
    fails "-n '$number'" 2 "'$number' is no number of rows"
done
run find one.db
fails 'no word' 2 'what to look for'
run find one.db 满意度 -n 100000
all=$(sql one.db "SELECT count(*) FROM search WHERE search MATCH '\"满意度\"'")
is 'a large limit shows all' lines $((all + 2))
cp out first
run find one.db 满意度 -n 100000
is 'in the same order again' cmp -s out first
is 'nothing was changed' untouched

# ---- the same content, come together in other ways ----

find files -type f | LC_ALL=C sort -r >reversed
"$program" batch --archive reversed.db --jobs 1 --from-file reversed >out 2>err
for i in 0 1 2; do
    "$program" batch --archive "shard$i.db" --jobs 1 --shard "$i/3" files >out 2>err
done
is 'each shard has a part' [ "$(for i in 0 1 2; do sql shard$i.db 'SELECT count(*) > 20 FROM sources'; done | tr -d '\n')" = 111 ]
is 'other ids in another order' [ "$(sql one.db 'SELECT sha256 FROM sources WHERE id = 9')" != "$(sql reversed.db 'SELECT sha256 FROM sources WHERE id = 9')" ]

run merge all.db shard0.db shard1.db shard2.db
is 'shards are merged' exits 0
is 'and counted' says "$(sql one.db 'SELECT count(*) FROM sources') documents in $(sql one.db 'SELECT count(*) FROM files') files, $forms declarations"
run merge lla.db shard2.db shard0.db shard1.db
is 'in another order to the same bytes' cmp -s all.db lla.db
run merge single.db one.db
is 'which are those of a single archive merged' cmp -s all.db single.db
run merge single2.db reversed.db
is 'whatever its order' cmp -s all.db single2.db
run merge all.db shard1.db one.db
is 'merged again nothing changes' cmp -s all.db lla.db
run merge step.db shard0.db
run merge step.db shard1.db
run merge step.db shard2.db
is 'nor if merged one by one' cmp -s all.db step.db
run merge same.db one.db one.db ./one.db
is 'nor if one is there three times' cmp -s all.db same.db
echo rubbish >killed.db-merging
echo rubbish >killed.db-merged
run merge killed.db one.db
is 'what a killed merge left is of no harm' cmp -s killed.db single.db
is 'and goes away' [ "$(echo killed.db*)" = killed.db ]
(flock 9; exec sleep 60) 9>killed.db-lock &
holder=$!
until ! flock -n killed.db-lock true; do sleep 0.1; done
run merge killed.db shard0.db
is 'an archive that is filled by another is left alone' exits 2
is 'with a message' says 'is filling this archive'
is 'and as it was' cmp -s killed.db single.db
kill "$holder"; wait "$holder" 2>/dev/null
rm -f lla.db single2.db step.db same.db killed.db*
sound() { # ARCHIVE: SQLite, its references and the full text have nothing to object to
    [ "$(sql "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] &&
        sql "$1" "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)"
}
is 'SQLite has nothing to object to' sound all.db
cp single.db all.db
run find all.db 满意度 -n 100000
is 'the full text is there' lines $((all + 2))
sort out >a; sort first >b
is 'and finds the same' cmp -s a b
is 'the sources are as they were' untouched
run batch --archive all.db files
is 'a batch goes on in a merged archive' prints "$(sql one.db 'SELECT count(*) - 1 FROM files') files that were done before"
is 'without reading anything' [ "$(sql all.db 'SELECT max(id) FROM sources')" = "$(sql single.db 'SELECT max(id) FROM sources')" ]

# Two readings of one document.
cp one.db old.db
sql old.db "UPDATE sources SET program = '0.0.9', title = 'old'; UPDATE declarations SET project = 'old'"
cp one.db ten.db
sql ten.db "UPDATE sources SET program = '0.0.10', title = 'ten'; UPDATE declarations SET project = 'ten'"
run merge later.db old.db ten.db
is 'of two readings that of the later program stays' [ "$(sql later.db 'SELECT DISTINCT title FROM sources')" = ten ]
is 'with what hangs on it' [ "$(sql later.db 'SELECT count(*), count(DISTINCT project), min(project) FROM declarations')" = "$forms|1|ten" ]
run merge retal.db ten.db old.db
is 'in any order' cmp -s later.db retal.db
rm -f old.db ten.db later.db retal.db
# One that failed here and was read there.
hash=$(sql shard0.db "SELECT sha256 FROM sources WHERE declarations > 0 ORDER BY sha256 LIMIT 1")
cp shard0.db crashed.db
sql crashed.db "PRAGMA foreign_keys = OFF; UPDATE sources SET media_type = '', state = 'failed', reason = 'crash', declarations = 0 WHERE sha256 = '$hash';
    DELETE FROM extractions WHERE source_id = (SELECT id FROM sources WHERE sha256 = '$hash')"
sql crashed.db "UPDATE files SET path = 'elsewhere.txt' WHERE source_id = (SELECT id FROM sources WHERE sha256 = '$hash')"
run merge mended.db crashed.db shard0.db
is 'of a failed and a done reading the latter stays' [ "$(sql mended.db "SELECT group_concat(state) FROM sources WHERE sha256 = '$hash'")" = 'done' ]
is 'with the files of both' [ "$(sql mended.db "SELECT count(*) > 1 FROM files JOIN sources s ON s.id = source_id WHERE s.sha256 = '$hash' AND (path = 'elsewhere.txt' OR path LIKE 'files%')")" = 1 ]
run merge dednem.db shard0.db crashed.db
is 'in any order' cmp -s mended.db dednem.db
rm -f crashed.db mended.db dednem.db

# Failures leave OUT as it was, and nothing beside it.
mkdir m
cp single.db m/out.db
for archive in text.db other.db missing.db; do
    run merge m/out.db one.db "$archive"
    fails "$archive is not merged" 2 "$archive: error:"
    is 'OUT is as it was' cmp -s m/out.db single.db
    is 'nothing is left beside it' has_only m out.db
    run merge m/new.db one.db "$archive"
    is 'no OUT is made' has_only m out.db
done
cp text.db m/out.db
run merge m/out.db one.db
fails 'an OUT that is no archive' 2 'is no archive'
is 'is as it was' cmp -s m/out.db text.db
cp one.db torn.db
python3 - <<'END'
with open('torn.db', 'r+b') as file: # the middle of the pages, the schema stays
    size = file.seek(0, 2)
    for at in range(size // 4, size, 8192):
        file.seek(at)
        file.write(b'\xff' * 64)
END
rm -f m/out.db && cp single.db m/out.db
run merge m/out.db torn.db
is 'an archive that is damaged inside is refused' exits 2
is 'OUT is as it was' cmp -s m/out.db single.db
is 'nothing is left beside it' has_only m out.db
rm torn.db
chmod 640 m/out.db
ln -s out.db m/link.db
run merge m/link.db one.db
is 'a link stays a link' [ -L m/link.db ]
is 'and OUT keeps its mode' [ "$(stat -c %a m/out.db)" = 640 ]
rm m/link.db
run merge nowhere/out.db one.db
is 'a folder that is not there is a failure' exits 2
if [ "$(id -u)" -ne 0 ]; then
    chmod 444 m/out.db
    run merge m/out.db one.db
    fails 'a read-only OUT' 2 'the archive is read-only'
    chmod 644 m/out.db
elif command -v setpriv >/dev/null && chmod 755 . && as_nobody test -x "$program" -a -r one.db; then
    chmod 444 m/out.db
    timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups "$program" merge m/out.db one.db >out 2>err
    status=$?
    fails 'a read-only OUT' 2 'm/out.db: error:'
    chmod 644 m/out.db
else
    skip 'a read-only OUT' 'run by root, and nobody else can be'
fi
is 'a read-only OUT is as it was' cmp -s m/out.db single.db
for delay in 0.005 0.01 0.02 0.04 0.06 0.09 0.13 0.2; do
    "$program" merge m/out.db shard0.db one.db >out 2>err &
    pid=$!
    sleep $delay
    kill -TERM $pid 2>/dev/null
    wait $pid 2>/dev/null
    cmp -s m/out.db single.db && has_only m out.db || { ls -A m; break; }
done
is 'a merge that is interrupted leaves all as it was' cmp -s m/out.db single.db
is 'and nothing beside it' has_only m out.db
mkdir small
if mount -t tmpfs -o size=2m none small 2>/dev/null; then
    run merge small/out.db one.db
    is 'a full disk is a failure' exits 2
    is 'said as such' says 'no space is left'
    is 'that leaves nothing' [ -z "$(ls -A small)" ]
    umount small
else
    skip 'a full disk' 'nothing can be mounted here'
fi
rm -rf m small

# ---- export ----

for archive in one reversed all; do
    for format in csv jsonl xml; do
        run export "$archive.db" -f $format -d "$archive-$format"
        is "$archive: export of $format" exits 0
    done
done
is 'it says how many' says 'documents written to'
run export one.db -f csv -d again-csv
is 'twice the same bytes' diff -rq one-csv again-csv
run export one.db -f csv -d again-csv
is 'over itself too' diff -rq one-csv again-csv
for format in csv jsonl xml; do
    is "$format: whatever the order of the archive" diff -rq one-$format reversed-$format
    is "$format: merged from shards" diff -rq one-$format all-$format
done
rm -rf again-* reversed-* all-*
rows() { sql one.db "SELECT count(*) FROM $1"; }
python3 "$top/tests/package.py" one-csv >out 2>err
status=$?
is 'the CSV tables are a valid data package' exits 0
{
    for table in sources files declarations parts header narrative funding indicators budget_lines safeguards fields options findings spans; do
        echo "${table/sources/documents} $(rows $table)"
    done
} >expected
is 'with every row of the archive' cmp -s out expected
for damage in 's/,declaration,/,2024年,/' '2d' '3s/^/"/' '$s/$/,/'; do
    rm -rf damaged && cp -r one-csv damaged && sed -i "$damage" damaged/declarations.csv
    python3 "$top/tests/package.py" damaged >out 2>err
    status=$?
    is "a validator that sees '$damage'" exits 1
done
rm -rf damaged
is 'all has its line in JSON' lines "$forms" one-jsonl/declarations.jsonl
python3 - >out 2>err <<'END'
import csv, json
tables = {}
for name in 'parts header narrative funding indicators budget_lines safeguards fields options findings spans declarations'.split():
    with open(f'one-csv/{name}.csv', encoding='utf-8', newline='') as file:
        tables[name] = list(csv.DictReader(file))
documents = {row['document_id']: row for row in csv.DictReader(open('one-csv/documents.csv', encoding='utf-8', newline=''))}
rows = {}
for name, table in tables.items():
    for row in table:
        rows.setdefault((row['document_id'], row['form'], name), []).append(
            {key: value for key, value in row.items() if key not in ('document_id', 'form') and value != ''})
def text(row):
    return {key: str(value) if not isinstance(value, float) else '%g' % value for key, value in row.items() if value != ''}
for line, form in zip(open('one-jsonl/declarations.jsonl', encoding='utf-8'), tables['declarations']):
    thing, key = json.loads(line), (form['document_id'], form['form'])
    assert thing.pop('document')['sha256'] == documents[form['document_id']]['sha256']
    assert str(thing.pop('form')) == form['form']
    for name in tables:
        if name != 'declarations':
            assert [text(row) for row in thing.pop(name, [])] == rows.pop((*key, name), []), (key, name)
    assert text(thing) == rows.pop((*key, 'declarations'))[0], key
assert all(form == '' for _, form, _ in rows), rows
END
status=$?
is 'JSON lines and CSV say the same' exits 0

python3 - "$program" >out 2>err <<'END'
import csv, hashlib, os, subprocess, sys
seen, count = set(), 0
for row in csv.DictReader(open('one-xml/files.csv', encoding='utf-8', newline='')):
    if not row['extraction']:
        assert row['reason'] == 'binary' and row['message'], row
        continue
    with open(os.path.join('one-xml', row['extraction']), 'rb') as file:
        archived = file.read()
    with open(row['path'], 'rb') as file:
        assert row['extraction'].startswith(hashlib.sha256(file.read()).hexdigest()), row
    if row['extraction'] in seen:
        continue # another file of the same content: the href is that of the first
    seen.add(row['extraction'])
    if len(seen) % 3 == 0 or 'again' in row['path']:
        count += 1
        assert subprocess.run([sys.argv[1], 'extract', '--compact', row['path']], stdout=subprocess.PIPE).stdout == archived, row
assert count > 60 and seen | {'files.csv'} == set(os.listdir('one-xml')), count
END
status=$?
is 'the XML is byte for byte what extract --compact writes' exits 0
is 'a name with quotes, blanks and brackets is one of them' grep -rqF 'href="files/again, &quot;twice&quot; &amp; &lt;so' one-xml
xmllint --noout --schema "$top/docs/shenbao.xsd" one-xml/*.xml >out 2>&1
status=$?
is 'and valid' exits 0
run export one.db -f parquet -d parquet
fails 'Parquet' 2 'Parquet is not written'
is 'Parquet: nothing is made' [ ! -e parquet ]
run export one.db -f yaml -d yaml
fails 'a format that is none' 2 "unknown format 'yaml'"
run export one.db -f csv
fails 'no folder' 2 'say what to write'
run export one.db -d x
fails 'no format' 2 'say what to write'
run export one.db -f csv -d text.db
fails 'a folder that is a file' 2 'text.db: error: cannot write there'
mkdir -p blocked/files.csv
run export one.db -f csv -d blocked
is 'a file that cannot be written is a failure' exits 2
is 'that names it' says "'files.csv'"
is 'and leaves nothing half written' has_only blocked documents.csv files.csv
cp one.db evil.db
sql evil.db "UPDATE sources SET sha256 = '../escaped' WHERE id = (SELECT min(id) FROM sources WHERE state = 'done')"
run export evil.db -f xml -d evil
is 'a name that leads out of the folder is refused' exits 2
is 'and not written' [ -z "$(ls | grep escaped)" ]
cp one.db evil.db
sql evil.db "UPDATE extractions SET xml = x'28b52ffd00' WHERE source_id = (SELECT min(source_id) FROM extractions)"
run export evil.db -f xml -d evil
is 'an extraction that is damaged is a failure' says 'is damaged'
rm -rf evil evil.db blocked one-*
is 'nothing was changed' untouched

# ---- compare ----

"$program" batch --archive checks.db files/corpus/checks >out 2>err
find files/corpus/checks -type f | LC_ALL=C sort >checks.list
run compare --archive checks.db -f json -o from-archive.json
archived=$status
run compare --from-file checks.list -f json -o from-files.json
is 'compare from an archive ends as from the documents' [ "$archived" -eq "$status" ]
is 'and finds the same' cmp -s from-archive.json from-files.json
is 'which is something' [ "$(grep -c '"rule"' from-archive.json)" -gt 20 ]
run compare --archive checks.db --unit 苇塘镇水务所 --years 2021-2022
is 'with a unit and years' exits 1
run compare --archive checks.db --unit 无此单位
is 'a unit that has no form' says "no form of the unit '无此单位'"
mkdir gone && mv files/corpus gone/
run compare --archive checks.db -f json -o from-archive.json
rules() { grep -oE '"(rule|zh|sha256)": .*' "$1"; }
is 'the documents need not be there' cmp -s <(rules from-archive.json) <(rules from-files.json)
mv gone/corpus files/ && rmdir gone
run compare --archive checks.db files/corpus/checks/carry-over/fails/2022.txt
is 'a document that is in the archive too is left out' says 'the same document as'
run compare --archive checks.db --archive one.db
fails 'two archives' 2 'one archive at a time'
run compare
fails 'neither file nor archive' 2 'no FILE given'
cp checks.db evil.db
sql evil.db "UPDATE extractions SET xml = x'28b52ffd00' WHERE source_id = (SELECT min(source_id) FROM declarations)"
run compare --archive evil.db
is 'an extraction that is damaged is a failure' exits 2
is 'and named' says 'the extraction of source'
run compare --archive checks.db -o checks.db
is 'the archive is not written over' exits 2
is 'and is still one' [ "$(sql checks.db 'SELECT count(*) > 9 FROM sources')" = 1 ]

# ---- view ----

project=苇塘镇泵车租用
documents() { sql checks.db "SELECT count(DISTINCT source_id) FROM declarations WHERE $1"; }
sections() { grep -o '"sha256":"[0-9a-f]*"' "$1" | sort -u | wc -l; }
run view --archive checks.db --project $project -o page.html
is 'view from an archive' exits 0
is 'view: silently' is_silent
cp page.html from-archive.html
sql checks.db "SELECT (SELECT min(path) FROM files f WHERE f.source_id = d.source_id) AS path FROM declarations d
    WHERE project = '$project' GROUP BY d.source_id ORDER BY min(year), path" >paths
mapfile -t paths <paths
run view "${paths[@]}" -o page.html
is 'it is the page of its documents' cmp -s page.html from-archive.html
is 'which are some' [ "${#paths[@]}" -gt 10 ]
run view --archive checks.db --project $project --year 2023 -o page.html
is 'project and year' [ "$(grep -o 'files/corpus/checks/[^"<]*2023[^"<]*txt' page.html | sort -u | wc -l)" -ge 1 ]
is 'and no other year' [ "$(grep -c 'fails/2021.txt' page.html)" -eq 0 ]
run view --archive checks.db --unit 苇塘镇水务所 --year 2022 -o page.html
is 'unit and year' exits 0
run view --archive one.db --code 无此编码 -o none.html
fails 'a code that is not there' 2 'there is no such form'
is 'makes no page' [ ! -e none.html ]
run view --year 2024 files/corpus/form-on-one-line/input.txt
fails 'a choice without an archive' 2 '--year chooses from an archive'
run view --archive one.db --year 24
fails 'a year that is none' 2 "'24' is no year"
cp files/corpus/checks/carry-over/passes/2022.txt kept.txt
echo >>files/corpus/checks/carry-over/passes/2022.txt
gone=$(sql checks.db "SELECT min(path) FROM files JOIN declarations d USING (source_id) WHERE project = '$project' AND year = 2022
    GROUP BY source_id HAVING count(*) = 1 ORDER BY path LIMIT 1")
rm "$gone"
run view --archive checks.db --project $project --year 2022 -o page.html
is 'a document that changed or is gone' exits 2
is 'is named: changed' says "checks/carry-over/passes/2022.txt' has changed since it was extracted"
is 'is named: gone' says "$gone' cannot be read"
is 'the others are shown' [ "$(grep -o 'files/corpus/checks/[^"<]*2022[^"<]*txt' page.html | sort -u | wc -l)" -gt 5 ]
mkdir beside && cp checks.db beside/ && cp kept.txt beside/2022.txt
run view --archive beside/checks.db --project $project --year 2022 -o page.html
is 'a document is found beside the archive too' [ "$(grep -c 'carry-over/passes' err)" -eq 0 ]
run view --archive checks.db -o checks.db
fails 'the archive is no output' 2 'is an input'
mkdir many
for ((i = 0; i < 501; i++)); do
    printf '项目支出绩效目标申报表\n（2024年度）\n项目名称\t道路养护%d\n年度资金总额\t%d万元\n' $i $i >many/$i.txt
done
"$program" batch --archive many.db many >out 2>err
run view --archive many.db -o many.html
fails 'too many for a page' 2 'more than 500 documents are too many'
name=$(printf 'many/\xc9\xea.txt')
printf '项目支出绩效目标申报表\n（2024年度）\n项目名称\t古桥测绘\n年度资金总额\t3万元\n' >"$name"
if "$program" batch --archive many.db many >out 2>err && [ "$(sql many.db "SELECT count(*) FROM files WHERE path = 'many/%C9%EA.txt'")" = 1 ]; then
    run view --archive many.db --project 古桥测绘 -o named.html
    is 'a file name that is no UTF-8 is found' exits 0
else
    not_ok 'a file name that is no UTF-8 is in the archive'
fi
is 'nothing was changed' untouched

# ---- the manual and the picture ----

for command in batch query find export merge compare view; do
    for word in $("$program" $command --help | grep -o -e ' --[a-z][a-z0-9-]*' | sort -u); do
        is "manual: $command $word" grep -qE "Fl -${word#--}( |\$)" "$top/docs/shenbao.1"
    done
done
"$top/scripts/draw-archive" --check
is 'docs/archive.svg is the picture of the schema' [ $? -eq 0 ]

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
