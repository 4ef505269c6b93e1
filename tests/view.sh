#!/bin/bash
# The page of `view` in a real browser, and corrections replayed by `extract`.
#
# usage: view.sh PROGRAM
#
# The browser part needs Node 18, npm (which installs playwright-core once, beside the
# program) and Chromium; where one of them is not to be had it is skipped, and says so.
# CHROMIUM names another browser; VIEW_SHOTS a folder for screenshots.
set -u
program=$(realpath "${1:?usage: view.sh PROGRAM}")
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
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

python3 "$top/tests/view/documents.py" . || exit 2

echo "# the page"
"$program" view -o form.html form.txt
is 'a page is written' [ $? -eq 0 ]
"$program" view form.txt >piped.html
is 'to standard output as well, the same' cmp form.html piped.html
"$program" view -o form.txt form.txt 2>messages
is 'never over its input' [ $? -eq 2 ]
"$program" view -o none.html missing.txt 2>messages
is 'a document that cannot be read is said' grep -q '^missing.txt: error:' messages
is 'and nothing is written' [ ! -e none.html ]
"$program" view -o two.html missing.txt form.txt 2>messages
is 'of two documents the other one is shown, with status 2' [ $? -eq 2 -a -s two.html ]
is 'data is the only thing that varies' python3 - <<'PYTHON'
import re
pages = [re.sub(r'(id="data">).*?(</script>)', r"\1\2", open(name, encoding="utf-8").read(), flags=re.S) for name in ("form.html", "two.html")]
assert pages[0] == pages[1] and "</script" not in re.search(r'id="data">(.*?)</script>', open("form.html").read(), re.S).group(1)
assert "http-equiv=\"Content-Security-Policy\"" in pages[0] and "unsafe" not in pages[0]
assert not re.search(r'(src|href)\s*=\s*"', pages[0])
PYTHON

mkdir apart && cp form.txt apart/ && "$program" extract -o apart/form.xml form.txt
"$program" view -o extraction.html apart/form.xml
is 'of an extraction its document is shown' cmp form.html extraction.html
"$program" view -o twice.html form.txt apart/form.xml 2>messages
is 'a document twice is shown once' cmp form.html twice.html
is 'which is said' grep -q "^apart/form.xml: note: the same document as 'form.txt'; left out" messages
sed 's/version="1"/version="9"/; s/urn:shenbao:1"/urn:shenbao:9"/' apart/form.xml >apart/version9.xml
"$program" view -o nine.html apart/version9.xml 2>messages
is 'an extraction of another version is refused' [ $? -eq 2 -a ! -e nine.html ]
is 'with a message' grep -q '^apart/version9.xml: error: an extraction of another vocabulary version' messages
(mkdir moved && cp apart/form.xml moved/ && cp 2022.txt moved/form.txt && cd moved && "$program" view -o page.html form.xml 2>messages)
is 'but no other one of that name' [ $? -eq 2 -a ! -e moved/page.html ]
is 'which is said' grep -q "^form.xml: error: its document 'form.txt' has changed" moved/messages

echo "# corrections"
"$program" extract -f json -o form.json form.txt
python3 "$top/tests/view/corrections.py" make form.txt form.json corrections.json
"$program" extract --corrections corrections.json -o corrected.xml form.txt
is 'corrections are replayed' [ $? -eq 0 ]
is 'values, what follows from them and their bytes' python3 "$top/tests/view/corrections.py" check form.txt corrected.xml
if command -v xmllint >/dev/null; then
    is 'the extraction is valid' xmllint --noout --relaxng "$top/docs/shenbao.rng" corrected.xml
