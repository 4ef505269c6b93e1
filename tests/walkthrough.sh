#!/bin/bash
# Runs the walk-through of docs/grammar.md and the examples of the READMEs as they are
# printed there: writes their files, runs their commands and compares what they say with
# what the page shows.
#
# usage: walkthrough.sh [PROGRAM]
#
# A code block counts where a comment stands on the line before it:
#   <!-- walkthrough: file NAME -->    the block is the file
#   <!-- walkthrough: append NAME -->  the block goes behind it
#   <!-- walkthrough: run -->          commands behind '$ ', each with its output
# In an output, a line of nothing but … stands for any lines. The line numbers of the
# default grammars are not compared.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$top/build/dev/shenbao}")
if [ ! -x "$program" ]; then
    echo "walkthrough: error: no program '$program'" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/shenbao"
PATH=$work/bin:$PATH

passed=0 failed=0
ok() { passed=$((passed + 1)); echo "ok $((passed + failed)) - $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok $((passed + failed)) - $1"; }

# blocks PAGE FOLDER: FOLDER/N.what and FOLDER/N.text
blocks() {
    awk -v out="$2" '
    /^<!-- walkthrough: .* -->$/ { what = $0; sub(/^<!-- walkthrough: /, "", what); sub(/ -->$/, "", what); next }
    /^```/ && inside { inside = 0; close(text); next }
    /^```/ && what != "" {
        n++; inside = 1; text = sprintf("%s/%02d.text", out, n)
        printf "%s\n", what > sprintf("%s/%02d.what", out, n); printf "" > text
        what = ""; next
    }
    inside { print > text; next }
    { if ($0 != "") what = "" }' "$1"
}

plain() { sed -E 's/\[([a-z]+)\.grammar:[0-9]+\]/[\1.grammar]/g'; }

# Whether the lines of file $2 are those of the page in file $1, where … is any lines.
same() {
    awk '
        NR == FNR { want[++wanted] = $0; next }
        { got[++count] = $0 }
        END {
            at = 1
            is_loose = 0
            for (i = 1; i <= wanted; i++) {
                if (want[i] == "…") { is_loose = 1; continue }
                # a run of printed lines must stand together
                last = i
                while (last < wanted && want[last + 1] != "…") last++
                found = 0
                for (from = at; from + last - i <= count; from++) {
                    hit = 1
                    for (k = 0; k <= last - i && hit; k++) hit = got[from + k] == want[i + k]
                    if (hit && last == wanted && from + last - i != count) hit = 0
                    if (hit) { found = from; break }
                    if (!is_loose) break
                }
                if (!found) {
                    # the longest beginning of the run tells best where it went wrong
                    best = 0
                    for (from = at; from <= count; from++) {
                        for (k = 0; k <= last - i && got[from + k] == want[i + k]; k++) ;
                        if (k > best) { best = k; where = from + k }
                        if (!is_loose) break
                    }
                    print "#   printed in the page: " want[i + best]
                    print "#   the program says:    " (where ? got[where] : got[at])
                    exit 1
                }
                at = found + last - i + 1
                is_loose = 0
                i = last
            }
            if (!is_loose && at <= count) { print "#   the program says more: " got[at]; exit 1 }
        }' "$1" "$2"
}

# Runs one command and compares it with the lines in $work/expected.
try() {
    bash -c "$1" >"$work/output" 2>"$work/errors" </dev/null
    local status=$?
    cat "$work/errors" >>"$work/output"
    plain <"$work/output" >"$work/said"
    plain <"$work/expected" >"$work/printed"
    if [ "$status" -ne 0 ]; then
        not_ok "$1"
        echo "#   exit status $status"
        sed 's/^/#   /' "$work/errors" | head -n 5
    elif same "$work/printed" "$work/said" >"$work/difference"; then
        ok "$1"
    else
        not_ok "$1"
        cat "$work/difference"
    fi
}

# page FILE FILES COMMANDS: its blocks in order, in a folder of its own. A page that lost
# its marks must not pass, so it says how many there are at least.
page() {
    local name=${1//\//-} files=0 commands=0 what text verb file line command
    mkdir -p "$work/blocks/$name" "$work/here/$name"
    blocks "$top/$1" "$work/blocks/$name"
    cd "$work/here/$name" || exit 2
    for what in "$work/blocks/$name"/*.what; do
        [ -e "$what" ] || break
        text=${what%.what}.text
        read -r verb file <"$what"
        case $verb in
        file | append)
            mkdir -p "$(dirname "$file")"
            if [ "$verb" = file ]; then cat "$text" >"$file"; else cat "$text" >>"$file"; fi
            files=$((files + 1))
            ;;
        run)
            command=
            while IFS= read -r line || [ -n "$line" ]; do
                if [ "${line#\$ }" != "$line" ]; then
                    [ -z "$command" ] || try "$command"
                    command=${line#\$ }
                    commands=$((commands + 1))
                    : >"$work/expected"
                else
                    printf '%s\n' "$line" >>"$work/expected"
                fi
            done <"$text"
            [ -z "$command" ] || try "$command"
            ;;
        *)
            not_ok "the mark '$verb $file'"
            ;;
        esac
    done
    if [ "$files" -ge "$2" ] && [ "$commands" -ge "$3" ]; then
        ok "$1 has $files files and $commands commands"
    else
        not_ok "$1 has $files files and $commands commands"
    fi
}

page README.md 2 2
page README.zh-CN.md 2 2
page docs/grammar.md 3 6

# What the walk-through extracts, a new element included, is valid.
if command -v xmllint >/dev/null && [ -r "$top/docs/shenbao.rng" ]; then
    shenbao extract --grammars county form.txt >"$work/form.xml" 2>"$work/errors"
    if xmllint --noout --relaxng "$top/docs/shenbao.rng" "$work/form.xml" 2>>"$work/errors"; then
        ok 'the extraction is valid'
    else
        not_ok 'the extraction is valid'
        head -n 3 "$work/errors" | sed 's/^/#   /'
    fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
