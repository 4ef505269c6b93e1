"""The layouts: what is printed where."""
from fractions import Fraction

from .words import (BREAK, DETAILS, FEASIBILITY, GOALS, MEASURES, NECESSITY, NOTES, OVERVIEW,
                    PHASES, RESOURCES, SYSTEMS, USES, normal)
from .facts import Gold, Number, grouped, plain, ten_thousands, yuan
from .project import Project, place
from .pages import (BARE_WORDS, Cell, GOAL_WORDS, INDICATOR_WORDS, Line, arranged, code_and_name,
                    code_row, department_label, level_rows, naming, titled, upright, year_line)


def three_part(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    unit = p.quirks.get("unit", "万元" if r.random() < 0.8 else "元")
    base = r.choice(["项目支出绩效目标申报表", "财政项目支出绩效目标申报表", "项目支出绩效目标申报表"])
    left, right = r.choice(["（）", "()", "（）"])
    own_cells = r.random() < 0.5
    width = 6 if own_cells else 4
    t = page.table(width)
    page.blocks.pop()

    def head(name, year=None):
        page.line(f"{base}{left}{name}{right}", "title")
        page.line(year_line(p, s, year), "year")
        g.parts.append(f"{base}{left}{name}{right}")
        g.head("fiscal-year", str(year or p.quirks.get("title-year", p.year)))
    head("项目总体情况")
    undeclared, again = p.quirks.get("undeclared"), p.quirks.get("second-name", p.name)
    def beside(first, second):
        if r.random() < 0.15:
            page.line(first + r.choice(["    ", "  ", "        "]) + second)
        else:
            page.line(first)
            page.line(second)
    if undeclared:
        page.line(f"填报单位（盖章）：{p.unit}")
    else:
        beside(f"填报单位（盖章）：{p.unit}", f"金额单位：{unit}")
        g.head("currency-unit", unit)
    g.head("reporting-unit", p.unit)
    page.blocks.append(t)
    value = width - 1
    t.row(s.lab("项目名称"), Cell(s.loose(p.name), value))
    g.head("project-name", p.name)
    nature, ticked = r.choice([(["一次性项目", "经常性项目", "中期预算试点项目"], ("once", "recurring", "stage").index(p.kind)),
                               (["新增项目", "延续项目", "其他项目"], 0 if p.is_new else 1)][p.quirks.get("natures", slice(2))])
    ticked = p.quirks.get("ticked", [ticked])
    options = [[o, i in ticked] for i, o in enumerate(nature)]
    printed = [s.option(*o) for o in options]
    if own_cells:
        t.row("项目类别", Cell(r.choice([" ", "  ", "   "]).join(printed), value))
    else:
        t.row("项目类别", *printed)
    g.choices["project-nature"] = options
    if r.random() < 0.7:
        yes = r.random() < 0.5
        method = r.choice(["公开招标", "竞争性磋商", "询价"]) if yes else ""
        t.row("政府采购", "是" if yes else "否", "采购方式", Cell(method or s.blank, value - 2))
        g.head("government-procurement", "true" if yes else "false")
        g.head("procurement-method", method)
    leader, contact, phone = p.leader, p.reached, p.phone
    date = r.choice(["han", "iso", "slash"])
    if own_cells:
        t.row("项目负责人：", leader, "联系人：", contact, "联系电话：", phone)
        t.row("起始日期：", Cell(p.start.printed(date), 2), "结束日期：", Cell(p.end.printed(date), 2))
    else:
        t.row(f"项目负责人：{leader}", f"联系人：{contact}", Cell(f"联系电话：{phone}", 2))
        t.row(f"起始日期：{p.start.printed(date)}", Cell(f"结束日期：{p.end.printed(date)}", 3))
    for k, v in (("project-leader", leader), ("contact", contact), ("phone", phone),
                 ("start-date", p.start.gold(date)), ("end-date", p.end.gold(date))):
        g.head(k, v)

    def story(key, label, paragraphs, cells=None):
        t.row(s.lab(label), Cell([s.loose(x) for x in paragraphs] if paragraphs else s.blank, value))
        g.story(key, paragraphs)
    story("overview", "项目概况", p.text(OVERVIEW, 2, 6))
    reasons = [("basis", "依据：", p.basis()), ("necessity", "必要性：", p.text(NECESSITY, 1, 4)),
               ("feasibility", "可行性：", p.text(FEASIBILITY, 1, 4))]
    for i, (key, label, paragraphs) in enumerate(reasons):
        first = [Cell(s.lab("项目立项情况"), 1, 3)] if i == 0 else []
        t.row(*first, Cell([label + paragraphs[0], *paragraphs[1:]], value))
        g.story(key, paragraphs)
    money_rows = [("一、项目总预算：", "project", "total", p.total if p.one_year else p.all_total),
                  ("二、当年预算：", "annual", "total", p.fiscal + (p.other or 0)), ("（一）财政拨款：", "annual", "fiscal",
                                                                              p.fiscal),
                  ("1. 上级财政拨款：", "annual", "superior", p.superior), ("2. 本级财政安排：", "annual", "local",
                                                                     p.local),
                  ("3. 下级财政配套：", "annual", "subordinate", None), ("（二）其他资金：", "annual", "other", p.other)]
    money_rows = [(label, scope, source, p.shown(scope, source, fen)) for label, scope, source, fen in money_rows]
    texts = [label + ("" if fen is None else s.amount(fen, unit)) for label, _, _, fen in money_rows]
    for _, scope, source, fen in money_rows:
        g.fund(scope, source, fen, unit)
    if r.random() < 0.5:
        t.row(Cell(s.lab("项目资金"), 1, 2), Cell(texts[0], value))
        t.row(Cell(texts[1:], value))
    else:
        for i, text in enumerate(texts):
            t.row(*([Cell(s.lab("项目资金"), 1, 7)] if i == 0 else []), Cell(text, value))
    story("resources", "项目相关资源投入和制度建设情况", p.text(RESOURCES, 1, 3))
    story("overall-goal", "项目总目标", p.goal("overall", 2, 4, True, "whole"))
    story("annual-goal", "年度绩效目标", p.goal("annual", 2, 5, True))
    story("other-notes", "需要说明的其他问题", p.notes(0.4))
    signed = r.random() < 0.3 or "junk" in p.quirks
    for key, label, v, fact in (("unit-head", "填报单位负责人：", p.head, p.head), ("preparer", "填表人：", p.preparer,
                                                                            p.preparer),
                                ("prepared-on", "填报日期：", p.filed.printed(date), p.filed.gold(date))):
        page.line(label + (v if signed else ""))
        g.head(key, fact if signed else "")

    for text in p.quirks.get("junk", ()):
        page.line(text)
    head("绩效目标", p.quirks.get("second-year"))
    if undeclared:
        page.line(f"项目名称：{again}")
    else:
        beside(f"项目名称：{again}", f"金额单位：{unit}")
    g.head("project-name", again)
    labelled = r.random() < 0.5
    apart = r.random() < 0.4
    width = 11 if apart else 10
    t = page.table(width)
    composition = p.listed(OVERVIEW, 1, 5)
    if labelled:
        t.row(s.lab("项目构成"), "主要活动的内容和对象", Cell(composition, width - 2))
    else:
        t.row(s.lab("项目构成"), Cell(composition, width - 1))
    g.story("composition", composition)
    rows = arranged(p.rows, r.choice([GOAL_WORDS, BARE_WORDS]), s, fillers=False)
    names = naming(rows, s)
    t.row(Cell(s.lab("绩效目标"), 1, len(rows) + 1), "一级目标", "二级目标", "三级目标", "目标值",
          Cell(r.choice(["描述", "备注"]), width - 5))

    def fill(i, row):
        x = row[2]
        g.indicator("annual", row[0], row[1], x.name, x.year, description=x.note)
        return [Cell(names[i]), Cell(s.loose(x.year.printed(s))), Cell(x.note, width - 5)]
    level_rows(t, rows, s, fill)
    lines, total = detail(p, g, unit)
    columns = [s.lab("明细金额"), "单价", "依据", "数量", "依据", "备注"]
    title = s.lab(r.choice(["项目预算分解", "项目构成分解"]))
    if apart:
        t.row(Cell(title, 5), *columns)
    else:
        t.row(Cell(title, 1, len(lines) + 1), "项目名称", "项目内容", "项目明细", *columns)
    for i, line in enumerate(lines):
        lead = []
        if apart and i == 0:
            lead = [Cell("", 1, len(lines)), Cell("构成明细", 1, len(lines))]
        if i == 0:
            lead += [Cell(line["name"], 1, len(lines))]
        amount, price = line["_amount"], line["_price"]
        t.row(*lead, line["content"], line["detail"], s.amount(amount, unit),
              exact(price, unit, s), line["price-basis"], line["quantity"], line["quantity-basis"],
              line["remark"])
        t.lines.append((len(t.rows) - 1, width - 4))
    dash = r.choice(["----", "", "--"])
    t.row(Cell("金额合计", 5 if apart else 4), s.amount(total, unit), *[r.choice([dash, ""]) for _ in range(5)])
    for line in lines:
        del line["_amount"], line["_price"]
    g.lines, g.total = lines, yuan(total)

    head("制度保障")
    t = page.table(6)
    if r.random() < 0.5:
        t.row(Cell(f"项目名称：{p.name}", 6))
    else:
        page.blocks.insert(-1, Line(f"项目名称：{p.name}"))
    t.row("制度保障", "文件名称", "具体措施", Cell("保障阶段", 3))
    tick_alone = s.marks[0] != "input" and r.random() < 0.3
    for system in SYSTEMS:
        document = r.choice([f"《{p.home}{p.noun}管护办法》(试行)", f"《{p.unit}{system[:2]}管理细则》",
                             f"1、《{p.home}专项资金管理办法》；"])
        measure = "".join(r.sample(MEASURES, r.randint(1, 2)))
        phases = [[name, tick_alone or r.random() < 0.7] for name in PHASES]
        cells = [name + " ✓" for name, _ in phases] if tick_alone else [s.option(*o) for o in phases]
        t.row(system, document, measure, *cells)
        g.safeguards.append({"system": system, "document": document, "measure": normal(measure),
                             "phases": phases})
    return page


def exact(fen, unit, s):
    """A unit price, never rounded."""
    if unit == "元":
        return grouped(yuan(fen)) if s.money_commas else yuan(fen)
    return ten_thousands(fen, 2)


def detail(p, g, unit):
    """Budget lines whose products and sum are right."""
    r = p.r
    count = r.choice([1, 1, 2, 3, 4])
    kinds = r.sample(DETAILS, count)
    total = p.total
    lines, left = [], total
    for i, (what, measure, how) in enumerate(kinds):
        quantity = r.randint(2, 60)
        if i == count - 1:
            amount = left
            divisors = [k for k in range(1, 41) if amount % (k * 100) == 0]
            quantity = r.choice(divisors)
            price = amount // quantity
        else:
            price = max(10000, left // (count - i + 1) // quantity // 10000 * 10000)
            amount = price * quantity
            if amount >= left:
                price, quantity = 10000, 1
                amount = 10000
            left -= amount
        lines.append({"name": normal(p.name) if r.random() < 0.5 else f"{p.noun}{p.action}费用",
                      "content": f"{p.noun}{what}",
                      "detail": how, "amount": yuan(amount), "unit-price": yuan(price),
                      "price-basis": r.choice(["", "", "合同价", "市场询价"]), "quantity": str(quantity),
                      "quantity-basis": r.choice(["", "", "实施方案"]), "remark": r.choice(["年度项目", "", "年度项目"]),
                      "_amount": amount, "_price": price})
    for line in lines:
        line["name"] = lines[0]["name"]
    total = p.quirks.get("lines", lambda _, sum: sum)(lines, total)
    for line in lines:
        line["amount"], line["unit-price"] = yuan(line["_amount"]), yuan(line["_price"])
    return lines, total


def two_stage(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    unit = p.quirks.get("unit", r.choice(["元", "元", "万元"]))
    t = page.table(6)
    titled(page, t, r.choice(["财政项目支出绩效目标申报表", "项目支出绩效目标申报表"]), g, p)
    nature = {"recurring": "经常性项目", "once": "一次性项目", "stage": "阶段性项目"}[p.kind]
    category = r.choice(["特定目标类", "其他运转类", "人员类"])
    attribute = r.random() < (0.25 if "dates" not in p.quirks else 0)
    t.row(s.lab("项目名称"), s.loose(p.name), "项目属性" if attribute else "项目性质", s.loose(nature), "项目类别", category)
    g.head("project-name", p.name)
    g.head("project-nature", nature)
    g.head("project-category", category)
    code_row(t, p, g, 5)
    t.row(department_label(s), Cell(code_and_name(p, s, g), 2), "实施单位", Cell(s.loose(p.unit), 2))
    g.head("implementing-unit", p.unit)
    if attribute:
        period_row(t, p, s, g, r.choice(["项目期", "项目起止时间"]), 5)
    else:
        date = r.choice(["iso", "slash", "han"])
        t.row("计划开始日期", Cell(p.start.printed(date), 2), "计划完成日期", Cell(p.end.printed(date), 2))
        g.head("start-date", p.start.gold(date))
        g.head("end-date", p.end.gold(date))
    whole = r.random() < p.quirks.get("whole", 0.5)
    project = [p.all_total, p.all_fiscal, None, p.all_other] if whole else [None] * 4
    year = [p.total, p.fiscal, p.carry, p.other]
    sources = ("total", "fiscal", "carry-over", "other")
    project = [p.shown("project", *x) for x in zip(sources, project)]
    year = [p.shown("annual", *x) for x in zip(sources, year)]
    label = r.choice(["项目资金（{}）", "项目资金 ({})", "资金情况（{}）", "项目资金" + BREAK + "（{}）"])
    if s.carrier in ("blanks", "cells-bare"):
        label = "项目资金（{}）"
    if p.quirks.get("undeclared"):
        label = "项目资金"
    else:
        g.head("currency-unit", unit)
    blank = lambda fen: s.amount(fen, unit)
    t.row(Cell(label.format(unit), 1, 4), "项目资金总额", blank(project[0]), s.lab("年度资金申请总额"), Cell(blank(year[0]),
                                                                                               2))
    t.row(s.lab(r.choice(["其中：财政资金", "其中：财政拨款"])), blank(project[1]), s.lab("其中：当年财政拨款"), Cell(blank(year[1]),
                                                                                               2))
    t.row("", "", "上年结转资金", Cell(blank(year[2]), 2))
    t.row("其他资金", blank(project[3]), "其他资金", Cell(blank(year[3]), 2))
    for source, a in (("total", 0), ("fiscal", 1), ("other", 3)):
        g.fund("project", source, project[a], unit)
    for source, a in (("total", 0), ("fiscal", 1), ("carry-over", 2), ("other", 3)):
        g.fund("annual", source, year[a], unit)
    over = p.goal("overall", 2, 3, True, "whole") if whole or r.random() < 0.2 else []
    goal = p.goal("annual", 2, 4, True)
    years = f"（{p.start.year}年-{p.end.year}年）" if whole and r.random() < 0.3 else ""
    t.row(Cell(s.lab("项目绩效目标"), 1, 2), Cell(("项目总体目标" if years else r.choice(["项目总目标", "项目总体目标"])) + years,
                                            2),
          Cell("年度总体目标", 3))
    t.row(Cell([s.loose(x) for x in over], 2), Cell([s.loose(x) for x in goal], 3))
    g.story("overall-goal", over)
    g.story("annual-goal", goal)
    rows = arranged(p.rows, INDICATOR_WORDS, s, cost_apart=r.random() < 0.4)
    names = naming(rows, s)
    value = r.choice(["年度(/项目)指标值", "年度指标值", "年度（/项目）指标值"])
    heads = ["一级指标", "二级指标", "三级指标", Cell(value, 2)]
    if r.random() < 0.5:
        t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), *heads)
        lead = ()
    else:
        t.row("", *heads)
        lead = (Cell(s.lab("绩效指标"), 1, len(rows)),)

    def fill(i, row):
        x = row[2]
        if x is None:
            return [Cell(names[i]), Cell("", 2)]
        g.indicator("annual", row[0], row[1], x.name, x.year)
        return [Cell(names[i]), Cell(s.loose(x.year.printed(s)), 2)]
    level_rows(t, rows, s, fill, lead)


def period_text(p, s):
    r = s.r
    style, joint = r.choice([("month", "—"), ("han", "至"), ("han-month", "-"), ("month2", "-"), ("iso", "至"),
                             ("han-month", "至")])
    return p.start.printed(style) + joint + p.end.printed(style), style


def period_row(t, p, s, g, label, width):
    """Both dates in one cell, or a length that is a field of its own."""
    if label == "项目期" and s.r.random() < 0.5:
        length = s.r.choice(["1年", "全年"]) if p.one_year else f"{p.end.year - p.start.year + 1}年"
        t.row(label, Cell(length, width))
        g.fields.append([label, length])
        return
    text, style = period_text(p, s)
    t.row(label, Cell(text, width))
    g.head("start-date", p.start.gold(style))
    g.head("end-date", p.end.gold(style))


def funding_block(t, p, s, g, lead, sources, unit, scope, width, inline=""):
    """A total and its sources below a block label."""
    for i, (label, source, fen) in enumerate(sources):
        fen = p.shown(scope, source, fen)
        first = [Cell(lead, 1, len(sources))] if i == 0 else []
        t.row(*first, label, Cell(s.amount(fen, unit, inline), width))
        g.fund(scope, source, fen, unit)


def one_year(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    unit = p.quirks.get("unit", r.choice(["万元", "万元", "元"]))
    noted = r.random() < 0.5 and s.carrier != "cells-bare"
    width = 6 if noted else 5
    t = page.table(width)
    titled(page, t, r.choice(["部门预算项目绩效目标表", "项目支出绩效目标申报表", "项目绩效目标申报表", "项目支出绩效目标表"]), g, p)
    t.row(s.lab("项目名称"), Cell(s.loose(p.name), width - 1))
    g.head("project-name", p.name)
    code_row(t, p, g, width - 1)
    if r.random() < 0.5:
        t.row("部门名称", Cell(p.department, width - 1))
        t.row("单位名称", Cell(p.unit, width - 1))
        g.head("competent-department", p.department)
        g.head("implementing-unit", p.unit)
    else:
        t.row(department_label(s), code_and_name(p, s, g), r.choice(["实施单位", "项目实施单位"]), Cell(p.unit,
                                                                                              width - 3))
        g.head("implementing-unit", p.unit)
    inline = r.choice(["", "", "", unit])
    declared = unit
    if p.quirks.get("conflict"):
        unit = inline = "万元"
        declared = "元"
    label = "项目资金" + ("" if s.carrier in ("blanks", "cells-bare") else r.choice(["", BREAK])) + f"（{declared}）"
    if p.quirks.get("undeclared"):
        label, inline = "项目资金", ""
    else:
        g.head("currency-unit", declared)
    funding_block(t, p, s, g, label, [(s.lab("年度资金总额"), "total", p.fiscal + (p.other or 0)),
                                      ("其中：财政拨款", "fiscal", p.fiscal), ("其他资金", "other", p.other)],
                  unit, "annual", width - 2, inline)
    goal = p.goal("annual", 2, 3, True)
    t.row(s.lab(r.choice(["年度目标", "年度目标", "年度绩效目标", "年度总体目标"])), Cell(goal, width - 1))
    g.story("annual-goal", goal)
    rows = arranged(p.rows, INDICATOR_WORDS, s, fillers=s.carrier not in ("cells-bare",))
    names = naming(rows, s)
    heads = ["一级指标", "二级指标", "三级指标", "指标值"] + ["指标说明"] * noted
    t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), *heads)

    def fill(i, row):
        x = row[2]
        if x is None:
            blank = s.blank if not names[i] else ""
            return [Cell(names[i] or blank), Cell(blank)] + [Cell("")] * noted
        note = x.note if noted else ""
        g.indicator("annual", row[0], row[1], x.name, x.year, description=note)
        return [Cell(names[i]), Cell(s.loose(x.year.printed(s)))] + [Cell(note)] * noted
    level_rows(t, rows, s, fill)
    if r.random() < 0.2:
        page.line("注：点位数量以实施方案为准。", "note")


