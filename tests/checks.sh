#!/bin/bash
# check, compare and explain from outside: exit status, filters, formats, places.
#
# usage: checks.sh PROGRAM
set -u
program=$(realpath "${1:?usage: checks.sh PROGRAM}")
source_folder=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SHENBAO_GRAMMARS LC_ALL LC_MESSAGES LANG NO_COLOR

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
run_with() { # NAME=VALUE... check WORD...
    local settings=()
    while [ "${1#*=}" != "$1" ]; do
        settings+=("$1")
        shift
    done
    env "${settings[@]}" timeout 120 "$program" "$@" >out 2>err </dev/null
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
lacks() { ! grep -qF -- "$1" "${2:-out}"; }
is_silent() { [ ! -s err ]; }
is_empty() { [ ! -s "${1:-out}" ]; }
wrong() { # NAME MESSAGE WORD...
    local name=$1 message=$2
    shift 2
    run "$@"
    is "$name: status 2" exits 2
    is "$name: message" says "$message"
    is "$name: nothing on standard output" is_empty
}
python() { python3 "$@" >py.out 2>py.err || { cat py.out py.err >>err; return 1; }; }

# good.txt states nothing wrong; in bad.txt the parts of the annual money are 0.60 short.
good='项目支出绩效目标申报表
（2024年度）
填报单位：青岚县文化馆    金额单位：万元

| 项目名称 | 乡镇文化站图书更新 |  |
| 主管部门 | 青岚县文化和旅游局 | 实施单位 | 青岚县文化馆 |
| 项目资金 | 年度资金总额 | 38.60 |
|  | 其中：财政拨款 | 36.00 |
|  | 其他资金 | 2.60 |
| 年度目标 | 更新图书9600册，开展阅读活动。 |
| 一级指标 | 二级指标 | 三级指标 | 指标值 |
| 产出指标 | 数量指标 | 更新图书 | ≥9600册 |
| 产出指标 | 质量指标 | 图书验收合格率 | ≥98% |
| 产出指标 | 时效指标 | 上架时间 | 2024年9月底前 |
| 效益指标 | 社会效益指标 | 阅读活动参与人次 | ≥5000人次 |
| 满意度指标 | 服务对象满意度指标 | 读者满意度 | ≥90% |
'
printf '%s' "$good" >good.txt
sed 's/| 2.60 |/| 2.00 |/' good.txt >bad.txt
printf '今天天气很好。\n' >none.txt

# --- exit status and text ---
run check good.txt
is 'nothing wrong: status 0' exits 0
is 'nothing wrong: no message' is_silent
is 'nothing wrong: the rules that passed are counted' grep -qE '^funding-sum +[1-9][0-9]* +0 +0 ' out
is 'nothing wrong: the last line has the totals' grep -qE '^1 form, 0 errors, ' out

run check bad.txt
is 'a wrong sum: status 1' exits 1
is 'a wrong sum: its place' prints 'bad.txt:7:19: error: '
is 'a wrong sum: its rule' grep -qE '^bad\.txt:7:19: error: .*\[funding-sum\]$' out
is 'a wrong sum: under its declaration' grep -qE '^乡镇文化站图书更新 · 青岚县文化馆 · 2024 — bad\.txt \(d1\)$' out
is 'a wrong sum: the other side is a note' grep -qE '^bad\.txt:8:16: note: .*36\.00 万元$' out
is 'a wrong sum: counted' grep -qE '^funding-sum +[0-9]+ +1 +0 ' out
is 'a wrong sum: in the totals' grep -qE '^1 form, 1 error, ' out

# The mark stands under the number: a Chinese character takes two columns.
mark_below() { # LINE: the text of the line of marks below it
    grep -A1 -xF -- "$1" out | sed -n 2p
}
is 'the mark is below the total' [ "$(mark_below '| 项目资金 | 年度资金总额 | 38.60 |')" = "$(printf '%28s^~~~~' '')" ]
is 'the mark is below the part' [ "$(mark_below '|  | 其中：财政拨款 | 36.00 |')" = "$(printf '%22s^~~~~' '')" ]

sed 's/读者满意度 | ≥90%/服务水平 | 提升/' good.txt >vague.txt
run check vague.txt
is 'two sides in one line are marked in it' [ "$(mark_below '| 满意度指标 | 服务对象满意度指标 | 服务水平 | 提升 |')" = \
    "$(printf '%36s~~~~~~~~   ^~~~' '')" ]
is 'two sides in one line need no note' lacks ' note: '
blanks=$(printf '%300s' '')
sed "s/| 年度资金总额 |/|$blanks年度资金总额 |/" bad.txt >wide.txt
run check wide.txt
is 'of a long line the end is shown, with the mark below it' \
    [ "$(mark_below "…$(printf '%45s' '')年度资金总额 | 38.60 |")" = "$(printf '%61s^~~~~' '')" ]

run check none.txt
is 'no form: status 0' exits 0
is 'no form: a note' says 'none.txt: note: no declaration found'
run check good.txt missing.txt bad.txt
is 'one missing: status 2' exits 2
is 'one missing: message' says 'missing.txt: error: cannot read: No such file or directory'
is 'one missing: the others are checked' prints '2 forms, 1 error, '
is 'one missing: counted' prints '1 input not done'
run check missing.txt
is 'only a missing one: status 2' exits 2
is 'only a missing one: no report' is_empty
timeout 60 "$program" check - <bad.txt >out 2>err; status=$?
is 'standard input: status 1' exits 1
is 'standard input: the place' prints '7:19: error: '
run check bad.txt good.txt bad.txt
is 'three inputs: a heading for each with findings' [ "$(grep -c ' — bad.txt (d1)$' out)" -ge 1 ]

# --- languages ---
run check --lang zh bad.txt
is 'Chinese: severity' prints 'bad.txt:7:19: 错误：'
is 'Chinese: note' prints '附注：'
is 'Chinese: the title of a rule' prints '资金合计不符'
is 'Chinese: totals' prints '1张表，1处错误'
cp out zh.want
run_with LANG=zh_CN.UTF-8 check bad.txt
is 'Chinese by LANG' cmp -s out zh.want
run_with LC_ALL=zh LANG=en_US.UTF-8 check bad.txt
is 'LC_ALL before LANG' cmp -s out zh.want
run_with LC_MESSAGES=en_US.UTF-8 LANG=zh_CN.UTF-8 check bad.txt
is 'LC_MESSAGES before LANG' prints ' error: '
run_with LANG=zha_XX.UTF-8 check bad.txt
is 'another language that begins with zh' prints ' error: '

# --- what is shown ---
run check --only funding-sum bad.txt
is '--only: status 1' exits 1
is '--only: the rule' prints '[funding-sum]'
is '--only: no other rule in the summary' [ "$(grep -cE '^[a-z-]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ ' out)" -eq 1 ]
run check --only required-field,budget-sum bad.txt
is '--only of others: status 0' exits 0
is '--only of others: without the rule' lacks 'funding-sum'
run check --only amount-jump bad.txt
is '--only of a rule of compare: status 0' exits 0
is '--only of a rule of compare: a note' says "note: 'amount-jump' is a rule of 'shenbao compare'"
run compare --only funding-sum good.txt bad.txt
is 'compare --only of a rule of check: a note' says "note: 'funding-sum' is a rule of 'shenbao check'"
run check --ignore funding-sum bad.txt
is '--ignore: status 0' exits 0
is '--ignore: without the rule' lacks 'funding-sum'
is '--ignore: others are counted' prints 'required-field'
run check --ignore required-field --ignore funding-sum,budget-sum bad.txt
is '--ignore twice, with a comma' lacks 'budget-sum'
run check --severity warning bad.txt
is '--severity: what is more severe stays' prints '[funding-sum]'
is '--severity: nothing less severe' lacks ' info: '
run check --quiet bad.txt
is '--quiet: findings' prints '[funding-sum]'
is '--quiet: no summary' lacks '1 form,'
run check --summary bad.txt
is '--summary: status 1' exits 1
is '--summary: no findings' lacks '7:19'
is '--summary: the totals' prints '1 form, 1 error, '
sed 's/| 2.60 |/| 约3万元 |/' good.txt >unread.txt
run check unread.txt
is 'refused: not a finding' lacks ': refused: '
is 'refused: counted' grep -qE '^funding-sum +0 +0 +1 ' out
is 'refused: in the totals' grep -qE ', [1-9][0-9]* refused$' out
run check --refused unread.txt
is '--refused: listed with the reason' grep -qE '^unread\.txt:7:19: refused: .+ \[funding-sum\]$' out

# --- outputs ---
run check bad.txt
cp out want
run check -o report.txt bad.txt
is '-o: status 1' exits 1
is '-o: the same report' cmp -s report.txt want
is '-o: nothing on standard output' is_empty
is '-o: no temporary file is left' [ -z "$(ls -A | grep '^\.shenbao')" ]
run check -o report.txt missing.txt
is '-o of nothing: the file stays as it was' cmp -s report.txt want
wrong '-o over an input' 'bad.txt: error: is an input' check -o bad.txt bad.txt
is '-o over an input: it is untouched' prints '| 2.00 |' bad.txt
wrong '-o in no folder' 'nowhere/r.txt: error: cannot write: No such file or directory' check -o nowhere/r.txt bad.txt
wrong '-o on a folder' 'cannot write: Is a directory' check -o . bad.txt
run check -o /dev/full bad.txt
is '-o /dev/full: status 2' exits 2
is '-o /dev/full: message' says '/dev/full: error: cannot write: No space left on device'
timeout 60 "$program" check bad.txt >/dev/full 2>err; status=$?
is 'full disk: status 2' exits 2
is 'full disk: message' says 'standard output: error: cannot write'
for i in $(seq 200); do cat bad.txt; done >long.txt
{ timeout 60 "$program" check long.txt 2>err; echo $? >status; } | true
status=$(cat status)
is 'closed pipe: status 2' exits 2
is 'closed pipe: no message' is_silent

# --- colours: on a terminal only ---
escape=$(printf '\033')
run check bad.txt
is 'no colours in a pipe' lacks "$escape"
if command -v script >/dev/null; then
    TERM=xterm script -qec "'$program' check bad.txt" /dev/null >out 2>err </dev/null
    is 'colours on a terminal' prints "$escape[1;31m"
    NO_COLOR=1 TERM=xterm script -qec "'$program' check bad.txt" /dev/null >out 2>err </dev/null
    is 'no colours with NO_COLOR' lacks "$escape["
    TERM=dumb script -qec "'$program' check bad.txt" /dev/null >out 2>err </dev/null
    is 'no colours on a dumb terminal' lacks "$escape["
else
    skip 'colours on a terminal' 'no script(1)'
fi
printf '%s' "$good" | sed "s/| 2.60 |/| 2.00 | ${escape}[2J/; s/图书更新/图书${escape}[31m更新/" >control.txt
run check control.txt
is 'what rewrites a terminal is not printed' lacks "$escape"

# --- JSON, SARIF, CSV ---
iconv -f UTF-8 -t GB18030 bad.txt >gb.txt
printf '\xef\xbb\xbf' | cat - bad.txt | sed 's/$/\r/' >bom.txt
printf '%s' "$good" | sed 's/乡镇文化站图书更新/=HYPERLINK("x"),更新/; s/| 2.60 |/| 2.00 |/' >formula.txt
mkdir -p '文件 夹'
cp bad.txt '文件 夹/a,"b".txt'
inputs=(bad.txt gb.txt bom.txt formula.txt unread.txt good.txt '文件 夹/a,"b".txt')
if command -v python3 >/dev/null; then
    run check -f json "${inputs[@]}"
    is 'JSON: status 1' exits 1
    cp out report.json
    cat >json_report.py <<'PY'
import json, sys
report = json.load(open("report.json", encoding="utf-8"))
places = 0
for finding in report["findings"]:
    for side in finding["sides"]:
        data = open(side["path"], "rb").read()
        encoding = "gb18030" if side["path"] == "gb.txt" else "utf-8"
        text = data.decode(encoding).removeprefix("\ufeff")
        if side["stated"]:
            cited = "".join(data[a:b].decode(encoding) for a, b in side["bytes"])
            assert cited in (side.get("raw", side.get("value")), side.get("value")) or side["value"].replace(" ", "") == cited.replace(" ", ""), (cited, side)
        if "charOffset" in side:
            start = side["charOffset"]
            lines = text[:start].replace("\r\n", "\n").split("\n")
            assert (len(lines), len(lines[-1]) + 1) == (side["line"], side["column"]), side
            places += 1
errors = [f for f in report["findings"] if f["rule"] == "funding-sum" and f["verdict"] == "fail"]
assert len(errors) == 5, len(errors)
assert report["summary"]["rules"]["funding-sum"]["fail"] == 5
assert report["summary"]["error"] == sum(f["severity"] == "error" and f["verdict"] == "fail" for f in report["findings"])
for verdict in ("fail", "refused"):
    for rule, counts in report["summary"]["rules"].items():
        assert counts[verdict] == sum(f["rule"] == rule and f["verdict"] == verdict for f in report["findings"]), (rule, verdict)
assert any(f["verdict"] == "refused" for f in report["findings"])
assert places >= 15, places
# Moved, in another encoding, under another name: the same finding.
assert len({f["fingerprint"] for f in errors if "HYPER" not in f["declaration"]["project"]}) == 1
PY
    is 'JSON: places, counts, fingerprints' python json_report.py
    if python3 -c 'import jsonschema' 2>/dev/null; then
        is 'JSON: valid' python -c "
import json, jsonschema
schema = json.load(open('$source_folder/docs/findings.schema.json'))
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.Draft7Validator(schema).validate(json.load(open('report.json')))"
        is 'JSON: what is not valid is seen' python -c "
import json, jsonschema
schema = json.load(open('$source_folder/docs/findings.schema.json'))
report = json.load(open('report.json'))
del report['findings'][0]['sides'][0]['column']
try:
    jsonschema.Draft7Validator(schema).validate(report)
except jsonschema.ValidationError:
    raise SystemExit(0)
raise SystemExit(1)"
    else
        skip 'JSON: valid' 'no python3-jsonschema'
    fi

    for refused in '' --refused; do
        run check -f sarif $refused "${inputs[@]}"
        is "SARIF $refused: status 1" exits 1
        cp out report.sarif
        is "SARIF $refused: structure and regions" python "$source_folder/tests/sarif.py" report.sarif .
    done
    # The schema of OASIS as it is shipped by a package; scripts/setup gets it where it can.
    schema=${SARIF_SCHEMA:-$source_folder/build/sarif/sarif-schema-2.1.0.json}
    if [ -r "$schema" ] && python3 -c 'import jsonschema' 2>/dev/null; then
        is 'SARIF: valid' python "$source_folder/tests/sarif.py" report.sarif . "$schema"
    else
        skip 'SARIF: valid' "no schema or no python3-jsonschema ($schema)"
    fi
    is 'SARIF: refused ones are open' python -c "
import json
results = json.load(open('report.sarif'))['runs'][0]['results']
assert any(r['kind'] == 'open' and r['level'] == 'none' for r in results)
assert any(r['kind'] == 'fail' and r['level'] == 'error' for r in results)"
    is 'SARIF: a path is percent-encoded' prints '"uri": "%E6%96%87%E4%BB%B6%20%E5%A4%B9/a%2C%22b%22.txt"' report.sarif
    is 'SARIF: English' prints '"language": "en-US"' report.sarif
    run check -f sarif --lang zh bad.txt
    is 'SARIF: Chinese' prints '"language": "zh-CN"'
    is 'SARIF: Chinese titles' prints '资金合计不符'
    run check -f sarif bad.txt missing.txt
    is 'SARIF: one missing: status 2' exits 2
    is 'SARIF: one missing: no success' prints '"executionSuccessful": false'
    run check -f sarif good.txt
    cp out good.sarif
    is 'SARIF of nothing' python -c "
import json
run = json.load(open('good.sarif'))['runs'][0]
assert not [r for r in run['results'] if r['level'] == 'error']
assert run['invocations'][0]['executionSuccessful']"

    run check -f csv "${inputs[@]}"
    is 'CSV: status 1' exits 1
    cp out report.csv
    cat >csv_report.py <<'PY'
import csv, json
text = open("report.csv", encoding="utf-8", newline="").read()
assert text.count("\r\n") == text.count("\n")
rows = list(csv.reader(text.splitlines(True)))
head = ("rule,severity,verdict,message,project,code,unit,year,path,declaration,line,column,bytes,value,other_path,"
        "other_line,other_column,other_bytes,other_value,difference,fingerprint").split(",")
assert rows[0] == head, rows[0]
assert all(len(row) == len(head) for row in rows)
report = json.load(open("report.json", encoding="utf-8"))
assert len(rows) - 1 == len(report["findings"])
for row, finding in zip(rows[1:], report["findings"]):
    row = dict(zip(head, row))
    assert row["fingerprint"] == finding["fingerprint"] and row["rule"] == finding["rule"]
    assert row["message"] == finding["message"]["en"]
    if finding["sides"]:
        assert row["bytes"] == " ".join("%d-%d" % tuple(pair) for pair in finding["sides"][0]["bytes"])
        assert row["line"] == str(finding["sides"][0].get("line", ""))
assert any(row[4].startswith("'=HYPERLINK") for row in rows)
assert not any(cell[:1] in "=+-@" and cell[1:2].isalpha() for row in rows[1:] for cell in row if cell)
PY
    is 'CSV: columns, rows, no formula' python csv_report.py
else
    skip 'JSON, SARIF, CSV' 'no python3'
fi

# --- baselines ---
run check -f json -o known.json bad.txt
run check --baseline known.json bad.txt
is 'baseline: status 0' exits 0
is 'baseline: the finding is hidden' lacks '[funding-sum]'
is 'baseline: it is counted' grep -qE '[1-9][0-9]* hidden by the baseline$' out
{ printf '附件3\n\n'; sed 's/$/\r/' bad.txt; } >moved.txt
# what is known of a document is known of its extraction, and the other way round
for case in "$source_folder"/corpus/checks/{name-restated/fails,encoding/fails}.txt; do
    "$program" extract "$case" -o again.xml 2>err
    "$program" check -q --write-baseline=of-document.json "$case" >out 2>err
    run check --baseline of-document.json again.xml
    is "baseline: an extraction of ${case#"$source_folder"/corpus/}" lacks "[$(basename "$(dirname "$case")")]"
    "$program" check -q --write-baseline=of-extraction.json again.xml >out 2>err
    run check --baseline of-extraction.json "$case"
    is "baseline: the document behind it" lacks "[$(basename "$(dirname "$case")")]"
    is 'baseline: both tell it' eval '[ $(grep -l "$(basename "$(dirname "$case")")" of-document.json of-extraction.json | wc -l) -eq 2 ]'
done
run check --baseline known.json moved.txt
is 'baseline: moved lines' exits 0
is 'baseline: moved lines are hidden' lacks '[funding-sum]'
sed 's/| 2.00 |/| 2.01 |/' bad.txt >changed.txt
run check --baseline known.json changed.txt
is 'baseline: another value is new' exits 1
cp bad.txt again.txt
run check --baseline known.json bad.txt again.txt
is 'baseline: the same mistake a second time is new' exits 1
is 'baseline: only that' [ "$(grep -c 'error: .*\[funding-sum\]$' out)" -eq 1 ]
run check --write-baseline written.json bad.txt
is '--write-baseline: status 1' exits 1
is '--write-baseline: the report as well' prints '[funding-sum]'
run check --baseline written.json bad.txt
is '--write-baseline: it is one' exits 0
run check --baseline written.json --write-baseline written.json bad.txt changed.txt
is '--write-baseline anew: the new finding' exits 1
run check --baseline written.json bad.txt changed.txt
is '--write-baseline anew: old and new are in it' exits 0
run check --only required-field --write-baseline all.json bad.txt
run check --baseline all.json bad.txt
is '--write-baseline: not filtered' exits 0
printf '{"version": "1", "findings": [' >broken.json
wrong 'baseline: broken' 'broken.json:1:' check --baseline broken.json bad.txt
printf '[1, 2]' >other.json
wrong 'baseline: of something else' 'other.json: error: no report of findings' check --baseline other.json bad.txt
printf '{"version": "7", "findings": []}' >version.json
wrong 'baseline: of another version' "a report of version '7'" check --baseline version.json bad.txt
wrong 'baseline: missing' 'nothing.json: error: cannot read' check --baseline nothing.json bad.txt
printf '{"version": "1", "findings": [{"fingerprint": 7}, 8, {"fingerprint": "zz"}, null]}' >odd.json
run check --baseline odd.json bad.txt
is 'baseline: odd entries hide nothing' exits 1

# --- extractions ---
run extract -o bad.xml bad.txt
run check bad.xml
is 'an extraction: status 1' exits 1
is 'an extraction: place and source line' prints 'bad.txt:7:19: error: '
is 'an extraction: the mark' [ "$(mark_below '| 项目资金 | 年度资金总额 | 38.60 |')" = "$(printf '%28s^~~~~' '')" ]
mkdir -p elsewhere
mv bad.xml elsewhere
(cd elsewhere && cp ../bad.txt .)
(cd / && timeout 60 "$program" check "$work/elsewhere/bad.xml" >"$work/out" 2>"$work/err"); status=$?
is 'an extraction: its document lies beside it' prints '| 38.60 |'
printf '\n' >>elsewhere/bad.txt
(cd / && timeout 60 "$program" check "$work/elsewhere/bad.xml" >"$work/out" 2>"$work/err"); status=$?
is 'an extraction: of a changed document no line is shown' lacks '| 38.60 |'
is 'an extraction: of a changed document the place is shown' prints ':7:19: error: '
sed 's/href="[^"]*"/href="pipe"/' "$work/elsewhere/bad.xml" >piped.xml
mkfifo pipe
run check piped.xml
is 'an extraction: what it names is no document: not opened' eval 'exits 1 && prints pipe:7:19'
run extract -o again.xml bad.txt
if command -v python3 >/dev/null; then
    run check -f json bad.txt
    cp out of-text.json
    run check -f json again.xml
    cp out of-xml.json
    is 'an extraction: the same findings as its document' python -c "
import json
a, b = (json.load(open(n))['findings'] for n in ('of-text.json', 'of-xml.json'))
key = lambda f: (f['rule'], f['verdict'], [(s.get('bytes'), s.get('charOffset'), s.get('endColumn')) for s in f['sides']], f['fingerprint'])
assert sorted(map(key, a)) == sorted(map(key, b)), (a, b)"
fi

# --- corrections: what a person put there counts, and is said to be no print ---
correct() { # VALUE: bad.txt with another total
    local at
    at=$(grep -obF '38.60' bad.txt | head -n 1 | cut -d: -f1)
    printf '{"format": "shenbao-corrections", "version": 1, "sources": [{"path": "bad.txt", "sha256": "%s", "corrections": [{"declaration": "d1", "path": "funding/amount[1]", "bytes": [[%d, %d]], "was": "386000.00", "value": "%s", "state": "corrected"}]}]}' \
        "$(sha256sum bad.txt | cut -c1-64)" "$at" $((at + 5)) "$1" >corrections.json
    run extract --corrections corrections.json -o corrected.xml bad.txt
    run check --only funding-sum,ten-thousandfold --lang "${2:-en}" corrected.xml
}
correct 38.00
is 'corrected: the sum holds' eval 'exits 0 && lacks funding-sum]'
correct 38.02
is 'corrected: as exact as what was printed' prints 'bad.txt:7:19: error: 年度资金总额 is 38.02万元, but its parts'
is 'corrected: the line is as printed, with a note' \
    [ "$(sed -n '/\^~~~~/{n;p;q}' out)" = "bad.txt:7:19: note: 年度资金总额: 380200.00 元 (corrected, printed is '38.60')" ]
correct 3800元 zh
is 'corrected: another unit' prints '年度资金总额为3800.00元，而所列各项36.00万元 + 2.00万元共380000元'
is 'corrected: in Chinese' prints '（已更正，原文为“38.60”）'
run check -f json corrected.xml
is 'corrected: in JSON' prints '"by": "reviewed"'

# --- compare ---
next_year() { # FROM YEAR: the form of a later year
    sed "s/2024/$2/g" "$1"
}
next_year good.txt 2025 >good25.txt
run compare --only amount-jump corrected.xml good25.txt
is 'compare: a corrected amount is quoted' prints "'年度资金总额' of 2024 is 3800.00 元"
next_year good.txt 2027 | sed 's/38.60/68.60/; s/36.00/66.00/' >more27.txt
sed 's/5000人次/5000人/; s/| 38.60/| 68.60/; s/36.00/66.00/; s/2024/2025/g' good.txt >other25.txt
run compare good.txt good25.txt
is 'the same again: no error' [ "$status" -lt 2 ]
run compare good.txt other25.txt
is 'a jump' prints '[amount-jump]'
is 'a jump: both years' eval 'prints good.txt:7:19 && prints other25.txt:7:19'
cp out want
run compare other25.txt good.txt
is 'the order of files does not matter' cmp -s out want
run compare --threshold 100% good.txt other25.txt
is '--threshold in percent' lacks '[amount-jump]'
run compare --threshold 0.5 good.txt other25.txt
is '--threshold as a share' prints '[amount-jump]'
run compare --only measure-changed good.txt other25.txt
is 'compare --only' eval 'prints [measure-changed] && lacks [amount-jump]'
run compare --ignore amount-jump good.txt other25.txt
is 'compare --ignore' lacks '[amount-jump]'
run compare --years 2024-2024 good.txt other25.txt
is '--years: nothing to compare' eval 'exits 0 && lacks [amount-jump]'
run compare --unit 别处 good.txt other25.txt
is '--unit of none: a note' says "note: no form of the unit '别处'"
run compare --unit 青岚县文化馆 good.txt other25.txt
is '--unit' prints '[amount-jump]'
run compare good.txt other25.txt good.txt
is 'the same document twice: a note' says "good.txt: note: the same document as 'good.txt'; left out"
is 'the same document twice: as if once' cmp -s out want
cp good.txt copy.txt
run compare good.txt other25.txt copy.txt
is 'a copy of a document: a note' says "copy.txt: note: the same document as 'good.txt'; left out"
run extract -o good.xml good.txt
run extract -o other25.xml other25.txt
run compare good.xml other25.xml
is 'extractions: the same report' cmp -s out want
run compare good.txt other25.xml
is 'a document and an extraction: the same report' cmp -s out want
run compare good.txt good.xml other25.txt
is 'a document and its extraction: left out' says "good.xml: note: the same document as 'good.txt'; left out"
run compare good.txt more27.txt
is 'years missing: a note each' eval 'says "note: no form of the year 2025" && says "note: no form of the year 2026"'
sed 's/乡镇文化站图书更新/全民健身路径维护/; s/青岚县文化馆/青岚县体育中心/; s/2024/2025/' good.txt >stranger.txt
run compare good.txt stranger.txt
is 'no common project: status 0' exits 0
is 'no common project: a note' says 'nothing to compare'
run compare good.txt
is 'one form: status 0' exits 0
is 'one form: a note' says 'nothing to compare'
sed 's/version="1"/version="9"/; s/urn:shenbao:1"/urn:shenbao:9"/' other25.xml >version9.xml
run compare good.txt version9.xml
is 'another version: status 2' exits 2
is 'another version: message' says 'version9.xml: error: an extraction of another vocabulary version'
is 'mixed versions: a note' says 'of different vocabulary versions'
head -c 900 other25.xml >cut.xml
run compare good.txt cut.xml
is 'a broken extraction: status 2' exits 2
is 'a broken extraction: message' says 'cut.xml: error: '
run compare missing.txt good.txt
is 'compare: missing: status 2' exits 2
mkdir -p folder/deep
cp good.xml folder; cp other25.xml folder/deep; cp none.txt folder; printf '<a/>' >folder/foreign.xml
run compare folder
is 'a folder of extractions: the same report' cmp -s out want
mkdir -p void
run compare void
is 'a folder of none: status 2' exits 2
is 'a folder of none: message' says 'void: error: no extraction in this folder'
printf 'good.txt\n\nother25.txt\r\n' >list
run compare --from-file list
is '--from-file' cmp -s out want
timeout 60 "$program" compare --from-file - <list >out 2>err; status=$?
is '--from-file -' cmp -s out want
run compare --from-file nolist good.txt
is '--from-file of nothing: status 2' exits 2
wrong 'no share' "'much' is no share" compare --threshold much good.txt
wrong 'a share of nothing' "'0' is no share" compare --threshold 0 good.txt
wrong 'no years' "'20-21' are no years" compare --years 20-21 good.txt
wrong 'years backwards' "'2023-2020' are no years" compare --years 2023-2020 good.txt
if command -v python3 >/dev/null; then
    run compare -f json good.xml other25.txt
    cp out compare.json
    run compare -f sarif good.xml other25.txt
    cp out compare.sarif
    is 'compare: SARIF' python "$source_folder/tests/sarif.py" compare.sarif .
    if python3 -c 'import jsonschema' 2>/dev/null; then
        is 'compare: JSON is valid' python -c "
import json, jsonschema
jsonschema.Draft7Validator(json.load(open('$source_folder/docs/findings.schema.json'))).validate(json.load(open('compare.json')))"
    fi
fi

years=$source_folder/../shared/forms/years
if [ -d "$years" ]; then
    run compare "$years/2021.txt" "$years/2022.txt" "$years/2023.txt"
    is 'three years of a town: status 1' exits 1
    for rule in digit-slip cumulative unit-slip target-lowered stale-year measure-changed continuity; do
        is "three years of a town: $rule" prints "[$rule]"
    done
    run compare --severity warning "$years/2021.txt" "$years/2022.txt" "$years/2023.txt"
    is 'three years of a town: nothing else' [ "$(grep -oE '\[(sign-flip|copied-form|amount-jump|target-below-actual|carry-over|evaluation-target|restated|indicator-changed)\]$' out | wc -l)" -eq 0 ]
    run compare --lang zh "$years/2021.txt" "$years/2022.txt" "$years/2023.txt"
    is 'three years of a town, in Chinese' prints '错误：'
else
    skip 'three years of a town' "$years is not there"
fi

# --- wrong use ---
wrong 'check of nothing' 'no FILE given' check
wrong 'compare of nothing' 'no FILE given' compare
wrong 'unknown format' "unknown format 'xml'; text, json, sarif and csv are known" check -f xml bad.txt
wrong 'unknown language' "unknown language 'de'" check --lang de bad.txt
wrong 'unknown level' "unknown level 'fatal'" check --severity fatal bad.txt
wrong 'unknown rule' "unknown rule 'fundingsum'; near: 'funding-sum'" check --only fundingsum bad.txt
wrong 'a part of a rule' "unknown rule 'sum'; near: " check --ignore sum bad.txt
wrong 'a rule like no other' "unknown rule 'zzzzzz'; 'shenbao explain' lists them" check --only zzzzzz bad.txt
wrong 'an empty rule' "unknown rule ''" check --only funding-sum,, bad.txt
wrong '--quiet and --summary' 'exclude each other' check --quiet --summary bad.txt
wrong '--summary of JSON' 'are for text' check --summary -f json bad.txt
wrong 'standard input twice' 'only once' check - -
wrong 'a folder' 'folder: error: is a folder' check folder
wrong 'unknown encoding' "unknown encoding 'klingon'" check --encoding klingon bad.txt

# --- explain ---
run explain
is 'explain: status 0' exits 0
cut -d ' ' -f 1 out >rules
is 'explain: lists the rules' [ "$(wc -l <rules)" -ge 40 ]
is 'explain: with severity and title' grep -qE '^funding-sum +error +a total differs' out
run explain --lang zh
is 'explain: in Chinese' grep -qE '^funding-sum +错误 +资金合计不符' out
for language in en zh; do
    document=$source_folder/docs/checks.md
    [ $language = en ] || document=$source_folder/docs/checks.zh-CN.md
    sed -n 's/^## //p' "$document" >sections
    is "$language: every rule has one section, every section a rule" [ "$(sort sections)" = "$(sort rules)" ]
    bad=
    while read -r rule; do
        run explain --lang $language "$rule"
        if ! exits 0 || ! grep -q "^$rule" out; then bad="$bad $rule"; fi
        for word in $([ $language = en ] && echo 'Practice: Example: What.to.do:' || echo '依据： 举例： 处理：'); do
            grep -q "^$word" out || bad="$bad $rule/$word"
        done
    done <rules
    is "$language: every rule is explained, with practice, example and what to do" [ -z "$bad" ]
done
run explain unit-slip
is 'explain: only the section' eval 'prints 85.60 && lacks digit'
wrong 'explain: unknown rule' "unknown rule 'unitslip'; near: 'unit-slip'" explain unitslip
wrong 'explain: two rules' 'one argument too many' explain unit-slip score

# Every option is in the manual.
for command in check compare explain; do
    for word in $("$program" $command --help | grep -o -e ' --[a-z-]*' | sort -u); do
        is "manual, $command: $word" prints "Fl -${word#--}" "$source_folder/docs/shenbao.1"
    done
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