fi
"$program" extract --corrections corrections.json -f json -o corrected.json form.txt
is 'in JSON too' grep -q '"by": "reviewed"' corrected.json
sed 's/38\.60/38.61/' form.txt >other.txt
"$program" extract --corrections corrections.json -o other.xml other.txt 2>messages
is 'another document is refused' [ $? -eq 2 ]
is 'with a message that names both' grep -q "^other.txt: error: is not the document that 'corrections.json' corrects ('form.txt'" messages
is 'and nothing is written' [ ! -e other.xml ]
cp form.txt kept.txt && cp other.txt form.txt
"$program" extract --corrections corrections.json -d out form.txt kept.txt 2>messages
is 'among several, the one that changed is refused' [ $? -eq 2 -a ! -e out/form.xml -a -e out/kept.xml ]
is 'and the one with the same bytes corrected, whatever its name' grep -q 'p:by="reviewed"' out/kept.xml
cp kept.txt form.txt
"$program" extract --corrections corrections.json -f jsonl -o /dev/null big.txt other.txt 2>messages
is 'corrections that met no document are an error' [ $? -eq 2 ]
is 'which is said' grep -q '^corrections.json: error: no document with the SHA-256' messages
python3 "$top/tests/view/corrections.py" stale corrections.json stale.json
"$program" extract --corrections stale.json -o stale.xml form.txt 2>messages
is 'what no longer fits is an error' [ $? -eq 2 ]
is 'each with its place' [ "$(grep -c '^form.txt:[0-9]*:[0-9]*: error: correction of ' messages)" -eq 4 ]
is 'and changes nothing' cmp -s stale.xml <("$program" extract form.txt)
bad=0
while IFS= read -r line; do
    printf '%s\n' "$line" >bad.json
    "$program" extract --corrections bad.json form.txt >bad.out 2>messages
    if [ $? -ne 2 ] || [ -s bad.out ] || ! grep -q '^bad.json:.*error: ' messages; then
        bad=$((bad + 1)); echo "#   accepted: $line"
    fi
done < <(python3 "$top/tests/view/corrections.py" bad corrections.json)
is 'a file that is none is refused' [ "$bad" -eq 0 ]
printf '%s\t%s\t%s\t%s\n' 项目名称 甲桥 '' '' 一级指标 二级指标 三级指标 指标值 产出指标 数量指标 桥 1座 '' '' 灯 2盏 '' '' 栏杆 3米 \
    '' 质量指标 合格率 ≥95% 满意度指标 满意度指标 满意率 ≥90% >carried.txt
"$program" extract -f json -o carried.json carried.txt
python3 "$top/tests/view/corrections.py" carried carried.txt carried.json carried.corrections.json
"$program" extract --corrections carried.corrections.json -o carried.xml carried.txt
is 'rows follow the level that was carried to them' python3 "$top/tests/view/corrections.py" carried-check carried.txt carried.xml
"$program" extract --corrections missing.json form.txt >bad.out 2>messages
is 'and one that is not there' [ $? -eq 2 ]

echo "# in a browser"
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
if [ -z "$browser" ]; then
    skip 'the page in a browser' 'no Chromium (apt-get install chromium, or set CHROMIUM)'
    finish
fi
if ! command -v node >/dev/null || [ "$(node -p 'parseInt(process.versions.node)')" -lt 18 ]; then
    skip 'the page in a browser' 'no Node 18 or newer'
    finish
fi
modules=$(dirname "$program")/view-test
mkdir -p "$modules"
if ! cmp -s "$top/tests/view/package-lock.json" "$modules/installed-lock.json" || [ ! -d "$modules/node_modules/playwright-core" ]; then
    cp "$top/tests/view/package.json" "$top/tests/view/package-lock.json" "$modules/"
    if ! command -v npm >/dev/null || ! (cd "$modules" && timeout 120 npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1); then
        skip 'the page in a browser' "playwright-core cannot be installed (see $modules/npm.log)"
        finish
    fi
    cp "$modules/package-lock.json" "$modules/installed-lock.json"
fi
"$program" view -o years.html 2022.txt 2023.txt 2024.txt
"$program" view -o wide.html wide.txt
"$program" view -o big.html big.txt
"$program" view -o evil.html hostile.html.txt hostile.html form.txt
"$program" view --corrections corrections.json -o again.html form.txt
timeout 240 node "$top/tests/view/page.mjs" "$modules" "$browser" "$work" "${VIEW_SHOTS:-}" >browser.log 2>&1
status=$?
cat browser.log
good=$(grep -c '^ok - ' browser.log) wrong=$(grep -c '^not ok - ' browser.log)
passed=$((passed + good)) failed=$((failed + wrong))
skipped=$((skipped + $(grep -c '^skip - ' browser.log)))
if [ "$status" -ne 0 ] && [ "$wrong" -eq 0 ] || [ "$good" -eq 0 ] && ! grep -q '^skip - ' browser.log; then
    failed=$((failed + 1)); echo "not ok - the browser test ran to its end (status $status)"
fi
if [ -f saved.json ]; then
    "$program" extract --corrections saved.json -o saved.xml form.txt
    is 'what the page saved is replayed' [ $? -eq 0 ]
    is 'as it was corrected on the page' python3 "$top/tests/view/corrections.py" saved form.txt saved.xml saved.json
fi
finish
