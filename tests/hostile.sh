#!/bin/bash
# Inputs made to break readers: never a crash, never a hang; a message and status 2,
# or an extraction with status 0.
#
# usage: hostile.sh [PROGRAM] [SECONDS]   (SECONDS: the most that one input may take)
set -u
cd "$(dirname "$0")/.."
program=$(realpath "${1:-build/dev/shenbao}") most=${2:-90}
folder=$(mktemp -d)
trap 'chmod -R u+rwx "$folder" 2>/dev/null; rm -rf "$folder"' EXIT
passed=0 failed=0

python3 - "$folder" <<'P'
import os, random, sys
os.chdir(sys.argv[1])
random.seed(1)
def text(name, content): open(name + ".txt", "w").write(content)
def page(name, content): open(name + ".html", "w").write(content)
def data(name, content): open(name + ".bin", "wb").write(content)
heading = "一级指标\t二级指标\t三级指标\t指标值\n"
text("empty", "")
data("refused-random", bytes(random.randrange(256) for _ in range(200000)))
data("refused-zip", b"PK\x03\x04" + bytes(1000))
data("refused-pdf", b"%PDF-1.7\n" + bytes(random.randrange(256) for _ in range(1000)))
text("line-of-50-MB", "项目名称：" + "字" * 17000000)
text("line-of-labels", "项目名称：某项目联系电话：" * 300000)
text("line-of-blanks", "项目名称 某项目 " * 300000)
text("million-tabs", "\t" * 1000000)
text("many-bars", "|" * 1000000)
text("wide-row", heading + "产出指标\t" * 200000)
text("wide-unknown-row", "项目名称：甲\n" + "标签甲\t值乙\t" * 100000)
page("nested-100000", "<div>" * 100000 + "项目名称：甲" + "</div>" * 100000)
page("nested-tables-100000", "<table><tr><td>" * 100000 + "项目名称" + "</table>" * 100000)
page("read-nested-tables-40", "<table>" * 40 + "<tr><td>项目名称</td><td>甲乙丙</td></tr>" + "</table>" * 33)
text("signs", "<" * 3000000)
text("entities", "&" * 3000000)
page("unclosed-sub", "<html><sub>" * 300000)
page("unclosed-comment", "<html><!-- " * 300000)
page("unclosed-script", "<html><script>" * 300000)
page("unclosed-quote", '<html><td title="' * 200000)
page("wide-spans", "<table><tr>" + "<td colspan=99999 rowspan=99999>x" * 3000)
text("brackets", "(" * 500000 + "\n" + "（" * 200000 + "：")
text("colons", "：" * 1000000)
text("titles", "项目支出绩效目标申报表\n" * 100000)
text("names", "项目名称：甲\n" * 100000)
text("other-names", "项目名称：甲\n" + "".join(f"实施单位：值{i}\n" for i in range(50000)))
text("headings", heading * 50000)
text("stream", heading.replace("\t", "\n") + "产出指标\n数量指标\n甲\n3个\n" * 50000)
text("labels-without-values", "项目名称：甲\n" + "年度目标\n中期目标\n" * 50000)
text("amounts", "项目名称：甲\n" + "".join(f"财政拨款：{i}\n" for i in range(50000)))
text("fields", "项目名称：甲\n" + "".join(f"某标签{i % 7}：值{i}\n" for i in range(50000)))
text("options", "项目名称：甲\n项目类别\t" + "□选项" * 100000)
page("paragraphs", "<html><table><tr><td>项目概况<td>" + "<p>段</p>" * 100000 + "</table>")
good = "项目支出绩效目标申报表\n项目名称：甲乙丙\n主管部门：某某局\n项目概况：为了方便群众办事而设立的项目。\n"
data("read-broken-utf8", good.encode() + b"\xff\xfe\x80" * 3 + "\n项目负责人：乙".encode())
data("read-broken-gb18030", good.encode("gb18030") * 8 + b"\x81\xff\x80\n" + "项目负责人：乙".encode("gb18030"))
data("read-lone-surrogates", b"\xff\xfe" + good.encode("utf-16le") + b"\x00\xd8\x41\x00" * 3)
data("read-nul", good.encode() + b"\0\n" + "项目负责人：\0乙".encode())
data("read-truncated-utf16", b"\xff\xfe" + good.encode("utf-16le")[:-1])
P

tried() {
    if [ "$2" = 0 ]; then passed=$((passed + 1)); else
        echo "not ok: $1: $3"
        failed=$((failed + 1))
    fi
}

for input in "$folder"/*; do
    name=$(basename "$input") out=$folder/out.xml err=$folder/err
    rm -f "$out"
    timeout "$most" "$program" extract -o "$out" "$input" 2>"$err"
    status=$?
    case $name in
    refused-*) [ $status -eq 2 ] && [ -s "$err" ] && [ ! -e "$out" ] ;;
    read-*) [ $status -eq 0 ] && grep -q '<project-name .*>甲乙丙<' "$out" && grep -q '乙\|<finding' "$out" && xmllint --noout "$out" 2>/dev/null ;;
    *) [ $status -eq 0 ] && xmllint --huge --noout "$out" 2>/dev/null ;;
    esac
    tried "$name" $? "status $status $(head -c 300 "$err")"
done

mkdir "$folder/locked.txt"
"$program" extract "$folder/locked.txt" >/dev/null 2>"$folder/err"
[ $? -eq 2 ] && grep -q 'error: ' "$folder/err"
tried 'a folder' $? "$(cat "$folder/err")"
"$program" extract "$folder/none.txt" >/dev/null 2>"$folder/err"
[ $? -eq 2 ] && grep -q 'none.txt: error: ' "$folder/err"
tried 'a missing file' $? "$(cat "$folder/err")"
"$program" extract "$folder/names.txt" >/dev/full 2>"$folder/err"
[ $? -eq 2 ] && grep -q 'error: ' "$folder/err"
tried 'a full disk' $? "$(cat "$folder/err")"
("$program" extract "$folder/other-names.txt" 2>"$folder/err"; echo $? >"$folder/status") | head -c 100 >/dev/null
[ "$(cat "$folder/status")" = 2 ]
tried 'a closed pipe' $? "status $(cat "$folder/status")"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
