#include "grid.h"

#include <string.h>

#include "pattern.h"
#include "runon.h"

enum {
    LABEL_MOST = 130,  /* bytes of a label view */
    AMOUNT_LABEL_MOST = 60, /* bytes of a label of money without a colon */
    AMOUNT_MOST = 40,  /* … and of its amount */
    NOTES_MOST = 2,    /* brackets behind a label */
    PIECE_MOST = 24,   /* bytes of a piece of a broken label */
    TAIL_MOST = 12,    /* … and of its second piece, where cells stand side by side */
    CHAIN_MOST = 6,    /* pieces of a label broken into single characters */
    LINE_OF_WORDS = 150, /* bytes: longer lines may be a form run together */
    REMARK_MOST = 48,  /* bytes of a year or unit in brackets */
    CELLS_MOST = 4096, /* of a row; what is beyond stays in the last one */
};

struct label {
    unsigned meaning;
    unsigned from, to; /* in the view */
};

static unsigned note_start(const char *text, unsigned from, unsigned to)
{
    if (to - from < 3 || text[to - 1] != ')')
        return to;
    unsigned depth = 0;
    for (unsigned i = to; i-- > from;) {
        depth += text[i] == ')';
        if (text[i] == '(' && --depth == 0)
            return i;
    }
    return to;
}

/* The label that view[from, to) is as a whole, its ordinal and a note behind it set aside. */
static struct label label_of(const struct grid *grid, const struct view *view, unsigned from, unsigned to)
{
    struct label label = {0, from, to};
    if (to <= from || to - from > LABEL_MOST)
        return label;
    const struct grammar *grammar = grid->grammar;
    unsigned starts[2] = {from, from}, count = 1;
    if ((unsigned char)view->text[from] < 'A' || (unsigned char)view->text[from] >= 0x80)
        if (grammar_value(grammar, VALUE_ORDINAL, view->text + from, to - from)) {
            unsigned behind = from + (unsigned)pattern_to(grammar->values[VALUE_ORDINAL]);
            bool is_parted = false; /* a blank inside: the value before and an ordinal behind it */
            for (unsigned i = from + 1; i < behind; i++)
                is_parted |= view->is_gapped[i];
            if (behind < to && !is_parted) {
                starts[0] = behind;
                count = 2;
            }
        }
    for (unsigned i = 0; i < count && !label.meaning; i++) {
        label.from = starts[i];
        label.meaning = grammar_meaning(grammar, view->text + label.from, to - label.from);
        for (unsigned bare = to, notes = 0; !label.meaning && notes < NOTES_MOST; notes++) {
            bare = note_start(view->text, label.from, bare);
            if (bare == to || bare == label.from)
                break;
            label.meaning = grammar_meaning(grammar, view->text + label.from, bare - label.from);
        }
    }
    return label;
}

static unsigned find_colon(const struct view *view, unsigned from)
{
    const char *colon = view->length > from ? memchr(view->text + from, ':', view->length - from) : NULL;
    return colon ? (unsigned)(colon - view->text) : view->length;
}

static void cell_label(struct cell *cell, const struct view *view, struct label label)
{
    cell->meaning = (uint16_t)label.meaning;
    cell->label_from = view->at[label.from];
    cell->label_to = label.to ? view->to[label.to - 1] : cell->from;
}

static void recognize(const struct grid *grid, struct cell *cell, const struct view *view)
{
    cell->meaning = 0;
    cell->label_from = cell->label_to = cell->from;
    cell->flags &= (uint8_t)~CELL_INLINE;
    if (!view->length)
        return;
    unsigned end = view->length;
    while (end && view->text[end - 1] == ':')
        end--;
    if (view->is_whole && end <= LABEL_MOST) {
        struct label label = label_of(grid, view, 0, end);
        if (label.meaning) {
            cell_label(cell, view, label);
            return;
        }
    }
    /* 【项目名称】某工程 */
    const char *bracket = strncmp(view->text, "【", strlen("【")) == 0 ? strstr(view->text, "】") : NULL;
    unsigned open = bracket ? (unsigned)strlen("【") : 0, colon = bracket ? (unsigned)(bracket - view->text) : find_colon(view, 0);
    if (colon <= open || colon >= view->length || colon > LABEL_MOST)
        return;
    struct label label = label_of(grid, view, open, colon);
    const struct meaning *meaning = &grid->grammar->meanings[label.meaning];
    if (!label.meaning || (meaning->notice && !meaning->is_field && !meaning->section)) /* 附件3：, before a title */
        return;
    cell_label(cell, view, label);
    unsigned value = bracket ? colon + (unsigned)strlen("】") : colon;
    while (value < view->length && view->text[value] == ':')
        value++;
    if (value >= view->length && view->is_whole)
        return;
    /* 填报单位：（盖章）某局 */
    const char *close = view->text[value] == '(' ? strchr(view->text + value, ')') : NULL;
    if (close) {
        unsigned behind = (unsigned)(close - view->text) + 1;
        if (behind < view->length && grammar_value(grid->grammar, VALUE_HINT, view->text + value, behind - value)) {
            cell->label_to = view->to[behind - 1];
            value = behind;
        }
    }
    if (view->is_whole && grammar_value(grid->grammar, VALUE_HINT, view->text + value, view->length - value)) {
        cell->label_to = view->to[view->length - 1];
        return;
    }
    cell->flags |= CELL_INLINE;
    cell->value_from = value < view->length ? view->at[value] : view->to[view->length - 1];
}

