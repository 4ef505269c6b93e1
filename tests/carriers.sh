#!/bin/bash
# The same form in every carrier and encoding says the same, byte for byte.
#
# usage: carriers.sh [PROGRAM]
set -u
cd "$(dirname "$0")/.."
program=$(realpath "${1:-build/dev/shenbao}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0

for layout in three-part two-stage one-year budget-department self-evaluation; do
    scripts/make-corpus --seed 11 --layout "$layout" --carrier tab 4 "$folder/$layout" >/dev/null || exit 2
    for form in "$folder/$layout"/*.txt; do
        "$program" extract -o "$form.xml" "$form" || exit 2
        for carrier in pipe html cells gb18030 utf16le utf16be crlf cr utf8bom; do
            other=${form%.txt}.$carrier.$([ $carrier = html ] && echo html || echo txt)
            python3 tests/carriers.py "$form" "$carrier" "$other" || exit 2
            if "$program" extract -o "$other.xml" "$other" && python3 tests/facts.py "$form.xml" "$other.xml"; then
                passed=$((passed + 1))
            else
                echo "not ok: $layout $(basename "$form") as $carrier"
                failed=$((failed + 1))
            fi
        done
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