def side_by_side(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    unit = p.quirks.get("unit", r.choice(["万元", "万元", "元"]))
    prose = r.random() < 0.6 and page.headline is not None and s.carrier in ("html", "markdown", "tab")
    if prose:
        unit = "万元"
        head = r.choice(["（{}）", "{}.", "{}、"])
        text, style = period_text(p, s)
        overview, content = p.text(OVERVIEW, 1, 2), [f"{p.noun}{p.action}、{r.choice(DETAILS)[2]}以及台账整理。"]
        basis = p.basis()[:1]
        page.line(f"1.“{p.quirks.get('second-name', p.name)}”项目。")
        for i, (label, value) in enumerate((("项目概述", overview[0]), ("立项依据", basis[0]), ("实施主体", p.unit),
                                            ("起止时间", text),
                                            ("项目内容", content[0]), ("年度预算安排",
                                                                   s.amount(p.shown("annual", "total",
                                                                                    p.fiscal + (p.other or 0)),
                                                                            unit, unit)))):
            page.line(f"{head.format(i + 1)}{label}：{value}")
        page.line(f"{head.format(7)}绩效目标")
        g.story("overview", overview)
        g.story("basis", basis)
        g.head("implementing-unit", p.unit)
        g.head("start-date", p.start.gold(style))
        g.head("end-date", p.end.gold(style))
        g.story("content", content)
        g.fund("annual", "total", p.shown("annual", "total", p.fiscal + (p.other or 0)), unit)
    t = page.table(8)
    titled(page, t, r.choice(["项目支出绩效目标申报表", "部门预算项目支出绩效目标申报表"]), g, p)
    if r.random() < 0.5:
        blank = r.random() < 0.6
        t.row(Cell(f"项目责任人（签字）：{p.leader}", 4), Cell("单位（盖章）：" + ("" if blank else p.unit), 4))
        g.head("project-leader", p.leader)
        g.head("reporting-unit", "" if blank else p.unit)
    t.row(Cell(s.lab("项目名称"), 2), Cell(p.name, 6))
    g.head("project-name", p.name)
    if p.code:
        t.row(Cell("项目编码", 2), Cell(p.code, 6))
        g.head("project-code", p.code)
    t.row(Cell(s.lab("主管部门及代码"), 2), Cell(code_and_name(p, s, g), 2), "实施单位", Cell(p.unit, 3))
    g.head("implementing-unit", p.unit)
    nature = "一次性项目" if p.kind == "once" else "新增项目" if p.is_new else "延续性项目"
    g.head("project-nature", nature)
    if (prose or r.random() < 0.5) and "dates" not in p.quirks:
        length = f"{p.end.year - p.start.year + 1}年"
        t.row(Cell("项目属性", 2), Cell(nature, 2), "项目期", Cell(length, 3))
        g.fields.append(["项目期", length])
    else:
        text, style = period_text(p, s)
        t.row(Cell("项目属性", 2), Cell(nature, 2), r.choice(["项目起止时间", "项目期"]), Cell(text, 3))
        g.head("start-date", p.start.gold(style))
        g.head("end-date", p.end.gold(style))
    scope, left, right = r.choice([("midterm", "中期资金总额", "年度资金总额")] * p.quirks.get("midterm", 3) +
                                  [("project", "资金总额", "当年资金总额")])
    colon = r.choice(["：", ""])
    inline = r.choice(["", "", "", "万元"]) if unit == "万元" else ""
    both = [(left + colon, right + colon, "total", p.all_total, p.fiscal + (p.other or 0)),
            ("其中：财政拨款", "其中：财政拨款" if scope == "midterm" else "其中：当年财政拨款", "fiscal", p.all_fiscal, p.fiscal),
            ("其他资金", "其他资金" if scope == "midterm" else "当年其他资金", "other", p.all_other, p.other)]
    g.head("currency-unit", unit)
    for i, (a, b, source, whole, year) in enumerate(both):
        whole, year = p.shown("project", source, whole), p.shown("annual", source, year)
        first = [Cell("项目资金" + BREAK + f"（{unit}）", 2, 3)] if i == 0 else []
        pad = "     " if s.carrier == "html" and i == 2 else ""
        t.row(*first, pad + a, s.amount(whole, unit, inline), Cell(pad + b, 2), Cell(s.amount(year, unit,
                                                                                              inline), 2))
        g.fund(scope, source, whole, unit)
        g.fund("annual", source, year, unit)
    mid, goal = p.goal("midterm", 2, 3, True, "mid"), p.goal("annual", 2, 3, True)
    t.row(Cell(upright(s, "总体目标"), 1, 2), Cell(r.choice(["中期目标", f"中期目标（{p.start.year}年—{p.end.year}年）"]), 3),
          Cell("年度目标", 4))
    t.row(Cell(mid, 3), Cell(goal, 4))
    g.story("midterm-goal", mid)
    g.story("annual-goal", goal)
    rows = arranged(p.rows, INDICATOR_WORDS, s)
    names = naming(rows, s)
    a, b = r.choice([("", ""), ("", ""), ("(长期)", "(年度)"), ("（长期）", "（年度）")])
    t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), "一级指标", "二级指标" + a, "三级指标" + a, "指标值" + a,
          "二级指标" + b, "三级指标" + b, "指标值" + b)

    def second(i):
        """The right half prints level 2 again, merged over the same rows."""
        if s.repeat_levels or i == 0 or rows[i - 1][:2] != rows[i][:2]:
            k = i
            while not s.repeat_levels and k < len(rows) and rows[k][:2] == rows[i][:2]:
                k += 1
            return [Cell(rows[i][1], 1, max(1, k - i))]
        return []

    def fill(i, row):
        x = row[2]
        if x is None:
            return [Cell(names[i]), Cell(""), *second(i), Cell(""), Cell("")]
        side = r.random() if x.dim in ("timeliness", "cost", "economic", "ecological", "sustainability") else 0.5
        left, right = (side > 0.08, side < 0.92) if not p.quirks.get("series") else (True, True)
        if left:
            g.indicator("midterm", row[0], row[1], x.name, x.mid)
        if right:
            g.indicator("annual", row[0], row[1], x.name, x.year)
        return [Cell(names[i] if left else ""), Cell(x.mid.printed(s) if left else ""), *second(i),
                Cell(names[i] if right else ""), Cell(x.year.printed(s) if right else "")]
    level_rows(t, rows, s, fill)