void cell_recognize(struct grid *grid, struct cell *cell)
{
    struct view view;
    view_build(&view, grid->document, cell_span(cell));
    recognize(grid, cell, &view);
}

static bool is_prose(const struct grid *grid, unsigned meaning)
{
    const struct meaning *m = &grid->grammar->meanings[meaning];
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (m->fields[s] && grid->grammar->rules[m->fields[s]]->word == WORD_PROSE)
            return true;
    return false;
}

static bool opens_field(const struct grid *grid, unsigned meaning)
{
    const struct meaning *m = &grid->grammar->meanings[meaning];
    return m->is_field || m->section;
}

static bool ends_sentence(const struct view *view, unsigned at)
{
    static const char *const signs[] = {"。", "；", "，", ";", ",", ")", "、"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i]);
        if (at >= length && memcmp(view->text + at - length, signs[i], length) == 0)
            return true;
    }
    return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Whether more than one blank stands before it. */
static bool is_apart(const struct view *view, unsigned at)
{
    return at && at < view->length && view->is_gapped[at] && view->at[at] - view->to[at - 1] > 1;
}

/* Whether view[from, to) looks like a label, though no rule knows it. */
static bool may_be_label(const struct grid *grid, const struct view *view, unsigned from, unsigned to)
{
    return to - from <= LABEL_MOST && grammar_value(grid->grammar, VALUE_LABEL, view->text + from, to - from);
}

/* The same of a label that no rule knows: 周启    审核人：何田, or 延续    项目级次    省级. */
static unsigned next_unknown(const struct grid *grid, const struct view *view, unsigned from, unsigned limit, bool is_line)
{
    for (unsigned p = from + 1; p < limit; p++) {
        if (!is_apart(view, p))
            continue;
        unsigned to = p + 1;
        while (to < view->length && !is_apart(view, to) && view->text[to] != ':')
            to++;
        bool is_ended = to < view->length && (view->text[to] == ':' || (is_line && !label_of(grid, view, to, find_colon(view, to)).meaning));
        if (is_ended && may_be_label(grid, view, p, to))
            return p;
    }
    return limit;
}

/* Where, behind `from`, the next label of a run-on begins; view->length if nowhere.
 * Labels with a colon count everywhere when they are long, else only behind a blank
 * or a sign; in a line of text (`is_line`) a blank behind them will do instead. */
static unsigned next_label(const struct grid *grid, const struct view *view, unsigned from, bool is_line, bool is_careful)
{
    for (unsigned colon = find_colon(view, from); colon < view->length; colon = find_colon(view, colon + 1)) {
        unsigned start = colon > from + 60 ? colon - 60 : from;
        for (unsigned p = start; p + 3 <= colon; p++) {
            if (((unsigned char)view->text[p] & 0xc0) == 0x80 || p == 0)
                continue;
            bool is_edge = p == from || view->is_gapped[p] || ends_sentence(view, p);
            /* digits of a value are no ordinal of the label behind them */
            if (!view->is_gapped[p] && p > from && is_digit(view->text[p]) && (is_digit(view->text[p - 1]) || view->text[p - 1] == '.'))
                continue;
            if (!is_edge && (is_careful || colon - p < 9))
                continue;
            /* …工程项目 实施单位： is a value and a label, not a value and 项目实施单位 */
            bool is_crossing = false;
            for (unsigned g = p + 3; g + 3 <= colon && !is_edge && !is_crossing; g++)
                is_crossing = view->is_gapped[g] && label_of(grid, view, g, colon).meaning;
            if (is_crossing)
                continue;
            struct label label = label_of(grid, view, p, colon);
            if (label.meaning && opens_field(grid, label.meaning) && (is_edge || label.to - label.from >= 9))
                return p;
        }
    }
    if (is_line)
        for (unsigned p = from + 1; p < view->length; p++) {
            if (!view->is_gapped[p])
                continue;
            unsigned parts = 0;
            for (unsigned q = p + 3; q <= view->length && q - p <= 60 && parts < 4; q++) {
                if (!view->is_gapped[q])
                    continue;
                parts++;
                if (q == view->length && !view->is_whole)
                    break;
                struct label label = label_of(grid, view, p, q);
                const struct meaning *m = &grid->grammar->meanings[label.meaning];
                if (label.meaning && (m->is_field || m->section || m->is_column))
                    return p;
            }
        }
    return view->length;
}

/* The longest label at the start of a line that a blank parts from what follows. */
static unsigned line_label(const struct grid *grid, const struct view *view, struct label *best)
{
    unsigned end = 0, parts = 0;
    for (unsigned q = 3; q < view->length && q <= 75 && parts < 6; q++) {
        if (!view->is_gapped[q])
            continue;
        parts++;
        struct label label = label_of(grid, view, 0, q);
        const struct meaning *m = &grid->grammar->meanings[label.meaning];
        if (label.meaning && (m->is_field || m->section || m->is_column || m->list_total)) {
            /* 指标值 and 说明 are two labels, though 指标值说明 would be one */
            if (end && label_of(grid, view, end, q).meaning)
                continue;
            *best = label;
            end = q;
        }
    }
    return end;
}

/* 指标值 说明 at the end of a heading are two columns, though 指标值说明 is one, too:
 * where the second begins, or 0. */
