#!/bin/bash
# The command line from outside: exit status, messages, files.
#
# usage: cli.sh PROGRAM
set -u
program=$(realpath "${1:?usage: cli.sh PROGRAM}")
source_folder=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset SHENBAO_GRAMMARS

passed=0 failed=0 skipped=0

ok() { passed=$((passed + 1)); echo "ok $((passed + failed)) - $1"; }
not_ok() {
    failed=$((failed + 1))
    echo "not ok $((passed + failed)) - $1"
    shift
    printf '#   %s\n' "$@"
}
skip() { skipped=$((skipped + 1)); echo "skip - $1: $2"; }

# run WORD...: leaves status, out and err
run() {
    timeout 60 "$program" "$@" >out 2>err </dev/null
    status=$?
}

# is NAME CONDITION...: the condition is a command
is() {
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name" "failed: $*" "status $status" "$(head -n 3 err)"; fi
}
exits() { [ "$status" -eq "$1" ]; }
says() { grep -qF -- "$1" err; }
prints() { grep -qF -- "$1" "${2:-out}"; }
is_silent() { [ ! -s err ]; }
is_empty() { [ ! -s "${1:-out}" ]; }
is_whole() { xmllint --noout "$@" 2>>err; }
has_only() { # FOLDER NAME...: nothing else lies there, temporary files included
    local folder=$1
    shift
    [ "$(ls -A "$folder" | LC_ALL=C sort | tr '\n' ' ')" = "$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')" ]
}

form='项目支出绩效目标申报表
（2024年度）
项目名称	乡镇卫生院设备更新
主管部门	青禾县卫生健康局	实施单位	青禾县疾控中心
项目资金（万元）	年度资金总额	120.00
	其中：财政拨款	100.00
	其他资金	20.00
年度目标	更新设备12台。
一级指标	二级指标	三级指标	指标值
产出指标	数量指标	更新设备	≥12台
'
printf '%s' "$form" >a.txt
printf '今天天气很好。\n' >none.txt
: >empty.txt
head -c 4096 /dev/zero >zeros.bin
mkdir folder

# --- one input ---
run extract a.txt
is 'a form: status 0' exits 0
is 'a form: no message' is_silent
is 'a form: well-formed XML' is_whole out
is 'a form: its declaration' prints '<declaration'
is 'a form: its name' prints '乡镇卫生院设备更新'
cp out a.xml.want

timeout 60 "$program" extract - <a.txt >out 2>err; status=$?
is 'standard input: status 0' exits 0
is 'standard input: the same facts' [ "$(grep -c 'p:bytes' out)" = "$(grep -c 'p:bytes' a.xml.want)" ]
cat a.txt | timeout 60 "$program" extract - >out 2>err; status=$?
is 'a pipe: status 0' exits 0
is 'a pipe: the same facts' [ "$(grep -c 'p:bytes' out)" = "$(grep -c 'p:bytes' a.xml.want)" ]

run extract empty.txt
is 'empty file: status 0' exits 0
is 'empty file: a note' says 'empty.txt: note: no declaration found'
is 'empty file: well-formed XML' is_whole out

run extract none.txt
is 'no form: status 0' exits 0
is 'no form: a note' says 'none.txt: note: no declaration found'
is 'no form: the text is residue' prints '今天天气很好'

for format in xml json jsonl csv; do
    run extract -f $format a.txt
    is "$format: status 0" exits 0
    is "$format: has the name" prints '乡镇卫生院设备更新'
done
run extract -f json --compact a.txt
is 'compact JSON is short' [ "$(wc -l <out)" -le 1 ]
if command -v python3 >/dev/null; then
    is 'compact JSON is JSON' python3 -c 'import json; json.load(open("out", encoding="utf-8"))'
else
    skip 'compact JSON is JSON' 'no python3'
fi
run extract --no-checks a.txt
is '--no-checks: the facts are there' eval 'exits 0 && grep -q "<project-name" out'
is '--no-checks: no findings of checks' eval '! grep -q dimension-missing out'
run extract --compact a.txt
is 'compact XML: well-formed' is_whole out
is 'compact XML: shorter' [ "$(wc -c <out)" -lt "$(wc -c <a.xml.want)" ]

