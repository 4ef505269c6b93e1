"""The carriers: text with tabs or pipes, Markdown, HTML, cells a line each, blanks."""
import re

from .words import BREAK, CHECKED, UNCHECKED
from .pages import Cell, Line


INPUT = {UNCHECKED: ('<input type="checkbox"/>', '<input type="checkbox">'),
         CHECKED: ('<input checked="" type="checkbox"/>', '<input type="checkbox" checked>')}


class Writer:
    """What the text carriers share: one string for a cell, damage on the full grid."""

    def __init__(self, page, damage):
        self.page, self.s, self.r, self.damage = page, page.s, page.s.r, damage
        self.input = self.r.randrange(2)

    def text(self, text):
        s = self.s
        if isinstance(text, list):
            if s.paragraphs == "p":
                if len(text) == 1 and (self.r.random() < 0.5 or len(text[0]) < 20):
                    text = text[0]
                else:
                    text = " ".join(f"<p>{p}</p>" for p in text)
            else:
                text = ("<br>" if s.paragraphs == "br" else s.paragraphs).join(text)
        if BREAK in text:
            text = text.replace(BREAK, "<br>" if s.carrier in ("markdown",
                                                               "pipe") and s.paragraphs == "br" else " ")
        for mark in (UNCHECKED, CHECKED):
            if mark in text:
                text = text.replace(mark, INPUT[mark][self.input])
        return text

    def grid(self, table):
        """Lists of strings, and None where a page ends between rows."""
        rows = [["" if c is None else self.text(c.text) for c in row] for row in table.matrix()]
        return self.broken(table, rows) if self.damage else rows

    def broken(self, table, rows):
        r = self.r
        for at, column in table.lines:
            if r.random() < 0.4 and not rows[at][column]:
                rows[at][column:] = rows[at][column + 1:] + [""]
        if not table.breaks:
            return rows
        first, last = table.breaks[-1]
        grid = table.matrix()
        merged = not self.s.repeat_levels
        slid = set()
        if merged:
            for i in range(first, last + 1):
                lead = [k for k, c in enumerate(rows[i]) if c]
                if lead and lead[0] >= 1 and grid[i][lead[0]].echo and r.random() < 0.15:
                    rows[i] = rows[i][1:] + [""]
                    slid.add(i)
        if last - first < 4 or r.random() < 0.3 or not merged:
            return rows
        cut = r.randint(first + 2, last - 1)
        out = rows[:cut]
        side = rows[first - 1][0] or rows[first][0]
        vertical = (re.search("绩效(指标|目标)", re.sub(r"\s|<br>", "", side)) and cut not in slid
                    and not rows[cut][0])
        if vertical and r.random() < 0.7:
            rows[first - 1][0] = ""
            for i in range(first, cut):
                if i not in slid:
                    out[i] = rows[i][1:] + [""]
            rows[cut] = [side, *rows[cut][1:]]
        tail = [None]
        number = r.randint(2, 5)
        if r.random() < 0.5:
            tail = [None, r.choice([f"第 {number} 页 共 {number + 2} 页", f"第{number}页 共{number + 2}页",
                                    str(number)]), None]
        level = self.level_at(table, cut)
        if level and r.random() < 0.4 and not (rows[cut][1] if len(rows[cut]) > 1 else ""):
            tail += [level, None]
        return out + tail + rows[cut:]

    @staticmethod
    def level_at(table, cut):
        """The level 1 that still holds in row `cut`, where it is merged from above."""
        grid = table.matrix()
        for column in (0, 1):
            at = cut
            while at >= 0 and grid[at][column] is None:
                at -= 1
            cell = grid[at][column] if at >= 0 else None
            if cell is not None and at < cut and cell.echo and cell.rs > cut - at:
                return cell.echo
        return ""

    def render(self):
        out = []
        for block in self.page.blocks:
            if isinstance(block, Line):
                self.line(block, out)
            else:
                self.table(block, out)
        return re.sub("\n{4,}", "\n\n\n", "\n".join(out)).strip("\n") + "\n"


class TabWriter(Writer):
    def __init__(self, page, damage):
        super().__init__(page, damage)
        self.spread = self.r.random() < 0.6
        self.trim = self.r.random() < 0.15

    def line(self, block, out):
        text = self.text(block.text)
        if block.role in ("title", "headline") and self.s.carrier == "fragments" and self.s.heading_marks:
            text = "# " * (block.role == "headline") + "## " * (block.role == "title") + text
        if block.role in ("title", "headline") or self.spread:
            out.append("")
        out.append(text)

    def table(self, table, out):
        if self.spread:
            out.append("")
        for row in self.grid(table):
            out.append(row if isinstance(row, str) else "" if row is None else self.row(row))
        out.append("")

    def row(self, row):
        text = "\t".join(row)
        if self.trim and "\t" in text.rstrip("\t"):
            return text.rstrip("\t")
        return text