static unsigned second_column(const struct grid *grid, const struct view *view, struct label *first)
{
    for (unsigned p = 3; p < view->length && p <= LABEL_MOST; p++) {
        if (!view->is_gapped[p])
            continue;
        struct label label = label_of(grid, view, 0, p), rest = label_of(grid, view, p, view->length);
        const struct meaning *a = &grid->grammar->meanings[label.meaning], *b = &grid->grammar->meanings[rest.meaning];
        for (size_t t = 0; t < grid->grammar->table_count; t++)
            if (a->columns[t] && b->columns[t]) {
                *first = label;
                return p;
            }
    }
    return 0;
}

bool meaning_is_caption(const struct grid *grid, const struct meaning *meaning)
{
    for (size_t s = 0; s < grid->grammar->section_count; s++) {
        const struct rule *field = meaning->fields[s] ? grammar_rule(grid->grammar, meaning->fields[s]) : NULL;
        if (field && field->word == WORD_UNIT)
            return true;
        for (const struct rule *unit = field ? field->parent->first : NULL; unit; unit = unit->next) {
            const struct rule *beside = unit->word == WORD_UNIT ? rule_child(unit, WORD_BESIDE) : NULL;
            if (beside && strcmp(beside->name, field->name) == 0)
                return true;
        }
    }
    return false;
}

static bool meaning_is_unit(const struct grid *grid, const struct meaning *meaning)
{
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (meaning->fields[s] && grammar_rule(grid->grammar, meaning->fields[s])->word == WORD_UNIT)
            return true;
    return false;
}

static bool is_year(const struct grid *grid, const char *text, size_t length)
{
    return grammar_value(grid->grammar, VALUE_CAPTION, text, length) && memmem(text, length, "年", strlen("年"));
}

/* What one of the things in a bracket is. */
static unsigned remark_part(const struct grid *grid, const char *text, size_t length)
{
    const struct grammar *grammar = grid->grammar;
    if (is_year(grid, text, length))
        return REMARK_YEAR;
    if (grammar_value(grammar, VALUE_UNIT, text, length))
        return REMARK_BARE_UNIT;
    const char *colon = memchr(text, ':', length);
    if (!colon || !grammar_value(grammar, VALUE_UNIT, colon + 1, (size_t)(text + length - (colon + 1))))
        return 0;
    unsigned meaning = grammar_meaning(grammar, text, (size_t)(colon - text));
    return meaning_is_unit(grid, &grammar->meanings[meaning]) ? REMARK_UNIT : 0;
}

/* Whether a remark may be in it, which most texts are told by: is_year() and brackets. */
static bool may_remark(const char *text) { return strchr(text, '(') || strstr(text, "年"); }

/* What view[from, to) says. */
static unsigned remark_of(const struct grid *grid, const struct view *view, unsigned from, unsigned to)
{
    if (to < from + 5 || to - from > REMARK_MOST)
        return 0;
    if (is_year(grid, view->text + from, to - from))
        return REMARK_YEAR;
    if (view->text[from] != '(' || view->text[to - 1] != ')')
        return 0;
    unsigned remark = 0, one, end;
    /* in brackets several, parted by signs or blanks */
    for (from++, to--; from < to; from = end + (unsigned)remark_sign(view->text + end)) {
        for (one = 0, end = to; !one && end > from; end -= !one)
            if (end == to || view->is_gapped[end] || remark_sign(view->text + end))
                one = remark_part(grid, view->text + from, end - from);
        if (!one || remark & one)
            return 0;
        remark |= one;
    }
    /* beside a year a unit needs no label */
    return remark == (REMARK_YEAR | REMARK_BARE_UNIT) ? REMARK_YEAR | REMARK_UNIT : remark;
}

unsigned grid_remark(const struct grid *grid, struct span span)
{
    if (span_is_empty(span) || span.to - span.from > 4 * REMARK_MOST)
        return 0;
    const char *text = grid->document->text + span.from;
    size_t length = span.to - span.from;
    if (!memchr(text, '(', length) && !memchr(text, 0xef, length) && !memchr(text, '&', length) && !memmem(text, length, "年", strlen("年")))
        return 0; /* as may_remark(), before anything is folded */
    struct view view;
    view_build(&view, grid->document, span);
    return view.is_whole ? remark_of(grid, &view, 0, view.length) : 0;
}

/* Where the remark ends that begins at `from`, or `from`. */
static unsigned remark_end(const struct grid *grid, const struct view *view, unsigned from)
{
    bool is_bracketed = view->text[from] == '(' || view->text[from] == '[';
    for (unsigned to = from + 1; to <= view->length && to - from <= REMARK_MOST; to++) {
        bool is_end = is_bracketed ? view->text[to - 1] == ')' || view->text[to - 1] == ']' : to == view->length || view->is_gapped[to];
        if (!is_end)
            continue;
        return remark_of(grid, view, from, to) & (REMARK_YEAR | REMARK_UNIT) ? to : from;
    }
    return from;
}

/* （2026年度） and （单位：万元） on the line of the money unit are cells of their own:
 * where the first begins that is not at the start, or where the one at the start ends. */
