/* Check boxes: options of a choice, yes and no. */
#include <string.h>

#include "pattern.h"
#include "value_types.h"

struct option {
    struct span text;
    struct span mark;
    bool is_checked, is_marked;
};

struct options {
    struct option *items;
    size_t count, room;
};

static bool is_inside_number(const char *text, size_t at)
{
    return at && text[at] >= '0' && text[at] <= '9' &&
           ((text[at - 1] >= '0' && text[at - 1] <= '9') || text[at - 1] == '.');
}

/* A line to be written on and nothing else. */
static bool is_ruled(const char *text, size_t length)
{
    return length && strspn(text, "_-.,;") >= length;
}

/* Takes ordinals, 其中： and headings without a box off both ends of an option. */
static void option_text_trim(const struct build *build, struct option *option)
{
    const struct grammar *grammar = build->grammar;
    struct span *text = &option->text;
    for (unsigned again = 0; again < 8; again++) {
        *text = text_trim(build->document, *text);
        if (span_is_empty(*text))
            return;
        struct view view;
        view_build(&view, build->document, *text);
        size_t from = 0, to = view.length;
        const char *colon = memrchr(view.text, ':', view.length);
        if (grammar_value(grammar, VALUE_WITHIN, view.text, view.length)) {
            size_t start = pattern_from(grammar->values[VALUE_WITHIN]), end = pattern_to(grammar->values[VALUE_WITHIN]);
            if (end < view.length)
                from = end;
            else
                to = start;
        } else if (colon && (size_t)(colon - view.text) + 1 < view.length) {
            bool is_unfilled = is_ruled(colon + 1, view.length - (size_t)(colon + 1 - view.text));
            *(is_unfilled ? &to : &from) = (size_t)(colon - view.text) + !is_unfilled;
        } else if (grammar_value(grammar, VALUE_ORDINAL, view.text, view.length) &&
                   pattern_to(grammar->values[VALUE_ORDINAL]) < view.length) {
            from = pattern_to(grammar->values[VALUE_ORDINAL]);
        } else {
            /* the ordinal of the next option, glued behind this one */
            for (size_t tail = view.length > 12 ? view.length - 12 : 1; tail < view.length && to == view.length; tail++)
                if (((unsigned char)view.text[tail] & 0xc0) != 0x80 && !is_inside_number(view.text, tail) &&
                    grammar_value(grammar, VALUE_ORDINAL, view.text + tail, view.length - tail) &&
                    pattern_to(grammar->values[VALUE_ORDINAL]) == view.length - tail)
                    to = tail;
            while (from < to && memchr(",;.", view.text[from], 3))
                from++;
            if (to - from > 3 && memcmp(view.text + from, "、", 3) == 0)
                from += 3;
            while (to > from && memchr(",;.", view.text[to - 1], 3))
                to--;
        }
        if (from == 0 && to == view.length)
            return;
        *text = from < to ? (struct span){view.at[from], to == view.length ? text->to : view.to[to - 1]}
                          : (struct span){text->to, text->to};
    }
}

/* Reads the glyph at `glyphs` and whether it, with at most two more, is a mark. */
static struct glyph mark_next(const struct build *build, struct glyphs *glyphs, bool *is_mark, bool *is_checked)
{
    struct glyphs ahead = *glyphs;
    struct glyph glyph = glyph_next(glyphs);
    *is_mark = glyph.kind == GLYPH_CHECKED || glyph.kind == GLYPH_UNCHECKED;
    *is_checked = glyph.kind == GLYPH_CHECKED;
    if (glyph.kind != GLYPH_CHARACTER ||
        !pattern_may_begin(build->grammar->values[VALUE_MARK], character_fold(glyph.code)))
        return glyph;
    char bytes[24];
    uint32_t ends[3];
    size_t lengths[3], length = 0;
    unsigned count = 0;
    for (struct glyph next; count < 3 && (next = glyph_next(&ahead)).kind != GLYPH_END;) {
        if (next.kind == GLYPH_SPACE)
            continue;
        if (next.kind != GLYPH_CHARACTER)
            break;
        length += character_encode(character_fold(next.code), bytes + length);
        ends[count] = next.at.to;
        lengths[count++] = length;
    }
    const struct rule *form = grammar_value(build->grammar, VALUE_MARK, bytes, length);
    size_t to = form ? pattern_to(build->grammar->values[VALUE_MARK]) : 0;
    for (unsigned k = 0; form && k < count; k++)
        if (lengths[k] == to) {
            *is_mark = true;
            *is_checked = strcmp(form->name, "checked") == 0;
            glyph.at.to = glyphs->at = ends[k];
        }
    return glyph;
}

