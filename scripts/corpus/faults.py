"""Faults to plant into an archive, some of every rule. Each says what the archive must be like
for it (wants), changes the facts of a year or of all years from one on (plant), and tells what
it did. A fault may break further rules by its nature: `also` names them."""
import copy
from fractions import Fraction

from .facts import Date, Number, Words, money, ten_thousands, yuan

FAULTS = {}


class Fault:
    def __init__(self, rule, plant, also, wants):
        self.rule, self.do, self.also, self.settings = rule, plant, also, wants

    def wants(self, r, count):
        wants = {k: v(r) if callable(v) else v for k, v in self.settings.items()}
        k = wants.pop("at", None)
        self.k = r.randrange(1 if k == "later" else 0, count) if k != "last" else count - 1
        if wants.pop("change", False):
            wants["factors"] = {self.k: r.choice([1.35, 1.5, 1.8, 2.4, 0.7, 0.55])}
        if "evaluated" in wants:
            wants["evaluations"] = wants.pop("evaluated")
        wants.setdefault("code", r.random() < 0.3)
        wants.setdefault("late", False)
        return wants

    def plant(self, series, r):
        told = self.do(series, self.k, r)
        where, was, now, *rest = told
        files = rest[0] if rest else series.files(self.k, self.k)
        return {"files": files, "where": where, "was": str(was), "is": str(now), "also": sorted(self.also)}


def fault(rule, also="", **wants):
    def keep(function):
        FAULTS.setdefault(rule, []).append(Fault(rule, function, also.split(), wants))
        return function
    return keep


def unsuitable():
    from .years import Unsuitable
    raise Unsuitable


def pick(r, rows, test):
    rows = [x for x in rows if test(x)]
    return r.choice(rows) if rows else unsuitable()


def is_count(x):
    """A target that is a number of things, large enough to be changed visibly."""
    t = x.year
    return isinstance(t, Number) and t.money is None and "/" not in t.unit and t.unit != "%" and t.op != "le" \
        and x.cls != "cost" and x.dim != "cost" and float(t.digits) >= 8 and "." not in t.digits


def is_rate(x):
    t = x.year
    return isinstance(t, Number) and t.unit == "%" and t.op != "le"


def replaced(p, old, **changes):
    """Puts a changed copy of an indicator in its place, in this year alone."""
    new = copy.copy(old)
    for k, v in changes.items():
        setattr(new, k, v)
    if "year" in changes and old.mid is old.year:
        new.mid = new.year
    p.rows = [new if x is old else x for x in p.rows]
    return new


def target(t, **changes):
    new = copy.copy(t)
    for k, v in changes.items():
        setattr(new, k, v)
    return new


def said(t):
    return f"{ {'ge': '≥', 'le': '≤', 'eq': '=', None: ''}[t.op] }{t.digits}{t.unit}" if isinstance(t, Number) else t.text


def ever_after(series, k, name, change):
    """Changes an indicator in year k and all later ones; what it was and is in year k."""
    told = None
    for p in series.since(k):
        x = p.row(name)
        was = said(x.year)
        new = replaced(p, x, year=change(x.year))
        told = told or (was, said(new.year))
    return told


def required(p, x):
    """Whether its dimension would be missing without this indicator."""
    same = [y for y in p.rows if y is not x and y.cls == x.cls]
    if x.dim in ("quantity", "quality"):
        same = [y for y in same if y.dim == x.dim]
    return not same


# ---------------------------------------------------------------- within one form

# What states no total cannot be compared with it, nor what may be of a whole project whose total is
# not stated: to refuse that is right.
WITH_TOTAL = ("three-part", "two-stage", "one-year", "side-by-side", "targeted-funds", "long-form", "work-plan")
MONEY_FORMS = ("three-part", "two-stage", "one-year", "side-by-side", "targeted-funds")


@fault("required-field")
def no_goal(series, k, r):
    p = series.year(k)
    p.goals = {"annual": [], "overall": [], "midterm": []}
    return "goals", "...", ""


@fault("required-field", layouts=("two-stage", "one-year", "targeted-funds"))
def no_total(series, k, r):
    p = series.year(k)
    was = p.total
    p.twists["annual", "total"] = lambda fen: None
    p.twists["project", "total"] = lambda fen: None
    return "annual total", yuan(was), ""


@fault("funding-sum", "budget-sum annual-over-total cumulative amount-jump digit-slip",
       layouts=("three-part", "two-stage", "one-year", "targeted-funds", "long-form"))