def work_plan(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    number = iter("一二三四五六七八九十")
    dotted = r.random() < 0.5

    def section(label):
        page.line((next(number) + "、" if dotted else "") + label, "section")
    section("项目名称")
    page.line(p.quirks.get("second-name", p.name))
    g.head("project-name", p.quirks.get("second-name", p.name))
    section("立项依据")
    basis = p.basis()[:1]
    page.line(basis[0])
    g.story("basis", basis)
    section("项目实施单位")
    code = "11" + "".join(r.choice("0123456789") for _ in range(16))
    for key, label, value in (("implementing-unit", "单位名称", p.unit), ("organization-code", "组织机构代码", code),
                              ("address", "地址", f"{p.home}{place(r)}路{r.randint(2, 299)}号"), ("phone", "联系电话",
                                                                                              p.phone),
                              ("legal-representative", "法人代表", p.head), ("funding-source", "经费来源",
                                                                         r.choice(["区财政", "县级财政", "财政拨款"]))):
        page.line(f"{label}：{value}")
        g.head(key, value)
    for key, label, text in (("overview", "项目基本概况", p.text(OVERVIEW, 1, 3)), ("content", "项目实施内容",
                                                                              p.text(GOALS, 1, 2))):
        section(label)
        page.line(text[0])
        g.story(key, text)
    section("资金安排情况")
    lines, total = detail(p, g, "元")
    unit = r.choice(["元", "万元"])

    def short(fen):
        return plain(yuan(fen)) + "元" if unit == "元" else ten_thousands(fen) + "万元"
    seen = []
    for i, line in enumerate(lines):
        name = f"{line['content']}用" if line["content"].endswith("费") else line["content"]
        page.line(f"{i + 1}.{name}：{short(line['_amount'])}。")
        seen.append({"name": name, "amount": yuan(line["_amount"])})
    page.line(f"以上{len(lines)}项共计：{short(total)}。")
    g.lines, g.total = seen, yuan(total)
    for key, label, text in (("schedule", "项目实施计划", [f"于{p.year}年{r.randint(6, 11)}月前完成主要作业并拨付相关经费。"]),
                             ("outcome", "项目实施成效", p.text(GOALS, 1, 2))):
        section(label)
        page.line(text[0])
        g.story(key, text)
    section("项目绩效目标表")
    t = page.table(8)
    titled(page, t, r.choice(["项目支出绩效目标申报表(样表)", "项目支出绩效目标申报表"]), g, p)
    t.row("项目名称", Cell(p.name, 7))
    g.head("project-name", p.name)
    t.row(s.lab("主管部门及代码"), Cell(code_and_name(p, s, g) if r.random() < 0.6 else "", 3), "实施单位", Cell(p.unit,
                                                                                                      3))
    if not any(k == "competent-department" for k, _ in g.headers):
        g.head("competent-department", "")
    period_row(t, p, s, g, "项目期", 7)
    brief = p.text(USES, 1, 1)
    t.row("项目概况", Cell(brief, 7))
    g.story("overview", brief)
    t.row("项目立项依据", Cell(basis, 7))
    own = p.quirks.get("unit", r.choice(["元", "元", "万元"]))
    if p.quirks.get("conflict"):
        own = "元"
    g.head("currency-unit", own)
    inline = "万元" if own == "万元" and r.random() < 0.5 or p.quirks.get("conflict") else ""
    heads = [("总投入", "total"), ("中央财政", "central"), ("省级财政", "provincial"), ("市级财政", "municipal"),
             ("县（市）区级财政", "county"), ("其他", "other")]
    t.row("", *[h for h, _ in heads[:-1]], Cell("其他", 2))
    for scope, label, n in (("midterm", "中期资金来源", p.times), ("annual", "年度资金来源", 1)):
        amounts = {"total": p.fiscal + (p.other or 0), "other": p.other, **p.tiers}
        if scope == "midterm" and p.quirks.get("series") and not p.one_year:
            amounts = {**dict.fromkeys(amounts), "total": p.all_total, "county": p.all_fiscal, "other": p.all_other}
            n = 1
        cells = []
        for _, source in heads:
            fen = amounts[source]
            fen = p.shown(scope, source, None if fen is None else fen * n)
            text = "" if fen is None else ten_thousands(fen) + "万元" if inline else s.amount(fen, own)
            cells.append(text)
            g.fund(scope, source, fen, "万元" if inline and fen is not None else own)
        t.row(f"{label}（{own}）", *cells[:-1], Cell(cells[-1], 2))
    mid, goal = p.goal("midterm", 2, 3, False, "mid"), p.goal("annual", 2, 3)
    t.row(Cell(upright(s, "总体目标"), 1, 2), Cell("中期目标", 3), Cell("年度目标", 4))
    t.row(Cell(mid, 3), Cell(goal, 4))
    g.story("midterm-goal", mid)
    g.story("annual-goal", goal)
    rows = arranged(p.rows, INDICATOR_WORDS, s, fillers=False)
    names = naming(rows, s)
    t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), "一级指标", "二级指标", "三级指标", "指标值", "二级指标", "三级指标", "指标值")

    def fill(i, row):
        x = row[2]
        new = s.repeat_levels or i == 0 or rows[i - 1][:2] != row[:2]
        k = i
        while not s.repeat_levels and k < len(rows) and rows[k][:2] == row[:2]:
            k += 1
        g.indicator("midterm", row[0], row[1], x.name, x.mid)
        g.indicator("annual", row[0], row[1], x.name, x.year)
        again = [Cell(row[1], 1, max(1, k - i))] if new else []
        return [Cell(names[i]), Cell(x.mid.printed(s)), *again, Cell(names[i]), Cell(x.year.printed(s))]
    level_rows(t, rows, s, fill)
    notes, explain = p.text(RESOURCES, 1, 2), p.text(NOTES, 1, 1)
    t.row(s.lab("单位已有的保障项目实施的制度措施"), Cell(notes, 7))
    t.row(s.lab("预算绩效说明"), Cell(explain, 7))
    g.story("safeguard-notes", notes)
    g.story("budget-notes", explain)
    date = r.choice(["slash", "han", "iso"])
    t.row("单位负责人：", p.head, "填报人：", Cell(p.preparer, 2), "填报日期：", Cell(p.filed.printed(date), 2))
    for key, value in (("unit-head", p.head), ("preparer", p.preparer), ("prepared-on", p.filed.gold(date))):
        g.head(key, value)


