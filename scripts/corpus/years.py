"""Archives over several years: the same projects in a form a year, and what is planted in them."""
import copy
import json
import os
import random
import unicodedata

from .words import normal
from .project import Deadline, Number, Project, Words, money
from .pages import Page, Style, headline
from .layouts import EXTENSIONS, FISCAL_ONLY, LAYOUTS
from .carriers import WRITERS
from . import faults

FIRST = 2021
USUAL = {"three-part": 30, "two-stage": 30, "one-year": 20, "side-by-side": 12, "targeted-funds": 18,
         "long-form": 10, "budget-department": 6, "work-plan": 6}
CARRIERS = {"tab": 45, "html": 18, "pipe": 10, "markdown": 10, "cells": 9, "fragments": 8}
# Said in so many words, where a careful form has something to measure.
PLAIN_WORDS = {"提升": "达到省级标准", "明显提升": "达到省级标准", "稳步提高": "达到市级标准", "明显改善": "无新增污染点",
               "改善": "无新增污染点", "基本相符": "相符", "良好": "达到设计要求", "优良": "达到设计要求", "健全有效": "健全",
               "长期": "健全"}


class Form:
    """One document of the archive."""

    def __init__(self, series, k, project, layout, carrier, kind="declaration"):
        self.series, self.k, self.project, self.layout, self.carrier = series, k, project, layout, carrier
        self.kind = kind

    @property
    def file(self):
        mark = {"declaration": "", "evaluation": "e", "second": "b", "twin": "c"}[self.kind]
        return f"{self.project.year}/{self.series.id}{mark}{EXTENSIONS.get(self.carrier, '.txt')}"

    def own(self):
        """The project, for this document alone."""
        self.project = p = copy.copy(self.project)
        p.twists, p.quirks, p.goals, p.rows = dict(p.twists), dict(p.quirks), dict(p.goals), list(p.rows)
        return p

    def render(self):
        p, series = self.project, self.series
        key = f"{series.seed}/{self.layout}/{self.carrier}"
        s = Style(random.Random(key), self.carrier)
        s.r = random.Random(key if series.keeps_template else f"{key}/{p.year}/{self.kind}")
        p.r = random.Random(f"{series.seed}/{p.year}/{self.kind}")
        page, golds = Page(s), []
        page.slide = False
        headline(page, p, 0.3 if self.carrier != "html" else 0.0)
        LAYOUTS[self.layout][0](p, s, page, golds)
        text = WRITERS[self.carrier](page, False).render()
        return text, page.headline, [g.dump() for g in golds]