static unsigned remark_cut(const struct grid *grid, const struct cell *cell, const struct view *view, unsigned cut)
{
    if (!view->is_whole || view->length > LINE_OF_WORDS)
        return view->length;
    bool is_caption = cell->flags & CELL_INLINE && meaning_is_caption(grid, cell_meaning(grid, cell));
    struct label label = label_of(grid, view, cut, find_colon(view, cut));
    bool is_before_unit = !cell->meaning && meaning_is_unit(grid, &grid->grammar->meanings[label.meaning]);
    unsigned from = 0;
    if (is_caption)
        from = find_colon(view, 0) + 1;
    else if (cell->meaning)
        return view->length;
    for (unsigned p = from; p < view->length; p++) {
        bool may_begin = view->text[p] == '(' || view->text[p] == '[' || p == 0 || view->is_gapped[p];
        unsigned end = may_begin ? remark_end(grid, view, p) : p;
        if (end > p && !grid->grammar->meanings[label_of(grid, view, from, end).meaning].title) {
            struct label next = label_of(grid, view, end, find_colon(view, end));
            const struct meaning *behind = &grid->grammar->meanings[next.meaning];
            bool is_led = is_caption || is_before_unit || (p == 0 ? meaning_is_caption(grid, behind) : meaning_is_unit(grid, behind));
            bool is_edge = end == view->length || next.meaning || remark_end(grid, view, end) > end;
            if (p == 0)
                return (is_led || remark_end(grid, view, end) == view->length) && end < view->length ? end : view->length;
            return is_led && is_edge ? p : view->length;
        }
    }
    return view->length;
}

/* A title that shares its cell with the year or the unit: where it ends, or the view's end. */
static unsigned title_cut(const struct grid *grid, const struct view *view)
{
    if (!view->is_whole || view->length > LINE_OF_WORDS || !(strchr(view->text, ':') || strstr(view->text, "年")))
        return view->length;
    for (unsigned p = 3; p < view->length; p++) {
        if (!view->is_gapped[p] && view->text[p - 1] != ')')
            continue;
        if (!grid->grammar->meanings[label_of(grid, view, 0, p).meaning].title)
            continue;
        struct label behind = label_of(grid, view, p, find_colon(view, p));
        if (remark_end(grid, view, p) > p || meaning_is_caption(grid, &grid->grammar->meanings[behind.meaning]))
            return p;
    }
    return view->length;
}

static bool meaning_is_money(const struct grid *grid, const struct meaning *meaning)
{
    for (size_t s = 0; meaning->is_field && s < grid->grammar->section_count; s++) {
        const struct rule *rule = meaning->fields[s] ? grammar_rule(grid->grammar, meaning->fields[s]) : NULL;
        if (rule && rule->word == WORD_MONEY && rule->parent->word == WORD_SECTION)
            return true;
    }
    return false;
}

static bool meaning_is_funding(const struct grid *grid, const struct meaning *meaning)
{
    const struct rule *section = meaning->section ? grammar_rule(grid->grammar, meaning->section) : NULL;
    return section && rule_child(grid->grammar->sections[section->index], WORD_AMOUNT);
}

/* Whether one amount may end and the next begin at view[at]: no comma inside a number. */
static bool parts_amounts(const struct view *view, unsigned at)
{
    bool is_in_number = view->text[at] == ',' && at && is_digit(view->text[at - 1]) && is_digit(view->text[at + 1]);
    return at == view->length || view->is_gapped[at] || (!is_in_number && remark_sign(view->text + at)) ||
           strncmp(view->text + at, "。", strlen("。")) == 0;
}

/* 财政拨款500,000.00元: a label of money and an amount with its unit, without a colon. Where
 * the amount begins, or 0; *end: where it ends. */
static unsigned amount_at(const struct grid *grid, const struct view *view, unsigned from, struct label *label, unsigned *end)
{
    unsigned digits = from;
    while (digits < view->length && digits - from <= AMOUNT_LABEL_MOST && !is_digit(view->text[digits]) && !remark_sign(view->text + digits))
        digits++;
    if (digits == from || digits >= view->length || !is_digit(view->text[digits]))
        return 0;
    *label = label_of(grid, view, from, digits);
    if (!meaning_is_money(grid, &grid->grammar->meanings[label->meaning]))
        return 0;
    for (*end = digits + 1; *end <= view->length && *end - digits <= AMOUNT_MOST; ++*end) {
        size_t unit, unit_to;
        if (parts_amounts(view, *end) && grammar_value(grid->grammar, VALUE_MONEY, view->text + digits, *end - digits) &&
            pattern_group(grid->grammar->values[VALUE_MONEY], "unit", &unit, &unit_to))
            return digits;
    }
    return 0;
}

/* The same where nothing but such labels and amounts follows: a sentence may begin like one. */
static unsigned amounts_at(const struct grid *grid, const struct view *view, unsigned from, struct label *label)
{
    unsigned end, first = view->is_whole ? amount_at(grid, view, from, label, &end) : 0;
    for (bool is_run = first; is_run; is_run = amount_at(grid, view, from, &(struct label){0}, &end)) {
        size_t full_stop = strncmp(view->text + end, "。", strlen("。")) == 0 ? strlen("。") : 0;
        from = end + (unsigned)(full_stop ? full_stop : remark_sign(view->text + end));
        if (from >= view->length)
            return first;
    }
    return 0;
}

