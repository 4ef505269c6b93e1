#!/usr/bin/env python3
"""questions - whether docs/archive.md answers its questions as the program does.

usage: questions.py [--accept] PROGRAM

Fills an archive by the commands of the page (indented, beginning with `shenbao batch`, in
"Ten questions"), asks each ```sql of it and compares with the ```text behind it. --accept
writes the answers into the page.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = os.path.join(TOP, 'docs/archive.md')


def run(program, words):
    return subprocess.run([program] + words, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding='utf-8', timeout=300)


def main():
    words = sys.argv[1:]
    accepts = words[:1] == ['--accept']
    program = os.path.abspath(words[accepts])
    with open(PAGE, encoding='utf-8') as file:
        page = file.read()
    chapter = page.split('## Ten questions', 1)[1].split('\n## ', 1)[0]
    blocks = re.findall(r'```sql\n(.*?)```\n\n```text\n(.*?)```', chapter, re.S)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        archive = os.path.join(folder, 'forms.db')
        commands = re.findall(r'^    shenbao (batch (?:.*\\\n)*.*)', chapter, re.M)
        for command in commands:
            done = run(program, [archive if word == 'forms.db' else word
                                 for word in shlex.split(command.replace('\\\n', ' '))])
            if done.returncode > 1: # 1: some documents could not be read
                sys.exit(f'questions: {command}: {done.stderr}')
        if not commands or len(blocks) < 10:
            sys.exit('questions: the page has no ten questions, or no commands')
        for number, (question, answer) in enumerate(blocks, 1):
            done = run(program, ['query', archive, question])
            said = re.sub(r' +$', '', done.stdout, flags=re.M)
            if done.returncode or said.count('\n') < 3:
                failed += 1
                print(f'not ok {number} - {done.stderr or "no answer"}')
            elif accepts:
                page = page.replace(f'```sql\n{question}```\n\n```text\n{answer}```',
                                    f'```sql\n{question}```\n\n```text\n{said}```')
            elif said != answer:
                failed += 1
                print(f'not ok {number}')
                print(''.join(difflib.unified_diff(answer.splitlines(True), said.splitlines(True), 'page', 'program')))
            else:
                print(f'ok {number}')
    if accepts and not failed:
        with open(PAGE, 'w', encoding='utf-8') as file:
            file.write(page)
    return failed > 0


sys.exit(main())
