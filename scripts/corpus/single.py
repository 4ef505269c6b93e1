"""Documents one by one: text and gold facts."""
import json
import os
import random
import sys

from .words import normal
from .project import Project
from .pages import Page, Style, headline
from .layouts import CARRYING, EXTENSIONS, FISCAL_ONLY, LAYOUTS
from .carriers import WRITERS


def document(r, layout, carrier, damage, head=0.4):
    """One document: its text, its headline and the gold facts of its declarations."""
    s = Style(r, carrier)
    p = Project(r, carries=layout in CARRYING, others=layout not in FISCAL_ONLY)
    page, golds = Page(s), []
    page.slide = layout == "many-projects" and carrier == "pipe"
    headline(page, p, head)
    LAYOUTS[layout][0](p, s, page, golds)
    text = WRITERS[carrier](page, damage).render()
    return text, page.headline, [g.dump() for g in golds]


def choose(r, layout, carrier):
    pairs = [(a, b) for a, (_, fits) in LAYOUTS.items() for b in fits
             if layout in (None, a) and carrier in (None, b)]
    if not pairs:
        sys.exit(f"make-corpus: layout '{layout}' is not printed in carrier '{carrier}'")
    names = sorted({a for a, _ in pairs})
    name = r.choice(names)
    return name, r.choice([b for a, b in pairs if a == name])


def write_many(args):
    width = max(4, len(str(args.count)))
    index = []
    for i in range(1, args.count + 1):
        r = random.Random(f"{args.seed}/{i}")
        layout, carrier = choose(r, args.layout, args.carrier)
        text, title, golds = document(r, layout, carrier, args.damage)
        name = f"{i:0{width}d}"
        source = name + EXTENSIONS.get(carrier, ".txt")
        with open(os.path.join(args.folder, source), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        gold = {"source": source, "document_title": title and normal(title), "declarations": golds}
        with open(os.path.join(args.folder, name + ".json"), "w", encoding="utf-8") as f:
            f.write(json.dumps(gold, ensure_ascii=False, separators=(",", ":")) + "\n")
        index.append(f"{source}\t{layout}\t{carrier}\n")
    with open(os.path.join(args.folder, "index.tsv"), "w", encoding="utf-8") as f:
        f.writelines(index)


def write_one(args):
    """All forms in one tab text, written as they come: the facts would not fit in memory."""
    layouts = [args.layout] if args.layout else ["three-part", "three-part", "three-part", "two-stage"]
    title = "霁屿市项目绩效目标汇总表"
    with open(os.path.join(args.folder, "all.txt"), "w", encoding="utf-8", newline="") as text_file, \
            open(os.path.join(args.folder, "all.json"), "w", encoding="utf-8") as gold_file:
        text_file.write(title + "\n")
        gold_file.write(json.dumps({"source": "all.txt", "document_title": title}, ensure_ascii=False)[:-1])
        gold_file.write(', "declarations": [\n')
        for i in range(1, args.count + 1):
            r = random.Random(f"{args.seed}/{i}")
            text, _, golds = document(r, r.choice(layouts), args.carrier or "tab", args.damage, 0.0)
            text_file.write("\n" + text)
            gold_file.write((",\n" if i > 1 else "")
                            + json.dumps(golds[0], ensure_ascii=False, separators=(",", ":")))
        gold_file.write("\n]}\n")