def wrong_total(series, k, r):
    p = series.year(k)
    more = max(1, p.total * r.randint(2, 8) // 100 // p.step) * p.step
    p.twists["annual", "total"] = lambda fen: fen + more
    return "annual total", yuan(p.total), yuan(p.total + more)


@fault("funding-sum", "annual-over-total budget-sum", layouts=("three-part", "two-stage", "one-year", "targeted-funds"))
def wrong_part(series, k, r):
    p = series.year(k)
    more = max(1, p.fiscal * r.randint(2, 8) // 100 // p.step) * p.step
    p.twists["annual", "fiscal"] = lambda fen: fen + more
    return "annual fiscal", yuan(p.fiscal), yuan(p.fiscal + more)


@fault("annual-over-total", "cumulative", layouts=("three-part", "two-stage", "side-by-side"),
       one_year=False, quirks={"whole": 1, "midterm": 0})
def total_too_small(series, k, r):
    p = series.year(k)
    was = p.all_total
    p.all_fiscal = p.fiscal * r.randint(60, 90) // 100 // 10000 * 10000
    p.all_other = None if p.other is None else p.other // 2 // 10000 * 10000
    p.all_total = p.all_fiscal + (p.all_other or 0)
    for x in p.rows:
        if x.name == "项目总成本":
            x.mid = money("le", p.all_total, "万元")
    return "project total", yuan(was), yuan(p.all_total)


@fault("budget-sum", layouts=("three-part", "long-form", "work-plan"))
def line_too_much(series, k, r):
    def change(lines, total):
        line = lines[-1]
        if "_price" in line:
            more = 2 if line["quantity"] == "1" else 1
            line["quantity"] = str(int(line["quantity"]) + more)
            line["_amount"] += more * line["_price"]
        else:
            line["_amount"] += 1000000
        return total
    series.year(k).quirks["lines"] = change
    return "a line of the details", "...", "one piece more"


@fault("budget-sum", layouts=("three-part", "long-form", "work-plan"))
def sum_wrong(series, k, r):
    p = series.year(k)
    more = r.randint(3, 15) * 1000000       # more than what rounding to whole 万元 leaves open
    p.quirks["lines"] = lambda lines, total: total + more
    return "total of the details", yuan(p.total), yuan(p.total + more)


@fault("line-product", layouts=("three-part",))
def wrong_price(series, k, r):
    def change(lines, total):
        line = r.choice(lines)
        line["_price"] += max(1, line["_price"] // 100 * r.randint(5, 40) // 10000) * 10000
        return total
    series.year(k).quirks["lines"] = change
    return "unit price of a line", "...", "raised alone"


@fault("line-product", layouts=("three-part",))
def wrong_quantity(series, k, r):
    def change(lines, total):
        line = r.choice(lines)
        line["quantity"] = str(int(line["quantity"]) + r.randint(1, 5))
        return total
    series.year(k).quirks["lines"] = change
    return "quantity of a line", "...", "raised alone"


@fault("unit-undeclared", layouts=("three-part", "two-stage", "one-year"), quirks={"unit": "元"})
def no_unit(series, k, r):
    series.year(k).quirks["undeclared"] = True
    return "unit of the money", "元 or 万元", ""


@fault("unit-conflict", layouts=("one-year", "targeted-funds", "work-plan"))
def two_units(series, k, r):
    p = series.year(k)
    p.quirks["conflict"] = True
    return "unit of the funding label", "万元", "元"


@fault("ten-thousandfold", "budget-sum line-product", layouts=("three-part", "long-form"), quirks={"unit": "万元"})
def details_in_yuan(series, k, r):
    def change(lines, total):
        for line in lines:
            line["_amount"] *= 10000
            if "_price" in line:
                line["_price"] *= 10000
        return total * 10000
    series.year(k).quirks["lines"] = change
    return "details", "万元", "figures of 元 under 万元"


@fault("ten-thousandfold", "measure-changed target-lowered", rows=("项目总成本",))
def cost_in_yuan(series, k, r):
    p = series.year(k)
    x = p.row("项目总成本")
    factor = r.choice([10000, 10000, 10000, 1000])
    new = replaced(p, x, year=money("le", x.year.money * factor, "万元"))
    return "项目总成本", said(x.year), said(new.year)


@fault("cost-indicators", "target-lowered", rows=("项目总成本",), layouts=WITH_TOTAL, quirks={"whole": 1})
def cost_above_funds(series, k, r):
    p = series.year(k)
    x = p.row("项目总成本")
    new = replaced(p, x, year=money("le", max(p.total, p.all_total) * r.randint(115, 190) // 100 // 10000 * 10000, "万元"))
    return "项目总成本", said(x.year), said(new.year)


@fault("cost-indicators", "target-lowered", rows=("*count", "*piece"), layouts=WITH_TOTAL, quirks={"whole": 1})
def pieces_above_funds(series, k, r):
    p = series.year(k)
    name = f"单{p.measure}{p.action}成本"
    x = p.row(name)
    count = float(p.row(f"{p.noun}{p.action}数量").year.digits)
    # below the project's total it may be of all its years
    fen = int(max(p.total, p.all_total) * r.randint(130, 300) / 100 / count) // 10000 * 10000
    new = replaced(p, x, year=money("le", fen, "元"))
    return name, said(x.year), said(new.year)


def only_costs(p, r, costs):
    """The form has these costs and no other ones."""
    p.rows = [x for x in p.rows if "cost" not in (x.cls, x.dim)]
    like = pick(r, p.rows, lambda x: x.cls == "output")
    at = p.rows.index(like) + 1
    new = []
    for name, amount in costs:
        x = copy.copy(like)
        x.dim, x.name, x.note = "cost", name, ""
        x.year = x.mid = amount
        new.append(x)
    p.rows = [x for x in p.rows if x.dim == "quantity"] + [x for x in p.rows if x.cls == "output" and x.dim != "quantity"] \
        + new + [x for x in p.rows if x.cls != "output"]


@fault("cost-indicators", "indicator-changed target-lowered", layouts=MONEY_FORMS, one_year=True)
def costs_above_funds(series, k, r):
    p = series.year(k)
    fen = max(p.total, p.all_total) * r.randint(60, 80) // 100 // 1000000 * 1000000
    if not fen:
        unsuitable()
    only_costs(p, r, [(f"{p.noun}材料成本", money("le", fen, "万元")), (f"{p.noun}人工费用", money("le", fen, "万元"))])
    return "two costs", "...", f"each {yuan(fen)}"


@fault("cost-indicators", "indicator-changed target-lowered", layouts=MONEY_FORMS, one_year=True, rows=("*count",))
def rate_above_funds(series, k, r):
    p = series.year(k)
    count = float(p.row(f"{p.noun}{p.action}数量").year.digits)
    yuans = int(max(p.total, p.all_total) * r.randint(130, 300) / 10000 / count)
    if not yuans:
        unsuitable()
    name = f"每{p.measure}{p.noun}平均{p.action}费用"
    only_costs(p, r, [(name, Number("le", str(yuans), f"元/{p.measure}"))])
    return name, "...", f"{yuans}元/{p.measure}"


def other_tail(r, name):
    for tail, others in (("工程", ("项目", "专项")), ("项目", ("工程", "经费")), ("经费", ("补助", "项目")), ("补助", ("经费", "补贴")),
                         ("专项", ("项目",)), ("试点", ("示范",)), ("服务", ("项目",))):
        if name.endswith(tail):
            return name[:-2] + r.choice(others)
    return name + r.choice(["项目", "工程"])


@fault("name-restated", layouts=("three-part",))
def other_name(series, k, r):
    p = series.year(k)
    p.quirks["second-name"] = other_tail(r, p.name)
    return "project name of the second part", p.name, p.quirks["second-name"]


@fault("year-disagrees", "stale-year", layouts=("three-part",))
def other_part_year(series, k, r):
    p = series.year(k)
    p.quirks["second-year"] = p.year + r.choice([-2, -1, 2])
    return "year of the second part", p.year, p.quirks["second-year"]


@fault("year-disagrees", "stale-year period-order cumulative", layouts=("three-part", "two-stage"), one_year=True,
       quirks={"dates": True})
def other_period_year(series, k, r):
    p = series.year(k)
    was = p.start.printed("iso")
    by = r.choice([-2, 1])
    p.start, p.end = (Date(d.year + by, d.month, d.day) for d in (p.start, p.end))
    return "period", was, p.start.printed("iso")


@fault("period-order", "nature-against-period stale-year year-disagrees", layouts=("three-part", "two-stage", "long-form", "budget-department"),
       quirks={"dates": True})
def end_before_start(series, k, r):
    p = series.year(k)
    was = f"{p.start.printed('iso')} {p.end.printed('iso')}"
    p.start, p.end = p.end, p.start
    return "period", was, f"{p.start.printed('iso')} {p.end.printed('iso')}"


@fault("period-order", "stale-year target-lowered", layouts=("three-part", "two-stage", "long-form", "budget-department"), rows=("*deadline",),
       quirks={"dates": True})
def deadline_outside(series, k, r):
    p = series.year(k)
    x = p.row(f"{p.noun}{p.action}完成时间")
    new = replaced(p, x, year=Words(x.year.pattern.format(y=p.end.year + 1), "time"))
    return x.name, x.year.text, new.year.text


@fault("choice-count", "nature-against-period", layouts=("three-part", "long-form"))
def ticks(series, k, r):
    p = series.year(k)
    p.quirks["ticked"] = r.choice([[], [0, 1]])
    return "nature", "one ticked", f"{len(p.quirks['ticked'])} ticked"


@fault("nature-against-period", "continuity", layouts=("three-part", "two-stage"), one_year=False,
       quirks={"dates": True, "natures": slice(1)})
def once_over_years(series, k, r):
    p = series.year(k)
    was, p.kind = p.kind, "once"
    return "nature", was, "一次性项目"


@fault("dimension-missing", "indicator-changed")
def dimension_gone(series, k, r):
    p = series.year(k)
    gone = r.choice(["quantity", "quality", "benefit", "satisfaction"])
    was = len(p.rows)
    p.rows = [x for x in p.rows if gone not in (x.cls, x.dim)]
    return gone, f"{was} indicators", f"{len(p.rows)} indicators"


@fault("taxonomy", "indicator-changed")
def wrong_level(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: not required(p, x) and x.dim in ("timeliness", "social", "sustainability"))
    other = ("output", "quality") if x.cls == "benefit" else ("benefit", "social")
    replaced(p, x, levels=lambda words: (words[x.cls], words[other]))
    return x.name, f"{x.cls}/{x.dim}", f"{x.cls}/{other[1]}"


@fault("duplicate-indicator", "indicator-changed")
def twice(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, is_count)
    again = copy.copy(x)
    if r.random() < 0.6:
        again.year = again.mid = target(x.year, digits=str(int(x.year.digits) + r.randint(1, 7)))
    at = p.rows.index(x) + 1
    p.rows = p.rows[:at] + [again] + p.rows[at:]
    return x.name, said(x.year), said(again.year)


@fault("placeholder", "indicator-changed measure-changed")
def template_left(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_count(x) or is_rate(x))
    text = r.choice(["XX", "××", "*", "待填写", f"≥**{x.year.unit}", f"≥XX{x.year.unit}"])
    new = replaced(p, x, year=Words(text))
    return x.name, said(x.year), new.year.text


@fault("placeholder", "indicator-changed")
def template_name(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_rate(x) and not x.name.startswith(p.people))
    new = replaced(p, x, name="XX" + r.choice(["情况", "完成率", ""]))
    return "name", x.name, new.name


@fault("percent-range", "target-lowered", at="any")
def above_hundred(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_rate(x) and not x.name.endswith("增长比例") and "满意" not in x.name)
    new = replaced(p, x, year=target(x.year, digits="1" + x.year.digits.zfill(2)))
    if int(new.year.digits) <= 100:
        unsuitable()
    return x.name, said(x.year), said(new.year)


@fault("percent-range", "measure-changed")
def without_percent(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_rate(x) and x.name.endswith("率"))
    if sum(is_rate(y) for y in p.rows) < 3:
        unsuitable()
    new = replaced(p, x, year=target(x.year, unit=""))
    return x.name, said(x.year), said(new.year)


@fault("sign-direction", "sign-flip")
def satisfied_at_most(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: x.cls == "satisfaction" and is_rate(x))
    new = replaced(p, x, year=target(x.year, op="le"))
    return x.name, said(x.year), said(new.year)


@fault("sign-direction", "sign-flip", rows=("群众投诉件数",))
def complaints_at_least(series, k, r):
    p = series.year(k)
    x = p.row("群众投诉件数")
    new = replaced(p, x, year=target(x.year, op="ge"))
    return x.name, said(x.year), said(new.year)


@fault("sign-direction", "sign-flip", rows=("项目总成本",))
def cost_at_least(series, k, r):
    p = series.year(k)
    x = p.row("项目总成本")
    new = replaced(p, x, year=target(x.year, op="ge"))
    return x.name, said(x.year), said(new.year)


@fault("unit-of-measure", "measure-changed")
def no_measure(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_count(x) and x.year.op)
    new = replaced(p, x, year=target(x.year, unit=""))
    return x.name, said(x.year), said(new.year)


@fault("vague-target", "indicator-changed measure-changed")
def vague(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: x.cls == "benefit" and not required(p, x))
    new = replaced(p, x, year=Words(r.choice(["提升", "明显提升", "有所改善", "进一步加强", "不断提高"])))
    return x.name, said(x.year), new.year.text


@fault("weight-sum", evaluated=True)
def weight_off(series, k, r):
    p = series.evaluation(k).own()
    x = r.choice(p.rows)
    p.quirks["weights"] = {x.name: r.choice([2, 3, 5])}
    return x.name, "its weight", f"{p.quirks['weights'][x.name]} more", [series.evaluation(k).file]


@fault("score", evaluated=True)
def score_off(series, k, r):
    p = series.evaluation(k).own()
    x = pick(r, p.rows, is_count)
    less = r.choice([2, 3])

    def change(x, weight):
        return x.year.digits + x.year.unit, Fraction(weight) - (less if weight > less else Fraction(weight, 2)), \
            "作业进度受天气影响。"
    p.quirks["outcomes"] = {x.name: change}
    return x.name, "score", f"{less} less", [series.evaluation(k).file]


@fault("score", evaluated=True)
def sum_off(series, k, r):
    p = series.evaluation(k).own()
    p.quirks["sum"] = r.choice([-5, -3, -2, 1])
    return "total of the scores", "...", f"{p.quirks['sum']:+}", [series.evaluation(k).file]


@fault("score", evaluated=True)
def no_reason(series, k, r):
    p = series.evaluation(k).own()
    x = pick(r, p.rows, is_count)
    short = int(x.year.digits) * 7 // 10

    def change(x, weight):
        return f"{short}{x.year.unit}", Fraction(round(Fraction(weight * short * 100, int(x.year.digits))), 100), ""
    p.quirks["outcomes"] = {x.name: change}
    return x.name, "reason of the deviation", "", [series.evaluation(k).file]


@fault("goal-number", rows=("*count",))
def other_goal(series, k, r):
    p = series.year(k)
    target = p.row(f"{p.noun}{p.action}数量").year
    numbers = {x.year.digits for x in p.rows if isinstance(x.year, Number)} | \
        {x.mid.digits for x in p.rows if isinstance(x.mid, Number)}
    n = int(float(target.digits)) + r.choice([3, 5, 7, 11])
    if str(n) in numbers:
        unsuitable()
    p.goals["annual"] = [f"完成{n}{p.measure}{p.noun}的{p.action}，年底前全部通过验收。"]
    return "annual goal", target.digits, n


JUNK = ["会议议定由各牵头部门继续梳理遗留事项清单并于下次例会汇报进展情况", "附记中所列各处门牌沿用旧册编号待测绘成果更新之后再行统一核对",
        "抄送范围包括各街道办事处以及片区联络员请妥善保管切勿外传", "以上内容摘自往来函件原稿仅供内部讨论使用不作为正式意见",
        "值班安排表另行张贴在办公楼一层公告栏请各科室自行查看"]


@fault("unread", layouts=("three-part",))
def foreign_text(series, k, r):
    p = series.year(k)
    p.quirks["junk"] = r.sample(JUNK, 4)
    return "between the parts", "", "paragraphs that belong to no form"


# ---------------------------------------------------------------- across years

@fault("ambiguous-match", at="later", code=False, layouts=MONEY_FORMS)
def two_successors(series, k, r):
    from .words import TAILS
    base = series.years[0].name_pattern
    for tail in sorted(filter(None, TAILS), key=len):
        base = base.removesuffix(tail)
    for p in series.since(0):
        p.name_pattern = base
    from .years import Form
    for p in series.since(k):
        p.name_pattern = base + "工程"
        form = series.declaration(p.year - series.years[0].year + series.first)
        twin = Form(series, form.k, p, form.layout, form.carrier, "twin")
        q = twin.own()
        q.name_pattern = base + "项目"
        series.forms.append(twin)
    return "project name", base, f"{base}工程 and {base}项目", series.files(k - 1, 9)


@fault("amount-jump", at="later", change=True, layouts=WITH_TOTAL)
def jump(series, k, r):
    a, b = series.year(k - 1), series.year(k)
    return "annual money", yuan(a.total), yuan(b.total), series.files(k - 1, k)


SOURCES = ("total", "fiscal", "carry-over", "other", "superior", "local", "subordinate", "central", "provincial",
           "municipal", "county")
SLIP = "ten-thousandfold cost-indicators budget-sum annual-over-total"


@fault("unit-slip", SLIP, quirks={"unit": "元"}, layouts=("two-stage", "one-year", "three-part", "long-form"))
def figures_in_ten_thousands(series, k, r):
    p = series.year(k)
    for source in SOURCES:
        p.twists["annual", source] = lambda fen: fen and fen // 10000
    return "annual money", yuan(p.total), yuan(p.total // 10000), series.files(k - 1, k + 1)


@fault("unit-slip", SLIP, quirks={"unit": "万元"}, layouts=("two-stage", "one-year", "three-part", "long-form"))
def figures_in_yuan(series, k, r):
    p = series.year(k)
    for source in SOURCES:
        p.twists["annual", source] = lambda fen: fen and fen * 10000
    return "annual money", yuan(p.total), yuan(p.total * 10000), series.files(k - 1, k + 1)


def slipped(r, fen):
    """An amount with two digits swapped, one doubled or one dropped, and not the same."""
    digits = list(str(fen // 10000))
    if len("".join(digits).rstrip("0")) < 3:
        unsuitable()        # 23 and 32 are as likely another amount
    for attempt in range(20):
        at = r.randrange(min(4, len(digits)))
        way = r.choice(["swap", "swap", "double", "drop"])
        new = list(digits)
        if way == "swap" and at + 1 < len(new):
            new[at], new[at + 1] = new[at + 1], new[at]
        elif way == "double":
            new.insert(at, new[at])
        elif way == "drop":
            del new[at]
        if new and new[0] != "0" and new != digits and set(digits[:4]) != {"0"} and \
                "".join(new).strip("0") != "".join(digits).strip("0"):
            return int("".join(new)) * 10000
    unsuitable()


@fault("digit-slip", "cumulative annual-over-total cost-indicators", at="later", one_year=False, plain=True,
       quirks={"whole": 1, "midterm": 0, "dates": True}, layouts=("three-part", "two-stage", "side-by-side"), same=True)
def slip_in_total(series, k, r):
    p = series.year(k)
    was = p.all_total
    p.all_fiscal = p.all_total = slipped(r, was)
    return "project total", yuan(was), yuan(p.all_total), series.files(k - 1, k + 1)


@fault("digit-slip", "amount-jump cumulative annual-over-total budget-sum cost-indicators", at="later",
       level=True, plain=True, carry=0, layouts=("two-stage", "one-year", "targeted-funds", "side-by-side"))
def slip_in_annual(series, k, r):
    p = series.year(k)
    if p.carry or p.other:
        unsuitable()
    was = p.fiscal
    new = slipped(r, was)
    for source in ("total", "fiscal", "local"):
        p.twists["annual", source] = lambda fen: fen and new
    return "annual money", yuan(was), yuan(new), series.files(k - 1, k + 1)


@fault("target-lowered", at="later", factors={1: 1.05, 2: 1.0}, carry=0, layouts=WITH_TOTAL)
def fewer(series, k, r):
    x = pick(r, series.year(k).rows, is_count)
    factor = r.randint(50, 85)
    return x.name, *ever_after(series, k, x.name, lambda t: target(t, digits=str(int(t.digits) * factor // 100))), \
        series.files(k - 1, k)


@fault("target-lowered", at="later", factors={1: 1.0, 2: 1.03}, carry=0, layouts=WITH_TOTAL)
def lower_rate(series, k, r):
    x = pick(r, series.year(k).rows, lambda x: is_rate(x) and float(x.year.digits) > 30)
    less = r.randint(5, 15)
    return x.name, *ever_after(series, k, x.name, lambda t: target(
        t, digits=str(int(t.digits) - less), op=t.op if t.digits != "100" else "ge")), series.files(k - 1, k)


@fault("target-lowered", at="later", rows=("群众投诉件数",), factors={1: 1.0, 2: 1.05}, carry=0,
       layouts=WITH_TOTAL)
def more_complaints(series, k, r):
    more = r.randint(3, 20)
    return "群众投诉件数", *ever_after(series, k, "群众投诉件数", lambda t: target(t, digits=str(int(t.digits) + more))), \
        series.files(k - 1, k)


@fault("target-below-actual", at="later", evaluated=True)
def below_actual(series, k, r):
    p = series.evaluation(k - 1).own()
    x = pick(r, p.rows, lambda x: is_count(x) and x.year.op == "ge")
    actual = int(x.year.digits) * r.randint(120, 160) // 100

    def change(x, weight):
        return f"{actual}{x.year.unit}", Fraction(weight), ""
    p.quirks["outcomes"] = {x.name: change}
    return x.name, f"{actual}{x.year.unit}", said(series.year(k).row(x.name).year), series.files(k - 1, k)


@fault("indicator-changed", at="later")
def dropped(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: not required(p, x) and all(not required(q, q.row(x.name)) for q in series.since(k)))
    for q in series.since(k):
        q.rows = [y for y in q.rows if y is not q.row(x.name)]
    return x.name, said(x.year), "", series.files(k - 1, k)


@fault("indicator-changed", at="later")
def added(series, k, r):
    p = series.year(k)
    from .years import Series
    new = pick(r, p.indicators(r), lambda x: x.dim in ("quantity", "social", "quality") and not p.row(x.name) and
               x.name != f"{p.noun}{p.action}数量")
    Series.tidy(new, p)
    for q in series.since(k):
        at = max(i for i, y in enumerate(q.rows) if y.cls == new.cls)
        same = [i for i, y in enumerate(q.rows) if (y.cls, y.dim) == (new.cls, new.dim)]
        at = same[-1] if same else at
        q.rows = q.rows[:at + 1] + [copy.copy(new)] + q.rows[at + 1:]
    return new.name, "", said(new.year), series.files(k - 1, k)


@fault("indicator-changed", at="later")
def renamed(series, k, r):
    p = series.year(k)
    x = pick(r, p.rows, lambda x: is_count(x) or is_rate(x) and not x.name.startswith(p.people))
    name = x.name.replace("数量", "总数").replace("合格率", "通过率").replace("达标率", "合格率").replace("次数", "频次")
    name = name.replace("满意度", "满意率").replace("人数", "人口数量")
    if name == x.name:
        name = "年度" + name
    for q in series.since(k):
        replaced(q, q.row(x.name), name=name)
    return "name", x.name, name, series.files(k - 1, k)


MEASURES = {"人": "人次", "个": "处", "次": "小时", "户": "人", "册": "套", "处": "个", "条": "公里", "米": "条", "盏": "处", "家": "个",
            "台": "批", "座": "处", "件": "起", "株": "亩", "%": "分", "公里": "条", "张": "个", "只": "批", "人次": "人"}


@fault("measure-changed", at="later")
def other_measure(series, k, r):
    x = pick(r, series.year(k).rows, lambda x: (is_count(x) or is_rate(x)) and x.year.unit in MEASURES)
    return x.name, *ever_after(series, k, x.name, lambda t: target(t, unit=MEASURES[t.unit])), series.files(k - 1, k)


@fault("sign-flip", "sign-direction target-lowered", at="later")
def flipped(series, k, r):
    x = pick(r, series.year(k).rows, lambda x: is_count(x) and x.year.op == "ge")
    return x.name, *ever_after(series, k, x.name, lambda t: target(t, op="le")), series.files(k - 1, k)


@fault("copied-form", "stale-year period-order cost-indicators", at="later", same=True, factors={1: 1.06, 2: 1.1})
def copied(series, k, r):
    a, b = series.year(k - 1), series.year(k)
    if b.total - a.total < 2000000:      # more than the last place of either
        unsuitable()
    b.rows = a.rows
    b.goals = Copied(a)
    return "goals and targets", "...", "those of last year", series.files(k - 1, k)


class Copied(dict):
    """The goals of another year; they are made when that year is printed, which comes first."""

    def __init__(self, project):
        super().__init__()
        self.project = project

    def __contains__(self, key):
        return key in self.project.goals

    def __getitem__(self, key):
        return self.project.goals[key]


@fault("stale-year", "period-order year-disagrees", at="later", rows=("*deadline",))
def stale_deadline(series, k, r):
    p = series.year(k)
    x = p.row(f"{p.noun}{p.action}完成时间")
    new = replaced(p, x, year=Words(x.year.pattern.format(y=p.year - 1), "time"))
    return x.name, x.year.text, new.year.text, series.files(k - 1, k)


@fault("stale-year", "year-disagrees", at="later")
def stale_goal(series, k, r):
    before, p = series.year(k - 1), series.year(k)
    left = f"{before.year}年底前完成{p.noun}{p.action}的资料归档，形成可查可用的工作台账。"
    before.goals["annual"] = [left + f"{p.people}的使用条件明显改善。"]
    p.goals["annual"] = [f"把{p.noun}{p.action}与日常巡查结合起来。" + left]
    return "annual goal", p.year, p.year - 1, series.files(k - 1, k)


@fault("stale-year", "year-disagrees period-order cumulative", at="later", one_year=True, layouts=("two-stage", "three-part", "long-form"),
       quirks={"dates": True})
def stale_period(series, k, r):
    p = series.year(k)
    before = series.year(k - 1)
    was = p.start.printed("iso")
    p.start, p.end = before.start, before.end
    return "period", was, p.start.printed("iso"), series.files(k - 1, k)


@fault("continuity", at="later", layouts=("three-part", "side-by-side"), quirks={"natures": slice(1, 2)})
def new_again(series, k, r):
    series.year(k).is_new = True
    return "nature", "延续项目", "新增项目", series.files(k - 1, k)


@fault("continuity", "nature-against-period", at="later", one_year=True, layouts=("three-part", "two-stage"),
       quirks={"natures": slice(1), "dates": True})
def once_again(series, k, r):
    series.year(k).kind = "once"
    return "nature", "经常性项目", "一次性项目", series.files(k - 1, k)


@fault("continuity", "nature-against-period", late=True, neighbour=True, layouts=("three-part", "side-by-side", "long-form"),
       quirks={"natures": slice(1, 2)})
def continued_from_nothing(series, k, r):
    p = series.years[0]
    p.is_new = False
    return "nature", "新增项目", "延续项目", series.files(p.year - 2021, p.year - 2021)


@fault("cumulative", at="later", one_year=False, quirks={"whole": 1, "midterm": 0, "dates": True}, same=True,
       layouts=("three-part", "two-stage", "side-by-side"))
def total_changed(series, k, r):
    factor = r.choice([112, 118, 125, 135])
    for p in series.since(k):
        was = p.all_total
        p.all_fiscal = p.all_fiscal * factor // 100 // 10000 * 10000
        p.all_total = p.all_fiscal + (p.all_other or 0)
    return "project total", yuan(was), yuan(p.all_total), series.files(k - 1, k)


@fault("cumulative", one_year=False, quirks={"whole": 1, "midterm": 0, "dates": True}, same=True, carry=0,
       layouts=("three-part", "two-stage", "side-by-side"))
def more_than_total(series, k, r):
    for p in series.years:
        was = p.all_total
        spent = sum(q.fiscal for q in series.years)
        p.all_fiscal = spent * 80 // 100 // 10000 * 10000
        p.all_other = None if p.other is None else sum(q.other for q in series.years) * 80 // 100 // 10000 * 10000
        p.all_total = p.all_fiscal + (p.all_other or 0)
        for x in p.rows:
            if x.name == "项目总成本":
                x.mid = money("le", p.all_total, "万元")
    return "project total", yuan(was), yuan(p.all_total), series.files()


@fault("carry-over", "cumulative", at="later", evaluated=True, layouts=("two-stage",), carry=True)
def carried_too_much(series, k, r):
    before, p = series.year(k - 1), series.year(k)
    was = p.carry or 0
    p.carry = (before.left() + p.fiscal * r.randint(2, 5) // 100) // 10000 * 10000
    if p.carry > p.fiscal * 14 // 100:
        unsuitable()
    p.total = p.fiscal + p.carry + (p.other or 0)
    if not 0.83 * before.total < p.total < 1.18 * before.total:
        unsuitable()
    if p.one_year:
        p.all_fiscal = p.fiscal + p.carry
        p.all_total = p.all_fiscal + (p.all_other or 0)
    p.spent["carry-over"] = [p.carry, p.carry, p.carry]
    x = p.row("项目总成本")
    if x:
        replaced(p, x, year=money("le", p.total, "万元"))
    return "carried over", yuan(was), yuan(p.carry), series.files(k - 1, k)


@fault("owner-changed", at="later", layouts=("three-part", "long-form", "targeted-funds"), same=True)
def other_leader(series, k, r):
    from .project import person
    new = person(r)
    for p in series.since(k):
        was, p.leader = p.leader, new
    if was == new:
        unsuitable()
    return "project leader", was, new, series.files(k - 1, k)


@fault("owner-changed", at="later", layouts=("two-stage", "side-by-side", "targeted-funds"), same=True)
def other_department(series, k, r):
    from .words import BUREAUS
    new = series.years[0].home + r.choice(BUREAUS)
    for p in series.since(k):
        was, p.department = p.department, new
    if was == new:
        unsuitable()
    return "competent department", was, new, series.files(k - 1, k)


@fault("evaluation-target", evaluated=True)
def other_target(series, k, r):
    form = series.evaluation(k)
    p = form.own()
    x = pick(r, p.rows, is_count)
    new = replaced(p, x, year=target(x.year, digits=str(int(x.year.digits) * r.randint(60, 90) // 100)))
    return x.name, said(x.year), said(new.year), [form.file]


@fault("evaluation-target", evaluated=True)
def other_unit(series, k, r):
    form = series.evaluation(k)
    p = form.own()
    x = pick(r, p.rows, lambda x: is_count(x) and x.year.unit in MEASURES)
    new = replaced(p, x, year=target(x.year, unit=MEASURES[x.year.unit]))
    return x.name, said(x.year), said(new.year), [form.file]


@fault("evaluation-target", evaluated=True)
def not_evaluated(series, k, r):
    form = series.evaluation(k)
    p = form.own()
    x = pick(r, p.rows, lambda x: not required(p, x))
    p.rows = [y for y in p.rows if y is not x]
    return x.name, said(x.year), "", series.files(k, k)


@fault("restated", "cost-indicators", seconds=True, carry=0)
def other_amount(series, k, r):
    form = next((f for f in series.forms if f.k == k and f.kind == "second"), None) or unsuitable()
    p = form.own()
    factor = r.choice([105, 108, 112, 90])
    was = p.total
    p.fiscal = p.fiscal * factor // 100 // p.step * p.step
    if p.fiscal == series.year(k).fiscal:
        unsuitable()
    p.superior = p.local = None
    p.total = p.fiscal + (p.carry or 0) + (p.other or 0)
    if p.one_year:
        p.all_fiscal, p.all_total = p.fiscal, p.fiscal + (p.all_other or 0)
    x = p.row("项目总成本")
    if x:
        replaced(p, x, year=money("le", p.total, "万元"))
    return "annual money", yuan(was), yuan(p.total), series.files(k, k)


@fault("restated", "cost-indicators", evaluated=True, carry=0)
def other_budget(series, k, r):
    form = series.evaluation(k)
    p = form.own()
    was, (budgeted, adjusted, executed) = p.fiscal, p.spent["fiscal"]
    new = was * r.choice([106, 112, 94, 88]) // 100 // p.step * p.step
    if was == new or budgeted != was:
        unsuitable()
    p.spent = dict(p.spent, fiscal=[new, max(new, adjusted), executed])
    return "annual money", yuan(was), yuan(new), series.files(k, k)