/* Where the next such label begins behind `from`, or the view's end. */
static unsigned next_amount(const struct grid *grid, const struct view *view, unsigned from)
{
    struct label label;
    for (unsigned p = from + 1; p < view->length; p++) {
        bool is_edge = view->is_gapped[p] || view->text[p - 1] == ',' || view->text[p - 1] == ';' ||
                       (p >= 3 && (memcmp(view->text + p - 3, "、", 3) == 0 || memcmp(view->text + p - 3, "。", 3) == 0));
        if (is_edge && amounts_at(grid, view, p, &label))
            return p;
    }
    return view->length;
}

/* What a cell that is in one piece was found to be, counted from where it begins. */
struct known {
    uint16_t meaning;
    uint8_t label_from, label_to, value_from;
    bool is_inline;
};

static bool cell_known(const struct grid *grid, unsigned way, struct cell *cell)
{
    uint64_t value;
    if (!memo_find(grid->grammar->cells, way, grid->document->text + cell->from, cell->to - cell->from, &value))
        return false;
    struct known known;
    memcpy(&known, &value, sizeof known);
    cell->meaning = known.meaning;
    cell->label_from = cell->from + known.label_from;
    cell->label_to = cell->from + known.label_to;
    if (known.is_inline) {
        cell->value_from = cell->from + known.value_from;
        cell->flags |= CELL_INLINE;
    }
    return true;
}

static void cell_keep(const struct grid *grid, unsigned way, const struct cell *cell)
{
    bool is_inline = cell->flags & CELL_INLINE;
    struct known known = {
        .meaning = cell->meaning,
        .label_from = (uint8_t)(cell->label_from - cell->from),
        .label_to = (uint8_t)(cell->label_to - cell->from),
        .value_from = is_inline ? (uint8_t)(cell->value_from - cell->from) : 0,
        .is_inline = is_inline,
    };
    uint64_t value = 0;
    memcpy(&value, &known, sizeof known);
    memo_keep(grid->grammar->cells, way, grid->document->text + cell->from, cell->to - cell->from, value);
}

/* Where the inline value of a cell begins in its view. */
static unsigned value_start(const struct view *view, const struct cell *cell)
{
    unsigned value = 0;
    while (value < view->length && view->at[value] < cell->value_from)
        value++;
    return value;
}

