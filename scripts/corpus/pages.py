"""How a form is printed: style, cells, tables, levels."""
import re

from .words import BREAK, CHECKED, SEAMS, UNCHECKED, normal
from .facts import Number, grouped, ten_thousands, yuan


class Style:
    def __init__(self, r, carrier):
        self.r, self.carrier = r, carrier
        tabular = carrier in ("tab", "pipe", "fragments", "cells")
        self.paragraphs = {"html": r.choice(["p", "br"]), "markdown": "br", "fragments": "p",
                           "pipe": r.choice(["br", " "]), "blanks": ""}.get(carrier, " ")
        word_signs = tabular and r.random() < 0.06
        ge = "不低于" if word_signs else r.choice(["≥", "≥", "≥", ">=", "≧"])
        self.signs = {"ge": ge, "le": {"≥": "≤", ">=": "<=", "≧": "≦", "不低于": "不超过"}[ge],
                      "eq": "等于" if word_signs else r.choice(["=", "=", "＝", "═"])}
        self.column_signs = r.choice([{"ge": "≥", "le": "≤", "eq": "＝"}, {"ge": "≥", "le": "≤", "eq": "="},
                                      {"ge": "大于等于", "le": "小于等于", "eq": "等于"}])
        self.bracket = "" if word_signs else r.choice(["", "", "", "(*)", "(*)", "（*）", " (*)"])
        if carrier in ("blanks", "cells-bare") and " " in self.bracket:
            self.bracket = "(*)"
        self.percent = "" if self.bracket else r.choice(["", "", "", "百分比"])
        self.places = 2 if self.bracket and r.random() < 0.4 else 0
        self.commas = r.random() < 0.25
        self.money_places = r.choice([2, 2, 3, None])
        self.money_commas = r.random() < 0.7
        self.sloppy = 0.12 if tabular and r.random() < 0.5 else 0.0
        self.blank = r.choice(["—", "-", "--", "/", "无"]) if r.random() < 0.12 else ""
        if carrier in ("blanks", "cells-bare"):
            self.blank = ""
        glyphs = [("□", "√", "after"), ("□", "☑", "before"), ("□", "■", "before"), ("☐", "☒", "before"),
                  ("[ ]", "[x]", "before"), ("□", "✓", "after"), ("☐", "☑", "after")]
        inputs = [("input", "input", "after"), ("input", "input", "before")]
        pool = glyphs if carrier in ("tab", "pipe", "cells", "cells-bare",
                                     "blanks") else glyphs[:3] + inputs * 2
        if carrier == "fragments":
            pool = inputs
        if carrier in ("blanks", "cells-bare"):
            pool = [g for g in glyphs if g[0] != "[ ]"]
        self.marks = r.choice(pool)
        self.space_mark = r.choice(["", " "]) if self.marks[0] != "input" else " "
        self.ordinals = r.choice(["", "", "", "指标{}：", "指标{}:", "{}."])
        self.repeat_levels = r.random() < 0.15 and carrier != "cells-bare"
        self.heading_marks = r.random() < 0.3

    def gold_text(self, paragraphs):
        if self.paragraphs in ("p", "br"):
            return "\n".join(normal(p) for p in paragraphs)
        return normal(self.paragraphs.join(paragraphs))

    def option(self, name, checked):
        off, on, side = self.marks
        mark = (CHECKED if checked else UNCHECKED) if off == "input" else on if checked else off
        gap = self.space_mark
        return mark + gap + name if side == "before" else name + gap + mark

    def lab(self, text):
        """A label as a cell prints it: now and then with blanks inside, or wrapped."""
        r = self.r
        if self.carrier in ("blanks", "cells-bare") or len(text) < 3 or r.random() > 0.15:
            return text
        if r.random() < 0.3 and re.fullmatch("[\u4e00-\u9fff]{4}", text):
            return r.choice([" ", "  ", "   ", "\u3000"]).join(text)
        seams = [m.start() for m in SEAMS.finditer(text)]
        if not seams:
            return text
        at = r.choice(seams)
        return text[:at] + r.choice([BREAK, BREAK, " "]) + text[at:]

    def level(self, text):
        r = self.r
        if self.carrier in ("blanks", "cells-bare") or r.random() > 0.1:
            return text
        if r.random() < 0.2 and len(text) == 4:
            return "   ".join(text)
        at = r.randint(1, len(text) - 1)
        return text[:at] + " " + text[at:] if "（" not in text else text

    def loose(self, text):
        """A value with a blank where the line was wrapped."""
        if self.sloppy and self.r.random() < self.sloppy:
            seams = [m.start() for m in SEAMS.finditer(text)]
            if seams:
                at = self.r.choice(seams)
                return text[:at] + " " + text[at:]
        return text

    def amount(self, fen, unit, inline=""):
        """An amount printed in unit, with a unit of its own where inline says so."""
        if fen is None:
            return self.blank if not inline else ""
        if unit == "元":
            digits = yuan(fen)
            if self.money_places is None and fen % 100 == 0:
                digits = str(fen // 100)
            return (grouped(digits) if self.money_commas else digits) + inline
        if fen == 0 and self.money_places is None:
            return "0" + inline
        digits = ten_thousands(fen, self.money_places)
        return (grouped(digits) if self.money_commas else digits) + inline


class Cell:
    __slots__ = ("text", "cs", "rs", "echo")

    def __init__(self, text="", cs=1, rs=1, echo=""):
        self.text, self.cs, self.rs, self.echo = text, cs, rs, echo


class Table:
    """Rows of cells; cells covered by a span from above are not written."""

    def __init__(self, width):
        self.width, self.rows = width, []
        self.breaks = []        # (first row, last row) of indicator rows where a page may end
        self.lines = []         # rows of budget lines and the column of a blank cell in them

    def row(self, *cells):
        self.rows.append([c if isinstance(c, Cell) else Cell(c) for c in cells])

    def matrix(self):
        """Every row with all its columns: (cell, anchored here), covered places as None."""
        grid, below = [], {}
        for cells in self.rows:
            row, taken, c = [], dict(below), iter(cells)
            below = {}
            at = 0
            while at < self.width:
                if at in taken:
                    left, cell = taken[at]
                    row.append(None)
                    if left > 1:
                        below[at] = (left - 1, cell)
                    at += 1
                    continue
                cell = next(c, None)
                if cell is None:
                    raise ValueError(f"row too short: {[x.text for x in cells]}")
                for k in range(cell.cs):
                    row.append(cell if k == 0 else None)
                    if cell.rs > 1:
                        below[at + k] = (cell.rs - 1, cell)
                at += cell.cs
            if next(c, None) is not None or len(row) != self.width:
                raise ValueError(f"row too long: {[x.text for x in cells]}")
            grid.append(row)
        if below:
            raise ValueError("a span leaves the table")
        return grid


class Line:
    def __init__(self, text, role="text"):
        self.text, self.role = text, role


class Page:
    def __init__(self, s):
        self.s, self.blocks, self.headline, self.published = s, [], None, ""

    def line(self, text, role="text"):
        self.blocks.append(Line(text, role))

    def table(self, width):
        t = Table(width)
        self.blocks.append(t)
        return t


def year_line(p, s, year=None):
    r, year = s.r, year or p.quirks.get("title-year", p.year)
    return r.choice([f"（{year}年度）", f"（{year}年）", f"({year}年度)",
                     f"（ {year} 年）" if s.carrier != "blanks"
                     else f"（{year}年）", f"({year}年)"])


def headline(page, p, chance=0.4):
    """The line above the first form, and what a web page prints below it."""
    r = page.s.r
    page.published = p.filed.printed("iso")
    if r.random() > chance:
        return
    page.headline = r.choice([f"{p.department}{p.year}年度部门预算公开附件", f"{p.department}{p.year}年项目绩效公开",
                              f"{p.home}{p.year}年度项目经费公示", p.name])
    page.line(page.headline, "headline")
    if page.s.carrier in ("blanks", "cells-bare", "tab", "pipe") and r.random() < 0.3:
        page.line(f"来源：{p.department} 发布时间：{p.filed.printed('iso')} 浏览次数：{r.randint(3, 900)}")


def titled(page, table, title, gold, p):
    """Title and year, above the table or as its first rows."""
    s = page.s
    year = year_line(p, s)
    if table is not None and s.carrier not in ("blanks", "cells-bare") and s.r.random() < 0.5:
        table.row(Cell(title, table.width))
        table.row(Cell(year, table.width))
    else:
        lines = [Line(title, "title"), Line(year, "year")]
        at = len(page.blocks) - (1 if table is not None else 0)
        page.blocks[at:at] = lines
    gold.parts.append(normal(title))
    gold.head("fiscal-year", str(p.quirks.get("title-year", p.year)))


def department_label(s):
    return s.lab(s.r.choice(["主管部门", "主管部门", "主管部门及代码", "主管部门及编码"]))


def code_row(t, p, gold, width):
    if p.code:
        t.row("项目编码", Cell(p.code, width))
        gold.head("project-code", p.code)


def code_and_name(p, s, gold):
    """A competent department with its code in one of the printed ways."""
    r = s.r
    way = r.random()
    if way < 0.4:
        printed = p.department
    else:
        gold.head("department-code", p.department_code)
        printed = r.choice(["[{c}]{n}", "{c}-{n}", "{n} {c}" if s.carrier != "blanks" else "[{c}]{n}",
                            "{c}{n}"]).format(c=p.department_code, n=p.department)
    gold.head("competent-department", p.department)
    return printed


INDICATOR_WORDS = {
    "output": "产出指标", "benefit": "效益指标", "satisfaction": "满意度指标", "cost": "成本指标",
    ("output", "quantity"): "数量指标", ("output", "quality"): "质量指标", ("output", "timeliness"): "时效指标",
    ("output", "cost"): "成本指标", ("benefit", "economic"): "经济效益指标", ("benefit", "social"): "社会效益指标",
    ("benefit", "ecological"): "生态效益指标", ("benefit", "sustainability"): "可持续影响指标",
    ("satisfaction", "satisfaction"): "服务对象满意度指标", ("cost", "economic"): "经济成本指标",
    ("benefit", "satisfaction"): "社会公众或服务对象满意度指标"}
GOAL_WORDS = {
    "output": "产出目标", "benefit": "效果目标", "satisfaction": "影响力目标",
    ("output", "quantity"): "数量目标", ("output", "quality"): "质量目标", ("output", "timeliness"): "时效目标",
    ("output", "cost"): "成本目标", ("benefit", "economic"): "经济效益", ("benefit", "social"): "社会效益",
    ("benefit", "ecological"): "生态环境", ("benefit", "sustainability"): "可持续影响",
    ("satisfaction", "satisfaction"): "满意度目标"}
BARE_WORDS = {
    **GOAL_WORDS, ("output", "quantity"): "数量", ("output", "quality"): "质量", ("output", "timeliness"): "时效",
    ("output", "cost"): "成本", ("satisfaction", "satisfaction"): "满意度"}


def arranged(rows, words, s, fillers=True, cost_apart=False, pleased_below=False):
    """Rows in printed order as (level 1, level 2, indicator or None, filler text)."""
    r = s.r
    out = []
    for x in rows:
        cls, dim = x.cls, x.dim
        if cost_apart and dim == "cost":
            cls, dim = "cost", "economic"
        if pleased_below and cls == "satisfaction":
            cls = "benefit"
        levels = x.levels(words) if x.levels else (words[cls], words[(cls, dim)])
        out.append([*levels, x, ""])
    if cost_apart:
        apart = [o for o in out if o[0] == words["cost"]]
        rest = [o for o in out if o[0] != words["cost"]]
        out = apart + rest
    if fillers and r.random() < 0.5:
        have = {(a, b) for a, b, _, _ in out}
        for dim in ("economic", "ecological", "sustainability"):
            pair = (words["benefit"], words[("benefit", dim)])
            if pair not in have and any(o[0] == pair[0] for o in out) and r.random() < 0.6:
                at = max(i for i, o in enumerate(out) if o[0] == pair[0]) + 1
                tail = [i for i, o in enumerate(out) if o[0] == pair[0] and "满意度" in o[1]]
                at = tail[0] if tail else at
                out.insert(at, [*pair, None, ""])
        if s.ordinals.startswith("指标") or r.random() < 0.2:
            at = r.randrange(1, len(out) + 1)
            last = out[at - 1]
            if last[2] is not None:
                text = "……" if r.random() < 0.5 or not s.ordinals.startswith("指标") else "指标2："
                out.insert(at, [last[0], last[1], None, text])
    return out


def naming(rows, s):
    """The names as printed: template ordinals before, a template hint behind some."""
    count, seen = {}, []
    for _, l2, x, filler in rows:
        if x is None:
            seen.append(filler)
            continue
        count[l2] = count.get(l2, 0) + 1
        name = (s.ordinals.format(count[l2]) if s.ordinals else "") + s.loose(x.name)
        if s.ordinals.startswith("指标") and s.r.random() < 0.25 and isinstance(x.year, Number):
            sign = {"ge": "≥", "le": "≤"}.get(x.year.op, "≥")
            hint = f"{sign}**{x.year.unit if len(x.year.unit) < 3 else ''}"
            name += s.r.choice([f"（{hint}）", f"({hint})"])
        seen.append(name)
    return seen


def level_rows(table, rows, s, fill, first_column=()):
    """Print rows with merged levels; fill(i, row) gives the further cells of a row."""
    n = len(rows)
    start = len(table.rows)
    for i, (l1, l2, _, _) in enumerate(rows):
        cells = list(first_column) if i == 0 else []
        new1 = i == 0 or rows[i - 1][0] != l1
        new2 = new1 or rows[i - 1][1] != l2
        if s.repeat_levels:
            cells += [Cell(l1), Cell(l2)]
        else:
            if new1:
                k = i
                while k < n and rows[k][0] == l1:
                    k += 1
                cells.append(Cell(s.level(l1), 1, k - i, l1))
            if new2:
                k = i
                while k < n and rows[k][0] == l1 and rows[k][1] == l2:
                    k += 1
                cells.append(Cell(s.level(l2), 1, k - i, l2))
        cells += fill(i, rows[i])
        table.row(*cells)
    table.breaks.append((start, start + n - 1))


def upright(s, text):
    """A label that runs down the side of a table."""
    if s.carrier in ("blanks", "cells-bare"):
        return text
    return s.r.choice([BREAK.join(text), text, text[:2] + BREAK + text[2:], " ".join(text)])