def targeted_funds(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    bare = s.carrier == "cells-bare"
    noted = r.random() < 0.3 and not bare and s.carrier != "blanks"
    width = 6 if noted else 5
    t = page.table(width)
    titled(page, t, r.choice(["绩效目标申报表（基础设施类）", "项目支出绩效目标申报表", "专项资金绩效目标申报表"]), g, p)
    joint = r.choice(["", "", " ", "、"]) if s.carrier not in ("blanks", "cells-bare") else ""
    phone = p.phone if p.phone.startswith("021") else "021-" + p.phone
    if bare:
        t.row("项目名称", Cell(p.name, width - 1))
        t.row(r.choice(["项目负责人及电话", "项目负责人及联系电话"]), Cell(p.leader + joint + phone, width - 1))
    else:
        t.row(s.lab("项目名称"), p.name, r.choice(["项目负责人及电话", "项目负责人及联系电话"]), Cell(p.leader + joint + phone,
                                                                                width - 3))
    g.head("project-name", p.name)
    code_row(t, p, g, width - 1)
    g.head("project-leader", p.leader)
    g.head("phone", phone)
    unit_name = r.choice([p.unit, f"[{p.unit_code}]{p.unit}"])
    t.row(department_label(s), code_and_name(p, s, g), "实施单位", Cell(unit_name, width - 3))
    g.head("implementing-unit", unit_name)
    inline = r.choice(["", "万元", "万元", "万"])
    declared = not inline or r.random() < 0.5
    if p.quirks.get("undeclared"):
        inline, declared = "", False
    if p.quirks.get("conflict"):
        inline, declared = "万元", True
    unit = "元" if p.quirks.get("conflict") else "万元"
    label = f"资金情况（{unit}）" if declared else "资金情况"
    if declared:
        g.head("currency-unit", unit)
    colon = r.choice(["：", ""])
    funding_block(t, p, s, g, label, [("年度资金总额" + colon, "total", p.fiscal + (p.other or 0)),
                                      ("其中：财政拨款", "fiscal", p.fiscal), ("其他资金", "other", p.other)], "万元",
                  "annual", width - 2, inline)
    goal = p.goal("annual", 2, 3)
    done = r.random() < 0.3 and not bare and s.carrier != "blanks"
    t.row(Cell(upright(s, "总体目标"), 1, 2), *([Cell("年度目标", 2), Cell("年度总体目标完成情况", width - 3)] if done
                                             else [Cell("年度目标", width - 1)]))
    outcome = p.text(GOALS, 1, 2) if r.random() < 0.5 else []
    t.row(*([Cell(goal, 2), Cell(outcome, width - 3)] if done else [Cell(goal, width - 1)]))
    g.story("annual-goal", goal)
    if done:
        g.story("outcome", outcome)
    rows = arranged(p.rows, INDICATOR_WORDS, s, fillers=not bare)
    names = naming(rows, s)
    t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), "一级指标", "二级指标", "三级指标", "指标值", *["备注"] * noted)

    def fill(i, row):
        x = row[2]
        if x is None:
            return [Cell(names[i]), Cell("")] + [Cell("")] * noted
        note = x.note if noted else ""
        g.indicator("annual", row[0], row[1], x.name, x.year, description=note)
        return [Cell(names[i]), Cell(x.year.printed(s))] + [Cell(note)] * noted
    level_rows(t, rows, s, fill)
    review = r.sample(["交通部门审核意见", "乡镇初审意见", "行业主管部门审核意见", "财政部门审核意见"], r.randint(0, 2))
    for label in review:
        t.row(label, Cell("", width - 1))
        g.fields.append([label, ""])
    if r.random() < 0.3:
        page.line("注：位置以施工图为准。", "note")