iconv -f UTF-8 -t GB18030 a.txt >gb.txt
run extract gb.txt
is 'GB18030 is found out' prints 'encoding="GB18030"'
is 'GB18030: the name' prints '乡镇卫生院设备更新'
run extract --encoding=gbk gb.txt
is 'GBK by name: the name' prints '乡镇卫生院设备更新'

# --- inputs that cannot be read ---
run extract missing.txt
is 'missing file: status 2' exits 2
is 'missing file: message' says 'missing.txt: error: cannot read: No such file or directory'
is 'missing file: no output' is_empty

run extract folder
is 'folder: status 2' exits 2
is 'folder: message' says 'folder: error: is a folder; name the files in it'

run extract zeros.bin
is 'binary file: status 2' exits 2
is 'binary file: message' says 'zeros.bin: error: binary file'
is 'binary file: no output' is_empty

run extract -o never.xml zeros.bin
is 'a failure leaves no output' [ ! -e never.xml ]

cp a.txt locked.txt
chmod 000 locked.txt
if [ "$(id -u)" -ne 0 ]; then
    run extract locked.txt
    is 'unreadable file: status 2' exits 2
    is 'unreadable file: message' says 'locked.txt: error: cannot read: Permission denied'
elif command -v setpriv >/dev/null && chmod 755 "$work" && cp "$program" theirs && cp -r "$source_folder/grammars" rules &&
    setpriv --reuid=65534 --clear-groups ./theirs --version >/dev/null 2>&1; then
    # root reads everything: somebody else tries
    setpriv --reuid=65534 --clear-groups env ASAN_OPTIONS=detect_leaks=0 ./theirs extract --grammars="$work/rules" \
        locked.txt >out 2>err
    status=$?
    is 'unreadable file: status 2' exits 2
    is 'unreadable file: message' says 'locked.txt: error: cannot read: Permission denied'
else
    skip 'unreadable file' 'root reads everything and setpriv does not work here'
fi
chmod 600 locked.txt

# --- outputs ---
run extract -o b.xml a.txt
is '-o: status 0' exits 0
is '-o: the same as on standard output' cmp -s b.xml a.xml.want
is '-o: nothing on standard output' is_empty

printf 'old' >old.xml
chmod 640 old.xml
ln -s old.xml link.xml
run extract -o link.xml a.txt
is '-o over a link: the link stays' [ -L link.xml ]
is '-o over a link: the file is new' cmp -s old.xml a.xml.want
is '-o over a file: its mode stays' [ "$(stat -c %a old.xml)" = 640 ]

cp a.txt same.txt
run extract -o same.txt same.txt
is 'output over the input: status 2' exits 2
is 'output over the input: message' says 'same.txt: error: is an input'
is 'output over the input: it is untouched' cmp -s same.txt a.txt

run extract -o nowhere/b.xml a.txt
is '-o in no folder: status 2' exits 2
is '-o in no folder: message' says 'nowhere/b.xml: error: cannot write: No such file or directory'

run extract -o folder a.txt
is '-o on a folder: status 2' exits 2
is '-o on a folder: message' says 'folder: error: cannot write: Is a directory'

run extract -o /dev/full a.txt
is '-o /dev/full: status 2' exits 2
is '-o /dev/full: message' says '/dev/full: error: cannot write: No space left on device'
is '-o /dev/full: it is still a device' [ -c /dev/full ]

timeout 60 "$program" extract a.txt >/dev/full 2>err; status=$?
is 'full disk: status 2' exits 2
is 'full disk: message' says 'standard output: error: cannot write: No space left on device'
for words in '--help' '--version' 'help' 'rows a.txt' 'trace a.txt' 'grammar list'; do
    timeout 60 "$program" $words >/dev/full 2>err; status=$?
    is "full disk, $words: status 2" exits 2
    is "full disk, $words: message" says 'standard output: error: cannot write'
done

timeout 60 "$program" extract a.txt >&- 2>err; status=$?
is 'closed standard output: status 2' exits 2
timeout 60 "$program" extract - <&- >out 2>err; status=$?
is 'closed standard input: status 2' exits 2