/* The sign that parts what ends at view[end) from what follows, in bytes. */
static size_t sign_before(const struct view *view, unsigned end)
{
    static const char *const signs[] = {",", ";", "。", "、"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (end > strlen(signs[i]) && memcmp(view->text + end - strlen(signs[i]), signs[i], strlen(signs[i])) == 0)
            return strlen(signs[i]);
    return 0;
}

/* Parts one printed cell at the labels inside it. Most say what another said before. */
static void cell_split(struct grid *grid, struct cell cell, enum row_kind kind, const struct cell *before)
{
    struct view view;
    bool is_behind_label = before && before->meaning, is_behind_money = before && meaning_is_money(grid, cell_meaning(grid, before));
    bool is_line = kind == ROW_LINE, is_first = true, had_label = false, is_behind_unknown = false;
    bool is_stopped = false; /* a full stop ended a field on this line */
    uint32_t to = cell.to;
    unsigned way = (unsigned)is_behind_money << 2 | (unsigned)is_line << 1 | is_behind_label;
    size_t limits_hit = pattern_limits_hit;
    bool has_holes = glyphs_of(grid->document, cell_span(&cell)).stop < to;
    if (!has_holes && cell_known(grid, way, &cell)) {
        *array_push(&grid->cells) = cell;
        return;
    }
    for (unsigned pieces = 0;; pieces++) {
        view_build(&view, grid->document, cell_span(&cell));
        recognize(grid, &cell, &view);
        unsigned cut = view.length, amount = 0, value = 0;
        bool will_be_unknown = false;
        struct label label = {0};
        bool is_money = cell.flags & CELL_INLINE ? meaning_is_money(grid, cell_meaning(grid, &cell)) : !pieces && is_behind_money;
        if (!cell.meaning && (is_line || pieces) && (amount = amounts_at(grid, &view, 0, &label))) {
            cell_label(&cell, &view, label);
            cell.flags |= CELL_INLINE;
            cell.value_from = view.at[amount];
            is_money = true;
        }
        if (pieces < CELLS_MOST) {
            if (cell.flags & CELL_INLINE) {
                bool is_careful = is_prose(grid, cell.meaning);
                value = amount ? amount : value_start(&view, &cell);
                cut = next_label(grid, &view, value, false, is_careful);
                if (!is_careful)
                    cut = next_unknown(grid, &view, value, cut, false);
                if (meaning_is_funding(grid, cell_meaning(grid, &cell)) && amounts_at(grid, &view, value, &label))
                    cut = value; /* 资金来源：财政拨款30万元 */
            } else if (is_behind_unknown) {
                for (cut = 1; cut < view.length && !is_apart(&view, cut);)
                    cut++;
            } else if (!cell.meaning && is_line && (cut = line_label(grid, &view, &label))) {
                cell_label(&cell, &view, label);
            } else if (!cell.meaning && (had_label || is_behind_label || (is_line && view.is_whole && view.length <= LABEL_MOST))) {
                cut = next_label(grid, &view, 0, is_line && had_label, !had_label);
                if (is_line && had_label) {
                    unsigned unknown = next_unknown(grid, &view, 0, cut, true);
                    will_be_unknown = unknown < cut && find_colon(&view, unknown) == view.length;
                    cut = unknown;
                }
            } else if (cell.meaning && is_line && view.is_whole && (cut = second_column(grid, &view, &label))) {
                cell_label(&cell, &view, label);
            } else {
                cut = view.length;
            }
        }
        if (pieces < CELLS_MOST && is_money && (amount = next_amount(grid, &view, value)) < cut)
            cut = amount;
        bool has_remark = view.is_whole && may_remark(view.text);
        if (has_remark && !(cell.flags & CELL_INLINE) && remark_of(grid, &view, 0, view.length)) {
            cut = view.length; /* （2026年度，单位：万元） */
        } else if (!cell.meaning && !pieces) {
            unsigned title = title_cut(grid, &view);
            cut = title < cut ? title : cut;
        }
        unsigned remark = has_remark && pieces < CELLS_MOST ? remark_cut(grid, &cell, &view, cut) : cut;
        if (remark < cut)
            cut = remark;
        had_label |= cell.meaning != 0;
        if (!is_first)
            cell.flags |= CELL_SPLIT;
        if (cut >= view.length) {
            if (is_stopped && cell.flags & CELL_INLINE && view.is_whole && !is_prose(grid, cell.meaning))
                cell.to = view.to[view.length - sign_before(&view, view.length) - 1];
            if (is_first && !has_holes && pattern_limits_hit == limits_hit)
                cell_keep(grid, way, &cell);
            *array_push(&grid->cells) = cell;
            return;
        }
        if (!cell.meaning) { /* a title before 单位：万元 */
            label = label_of(grid, &view, 0, cut);
            if (grid->grammar->meanings[label.meaning].title)
                cell_label(&cell, &view, label);
        }
        struct cell piece = cell;
        unsigned end = cut;
        if (is_money || (piece.flags & CELL_INLINE && !is_prose(grid, cell.meaning))) /* 民政局；实施单位：… */
            end -= (unsigned)sign_before(&view, end);
        piece.to = view.to[end - 1];
        if (piece.flags & CELL_INLINE && piece.value_from >= piece.to)
            piece.flags &= (uint8_t)~CELL_INLINE;
        is_stopped |= end < cut && strncmp(view.text + end, "。", strlen("。")) == 0;
        *array_push(&grid->cells) = piece;
        is_first = false;
        is_behind_unknown = will_be_unknown;
        cell.from = view.at[cut];
        cell.to = to;
        cell.column++;
    }
}

void grid_row(struct grid *grid, enum row_kind kind, unsigned level, uint32_t table, bool is_after_gap)
{
    *array_push(&grid->rows) = (struct row){
        .first = (uint32_t)grid->cells.count,
        .kind = (uint8_t)kind,
        .level = (uint8_t)level,
        .table = table,
        .is_after_gap = is_after_gap,
    };
    grid->raw.count = 0;
}

void grid_cell(struct grid *grid, struct span span, unsigned column, unsigned width, unsigned flags)
{
    struct span seen = flags & CELL_COVERED ? (struct span){span.from, span.from} : text_trim(grid->document, span);
    *array_push(&grid->raw) = (struct cell){
        .from = seen.from,
        .to = seen.to,
        .label_from = seen.from,
        .label_to = seen.from,
        .column = (uint16_t)(column > 65535 ? 65535 : column),
        .width = (uint16_t)width,
        .flags = (uint8_t)flags,
    };
}

static struct row *row_last(struct grid *grid) { return &grid->rows.items[grid->rows.count - 1]; }

static struct cell *row_only(struct grid *grid, const struct row *row)
{
    struct cell *only = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        struct cell *cell = &grid->cells.items[row->first + i];
        if (cell_is_blank(cell))
            continue;
        if (only)
            return NULL;
        only = cell;
    }
    return only;
}

/* What is cheap to tell: a view that begins with ASCII is no piece. */
static bool may_be_piece(const struct grid *grid, const struct cell *cell)
{
    char first = grid->document->text[cell->from];
    return !cell_is_blank(cell) && !(cell->flags & CELL_INLINE) && cell->to - cell->from <= 200 &&
           ((unsigned char)first >= 0x80 || first == '<' || first == '&');
}

static bool piece_view(const struct grid *grid, const struct cell *cell, struct view *view)
{
    if (!may_be_piece(grid, cell))
        return false;
    view_read(view, grid->document, cell_span(cell));
    return view->is_whole && view->length && view->length <= PIECE_MOST && (unsigned char)view->text[0] >= 0x80;
}

static void columns_count(const struct grid *grid, struct row *row)
{
    row->columns = 0;
    for (uint32_t i = 0; i < row->count && row->columns < UINT8_MAX; i++)
        row->columns += cell_meaning(grid, &grid->cells.items[row->first + i])->is_column;
}

/* A label that a line, a page or a cell's edge broke: its pieces end the row
 * before and begin this one. Puts it together; true if the new row is used up. */