bool value_has_mark(const struct build *build, struct span span)
{
    struct glyphs glyphs = glyphs_of(build->document, span);
    bool is_mark, is_checked;
    while (mark_next(build, &glyphs, &is_mark, &is_checked).kind != GLYPH_END)
        if (is_mark)
            return true;
    return false;
}

/* Nothing, an ordinal or a heading before the first mark: marks stand before their text. */
static bool is_lead_in(const struct build *build, struct span text)
{
    struct view view;
    view_build(&view, build->document, text);
    if (!view.length || view.text[view.length - 1] == ':')
        return true;
    return grammar_value(build->grammar, VALUE_ORDINAL, view.text, view.length) &&
           pattern_to(build->grammar->values[VALUE_ORDINAL]) == view.length;
}

/* Splits spans at check marks. Marks before or after their text, the same throughout. */
static struct options options_read(struct build *build, const struct statement *statement, size_t *marks)
{
    struct options tokens = {0};
    bool is_first_mark = false, is_any = false;
    *marks = 0;
    struct span text = {0, 0};
    for (size_t i = 0; i < statement->count; i++) {
        struct glyphs glyphs = glyphs_of(build->document, statement->spans[i]);
        text = (struct span){statement->spans[i].from, statement->spans[i].from};
        for (;;) {
            bool is_mark, is_checked;
            struct glyph g = mark_next(build, &glyphs, &is_mark, &is_checked);
            if (g.kind == GLYPH_END)
                break;
            if (!is_mark) {
                if (g.kind == GLYPH_CHARACTER)
                    text.to = g.at.to;
                continue;
            }
            ++*marks;
            text = text_trim(build->document, text);
            if (!is_any)
                is_first_mark = is_lead_in(build, text);
            is_any = true;
            *array_push(&tokens) =
                (struct option){.text = text, .mark = g.at, .is_checked = is_checked, .is_marked = true};
            text = (struct span){g.at.to, g.at.to};
        }
        text = text_trim(build->document, text);
        if (!span_is_empty(text))
            *array_push(&tokens) = (struct option){.text = text};
    }
    if (is_first_mark) {
        /* [mark][text mark][text …]: each text belongs to the mark before it */
        for (size_t i = 0; i + 1 < tokens.count; i++)
            tokens.items[i].text = tokens.items[i + 1].text;
        if (tokens.count) {
            struct option *last = &tokens.items[tokens.count - 1];
            if (last->is_marked)
                last->text = (struct span){last->mark.to, last->mark.to};
            else
                tokens.count--;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        option_text_trim(build, &tokens.items[i]);
        if (!span_is_empty(tokens.items[i].text) && tokens.items[i].is_marked &&
            build_readable(build, &tokens.items[i].text, 1).count)
            tokens.items[kept++] = tokens.items[i];
    }
    tokens.count = kept;
    return tokens;
}

/* What an option or word of a group says about which field the group is. */
static const struct rule *choice_rule(const struct build *build, const struct rule *rule, const char *text)
{
    struct document_text document = {.text = text, .length = (uint32_t)strlen(text)};
    struct view view;
    view_build(&view, &document, (struct span){0, document.length});
    if (!view.is_whole)
        return NULL;
    for (size_t i = 1; i <= build->grammar->count; i++) {
        const struct rule *means = build->grammar->rules[i];
        if (means->word == WORD_MEANS && means->parent->word == WORD_CHOICE &&
            means->parent->parent->index == rule->parent->index &&
            pattern_match(means->own, view.text, view.length))
            return means->parent;
    }
    return NULL;
}

static void option_add(struct build *build, struct node *parent, const char *name, const struct statement *statement,
                       const struct option *option)
{
    struct span span = option->text;
    struct statement part = *statement;
    part.spans = &span;
    part.count = 1;
    struct node *node =
        value_node(build, parent, name, &part, text_normal(build->document, build->arena, &span, 1), false);
    node_set(build->arena, node, "checked", option->is_checked ? "true" : "false");
    node->provenance->mark = option->mark;
    build_claim(build, option->mark, CLAIM_VALUE);
}

bool value_add_choice(struct build *build, struct node *parent, const struct statement *statement)
{
    size_t marks;
    struct options options = options_read(build, statement, &marks);
    bool is_table = statement->rule->parent->word == WORD_TABLE;
    const struct rule *rule = statement->rule;
    if (options.count == 0) {
        array_release(&options);
        if (is_table)
            return false;
        const char *text = text_normal(build->document, build->arena, statement->spans, statement->count);
        const struct rule *other = choice_rule(build, rule, text);
        struct statement said = *statement;
        said.rule = other ? other : rule;
        value_node(build, parent, said.rule->element, &said, text, true);
        return true;
    }
    struct statement said = *statement;
    for (size_t i = 0; i < options.count && !is_table; i++) {
        const struct rule *other =
            choice_rule(build, rule, text_normal(build->document, build->arena, &options.items[i].text, 1));
        if (other) {
            said.rule = other;
            break;
        }
    }
    /* what is neither option nor mark (ordinals, 其中：) goes with the label */
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    if (is_table) {
        for (size_t i = 0; i < options.count; i++)
            option_add(build, parent, said.rule->element, &said, &options.items[i]);
    } else {
        struct node *group = node_new(build->arena, said.rule->element);
        for (size_t i = 0; i < options.count; i++)
            option_add(build, group, "option", &said, &options.items[i]);
        /* the same group printed again adds nothing */
        bool is_known = false;
        for (struct node *node = parent->first; node && !is_known; node = node->next) {
            if (strcmp(node->name, group->name) != 0 || !node->first)
                continue;
            struct node *a = node->first, *b = group->first;
            while (a && b && a->value && b->value && value_same_loosely(build, a->value, b->value) &&
                   strcmp(node_get(a, "checked"), node_get(b, "checked")) == 0)
                a = a->next, b = b->next;
            is_known = !a && !b;
        }
        if (!is_known)
            node_adopt(parent, group);
    }
    array_release(&options);
    return true;
}

/* □是 ☑否: the ticked box; false unless exactly one is. */
static bool option_ticked(struct build *build, const struct statement *statement, struct option *ticked)
{
    size_t marks, count = 0;
    struct options options = options_read(build, statement, &marks);
    for (size_t i = 0; i < options.count; i++)
        if (options.items[i].is_checked) {
            count++;
            *ticked = options.items[i];
        }
    array_release(&options);
    return count == 1;
}

bool value_add_boolean(struct build *build, struct node *parent, const struct statement *statement, bool is_single)
{
    struct option ticked = {.text = {statement->spans[0].from, statement->spans[statement->count - 1].to}};
    bool has_box = value_has_mark(build, ticked.text) && option_ticked(build, statement, &ticked);
    struct view view;
    view_build(&view, build->document, ticked.text);
    const struct rule *form =
        view.is_whole ? grammar_value(build->grammar, VALUE_BOOLEAN, view.text, view.length) : NULL;
    if (!form)
        return false;
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_VALUE);
    struct statement part = *statement;
    part.spans = &ticked.text;
    part.count = 1;
    struct node *node = value_node(build, parent, statement->rule->element, &part, form->name, is_single);
    if (has_box)
        node->provenance->mark = ticked.mark;
    return true;
}
