#!/usr/bin/env python3
"""examples - whether the examples of docs/checks*.md are found.

usage: examples.py PROGRAM

The example of a rule stands in corpus/checks/RULE/fails* (or refused-example, of a rule that
finds what cannot be decided): what the page quotes, in both
languages, has to be printed there, or else be said by the findings of that rule (a sum, a
difference); and each of these cases has such a finding.
"""
import glob
import json
import os
import re
import subprocess
import sys
from fractions import Fraction

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = {'docs/checks.md': 'Example: ', 'docs/checks.zh-CN.md': '举例：'}
NUMBER = re.compile(r'(\d+(?:,\d{3})*(?:\.\d+)?) *(万|亿)?')
SCALE = {'': 1, '万': 10**4, '亿': 10**8}


def numbers(text):
    """As they stand, and in 元."""
    for digits, scale in NUMBER.findall(text):
        digits = digits.replace(',', '')
        yield Fraction(digits)
        yield Fraction(digits) * SCALE[scale]


def plain(text):
    text = text.replace('（', '(').replace('）', ')').replace('：', ':')
    return re.sub(r'\s+', '', text)


def words(text, is_chinese):
    """Chinese words in an English text, and what stands in quotes in a Chinese one."""
    if is_chinese:
        return [w for w in re.findall(r'“([^”]*)”', text)]
    return re.findall(r'[\u4e00-\u9fff]{2,}(?:（[^（）]*）)?', text)


def examples(page, mark):
    with open(os.path.join(TOP, page), encoding='utf-8') as file:
        text = file.read()
    for rule, section in re.findall(r'^## (\S+)\n(.*?)(?=^#|\Z)', text, re.M | re.S):
        found = re.search('^' + mark + r'(.*?)(?:\n\n|\Z)', section, re.M | re.S)
        yield rule, found.group(1).replace('\n', ' ') if found else ''


def documents(case):
    return sorted(glob.glob(os.path.join(case, '*'))) if os.path.isdir(case) else [case]


def said(program, rule, case):
    """What the findings of a rule say; empty where there is none."""
    command = 'compare' if os.path.isdir(case) else 'check'
    done = subprocess.run([program, command, '--only', rule, '-f', 'json', *documents(case)], cwd=TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)
    if done.returncode > 1:
        sys.exit('examples: ' + done.stderr.decode('utf-8', 'replace'))
    verdict = 'refused' if 'refused' in os.path.basename(case) else 'fail'
    return [json.dumps([f['message'], f['difference'], [s.get('value') for s in f['sides']]], ensure_ascii=False)
            for f in json.loads(done.stdout)['findings'] if f['verdict'] == verdict]


def main():
    program = os.path.abspath(sys.argv[1])
    failed = passed = 0
    told = {}
    for page, mark in PAGES.items():
        for rule, example in examples(page, mark):
            cases = sorted(c for kind in ('fails', 'refused-example')
                           for c in glob.glob(os.path.join(TOP, 'corpus/checks', rule, kind + '*'))
                           if not c.endswith('.expected'))
            if rule not in told:
                text, silent = '', []
                for case in cases:
                    for name in documents(case):
                        with open(name, 'rb') as file:
                            text += file.read().decode('utf-8', 'replace')
                    findings = said(program, rule, case)
                    silent += [] if findings else [os.path.relpath(case, TOP)]
                    text += ''.join(findings)
                told[rule] = text, silent
            text, silent = told[rule]
            printed, known = plain(text), set(numbers(text))
            lacking = [w for w in words(example, mark == '举例：') if plain(w) not in printed]
            lacking += [m.group(0).strip() for m in NUMBER.finditer(example)
                        if Fraction(m.group(1).replace(',', '')) not in known
                        and Fraction(m.group(1).replace(',', '')) * SCALE[m.group(2) or ''] not in known]
            if not example or not cases or lacking or silent:
                failed += 1
                print(f'not ok {page}: {rule}: '
                      + ('no example' if not example else 'no case' if not cases else
                         f'no finding in {", ".join(silent)}' if silent else f'not in its cases: {", ".join(lacking)}'))
            else:
                passed += 1
    print(f'{passed} passed, {failed} failed')
    return failed > 0


sys.exit(main())
