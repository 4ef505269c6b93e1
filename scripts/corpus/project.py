"""What one form is about."""
import copy
import re

from .words import BUREAUS, GIVEN, GOALS, NOTES, OBJECTS, PLACE_1, PLACE_2, SURNAMES, TAILS, UNIT_TAILS
from .facts import Date, Deadline, Number, Words, money, plain, ten_thousands, yuan


class Indicator:
    def __init__(self, cls, dim, name, mid, year, note=""):
        self.cls, self.dim, self.name, self.mid, self.year, self.note = cls, dim, name, mid, year, note
        self.weight = self.actual = self.score = self.deviation = None
        self.levels = None      # printed instead of those of cls and dim

    def following(self, r, p):
        """The same indicator a year later: a target may get harder, never easier."""
        x = copy.copy(self)
        if self.name == "项目总成本":
            x.year = money("le", p.total, "万元")
            x.mid = x.year if p.one_year else self.mid
            return x
        x.year = harder(r, self.year)
        if self.mid is self.year or p.one_year:
            x.mid = x.year
        return x


def harder(r, target):
    """A target as the next year's form may have it."""
    if isinstance(target, Deadline):
        return Deadline(target.pattern, target.year + 1)
    if not isinstance(target, Number) or target.money is not None or "/" in target.unit:
        return target
    n, point, tail = target.digits.partition(".")
    n = int(n)
    if target.op == "le":
        n = max(1, n - r.choice([0, 0, 1]))
    elif target.unit == "%":
        n = min(100 if n == 100 else 99, n + r.choice([0, 0, 1]))
    else:
        n += r.choice([0, 0, max(1, n * r.randint(1, 8) // 100)])
    return Number(target.op, f"{n}{point}{tail}", target.unit)


NARROW = str.maketrans("（）", "()")


def place(r):
    return r.choice(PLACE_1) + r.choice(PLACE_2)


def person(r):
    return r.choice(SURNAMES) + r.choice(GIVEN)


class Project:
    """What one form is about; the layouts print parts of it. What a form states is consistent,
    unless a fault is planted: `twists` change single amounts as they are printed, `quirks` say
    what a layout is to print otherwise."""

    def __init__(self, r, year=None, home=None, carries=False, others=True, years=None):
        self.r, self.carries, self.others = r, carries, others
        self.year = year or r.randint(2018, 2026)
        self.home = home or place(r) + r.choice(["市", "县", "区"])
        self.noun, self.measure, actions, self.people = r.choice(OBJECTS)
        self.action = r.choice(actions)
        spot = r.choice(["", "", place(r), f"{self.home}", f"{self.home}{{y}}年"])
        self.name_pattern = spot + self.noun + self.action + r.choice(TAILS)
        self.department = self.home + r.choice(BUREAUS)
        self.department_code = f"{r.randint(11, 799):03d}" + r.choice(["", "", "001", "006", "203"])
        self.unit = self.home + r.choice(["", place(r) + "镇"]) + r.choice(UNIT_TAILS)
        self.unit_code = f"{r.randint(101, 799)}{r.randint(1, 9):03d}"
        self.leader, self.contact, self.head, self.preparer = (person(r) for _ in range(4))
        self.phone, self.phone2 = r.sample([f"021-555{n:05d}" for n in r.sample(range(100, 99999), 2)], 2)
        if r.random() < 0.5 and not years:
            self.phone = f"5550{r.randint(0, 9999):04d}"
        self.reached = r.choice([self.leader, self.contact, self.contact])
        self.code = None
        self.one_year = r.random() < 0.5
        span = 0 if self.one_year else max(r.randint(1, 3), (years or 0) - 1)
        self.start = Date(self.year, 1 if r.random() < 0.6 else r.randint(2, 6), 1)
        self.end = Date(self.year + span, 12 if r.random() < 0.6 else r.randint(8, 11), 30)
        if self.end.month in (8, 10, 12):
            self.end.day = 31
        self.filed = r.choice([Date(self.year - 1, r.randint(9, 12), r.randint(1, 28)),
                               Date(self.year, r.randint(1, 3), r.randint(1, 28))])
        if self.one_year:
            self.kind = "recurring" if years else r.choice(["recurring", "once"])
        else:
            self.kind = r.choice(["recurring", "stage", "stage"])
        self.is_new = r.random() < 0.5
        self.count = r.randint(2, 40)
        self.words = {"o": self.noun, "a": self.action, "p": self.people, "u": self.measure, "w": self.home,
                      "w1": place(r)}
        self.twists, self.quirks, self.goals = {}, {}, {}
        self.reason = None
        self.fund(r)
        self.rows = self.indicators(r)

    @property
    def name(self):
        return self.name_pattern.format(y=self.year)

    def fund(self, r):
        """Amounts in fen that add up; None is a blank."""
        step = r.choice([1000000, 500000, 100000, 10000])
        top = {1000000: 900, 500000: 900, 100000: 6000, 10000: 40000}[step]
        self.step = step
        self.fiscal = step * r.randint(max(3, 10000000 // step), top)
        self.carry = step * r.randint(1, max(2, top // 10)) if r.random() < 0.3 else r.choice([0, None])
        if not self.carries:
            self.carry = None
        self.other = step * r.randint(1, max(2, top // 5)) if r.random() < 0.3 else r.choice([0, None])
        if not self.others:
            self.other = None
        self.times = 1 if self.one_year else r.randint(2, 4)
        self.superior_share = r.choice([None, 0, 1, r.random()])
        self.tier_shares = [r.choice([None, None, 2]) for _ in range(3)]
        self.all_fiscal = self.fiscal * self.times + (self.carry or 0) * self.one_year
        self.all_other = None if self.other is None else self.other * self.times
        self.share(r)
        self.previous = {t: None if v is None else v * r.randint(85, 99) // 100 // 10000 * 10000 or None
                         for t, v in self.tiers.items()}

    def share(self, r):
        """What follows from the annual money: its parts, its sums, how it was spent."""
        part = self.superior_share
        self.superior = part if not part else self.fiscal if part == 1 else \
            self.step * max(1, int(self.fiscal // self.step * part))
        left = self.fiscal - (self.superior or 0)
        self.local = left if left else r.choice([None, 0])
        self.total = self.fiscal + (self.carry or 0) + (self.other or 0)
        self.all_total = self.all_fiscal + (self.all_other or 0)
        self.tiers = {}
        rest = self.fiscal
        for tier, divisor in zip(("central", "provincial", "municipal"), self.tier_shares):
            share = rest // divisor // 10000 * 10000 if divisor else None
            self.tiers[tier] = share or None
            rest -= share or 0
        self.tiers["county"] = rest

        def round_down(fen, low):
            return fen * r.randint(low, 100) // 100 // 10000 * 10000 or fen
        self.spent = {}
        for source, fen in (("fiscal", self.fiscal), ("carry-over", self.carry or 0), ("other", self.other or 0)):
            adjusted = round_down(fen, 90)
            self.spent[source] = [fen, adjusted, round_down(adjusted, 85)]

    def left(self):
        """What was not spent of the year's money."""
        return sum(v[1] - v[2] for v in self.spent.values())

    def shown(self, scope, source, fen, stage=None):
        """An amount as the form is to state it."""
        twist = self.twists.get((scope, source, stage) if stage else (scope, source))
        return twist(fen) if twist else fen

    def following(self, r, fiscal, carry):
        """The same project a year later."""
        q = copy.copy(self)
        q.r, q.year, q.is_new = r, self.year + 1, False
        q.twists, q.quirks, q.goals, q.reason = {}, {}, {}, None
        q.filed = Date(self.filed.year + 1, self.filed.month, self.filed.day)
        if self.one_year:
            q.start = Date(self.start.year + 1, self.start.month, self.start.day)
            q.end = Date(self.end.year + 1, self.end.month, self.end.day)
        q.fiscal, q.carry = fiscal, carry
        if self.one_year:
            q.all_fiscal, q.all_other = fiscal + (carry or 0), q.other
        q.previous = dict(self.tiers)
        q.share(r)
        q.rows = [x.following(r, q) for x in self.rows]
        return q

    def row(self, name):
        """The indicator of that name, in whatever width."""
        return next((x for x in self.rows if x.name.translate(NARROW) == name.translate(NARROW)), None)

    def promised(self, horizon):
        """What goals may say, as the indicators of the same form have it."""
        out = {"y": self.year if horizon == "year" else self.end.year}
        if horizon == "whole":
            return {}
        for key, name in (("count", f"{self.noun}{self.action}数量"), ("pleased", f"{self.people}满意度"),
                          ("passed", f"{self.noun}验收合格率")):
            x = self.row(name)
            target = x and (x.year if horizon == "year" else x.mid)
            if isinstance(target, Number) and target.unit in (self.measure, "%"):
                out[key] = target.digits
        return out

    def sentences(self, pool, low, high, horizon="year"):
        r = self.r
        known = dict(n=0, k=0, k2=0, r=0, r2=0, **self.words, **self.promised(horizon))
        pool = [t for t in pool if all(k in known for k in re.findall(r"{(\w+)}", t))]
        k = min(len(pool), r.randint(low, high))
        out = []
        for template in r.sample(pool, k):
            known.update(n=r.randint(3, 99) * 10, k=r.randint(2, 48), k2=r.randint(49, 120), r=r.randint(85, 98),
                         r2=r.randint(3, 60))
            out.append(template.format(**known))
        return out

    def text(self, pool, low=1, high=3):
        return ["".join(self.sentences(pool, low, high))]

    def listed(self, pool, low=2, high=3, horizon="year"):
        """A text of one paragraph, or numbered paragraphs."""
        r = self.r
        way = r.random()
        parts = self.sentences(pool, low, high, horizon)
        if way < 0.4:
            return ["".join(parts)]
        head = r.choice(["目标{}：", "{}.", "{}、", "（{}）"])
        return [head.format(i + 1) + p for i, p in enumerate(parts)]

    def goal(self, key, low=2, high=3, listed=False, horizon="year"):
        """A goal of the form: annual, midterm or overall. Horizon says whose numbers it may
        promise: those of the year, of the middle term, or none (whole)."""
        if key not in self.goals:
            self.goals[key] = self.listed(GOALS, low, high, horizon) if listed else \
                ["".join(self.sentences(GOALS, low, high, horizon))]
        return self.goals[key]

    def notes(self, chance):
        """Notes, with the reason for a change of money where there is one."""
        reason = [self.reason] if self.reason else []
        if self.r.random() < chance or reason:
            return ["".join(reason + self.sentences(NOTES, 1, 1))]
        return []

    def basis(self):
        r = self.r
        number = f"{self.home[0]}政办发〔{self.year - r.randint(1, 4)}〕{r.randint(1, 60)}号"
        one = f"《{self.home}{self.noun}{self.action}实施办法》（{number}）"
        two = f"《关于加强{self.noun}管理的若干意见》（{self.department[0]}函【{self.year - 2}】{r.randint(1, 99)}号）"
        three = f"《{self.home}公共设施“十四五”规划（2021—2025年）》"
        way = r.random()
        if way < 0.4:
            return [one]
        if way < 0.7:
            return [f"1、{one}2、{two}"]
        return [f"1、{one}；", f"2、{three}。"]

    def indicators(self, r):
        noun, act, u, people, year = self.noun, self.action, self.measure, self.people, self.year
        big = 1 if self.one_year else r.randint(2, 3)
        first, last = self.start.month + 1, self.end.month

        def number(op, n, unit, scale=False):
            """Two targets, of the whole period and of the year."""
            fraction = r.random() < 0.12
            digits = f"{n}.{r.choice('25')}" if fraction and unit in ("米", "公里", "万亩", "平方米", "小时",
                                                                      "M") else str(n)
            whole = str(int(n * big)) if scale and big > 1 else digits
            return Number(op, whole, unit), Number(op, digits, unit)

        def rate(op="ge", low=80, high=100):
            n = r.randint(low, high)
            op = op if n < 100 else r.choice(["eq", None])
            year_rate = Number(op, str(n), "%")
            whole = Number(op or "ge", str(max(low, n - 2)), "%")
            return (whole if r.random() < 0.3 and op != "le" else year_rate), year_rate

        def word(*choices):
            w = Words(r.choice(choices))
            return w, w

        def when():
            month = r.randint(first, last)
            pattern = r.choice([f"{{y}}年{month}月底前", f"{{y}}年{month}月", f"{{y}}年{month}月{r.randint(10, 28)}日前",
                                f"{{y}}年{last}月底"])
            return Deadline(pattern, self.end.year), Deadline(pattern, year)

        def season(*choices):
            pattern = r.choice(choices)
            w = Deadline(pattern, year)
            return w, w

        loose = lambda: r.choice([None, "ge", "ge", "eq"])
        archive = ("4季度前", "12月", "11月", "{y}年全年") if last == 12 else (f"{last}月", f"{last - 1}月")
        watch = ("全年", "1-12月") if (first, last) == (2, 12) else (f"{first - 1}-{last}月",)
        works = f"{{y}}.{max(3, first):02d}-{{y}}.{r.randint(8, last):02d}"
        quantity = [
            (f"{noun}{act}数量", number(loose(), self.count, u, True)),
            (f"{act}任务涉及点位数", number("ge", r.randint(3, 60), "个", True)),
            ("开展现场巡查次数", number("ge", r.randint(4, 52), "次", True)),
            (f"印发{noun}管护手册", number(loose(), r.randint(1, 60) * 50, "册", True)),
            ("投入作业人员", number(loose(), r.randint(6, 400), "人", True)),
            ("配套管线长度", number("ge", r.randint(200, 4600), "米", True)),
            ("服务群众人次", number("ge", r.randint(8, 900) * 10, "人次", True)),
            ("覆盖种植面积", number("ge", r.randint(2, 9), "万亩", True)),
            ("操作培训时长", number("eq", r.randint(2, 20) * 4, "课时")),
            ("备用水泵扬程（含软管）", number("ge", r.randint(8, 40), "M")),
            ("配套绿化面积", number("ge", r.randint(1000, 9800), "平方米", True)),
        ]
        quality = [
            (f"{noun}验收合格率", rate()), ("作业质量达标率", rate()), ("巡查记录完整率", rate()),
            ("图纸与现场相符程度", word("相符", "基本相符", "完全相符")),
            ("作业质量", word("良好", "优良", "达到设计要求")),
            ("台账信息完整性", word("编号、位置、责任人等信息齐全，无漏项、错项", "完整")),
            ("返工率", rate("le", 1, 6)),
        ]
        timely = [
            (f"{noun}{act}完成时间", when()), ("计划任务按时完成率", rate()),
            ("经费拨付及时性", word("及时", "按合同约定拨付")), ("进度月报报送", season("每月", "每季度")),
            ("应急到场时间", number("le", r.randint(1, 48), "小时")), ("现场值守时段", season(*watch)),
            ("资料归档时限", season(*archive)),
            ("集中作业时段", season(works)),
        ]
        unit_cost = self.piece(self.count)
        grant = Number("le", ten_thousands(unit_cost), f"万元/{u}") if unit_cost >= 1000000 and \
            unit_cost % 10000 == 0 else Number("le", plain(yuan(unit_cost)), f"元/{u}")
        per, most = r.choice([("平方米", 9800), ("次", 60), ("人", 9000)])
        bound = min(900, self.total // 100 // (2 * most))
        cost = [
            ("项目总成本", (money("le", self.all_total, "万元"), money("le", self.total, "万元"))),
            (f"单{u}{act}成本", (money("le", unit_cost, "元"),) * 2),
            (f"{noun}补助标准", (grant,) * 2),
            (f"每{u}日常管护费用", (money(None, self.piece(self.count * 10), "元"),) * 2),
            (f"{act}单价控制", (Number("le", str(r.randint(max(1, bound // 3), max(2, bound))), f"元/{per}"),) * 2),
        ]
        economic = [("年节约维护费用", (money("ge", 60 * 1000000, "万元"), money("ge", 20 * 1000000, "万元"))),
                    ("周边摊位收入增长比例", rate("ge", 3, 20)), ("带动就业岗位", number("ge", r.randint(5, 80), "个", True))]
        social = [
            ("受益人口数", number("ge", r.randint(20, 900) * 10, "人", True)),
            ("群众投诉件数", number("le", r.randint(2, 40), "件")),
            ("政策知晓率", rate("ge", 70, 98)), ("公共服务水平", word("提升", "明显提升", "稳步提高")),
            ("服务范围覆盖情况", word(f"{r.randint(4, 16)}个街道全覆盖", "100%全覆盖", f"{r.randint(2, 9)}处点位全覆盖")),
            ("平均等候时长", (Words(f"由{r.randint(3, 9)}天缩短至1天"),) * 2),
            ("受益农户户数", number("ge", r.randint(100, 5000), "户", True)),
        ]
        ecological = [("周边环境改善情况", word("明显改善", "有效控制，无新增塌方点", "改善")), ("施工扬尘超标次数", number("le", r.randint(1,
                                                                                                           5),
                                                                                           "次")),
                      ("废旧材料回收比例", rate("ge", 30, 90)), ("沿线绿化覆盖率", rate("ge", 25, 60))]
        sustaining = [("长效管护办法健全性", word("健全", "健全有效", "长期")), (f"{noun}使用年限", number("ge", r.randint(5, 20),
                                                                                      "年")),
                      ("管护队伍稳定率", rate("ge", 80, 98))]
        pleased = [(f"{people}满意度", rate("ge", 80, 98)), ("主管部门满意情况", rate("ge", 85, 95)),
                   ("作业班组满意度", rate("ge", 80, 95))]
        rows = []

        def take(cls, dim, pool, low, high):
            for name, (mid, target) in r.sample(pool, min(len(pool), r.randint(low, high))):
                note = r.choice(["以现场抽测为准", "含备用设备", "以验收单为准", "累计数", "按合同约定", "不含折旧"])
                rows.append(Indicator(cls, dim, name, mid, target, note if r.random() < 0.4 else ""))
        take("output", "quantity", quantity, 1, 4)
        take("output", "quality", quality, 1, 3)
        take("output", "timeliness", timely, 1, 3)
        take("output", "cost", cost, 0, 3)
        take("benefit", "economic", economic, 0, 1)
        take("benefit", "social", social, 1, 3)
        take("benefit", "ecological", ecological, 0, 1)
        take("benefit", "sustainability", sustaining, 0, 2)
        take("satisfaction", "satisfaction", pleased, 1, 2)
        return rows

    def piece(self, count):
        """A round price in fen at which `count` pieces take about half of the year's money."""
        fen = self.total // (2 * count)
        unit = 10 ** max(2, len(str(fen)) - 2)
        return max(unit, fen // unit * unit)