static bool row_join(struct grid *grid)
{
    if (grid->rows.count < 2)
        return false;
    struct row *row = row_last(grid), *above = row - 1;
    if (row->count == 0 || above->count == 0 || !may_be_piece(grid, &grid->cells.items[above->first + above->count - 1]))
        return false;
    struct cell *piece = &grid->cells.items[row->first];
    struct view view;
    if (!piece_view(grid, piece, &view) || (piece->meaning && row->is_after_gap))
        return false;
    char text[CHAIN_MOST * PIECE_MOST + PIECE_MOST];
    unsigned at = sizeof text - view.length;
    memcpy(text + at, view.text, view.length);
    for (unsigned back = 1; back <= CHAIN_MOST && back < grid->rows.count; back++) {
        struct row *before = row - back;
        if (before->is_notice || before->count == 0 || (back > 1 && (before->count > 1 || before->kind != ROW_LINE)))
            return false;
        struct cell *start = &grid->cells.items[before->first + before->count - 1];
        struct view other;
        if (!piece_view(grid, start, &other) || (back > 1 && other.length > 6))
            return false;
        at -= other.length;
        memcpy(text + at, other.text, other.length);
        unsigned meaning = grammar_meaning(grid->grammar, text + at, sizeof text - at);
        if (!meaning || meaning == piece->meaning)
            continue;
        bool is_cell = before->kind == ROW_LINE && before->count == 1 && row->kind == ROW_CELLS; /* a line end inside a cell */
        /* of two pieces that are labels by themselves neither is one */
        bool was_label = start->meaning && !grid->grammar->meanings[start->meaning].is_term && !is_cell;
        if (was_label || (start->meaning && piece->meaning))
            return false;
        start->to = piece->to;
        start->meaning = (uint16_t)meaning;
        start->label_from = start->from;
        start->label_to = piece->to;
        start->flags |= CELL_JOINED;
        uint32_t rest = row->count - 1;
        struct cell *from = &grid->cells.items[row->first + 1];
        struct cell *to = start + 1;
        memmove(to, from, rest * sizeof *to);
        for (uint32_t i = 0; i < rest; i++)
            to[i].column = (uint16_t)(start->column + 1 + i);
        before->count += rest;
        if (is_cell) {
            before->kind = row->kind;
            before->table = row->table;
        }
        columns_count(grid, before);
        grid->cells.count = (size_t)(to - grid->cells.items) + rest;
        grid->rows.count -= back;
        return true;
    }
    return false;
}

/* 主管部门：某局   项目实施 and 单位：某站 below it: the label begins behind a gap in the value
 * above, and ends in front of the colon. */
static void tail_join(struct grid *grid)
{
    if (grid->rows.count < 2)
        return;
    struct row *row = row_last(grid), *above = row - 1;
    if (row->kind != ROW_LINE || above->kind != ROW_LINE || !row->count || !above->count || row->is_after_gap ||
        above->is_notice)
        return;
    struct cell *cell = &grid->cells.items[row->first], *before = &grid->cells.items[above->first + above->count - 1];
    size_t length = before->to - before->from;
    const char *text = grid->document->text + before->from;
    bool has_gap = memmem(text, length, "  ", 2) || memmem(text, length, "　", strlen("　")) || memmem(text, length, "&", 1);
    if (!(before->flags & CELL_INLINE) || cell_is_blank(cell) || length > LINE_OF_WORDS || !has_gap)
        return;
    struct view view, rest;
    view_build(&view, grid->document, cell_span(before));
    view_build(&rest, grid->document, cell_span(cell));
    unsigned colon = find_colon(&rest, 0), tail = view.length;
    while (tail && !is_apart(&view, tail) && view.length - tail <= PIECE_MOST)
        tail--;
    unsigned piece = view.length - tail;
    if (!view.is_whole || !tail || tail <= value_start(&view, before) || piece > PIECE_MOST || colon > PIECE_MOST || colon >= rest.length)
        return;
    char label[2 * PIECE_MOST];
    memcpy(label, view.text + tail, piece);
    memcpy(label + piece, rest.text, colon);
    unsigned meaning = colon ? grammar_meaning(grid->grammar, label, piece + colon) : 0;
    if (!grid->grammar->meanings[meaning].is_field || grammar_meaning(grid->grammar, label, piece))
        return;
    before->to = view.to[tail - 1];
    cell->from = cell->label_from = view.at[tail];
    cell->label_to = rest.to[colon - 1];
    cell->meaning = (uint16_t)meaning;
    cell->flags |= CELL_JOINED;
    if (colon + 1 < rest.length) {
        cell->flags |= CELL_INLINE;
        cell->value_from = rest.at[colon + 1];
    }
}

/* The same inside a row: two cells beside each other that are a label together. */
static void cells_join(struct grid *grid, struct row *row)
{
    if (row->kind == ROW_LINE || row->count > 64)
        return;
    for (uint32_t i = 0; i + 1 < row->count; i++) {
        struct cell *first = &grid->cells.items[row->first + i], *second = first + 1;
        struct view view, rest;
        if (first->meaning || second->meaning || second->to - second->from > TAIL_MOST || !may_be_piece(grid, first) ||
            !piece_view(grid, second, &rest) || !piece_view(grid, first, &view))
            continue;
        char text[2 * PIECE_MOST];
        memcpy(text, view.text, view.length);
        memcpy(text + view.length, rest.text, rest.length);
        unsigned meaning = grammar_meaning(grid->grammar, text, view.length + rest.length);
        if (!meaning)
            continue;
        first->to = first->label_to = second->to;
        first->label_from = first->from;
        first->meaning = (uint16_t)meaning;
        first->flags |= CELL_JOINED;
        memmove(second, second + 1, (row->count - i - 2) * sizeof *second);
        row->count--;
        grid->cells.count--;
    }
}

static bool line_has_gaps(const struct view *view)
{
    for (unsigned i = 1; i < view->length; i++)
        if (view->is_gapped[i])
            return true;
    return false;
}