# A pipe that nobody reads: far more than a pipe holds.
for i in $(seq 400); do cat a.txt; done >long.txt
for words in 'extract long.txt' 'rows long.txt' 'trace long.txt'; do
    { timeout 60 "$program" $words 2>err; echo $? >status; } | true
    status=$(cat status)
    is "closed pipe, $words: status 2" exits 2
    is "closed pipe, $words: no message" is_silent
done

# A file of at most 1 KiB: the disk is full in the middle.
(ulimit -f 1; exec timeout 60 "$program" extract -o big.xml long.txt) >out 2>err; status=$?
is 'file too large: status 2' exits 2
is 'file too large: message' says 'big.xml: error: cannot write: File too large'
is 'file too large: nothing is left' [ -z "$(ls -A | grep -e '^big.xml$' -e '^\.shenbao')" ]

# --- many inputs ---
run extract a.txt none.txt
is 'two inputs, XML, no -d: status 2' exits 2
is 'two inputs, XML, no -d: message' says 'several inputs need -d DIR'

run extract -d out1 a.txt missing.txt none.txt zeros.bin
is '-d: status 2 when one is missing' exits 2
is '-d: message for the missing one' says 'missing.txt: error: cannot read'
is '-d: message for the binary one' says 'zeros.bin: error: binary file'
is '-d: the count of failures' says '2 of 4 inputs not done'
is '-d: the others are done, nothing else lies there' has_only out1 a.xml none.xml
is '-d: the same as alone' cmp -s out1/a.xml a.xml.want
run extract -d out1 a.txt none.txt
is '-d once more: status 0' exits 0
is '-d once more: the same files' has_only out1 a.xml none.xml

mkdir x y
cp a.txt x/a.txt; cp none.txt y/a.txt; cp a.txt x/a.html; cp a.txt x/.hidden; cp a.txt x/plain
run extract -d out2 x/a.txt y/a.txt x/a.html x/.hidden x/plain a.txt
is 'same names: status 0' exits 0
is 'same names: each has its file' has_only out2 a.xml a.txt.xml a.html.xml .hidden.xml plain.xml a.txt-2.xml
is 'same names: the first has the short one' prints 'href="x/a.txt"' out2/a.xml
is 'same names: the second keeps its suffix' prints 'href="y/a.txt"' out2/a.txt.xml
is 'same names: the third has a number' prints 'href="a.txt"' out2/a.txt-2.xml
is 'same names: a note' says "y/a.txt: note: written to 'a.txt.xml'"

mkdir own
cp a.txt own/a.txt; cp a.txt own/a.xml; cp a.txt own/b.xml
run extract -d own own/a.txt own/b.xml own/a.xml
is 'inputs in the output folder: status 0' exits 0
is 'inputs in the output folder: untouched' eval 'cmp -s own/a.xml a.txt && cmp -s own/b.xml a.txt'
is 'inputs in the output folder: outputs beside' has_only own a.txt a.xml b.xml a.txt.xml a.xml.xml b.xml.xml

printf x >file
run extract -d file a.txt
is '-d on a file: status 2' exits 2
is '-d on a file: message' says 'file: error: cannot write there: Not a directory'
mkdir -p taken/a.xml
run extract -d taken a.txt none.txt
is '-d over a folder: status 2' exits 2
is '-d over a folder: message' says 'taken/a.xml: error: cannot write: Is a directory'
is '-d over a folder: the others are done, nothing is left' has_only taken a.xml none.xml

timeout 60 "$program" extract -d out3 - <a.txt >out 2>err; status=$?
is '-d with standard input' has_only out3 stdin.xml