def long_form(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    loose = s.carrier == "blanks"
    t = page.table(6)
    titled(page, None, r.choice(["项目支出预算绩效目标申报表", "项目支出绩效目标申报表"]), g, p)
    page.blocks.remove(t)
    page.line(f"填报单位：{p.unit}")
    g.head("reporting-unit", p.unit)
    page.blocks.append(t)
    is_new = p.is_new and not loose
    ticked = p.quirks.get("ticked", [0 if is_new else 1])
    nature = [["新增项目", 0 in ticked], ["延续项目", 1 in ticked]]
    tree = r.random() < 0.6
    count = 5 + tree
    gap = r.choice(["    ", "  "])
    t.row(Cell("项目基本情况", 1, count), "项目名称", Cell(p.name, 4))
    t.row("项目属性", Cell((gap * 3).join(s.option(*o) for o in nature), 4))
    g.head("project-name", p.name)
    g.choices["project-nature"] = nature
    text, style = period_text(p, s)
    department = "" if r.random() < 0.3 else p.department
    t.row("主管部门", department, "项目起止时间", Cell(text, 2))
    g.head("competent-department", department)
    g.head("start-date", p.start.gold(style))
    g.head("end-date", p.end.gold(style))
    t.row("项目负责人", p.leader, "联系电话", Cell(p.phone, 2))
    t.row("绩效管理联络员", p.contact, "联系电话", Cell(p.phone2, 2))
    g.head("project-leader", p.leader)
    g.head("phone", p.phone)
    g.head("contact", p.contact)
    g.head("phone", p.phone2)
    if tree:
        kinds = [("基本建设类", ["新建", "扩建", "改建"]), ("行政事业类", ["采购类", "修缮类", "奖励类"]), ("其他专项类", [])]
        pick = r.randrange(3)
        options, text = [], ""
        for i, (name, below) in enumerate(kinds):
            parent = [name, i == pick and (not below or r.random() < 0.7)]
            child = r.randrange(len(below)) if below and i == pick else None
            subs = [[b, k == child] for k, b in enumerate(below)]
            options += [parent, *subs]
            text += f"{i + 1}.{s.option(*parent)}"
            if subs:
                text += " 其中： " + "  ".join(s.option(*b) for b in subs) + " "
        t.row("项目类型", Cell(text.strip(), 4))
        g.choices["project-category"] = options
    overview = p.text(OVERVIEW, 1, 2)
    t.row("项目概况", Cell(overview, 5))
    g.story("overview", overview)
    reasons = [("basis", "项目立项的依据", p.basis()[:1]), ("feasibility", "项目申报的可行性", p.text(FEASIBILITY, 1, 2)),
               ("necessity", "项目申报的必要性", p.text(NECESSITY, 1, 2))]
    for i, (key, label, paragraphs) in enumerate(reasons):
        t.row(*([Cell("项目立项情况", 1, 3)] if i == 0 else []), label, Cell(paragraphs, 4))
        g.story(key, paragraphs)
    unit = p.quirks.get("unit", r.choice(["万元", "万元", "元"]))
    g.head("currency-unit", unit)
    now, before = dict(p.tiers), dict.fromkeys(p.previous) if is_new else dict(p.previous)
    if loose:
        for tier in now:
            before[tier] = (before[tier] or now[tier]) if now[tier] is not None else None
    now["total"], before["total"] = (sum(v or 0 for v in x.values()) for x in (now, before))
    now = {source: p.shown("annual", source, fen) for source, fen in now.items()}
    heads = [("合计", "total"), ("中央资金", "central"), ("省级资金", "provincial"), ("市级资金", "municipal"), ("县级资金",
                                                                                                   "county")]
    for i in range(-1, 5):
        lead = [Cell("项目资金情况", 1, 6), Cell(f"项目资金申请（{unit}）", 1, 6)] if i < 0 else []
        if i < 0:
            t.row(*lead, "项目", "上年度安排资金", Cell("本年度申请资金", 2))
            continue
        label, source = heads[i]
        if label == "合计" and not loose:
            label = r.choice(["合计", "合 计"])
        a, b = before[source], now[source]
        t.row(label, s.amount(a, unit), Cell(s.amount(b, unit), 2))
        g.fund("previous", source, a, unit)
        g.fund("annual", source, b, unit)
    lines, total = [], p.fiscal
    kinds = r.sample(DETAILS, r.randint(1, 4))
    left, left_before, previous = total, before["total"], before["total"]
    t.row(Cell(f"支出明细预算（{unit}）", 1, len(kinds) + 2), Cell("项目", 2), "上年度安排资金", "本年度申请资金", "测算依据及说明")
    for i, (what, measure, how) in enumerate(kinds):
        last = i == len(kinds) - 1
        a = left if last else left // 2 // 10000 * 10000
        b = left_before if last else left_before // 2 // 10000 * 10000
        left, left_before = left - a, left_before - b
        basis = r.choice([f"按{r.randint(2, 30)}个点位、每点{r.randint(2, 9)}万元测算", "参照上年合同价", f"{how}，按市场询价测算"])
        lines.append({"name": p.noun + what, "previous-amount": yuan(b), "_before": b, "_amount": a, "basis": basis})
    total = p.quirks.get("lines", lambda _, sum: sum)(lines, total)
    t.row(Cell("合计", 2), s.amount(previous, unit), s.amount(total, unit), "")
    for line in lines:
        line["amount"] = yuan(line["_amount"])
        t.row(Cell(line["name"], 2), s.amount(line.pop("_before"), unit), s.amount(line.pop("_amount"), unit),
              line["basis"])
    g.lines, g.total, g.previous_total = lines, yuan(total), yuan(previous)
    notes = p.text(RESOURCES, 1, 1)
    t.row(Cell("单位已有的（或拟订的）保障项目实施的制度、措施", 2), Cell(notes, 4))
    g.story("safeguard-notes", notes)
    steps = [f"核定{p.noun}点位并签订协议", f"{p.noun}{p.action}和验收", "资金结算与公示"][:r.randint(1, 3)]
    spare = r.random() < 0.5
    t.row(Cell(r.choice(["项目实施进度计划", "项目年度实施进度计划"]), 1, len(steps) + 1 + spare), Cell("项目实施内容", 3), "开始时间",
          r.choice(["结束时间", "完成时间"]))
    for i, step in enumerate(steps):
        month = 1 + i * 3
        t.row(Cell(f"{i + 1}、{step}", 3), f"{p.year}.{month}", f"{p.year}.{month + 2}")
        g.schedule(f"{i + 1}、{step}")
    if spare:
        t.row(Cell(f"{len(steps) + 1}、", 3), "", "")
    long_too = r.random() < 0.7
    whole, goal = p.goal("overall", 1, 2, False, "mid" if long_too else "whole"), p.goal("annual", 1, 2)
    t.row(Cell("项目年度绩效目标情况", 1, 2), "长期绩效目标", Cell(whole, 4))
    t.row("本年度绩效目标", Cell(goal, 4))
    g.story("overall-goal", whole)
    g.story("annual-goal", goal)
    head = r.choice(["指标内容", "三级指标"])
    last = r.choice(["备注", "备注", "绩效标准"])
    for horizon, label in ([("project", "长期绩效指标")] if long_too else []) + [("annual", "年度绩效指标")]:
        rows = arranged(p.rows, INDICATOR_WORDS, s, pleased_below=True)
        names = naming(rows, s)
        t.row(Cell(label, 1, len(rows) + 1), "一级指标", "二级指标", head, "指标值", last)

        def fill(i, row):
            x = row[2]
            if x is None:
                return [Cell(names[i]), Cell(""), Cell("")]
            target = x.mid if horizon == "project" else x.year
            note = x.note if last == "备注" else r.choice(["计划标准", "行业标准", "历史标准"])
            key = "description" if last == "备注" else "standard"
            g.indicator(horizon, row[0], row[1], x.name, target, **{key: note})
            return [Cell(names[i]), Cell(target.printed(s)), Cell(note)]
        level_rows(t, rows, s, fill)
    notes = p.notes(0.4)
    t.row("其他需说明的问题", Cell(notes, 5))
    g.story("other-notes", notes)
    date = r.choice(["han", "iso"])
    page.line(f"填报人：{p.preparer} 填报日期：{p.filed.printed(date)}")
    g.head("preparer", p.preparer)
    g.head("prepared-on", p.filed.gold(date))


def budget_department(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    title = r.choice([f"{p.year}年项目支出绩效目标申报表", f"{p.year}年度项目支出绩效目标申报表"])
    page.line(title, "title")
    g.parts.append(title)
    g.head("fiscal-year", str(p.year))
    t = page.table(6)
    t.row(Cell("填报单位：（盖章）", 5), "单位：万元")
    g.head("reporting-unit", "")
    g.head("currency-unit", "万元")
    t.row("项目支出名称", Cell(p.name, 2), "预算部门", Cell(p.department, 2))
    g.head("project-name", p.name)
    g.head("competent-department", p.department)
    inline = r.choice(["万", "万元", ""])
    superior = p.superior if p.superior is not None else 0
    local = p.fiscal - superior
    superior, local = p.shown("annual", "superior", superior), p.shown("annual", "local", local)
    t.row(s.lab("年度本级预算金额"), Cell(s.amount(local, "万元", inline if local else ""), 2), "该项目支出上级资金",
          Cell(s.amount(superior, "万元", inline if superior else ""), 2))
    g.fund("annual", "local", local, "万元")
    g.fund("annual", "superior", superior, "万元")
    text, style = period_text(p, s)
    t.row("项目支出实施期", Cell(text, 5))
    g.head("start-date", p.start.gold(style))
    g.head("end-date", p.end.gold(style))
    whole, goal = p.goal("overall", 1, 2, False, "whole"), p.goal("annual", 1, 2)
    t.row("实施期绩效目标", Cell(whole, 5))
    t.row("本年度绩效目标", Cell(goal, 5))
    g.story("overall-goal", whole)
    g.story("annual-goal", goal)
    rows = arranged(p.rows, INDICATOR_WORDS, s, pleased_below=True)
    names = naming(rows, s)
    t.row(Cell(s.lab("本年度绩效指标"), 1, len(rows) + 1), "一级指标", "二级指标", "三级指标", "指标值及单位", "绩效标准")

    def fill(i, row):
        x = row[2]
        if x is None:
            return [Cell(names[i]), Cell(""), Cell("")]
        standard = r.choice(["计划标准", "行业标准", "历史标准"])
        printed = x.year.printed(s)
        if isinstance(x.year,
                      Number) and x.year.money is not None and printed.endswith("万元") and r.random() < 0.4 \
                and any(w in row[1] + x.name for w in ("成本", "金额", "费用", "经费")):
            printed = printed[:-1]
        g.indicator("annual", row[0], row[1], x.name, x.year, printed, standard=standard)
        return [Cell(names[i]), Cell(printed), Cell(standard)]
    level_rows(t, rows, s, fill)
    t.row("财政部门审核意见", Cell("", 5))
    g.fields.append(["财政部门审核意见", ""])
    signed = r.random() < 0.3
    date = r.choice(["han", "iso"])
    page.line(f"填表人：{p.preparer} 联系电话：{p.phone} 填报日期：{p.filed.printed(date)} "
              f"单位负责人签字：{p.head if signed else ''}")
    for key, value in (("preparer", p.preparer), ("phone", p.phone), ("prepared-on", p.filed.gold(date)),
                       ("unit-head", p.head if signed else "")):
        g.head(key, value)


def many_projects(p, s, page, golds):
    r = s.r
    s.repeat_levels = True
    title = r.choice([f"部门预算项目绩效目标申报表({p.year}年度)", "部门预算项目绩效目标申报表"])
    t = page.table(12)
    t.row(Cell(title, 12))
    if str(p.year) not in title:
        t.row(Cell(f"（{p.year}年度）", 12))
    unit = r.choice(["元", "元", "万元"])
    t.row(Cell(f"金额单位：{unit}", 12))
    t.row("单位名称", "项目名称", "预算数", "年度目标", "一级指标", "二级指标", "三级指标", "指标性质", "指标值", "度量单位", "权重",
          "指标方向性")
    town = place(r) + "镇"
    tails = r.sample(["人民政府", "便民服务中心", "文化站", "农业技术站"], r.randint(1, 3))
    number = r.randint(701, 799)
    projects = [[Project(r, p.year, p.home) for _ in range(r.randint(1, 3))] for _ in tails]
    if r.random() < 0.5:
        everything = sum(q.total for group in projects for q in group)
        t.row(f"{number}-{town}部门", s.amount(everything, unit), *[""] * 10)
    for i, (tail, group) in enumerate(zip(tails, projects)):
        unit_name = f"{number}{i + 1:03d}-{p.home}{town}{tail}"
        height = sum(len(q.rows) for q in group)
        for j, q in enumerate(group):
            g = Gold(s)
            golds.append(g)
            g.parts.append(title)
            g.head("fiscal-year", str(p.year))
            g.head("currency-unit", unit)
            g.head("implementing-unit", unit_name)
            g.head("project-name", q.name)
            goal = q.goal("annual", 1, 2)
            g.story("annual-goal", goal)
            g.fund("annual", "total", q.total, unit)
            rows = arranged(q.rows, INDICATOR_WORDS, s, fillers=False, cost_apart=True)
            r.shuffle(rows)
            weights = [100 // len(rows)] * len(rows)
            weights[0] += 100 - sum(weights)
            for k, (l1, l2, x, _) in enumerate(rows):
                lead = [Cell(unit_name, 1, height)] if j == k == 0 else []
                if k == 0:
                    lead += [Cell(q.name, 1, len(rows)), Cell(s.amount(q.total, unit), 1, len(rows)),
                             Cell(goal, 1, len(rows))]
                sign, digits, measure = x.year.columns(s)
                weight = str(weights[k])
                direction = "反向指标" if x.year.op == "le" else "正向指标"
                t.row(*lead, l1, l2, x.name, sign, digits, measure, weight, direction)
                joined = (sign if sign != "定性" else "") + digits + measure
                g.indicator("annual", l1, l2, x.name, Columned(x.year, sign), joined, weight=weight,
                            direction=direction)


class Columned:
    """A target whose sign stands in a column of its own, always printed."""

    def __init__(self, target, sign):
        self.target, self.sign = target, sign

    def gold(self, s):
        kind, op, value, unit = self.target.gold(s)
        if isinstance(self.target, Number):
            op = op or "eq"
            unit = unit if self.target.money is not None else self.target.unit
        return kind, op, value, unit


def forms_on_a_page(p, s, page, golds):
    r = s.r
    count = r.randint(2, 4)
    page.line("项目支出绩效目标表", "title")
    page.line(f"（{p.year}年）", "year")
    unit_name = r.choice([p.unit_code + p.unit, p.unit])
    apart = s.carrier in ("html", "markdown") and r.random() < 0.5
    t = None
    for i in range(count):
        q = p if i == 0 else Project(r, p.year, p.home)
        g = Gold(s)
        golds.append(g)
        g.parts.append("项目支出绩效目标表")
        g.head("fiscal-year", str(p.year))
        if t is None or apart:
            t = page.table(7)
        t.row(Cell(unit_name, 4), Cell("单位：万元", 3))
        g.head("reporting-unit", unit_name)
        g.head("currency-unit", "万元")
        t.row("项目名称", Cell(q.name, 6))
        g.head("project-name", q.name)
        total = q.fiscal + (q.other or 0)
        use = q.text(USES, 1, 1)
        t.row(Cell("预算规模及资金用途", 1, 2), "预算数", s.amount(total, "万元"), s.lab("其中：财政资金"), s.amount(q.fiscal,
                                                                                                "万元"), "其他资金",
              s.amount(q.other, "万元"))
        t.row(Cell(use, 6))
        g.fields.append(["预算规模及资金用途", use[0]])
        for source, fen in (("total", total), ("fiscal", q.fiscal), ("other", q.other)):
            g.fund("annual", source, fen, "万元")
        goal = q.goal("annual", 1, 2)
        t.row("绩效目标", Cell(["1." + goal[0]], 6))
        g.story("annual-goal", ["1." + goal[0]])
        t.row("一级指标", "二级指标", Cell("三级指标", 2), Cell("绩效指标描述", 2), "指标值")
        rows = arranged(q.rows, INDICATOR_WORDS, s, fillers=False)

        def fill(i, row):
            x = row[2]
            text = x.name if r.random() < 0.7 else x.name + "（" + (x.note or "全口径") + "）"
            g.indicator("annual", row[0], row[1], x.name, x.year, description=text)
            return [Cell(x.name, 2), Cell(text, 2), Cell(x.year.printed(s))]
        level_rows(t, rows, s, fill)


def outcome_of(p, x, weight, r):
    """What became of an indicator: the actual value, the score, the reason for a deviation."""
    number = isinstance(x.year, Number)
    actual = x.year.digits + x.year.unit if number else r.choice(["达成预期指标", "已完成", x.year.text])
    points, deviation = Fraction(weight), ""
    if r.random() < 0.2 and (not number or x.year.op != "le" and x.year.money is None and float(x.year.digits) >= 2):
        deviation = r.choice(["因汛期停工，今后把雨季工序提前安排。", "材料到货延迟，余量已列入次年计划。"])
        if number:
            short = int(float(x.year.digits)) * 9 // 10
            actual = f"{short}{x.year.unit}"
            points = Fraction(round(weight * short * 100 / Fraction(x.year.digits)), 100)
        else:
            actual, points = "基本达成预期指标", points - Fraction(1, 2)
    change = p.quirks.get("outcomes", {}).get(x.name)
    return change(x, weight) if change else (actual, points, deviation)


def self_evaluation(p, s, page, golds):
    r, g = s.r, Gold(s)
    golds.append(g)
    unit = p.quirks.get("unit", r.choice(["万元", "万元", "元"]))
    columned = r.random() < 0.25
    width = 11 if columned else 9
    if r.random() < 0.3:
        page.line("附件2", "note")
    t = page.table(width)
    titled(page, t, r.choice(["项目支出绩效自评表", "项目绩效自评表"]), g, p)
    t.row(Cell("项目名称", 2), Cell(p.name, width - 2))
    g.head("project-name", p.name)
    unit_name = r.choice([p.unit, f"{p.unit_code}-{p.unit}"])
    t.row(Cell("主管部门", 2), Cell(code_and_name(p, s, g), 2), Cell("实施单位", 2), Cell(unit_name, width - 6))
    g.head("implementing-unit", unit_name)
    g.head("currency-unit", unit)
    rest = width - 9
    t.row(Cell("项目资金" + BREAK + f"（{unit}）", 2, 5), "", "年初" + BREAK + "预算数", "全年" + BREAK + "预算数",
          "全年" + BREAK + "执行数", "分值",
          "执行率", Cell("得分", 1 + rest))

    parts = [("fiscal", r.choice(["其中：当年财政拨款", "其中：本年财政拨款"])), ("carry-over", "上年结转资金"),
             ("other", "其他资金")]
    stages = ("budgeted", "adjusted", "executed")
    table = {k: [p.shown("annual", k, v, stage) for v, stage in zip(p.spent[k], stages)] for k, _ in parts}
    sums = [p.shown("annual", "total", sum(v[i] for v in p.spent.values()), stage) for i, stage in enumerate(stages)]
    hundredths = (sums[2] * 20000 + sums[1]) // (2 * sums[1])       # of a percent
    share = f"{hundredths // 100}.{hundredths % 100:02d}%"
    earned = Fraction((hundredths + 5) // 10, 100)
    score = f"{float(earned):g}"
    t.row("年度资金总额", *[s.amount(v, unit) for v in sums], "10", share, Cell(score, 1 + rest))
    for stage, fen in zip(stages, sums):
        g.fund("annual", "total", fen, unit, stage)
    g.fields += [["分值", "10"], ["执行率", share], ["得分", score]]
    for source, label in parts:
        t.row(label, *[s.amount(v, unit) for v in table[source]], "—", "", Cell("—", 1 + rest))
        for stage, fen in zip(stages, table[source]):
            g.fund("annual", source, fen, unit, stage)
    goal, outcome = p.goal("annual", 1, 2), p.text(GOALS, 1, 2)
    t.row(Cell("年度总体目标", 1, 2), Cell("预期目标", 4), Cell("实际完成情况", width - 5))
    t.row(Cell(goal, 4), Cell(outcome, width - 5))
    g.story("annual-goal", goal)
    g.story("outcome", outcome)
    scored = r.random() < 0.5
    points = {"产出指标": "（50分）", "效益指标": "（30分）", "满意度指标": "（10分）"} if scored else {}
    rows = [[a + points.get(a, ""), b, x, f] for a, b, x, f in arranged(p.rows, INDICATOR_WORDS, s)]
    names = naming(rows, s)
    real = [x for _, _, x, _ in rows if x is not None]
    by_row = {}
    for part, points in (("output", 50), ("benefit", 30), ("satisfaction", 10)) if scored else ((None, 90),):
        group = [x for x in real if part in (None, x.cls)]
        for x in group:
            by_row[id(x)] = points // len(group)
        by_row[id(group[0])] += points - points // len(group) * len(group)
    for x in real:
        by_row[id(x)] += p.quirks.get("weights", {}).get(x.name, 0)
    value = ["指标性质", "指标值", "度量单位"] if columned else ["年度" + BREAK + "指标值"]
    t.row(Cell(upright(s, "绩效指标"), 1, len(rows) + 1), "一级指标", "二级指标", "三级指标", *value, "实际" + BREAK + "完成值",
          "分值", "得分",
          "偏差原因分析及改进措施")
    got = [earned]

    def fill(i, row):
        x = row[2]
        if x is None:
            return [Cell(names[i])] + [Cell("")] * (len(value) + 4)
        weight = by_row[id(x)]
        actual, points, deviation = outcome_of(p, x, weight, r)
        got[0] += points
        earned = float(points)
        more = dict(weight=str(weight), actual=actual, score=f"{earned:g}", deviation=deviation)
        if columned:
            sign, digits, measure = x.year.columns(s)
            joined = (sign if sign != "定性" else "") + digits + measure
            g.indicator("annual", row[0], row[1], x.name, Columned(x.year, sign), joined, **more)
            cells = [Cell(sign), Cell(digits), Cell(measure)]
        else:
            g.indicator("annual", row[0], row[1], x.name, x.year, **more)
            cells = [Cell(x.year.printed(s))]
        return [Cell(names[i]), *cells, Cell(actual), Cell(str(weight)), Cell(f"{earned:g}"), Cell(deviation)]
    level_rows(t, rows, s, fill)
    total = f"{float(got[0] + p.quirks.get('sum', 0)):g}"
    t.row(Cell("总分", width - 3), "100", total, "")
    g.fields += [["总分", "100"], ["总分", total]]
    notes = p.text(NOTES, 1, 1) if r.random() < 0.3 else []
    t.row(Cell("其他需要说明事项", 2), Cell(notes or r.choice(["无", ""]), width - 2))
    g.story("other-notes", notes)


TABULAR = ("tab", "pipe", "markdown", "html", "fragments", "cells")
LAYOUTS = {
    "three-part": (three_part, TABULAR),
    "two-stage": (two_stage, TABULAR),
    "one-year": (one_year, TABULAR + ("cells-bare", "blanks")),
    "side-by-side": (side_by_side, TABULAR),
    "work-plan": (work_plan, ("tab", "pipe", "markdown", "html", "cells")),
    "targeted-funds": (targeted_funds, TABULAR + ("cells-bare",)),
    "long-form": (long_form, TABULAR + ("blanks",)),
    "budget-department": (budget_department, TABULAR),
    "many-projects": (many_projects, ("tab", "pipe", "markdown", "html")),
    "forms-on-a-page": (forms_on_a_page, ("tab", "pipe", "markdown", "html", "fragments")),
    "self-evaluation": (self_evaluation, ("tab", "pipe", "markdown", "html", "fragments")),
}
CARRIERS = TABULAR + ("cells-bare", "blanks")
# Layouts that print carry-over, and such that print no money but the budget's.
CARRYING, FISCAL_ONLY = ("two-stage", "self-evaluation"), ("long-form", "budget-department")
EXTENSIONS = {"html": ".html", "markdown": ".md"}