class PipeWriter(TabWriter):
    def __init__(self, page, damage):
        super().__init__(page, damage)
        self.gap = self.r.choice([" ", " ", ""])

    def row(self, row):
        gap = self.gap
        if self.damage and self.page.slide and self.r.random() < 0.9:
            return self.slide(row)
        return "|" + "|".join(gap + c + gap for c in row) + "|"

    def slide(self, row):
        """Merged cells simply not there, the blank ones at the end run together."""
        while row and not row[0]:
            row = row[1:] + [""]
        kept = [c for c in row]
        trailing = 0
        while kept and not kept[-1]:
            kept.pop()
            trailing += 1
        return "| " + " | ".join(kept) + " |" + "|" * trailing


class MarkdownWriter(Writer):
    def line(self, block, out):
        text = self.text(block.text)
        mark = {"headline": "# ", "title": "## " if self.s.heading_marks else "",
                "section": "### " if self.s.heading_marks else ""}.get(block.role, "")
        out += [mark + text, ""]

    def table(self, table, out):
        ruled = False
        for row in self.grid(table):
            if row is None or isinstance(row, str):
                out.append(row or "")
                ruled = False
                continue
            out.append("| " + " | ".join(row) + " |")
            if not ruled:
                out.append("|" + " --- |" * len(row))
                ruled = True
        out.append("")


class CellsWriter(Writer):
    """One cell a line; bare: cells parted by an empty line, blank ones leave no trace."""

    def line(self, block, out):
        out.append(self.text(block.text))
        if block.role in ("title", "year", "headline") or self.s.carrier == "cells-bare":
            out.append("")

    def table(self, table, out):
        bare = self.s.carrier == "cells-bare"
        at = table.breaks[-1] if table.breaks else (0, 0)
        cut = self.r.randint(*at) if self.damage and not bare and self.r.random() < 0.5 else None
        grid = table.matrix()
        starts = [{} for _ in grid]
        for i, row in enumerate(grid):
            covered = 0
            for k, cell in enumerate(row):
                if cell is not None:
                    starts[i][k] = self.text(cell.text)
                    covered = cell.cs - 1
                elif covered:
                    covered -= 1
                else:
                    starts[i][k] = ""
        for i, row in enumerate(starts):
            if i == cut:
                out += [f"第 {self.r.randint(2, 4)} 页 共 5 页", ""]
            if bare:
                for text in row.values():
                    if text:
                        out += [text, ""]
            else:
                for text in self.spans(grid, i, row):
                    out.append("\t" + text)
                out.append("")

    @staticmethod
    def spans(grid, i, row):
        """A cell merged from above with several columns is one blank cell."""
        skip = 0
        for k in sorted(row):
            if skip:
                skip -= 1
                continue
            if grid[i][k] is None:
                j = i
                while grid[j][k] is None and j > 0:
                    j -= 1
                    if grid[j][k] is not None:
                        skip = grid[j][k].cs - 1
            yield row[k]


class BlanksWriter(Writer):
    def line(self, block, out):
        out.append(self.text(block.text))

    def table(self, table, out):
        grid = self.grid_of(table)
        cut = self.r.randrange(len(grid)) if self.damage else None
        for i, row in enumerate(grid):
            if i == cut:
                out.append(str(self.r.randint(2, 4)))
            out.append(" ".join(c for c in row if c))

    def grid_of(self, table):
        return [[self.text(c.text) for c in row if c is not None] for row in table.matrix()]


