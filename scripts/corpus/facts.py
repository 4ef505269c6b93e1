"""Values as they are printed, and the facts of one declaration."""
import re
import unicodedata

from .words import normal


def plain(number):
    """A decimal as the facts write it: no trailing zeros, no bare point."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def grouped(digits):
    head, point, tail = digits.partition(".")
    return f"{int(head):,}{point}{tail}"


def yuan(fen):
    return f"{fen // 100}.{fen % 100:02d}"


def ten_thousands(fen, places=None):
    """Fen as 万元, with as many places as needed or at least `places`."""
    tail = f"{fen % 1000000:06d}".rstrip("0")
    if places is not None:
        tail = tail.ljust(places, "0")
    return f"{fen // 1000000}.{tail}" if tail else str(fen // 1000000)


class Number:
    """A target that is a number: sign, digits as printed, unit as printed."""
    kind = "number"

    def __init__(self, op, digits, unit, money=None):
        self.op, self.digits, self.unit, self.money = op, digits, unit, money

    def printed(self, s):
        digits, unit = self.digits, self.unit
        if s.percent and unit == "%":
            unit = s.percent
        if s.places and "." not in digits and self.money is None:
            digits += "." + "0" * s.places
        if s.commas and len(digits.split(".")[0]) > 3:
            digits = grouped(digits)
        if s.bracket and unit:
            unit = s.bracket.replace("*", unit)
        return (s.signs[self.op] if self.op else "") + digits + unit

    def gold(self, s):
        if self.money is not None:
            return "money", self.op, yuan(self.money), "元"
        unit = "%" if s.percent and self.unit == "%" else self.unit
        return "number", self.op, plain(self.digits), unit or None

    def columns(self, s):
        digits = grouped(self.digits) if s.commas and len(self.digits.split(".")[0]) > 3 else self.digits
        return s.column_signs[self.op or "eq"], digits, self.unit


class Words:
    def __init__(self, text, kind="text"):
        self.text, self.kind, self.op = text, kind, None

    def printed(self, s):
        return self.text

    def gold(self, s):
        return self.kind, None, None, None

    def columns(self, s):
        return "定性", self.text, ""


class Deadline(Words):
    """A point or a period of the calendar that may name its year."""

    def __init__(self, pattern, year):
        super().__init__(pattern.format(y=year), "time")
        self.pattern, self.year = pattern, year


def money(op, fen, unit):
    digits = plain(yuan(fen)) if unit == "元" else ten_thousands(fen)
    return Number(op, digits, unit, fen)


class Date:
    def __init__(self, year, month, day):
        self.year, self.month, self.day = year, month, day

    def printed(self, style):
        y, m, d = self.year, self.month, self.day
        return {"iso": f"{y}-{m:02d}-{d:02d}", "slash": f"{y}/{m}/{d}", "han": f"{y}年{m}月{d}日",
                "month": f"{y}.{m}", "month2": f"{y}.{m:02d}", "han-month": f"{y}年{m}月"}[style]

    def gold(self, style):
        if "month" in style:
            return f"{self.year}-{self.month:02d}"
        return f"{self.year}-{self.month:02d}-{self.day:02d}"


class Gold:
    def __init__(self, s):
        self.s = s
        self.parts, self.headers, self.choices, self.stories = [], [], {}, []
        self.funding, self.indicators, self.safeguards, self.fields = [], [], [], []
        self.lines, self.total, self.previous_total = [], None, None

    @staticmethod
    def _state(facts, key, value):
        """A field stated again with the same value adds nothing; a blank one yields to a value."""
        fold = re.sub(r"\s", "", unicodedata.normalize("NFKC", value))
        for k, v in facts:
            if k == key and (not fold or re.sub(r"\s", "", unicodedata.normalize("NFKC", v)) == fold):
                return
        if fold:
            facts[:] = [f for f in facts if f[0] != key or f[1]]
        facts.append([key, value])

    def head(self, key, value):
        self._state(self.headers, key, normal(value))

    def story(self, key, paragraphs):
        self._state(self.stories, key, self.s.gold_text(paragraphs))

    def schedule(self, text):
        self.stories.append(["schedule", normal(text)])

    def fund(self, scope, source, fen, unit, stage=None):
        fact = {"scope": scope, "source": source, "amount": "" if fen is None else yuan(fen), "unit": unit}
        if stage:
            fact["stage"] = stage
        same = [f for f in self.funding if (f["scope"], f["source"], f.get("stage")) == (scope, source,
                                                                                         stage)]
        if any(f["amount"] == fact["amount"] or not fact["amount"] for f in same):
            return
        self.funding = [f for f in self.funding if f not in same or f["amount"]]
        self.funding.append(fact)

    def indicator(self, horizon, level1, level2, name, target, printed=None, **more):
        kind, op, value, unit = target.gold(self.s)
        fact = {"horizon": horizon, "level1": normal(level1), "level2": normal(level2), "name": normal(name),
                "target": normal(printed if printed is not None else target.printed(self.s)),
                "kind": kind, "op": op, "value": value, "unit": unit, "description": more.pop("description",
                                                                                              None) or None}
        fact.update({k: v for k, v in more.items() if v})
        self.indicators.append(fact)

    def dump(self):
        budget = {"lines": self.lines, "total": self.total}
        if self.previous_total:
            budget["previous-total"] = self.previous_total
        return {"parts": self.parts, "header": self.headers, "choices": self.choices,
                "narrative": self.stories,
                "funding": self.funding, "indicators": self.indicators, "budget": budget,
                "safeguards": self.safeguards, "fields": self.fields}