class Series:
    """One project over the years."""

    def __init__(self, id, seed, count, wants, neighbours=()):
        self.id, self.seed = id, seed
        r = self.r = random.Random(seed)
        self.keeps_template = wants.get("same", r.random() < 0.5)
        first = 1 if wants.get("late", r.random() < 0.06) else 0
        last = count - 1 if wants or first or r.random() > 0.05 else count - 2
        self.layouts = self.choose(r, count, wants)
        if not wants and not first and r.random() < 0.2 and self.layouts[-1][0] in ("three-part", "long-form"):
            wants = {"factors": {count - 1: r.choice([1.4, 1.7, 0.6])}, "explained": True, "evaluations": r.random() < 0.25}
        p = Project(r, FIRST + first, years=count)
        if neighbours and (r.random() < 0.5 or "neighbour" in wants):
            self.move(p, r.choice(neighbours))
        elif "neighbour" in wants:
            raise Unsuitable
        self.place(r, p, wants, first)
        fiscals = self.plan(r, p, wants, first, count)
        if not p.one_year:
            whole = sum(fiscals[first:]) + (p.fiscal if r.random() < 0.3 else 0)
            p.all_fiscal, p.all_other = whole, None if p.other is None else p.other * -(-whole // p.fiscal)
        p.share(r)
        p.rows = [self.tidy(x, p) for x in p.rows]
        for name in wants.get("rows", ()):
            add_row(r, p, name)
        self.years, self.forms = [], []
        for k in range(first, last + 1):
            if k > first:
                p = p.following(r, fiscals[k], self.carried(r, p, k, fiscals[k], wants))
            p.quirks.update(wants.get("quirks", {}), series=True)
            self.years.append(p)
        self.first = first
        self.code(r, wants)
        for p in self.years:
            self.document(r, p, count, wants)
        self.harmless = []
        self.vary(r, wants)

    @staticmethod
    def move(p, neighbour):
        """Into the unit of another project, of which the archive has forms of the first year."""
        p.name_pattern = p.name_pattern.replace(p.home, neighbour.home)
        p.words["w"] = neighbour.home
        for name in ("home", "department", "department_code", "unit", "unit_code"):
            setattr(p, name, getattr(neighbour, name))

    @staticmethod
    def choose(r, count, wants):
        """A layout and a carrier a year, most often the same."""
        usual = {k: v for k, v in USUAL.items() if k in wants.get("layouts", USUAL)}

        def pick():
            layout = r.choices(list(usual), usual.values())[0]
            fits = {c: w for c, w in CARRIERS.items() if c in LAYOUTS[layout][1]}
            return layout, r.choices(list(fits), fits.values())[0]
        out = [pick()] * count
        if not wants.get("same") and r.random() < 0.5:
            k = r.randrange(1, count)
            out = out[:k] + [pick()] * (count - k)
        return out

    def place(self, r, p, wants, first):
        if "{y}" in p.name_pattern and r.random() > 0.1:
            p.name_pattern = p.name_pattern.replace("{y}年", "")
        if "one_year" in wants and wants["one_year"] != p.one_year:
            raise Unsuitable
        p.is_new = bool(first) or p.is_new
        if not p.one_year and not p.is_new and r.random() < 0.4 and not wants:
            p.start.year -= 1
        if any(a in FISCAL_ONLY for a, _ in self.layouts) or wants.get("plain"):
            p.other = r.choice([None, 0])
        if wants.get("plain"):
            p.superior_share = r.choice([None, 0])
        p.carry = None

    @staticmethod
    def plan(r, p, wants, first, count):
        """The money of each year: the same, or a little more or less, as a whole number of steps."""
        out = [p.fiscal] * (first + 1)
        for k in range(first + 1, count):
            factor = wants.get("factors", {}).get(k) or r.choice([1, 1, 1.03, 1.06, 1.1, 0.97, 0.94])
            if wants.get("level"):
                factor = 1
            fen = int(out[-1] * factor) // p.step * p.step if factor != 1 else out[-1]
            out.append(fen)
        return out

    def carried(self, r, p, k, fiscal, wants):
        if self.layouts[k][0] != "two-stage" or any(a in FISCAL_ONLY for a, _ in self.layouts):
            return None
        if not wants.get("carry", r.random() < 0.5):
            return r.choice([0, None])
        return min(p.left(), fiscal * 6 // 100) // 10000 * 10000

    @staticmethod
    def tidy(x, p):
        if isinstance(x.year, Words) and x.year.text in PLAIN_WORDS:
            x.year = x.mid = Words(PLAIN_WORDS[x.year.text])
        if x.name == "项目总成本":
            x.year = money("le", p.total, "万元")
            x.mid = money("le", p.all_total, "万元")
        if p.one_year:
            x.mid = x.year
        return x

    def code(self, r, wants):
        if wants.get("code", r.random() < 0.35):
            code = f"{r.randint(310000, 659999)}{self.years[0].year % 100}T{r.randint(0, 9999999):07d}"
            always = r.random() < 0.7
            for p in self.years:
                p.code = code if always or r.random() < 0.6 else None

    def document(self, r, p, count, wants):
        k = p.year - FIRST
        layout, carrier = self.layouts[k]
        self.forms.append(Form(self, k, p, layout, carrier))
        if wants.get("evaluations", not wants and r.random() < 0.25):
            fits = [c for c in CARRIERS if c in LAYOUTS["self-evaluation"][1]]
            self.forms.append(Form(self, k, p, "self-evaluation", r.choice(fits), "evaluation"))
        if wants.get("seconds", not wants and r.random() < 0.08) and not p.carry:
            pool = [a for a in ("one-year", "targeted-funds", "two-stage") if a != layout]
            self.forms.append(Form(self, k, p, r.choice(pool), r.choice(["tab", "html", "markdown"]), "second"))

    def vary(self, r, wants):
        """Differences that mean nothing: width, blanks, a reason where money changed much."""
        for before, p in zip(self.years, self.years[1:]):
            files = [f.file for f in self.forms if f.project in (before, p)]

            def note(kind, was, now):
                self.harmless.append({"kind": kind, "files": files, "was": was, "is": now})
            if r.random() < 0.3:
                was = p.name
                p.name_pattern = self.other_width(r, p.name_pattern)
                if p.name != was:
                    note("name printed otherwise", was, p.name)
            if r.random() < 0.3:
                for x in p.rows:
                    x.name = self.other_width(r, x.name, False)
        for a, b in zip(self.layouts[self.first:], self.layouts[self.first + 1:]):
            if a != b:
                self.harmless.append({"kind": "another layout or carrier", "files": [], "was": "/".join(a),
                                      "is": "/".join(b)})
        if wants.get("explained"):
            before, p = self.years[-2:]
            p.reason = "本年度预算较上年增加，主要原因是作业范围扩大。" if p.fiscal > before.fiscal else \
                "因部分作业任务上年已经完成，本年度预算较上年减少。"
            self.harmless.append({"kind": "explained change", "files": [f.file for f in self.forms if f.project is p],
                                  "was": str(before.fiscal // 100), "is": str(p.fiscal // 100)})

    @staticmethod
    def other_width(r, text, blanks=True):
        wide, narrow = "（）", "()"
        table = str.maketrans(wide, narrow) if "（" in text else str.maketrans(narrow, wide)
        text = text.translate(table)
        if blanks and r.random() < 0.5 and "{" not in text:
            at = r.randrange(2, len(text) - 1)
            text = text[:at] + " " + text[at:]
        return text

    # ---- for the faults

    def declaration(self, k):
        return next(f for f in self.forms if f.k == k and f.kind == "declaration")

    def evaluation(self, k):
        return next(f for f in self.forms if f.k == k and f.kind == "evaluation")

    def year(self, k):
        return next(p for p in self.years if p.year == FIRST + k)

    def since(self, k):
        return [p for p in self.years if p.year >= FIRST + k]

    def files(self, low=0, high=99):
        return [f.file for f in self.forms if low <= f.k <= high]


class Unsuitable(Exception):
    """This project cannot have the fault: another is tried."""


def add_row(r, p, name):
    """Adds an indicator that is asked for, beside those of its dimension."""
    if name == "*deadline":
        name = f"{p.noun}{p.action}完成时间"
    if name == "*count":
        name = f"{p.noun}{p.action}数量"
    if name == "*piece":
        name = f"单{p.measure}{p.action}成本"
    if p.row(name):
        return
    for attempt in range(60):
        found = next((x for x in p.indicators(r) if x.name == name), None)
        if found:
            at = max((i for i, x in enumerate(p.rows) if (x.cls, x.dim) == (found.cls, found.dim)), default=None)
            if at is None:
                at = max(i for i, x in enumerate(p.rows) if x.cls == found.cls)
            p.rows.insert(at + 1, Series.tidy(found, p))
            return
    raise Unsuitable


def key_of(name):
    return unicodedata.normalize("NFKC", name).replace(" ", "").replace("{y}年", "")


def series_of(args, i, rule, names, neighbours):
    """The project number i; with the fault of that rule where there is one."""
    width = max(4, len(str(args.projects)))
    for attempt in range(400):
        r = random.Random(f"{args.seed}/{i}/{attempt}")
        fault = r.choice(faults.FAULTS[rule]) if rule else None
        wants = fault.wants(r, args.years) if fault else {}
        try:
            series = Series(f"{i:0{width}d}", f"{args.seed}/{i}/{attempt}", args.years, wants, neighbours)
            key = key_of(series.years[0].name_pattern)
            if key in names:
                continue
            planted = fault.plant(series, r) if fault else None
            if args.unplanted:
                series, planted = Series(series.id, series.seed, args.years, {**wants, "factors": {}} if fault else {},
                                         neighbours), None
        except Unsuitable:
            continue
        names.add(key)
        if planted:
            planted = {"rule": rule, "project": normal(series.years[0].name), **planted}
        return series, planted
    raise SystemExit(f"make-corpus: no project for '{rule}'")


def write_years(args):
    planted, harmless, index, names, neighbours = [], [], [], set(), []
    dice = random.Random(f"{args.seed}/plant")
    rules = list(faults.FAULTS)
    turn = dice.randrange(len(rules))
    for year in range(FIRST, FIRST + args.years):
        os.makedirs(os.path.join(args.folder, str(year)), exist_ok=True)
    for i in range(1, args.projects + 1):
        rule = None
        if args.rule or args.plant and dice.random() < args.plant:
            rule, turn = args.rule or rules[turn % len(rules)], turn + 1
        series, record = series_of(args, i, rule, names, neighbours)
        if series.first == 0 and series.layouts[0][0] != "budget-department":
            neighbours.append(series.years[0])
        if record:
            planted.append(record)
        harmless += series.harmless
        for form in series.forms:
            text, title, golds = form.render()
            path = os.path.join(args.folder, form.file)
            with open(path, "w", encoding="utf-8", newline="") as f:
                f.write(text)
            gold = {"source": os.path.basename(form.file), "document_title": title and normal(title),
                    "declarations": golds}
            with open(os.path.splitext(path)[0] + ".json", "w", encoding="utf-8") as f:
                f.write(json.dumps(gold, ensure_ascii=False, separators=(",", ":")) + "\n")
            index.append(f"{form.file}\t{form.layout}\t{form.carrier}\t{form.kind}\n")
    with open(os.path.join(args.folder, "index.tsv"), "w", encoding="utf-8") as f:
        f.writelines(index)
    with open(os.path.join(args.folder, "planted.json"), "w", encoding="utf-8") as f:
        json.dump({"planted": planted, "harmless": harmless}, f, ensure_ascii=False, indent=1)
        f.write("\n")