class HtmlWriter(Writer):
    def __init__(self, page, damage):
        super().__init__(page, damage)
        r = self.r
        self.entities = r.random() < 0.4
        self.upper = r.random() < 0.1
        self.styled = r.random() < 0.4
        self.chrome = page.headline is not None and r.random() < 0.6
        self.wrapped = r.random() < 0.4
        self.th = r.random() < 0.15

    def escape(self, text):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if self.entities:
            for sign, name in (("≥", "&ge;"), ("≤", "&le;"), ("“", "&ldquo;"), ("”", "&rdquo;"), ("—",
                                                                                                  "&mdash;"),
                               ("…", "&hellip;")):
                text = text.replace(sign, name)
        text = text.replace("  ", "&nbsp;&nbsp;")
        for mark in (UNCHECKED, CHECKED):
            text = text.replace(mark, INPUT[mark][self.input])
        return text

    def inner(self, text):
        paragraphs = [self.escape(t) for t in (text if isinstance(text, list) else [text])] or [""]
        if self.s.paragraphs == "p" and (len(paragraphs) > 1 or self.wrapped and paragraphs[0]):
            out = "".join(f"<p>{t}</p>" for t in paragraphs)
            return out.replace(BREAK, "</p><p>")
        out = "<br />".join(paragraphs).replace(BREAK, "<br>")
        if self.styled and self.r.random() < 0.1 and out and "<" not in out:
            out = f'<span style="color:#333">{out}</span>'
        return out or self.r.choice(["&nbsp;", ""])

    def line(self, block, out):
        text = self.escape(block.text)
        if block.role == "headline":
            out.append(f"<h1>{text}</h1>")
            if self.chrome:
                out.append(f'<div class="info">发布时间：{self.page.published} 10:26&nbsp;&nbsp;信息来源：本站'
                           '&nbsp;&nbsp;阅读次数：<span>58</span>'
                           '&nbsp;&nbsp;字体：【<a href="#">大</a> <a href="#">中</a> <a href="#">小</a>】</div>')
        elif block.role == "title":
            out.append(f'<p align="center"><strong>{text}</strong></p>')
        else:
            out.append(f"<p>{text}</p>")

    def table(self, table, out):
        open_tag = '<table border="1" cellspacing="0">'
        out.append(open_tag)
        rows = table.rows
        cut = None
        if self.damage and table.breaks and self.r.random() < 0.6:
            first, last = table.breaks[-1]
            cut = self.r.randint(first + 1, last) if last > first else None
        if cut:
            rows = self.split(table, cut)
        for i, cells in enumerate(rows):
            if cut and i == cut:
                out += ["</table>", f"<p>第 {self.r.randint(2, 4)} 页 共 5 页</p>", open_tag]
            parts = []
            for cell in cells:
                attrs = f' colspan="{cell.cs}"' if cell.cs > 1 else ""
                attrs += f' rowspan="{cell.rs}"' if cell.rs > 1 else ""
                if self.styled and self.r.random() < 0.3:
                    attrs += ' style="width:12%;text-align:left"'
                tag = "th" if self.th and cell is cells[0] else "td"
                parts.append(f"<{tag}{attrs}>{self.inner(cell.text)}</{tag}>")
            out.append("<tr>" + "".join(parts) + "</tr>")
        out.append("</table>")

    @staticmethod
    def split(table, cut):
        """Spans end at the page and go on below it, their text not repeated."""
        rows, grid = [list(r) for r in table.rows], table.matrix()
        open_spans = []
        for k in range(table.width):
            if grid[cut][k] is not None:
                continue
            j = cut
            while j >= 0 and grid[j][k] is None:
                j -= 1
            if j < 0 or j == cut or grid[j][k].rs <= cut - j:
                continue
            open_spans.append((k, j, grid[j][k]))
        shorter = {}
        for k, j, cell in open_spans:
            shorter[id(cell)] = Cell(cell.text, cell.cs, cut - j, cell.echo)
        rows = [[shorter.get(id(c), c) for c in row] for row in rows]
        added = [(k, Cell("", cell.cs, cell.rs - (cut - j))) for k, j, cell in open_spans]
        own = [(k, c) for k, c in enumerate(grid[cut]) if c is not None]
        rows[cut] = [c for _, c in sorted(added + own, key=lambda x: x[0])]
        return rows

    def render(self):
        body = super().render()
        if self.upper:
            body = re.sub(r"<(/?)(table|tr|td|p)\b", lambda m: "<" + m[1] + m[2].upper(), body)
        title = self.escape(self.page.headline or "绩效目标公开")
        head = ['<!DOCTYPE html>', '<html lang="zh-CN">', "<head>", '<meta charset="utf-8">',
                f"<title>{title}-门户网站</title>"]
        if self.styled:
            head.append('<style type="text/css">td { border: 1px solid #000; }</style>')
        if self.chrome:
            head.append('<script>var label = "项目名称";</script>')
        head += ["</head>", "<body>"]
        tail = ["</body>", "</html>", ""]
        if self.chrome:
            head += ['<div class="top"><a href="/">首页</a>&nbsp;|&nbsp;<a href="/zwgk/">政务公开</a></div>',
                     '<ul><li><a href="/zfcg/">政府采购</a></li><li><a href="/jxmb/">绩效目标</a></li></ul>',
                     '<div class="crumb">当前位置：首页&nbsp;&gt;&nbsp;政务公开&nbsp;&gt;&nbsp;财政预决算</div>']
            tail[:0] = ['<div class="tools"><a href="#">打印本页</a> <a href="#">关闭窗口</a></div>',
                        '<div class="footer">主办：政府办公室&nbsp;&nbsp;网站维护电话：021-55500100<br>'
                        '版权所有&nbsp;&copy;</div>']
        return "\n".join(head) + "\n" + body + "\n".join(tail)


WRITERS = {"tab": TabWriter, "fragments": TabWriter, "pipe": PipeWriter, "markdown": MarkdownWriter,
           "html": HtmlWriter,
           "cells": CellsWriter, "cells-bare": CellsWriter, "blanks": BlanksWriter}