cp a.txt ./-dash.txt
run extract -d out4 -- -dash.txt
is 'a name that begins with a dash' has_only out4 -dash.xml
name=$(printf '表 格\n一"&<.txt')
cp a.txt "$name"
run extract -d out5 "$name"
is 'a name with blanks, line feed, quotes: status 0' exits 0
is 'a name with blanks, line feed, quotes: well-formed' is_whole out5/*.xml

run extract -f jsonl a.txt none.txt a.txt
is 'JSONL: one line a declaration' [ "$(wc -l <out)" -eq 2 ]
run extract -f csv a.txt
rows=$(wc -l <out)
heading=$(head -n 1 out)
run extract -f csv a.txt missing.txt a.txt
is 'CSV of several: status 2 when one is missing' exits 2
is 'CSV of several: one heading' [ "$(wc -l <out)" -eq $((2 * rows - 1)) ]
is 'CSV of several: it is the first line' [ "$(grep -cF -- "$heading" out)" -eq 1 ]
run extract -f csv -o all.csv a.txt a.txt
is 'CSV of several to a file' [ "$(wc -l <all.csv)" -eq $((2 * rows - 1)) ]

mkdir many
for i in $(seq 300); do cp a.txt "many/$i.txt"; done
run extract -d out6 many/*.txt
is '300 inputs: status 0' exits 0
is '300 inputs: no progress in a pipe' is_silent
is '300 inputs: 300 files' [ "$(ls -A out6 | wc -l)" -eq 300 ]

"$program" extract -d out7 many/*.txt many/*.txt many/*.txt >out 2>err &
child=$!
for i in $(seq 100); do [ -n "$(ls -A out7 2>/dev/null)" ] && break; sleep 0.01; done
kill -TERM $child
wait $child 2>/dev/null
is 'ended by a signal: no temporary file is left' [ -z "$(ls -A out7 | grep '^\.shenbao')" ]

# --- wrong use ---
wrong() { # NAME MESSAGE WORD...
    local name=$1 message=$2
    shift 2
    run "$@"
    is "$name: status 2" exits 2
    is "$name: message" says "$message"
    is "$name: nothing on standard output" is_empty
}
wrong 'no command' 'no command given'
wrong 'unknown command' "unknown command 'extrakt'" extrakt a.txt
wrong 'no file' 'no FILE given' extract
wrong 'unknown option' "unrecognized option '--colour'" extract --colour a.txt
wrong 'unknown format' "unknown format 'yaml'" extract -f yaml a.txt
wrong 'unknown encoding' "unknown encoding 'klingon'" extract --encoding klingon a.txt
wrong '-d and -o' '-d and -o exclude each other' extract -d out8 -o b.xml a.txt
wrong 'standard input twice' 'only once' extract -d out8 - -
wrong 'trace without file' 'no FILE given' trace
wrong 'rows of two' 'one argument too many' rows a.txt a.txt
wrong 'rows of nothing' 'missing.txt: error: cannot read' rows missing.txt
wrong 'grammar alone' "say 'grammar check' or 'grammar list'" grammar
wrong 'grammar of something else' "say 'grammar check' or 'grammar list'" grammar chek
wrong 'no such grammars' 'nogrammars' extract --grammars nogrammars a.txt
wrong 'help for nothing' "unknown command 'nothing'" help nothing
is 'wrong use makes no folder' [ ! -e out8 ]

# --- the other commands ---
run --version
is 'version: status 0' exits 0
is 'version: of the libraries' prints 'PCRE2 '
for words in '--help' '--usage' 'help' 'help extract' 'help grammar check' 'extract --help' 'extract --usage' \
    'trace --help' 'rows --usage' 'grammar --help' 'grammar check --help' 'grammar list --usage'; do
    run $words
    is "$words: status 0" exits 0
    is "$words: on standard output" eval '[ -s out ] && is_silent'
done
run rows a.txt
is 'rows: status 0' exits 0
is 'rows: shows the cells' prints '乡镇卫生院设备更新'
run trace a.txt
is 'trace: status 0' exits 0
is 'trace: shows something' [ -s out ]
run grammar check
is 'grammar check: status 0' exits 0
run grammar list
is 'grammar list: status 0' exits 0
is 'grammar list: shows rules' prints '.grammar:'
printf 'wibble wobble\n' >bad.grammar
run grammar check bad.grammar
is 'wrong grammar: status 2' exits 2
is 'wrong grammar: message with its place' says 'bad.grammar:1:1: error:'
run extract --grammars bad.grammar a.txt
is 'extract with a wrong grammar: status 2' exits 2
is 'extract with a wrong grammar: no output' is_empty

# Every option is in the manual.
for word in $("$program" extract --help | grep -o -e ' --[a-z]*' | sort -u); do
    is "manual: $word" prints "Fl -${word#--}" "$source_folder/docs/shenbao.1"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