/* Page furniture: what a grammar's `notice` says, and a page number alone in the
 * middle of rows that have several cells. */
static bool row_is_notice(struct grid *grid, const struct row *row)
{
    const struct cell *only = row_only(grid, row);
    if (!only)
        return false;
    const struct meaning *meaning = cell_meaning(grid, only);
    if (meaning->notice && !meaning->is_field)
        return true;
    if (meaning->title || meaning->is_field || meaning->section)
        return false;
    struct view view;
    view_read(&view, grid->document, cell_span(only));
    if (pattern_match(grid->grammar->notices, view.text, view.length))
        return true;
    if (row->kind != ROW_LINE || view.length > 3 || !view.is_whole || grid->rows.count < 2)
        return false;
    for (unsigned i = 0; i < view.length; i++)
        if (view.text[i] < '0' || view.text[i] > '9')
            return false;
    const struct row *before = row - 1;
    if (before->count > 1)
        return true;
    if (before->count == 1)
        view_build(&view, grid->document, cell_span(&grid->cells.items[before->first]));
    return before->count == 1 && line_has_gaps(&view);
}

void grid_row_done(struct grid *grid)
{
    struct row *row = row_last(grid);
    size_t count = grid->raw.count;
    struct span line = count ? cell_span(&grid->raw.items[0]) : (struct span){0, 0};
    if (row->kind == ROW_LINE && count == 1 && line.to - line.from > LINE_OF_WORDS && !grid->is_in_runon) {
        struct row begun = *row;
        grid->rows.count--;
        grid->is_in_runon = true;
        bool is_runon = runon_read(grid, line);
        grid->is_in_runon = false;
        if (is_runon)
            return;
        *array_push(&grid->rows) = begun;
        row = row_last(grid);
    }
    /* A blank cell at the end says no more than that the row is that wide. */
    while (count > 1 && cell_is_blank(&grid->raw.items[count - 1]) && cell_is_blank(&grid->raw.items[count - 2]))
        count--;
    unsigned shift = 0;
    for (size_t i = 0; i < count; i++) {
        struct cell raw = grid->raw.items[i];
        raw.column = (uint16_t)(raw.column + shift > 65535 ? 65535 : raw.column + shift);
        size_t before = grid->cells.count;
        if (cell_is_blank(&raw))
            *array_push(&grid->cells) = raw;
        else
            cell_split(grid, raw, row->kind, i > 0 && grid->cells.count > row->first ? &grid->cells.items[grid->cells.count - 1] : NULL);
        shift += (unsigned)(grid->cells.count - before - 1);
    }
    row->count = (uint32_t)(grid->cells.count - row->first);
    grid->raw.count = 0;
    cells_join(grid, row);
    tail_join(grid);
    if (row_join(grid))
        return;
    row->is_notice = row_is_notice(grid, row);
    columns_count(grid, row);
}

/* The number that a line begins with, or a notice holds behind its colon; 0 for none. */
static unsigned line_number(const struct grid *grid, const struct row *row, bool *is_open)
{
    const struct grammar *grammar = grid->grammar;
    const struct cell *cell = &grid->cells.items[row->first];
    struct view view;
    *is_open = false;
    if (row->kind != ROW_LINE || row->count != 1 || cell_is_blank(cell) || cell->to - cell->from > LINE_OF_WORDS)
        return 0;
    view_build(&view, grid->document, cell_span(cell));
    unsigned at = row->is_notice ? find_colon(&view, 0) + 1 : 0, number = 0;
    *is_open = row->is_notice && at == view.length;
    if (at >= view.length || !grammar_value(grammar, VALUE_ORDINAL, view.text + at, view.length - at))
        return 0;
    for (unsigned to = at + (unsigned)pattern_to(grammar->values[VALUE_ORDINAL]); at < to; at++)
        if (is_digit(view.text[at]))
            number = number * 10 + (unsigned)(view.text[at] - '0');
        else if (number)
            break;
    return number;
}

static const struct meaning *row_meaning(const struct grid *grid, const struct row *row)
{
    return cell_meaning(grid, &grid->cells.items[row->first]);
}

void grid_delist(struct grid *grid)
{
    bool is_led = false; /* 附件： stands above it */
    for (size_t r = 0; r < grid->rows.count;) {
        size_t from = r++;
        const struct row *row = &grid->rows.items[from];
        bool is_open = false, was_led = is_led, are_titles = row->count && row_meaning(grid, row)->title;
        unsigned number = row->count && (row->is_notice || was_led || are_titles) ? line_number(grid, row, &is_open) : 0;
        is_led = is_open;
        if (number != 1)
            continue;
        bool is_list = was_led || row->is_notice, is_plain = are_titles || !row_meaning(grid, row)->is_field;
        for (; r < grid->rows.count && line_number(grid, &grid->rows.items[r], &is_open) == number + 1; r++, number++) {
            const struct meaning *meaning = row_meaning(grid, &grid->rows.items[r]);
            are_titles &= meaning->title != 0;
            is_plain &= meaning->title || (!meaning->is_field && !meaning->section);
        }
        for (size_t i = from; i < r && number > 1 && is_plain && (is_list || are_titles); i++)
            grid->rows.items[i].is_notice = true;
    }
}

void grid_release(struct grid *grid)
{
    array_release(&grid->cells);
    array_release(&grid->rows);
    array_release(&grid->holes);
    array_release(&grid->raw);
}
