#include "forms.h"

#include <stdlib.h>
#include <string.h>

#include "write/write.h"

enum { SHARED_MOST = 96 }; /* bytes of a text that is likely to come again */

/* ---- texts, each once ---- */

struct text_slot {
    uint32_t hash, length;
    const char *text; /* NULL: free */
};

struct lexicon_of_strings {
    struct text_slot *slots;
    size_t count, room; /* room is a power of two */
};

static uint32_t text_hash(const char *text, size_t length)
{
    uint64_t hash = length, word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, text, length);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(hash >> 32);
}

static void lexicon_grow(struct lexicon_of_strings *lexicon)
{
    struct lexicon_of_strings wider = {.room = lexicon->room ? lexicon->room * 2 : 4096,
                                       .count = lexicon->count};
    wider.slots = memory_resize(NULL, wider.room * sizeof *wider.slots);
    memset(wider.slots, 0, wider.room * sizeof *wider.slots);
    for (size_t i = 0; i < lexicon->room; i++)
        if (lexicon->slots[i].text) {
            size_t at = lexicon->slots[i].hash & (wider.room - 1);
            while (wider.slots[at].text)
                at = (at + 1) & (wider.room - 1);
            wider.slots[at] = lexicon->slots[i];
        }
    free(lexicon->slots);
    *lexicon = wider;
}

const char *forms_text(struct forms *forms, const char *text, size_t length)
{
    if (length > SHARED_MOST)
        return arena_copy(&forms->arena, text, length);
    if (!forms->strings) {
        forms->strings = memory_resize(NULL, sizeof *forms->strings);
        *forms->strings = (struct lexicon_of_strings){0};
    }
    struct lexicon_of_strings *lexicon = forms->strings;
    if (lexicon->count * 2 >= lexicon->room)
        lexicon_grow(lexicon);
    uint32_t hash = text_hash(text, length);
    size_t at = hash & (lexicon->room - 1);
    for (; lexicon->slots[at].text; at = (at + 1) & (lexicon->room - 1))
        if (lexicon->slots[at].hash == hash && lexicon->slots[at].length == length &&
            memcmp(lexicon->slots[at].text, text, length) == 0)
            return lexicon->slots[at].text;
    lexicon->count++;
    lexicon->slots[at] = (struct text_slot){hash, (uint32_t)length, arena_copy(&forms->arena, text, length)};
    return lexicon->slots[at].text;
}

/* ---- what is kept ---- */

static bool is_any(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool forms_keep(const struct forms *forms, const char *block, const char *parent, const char *name)
{
    static const char *const blocks[] = {"indicators", "header", "funding", "narrative", "parts", "budget"};
    static const char *const cells[] = {"level1",      "level2", "name",   "target",
                                        "description", "weight", "actual", "direction"};
    if (forms->is_whole)
        return true;
    if (!is_any(block, blocks, sizeof blocks / sizeof *blocks))
        return false;
    if (strcmp(parent, "indicator") == 0)
        return is_any(name, cells, sizeof cells / sizeof *cells);
    return strcmp(parent, "budget") != 0 || strcmp(name, "total") == 0;
}

struct form *forms_push(struct forms *forms, const struct origin *origin)
{
    if (forms->count == forms->room) {
        forms->room = forms->room + forms->room / 2 + 64;
        forms->items = memory_resize(forms->items, forms->room * sizeof *forms->items);
    }
    struct form *form = &forms->items[forms->count++];
    *form = (struct form){
        .origin = origin, .declaration = node_new(&forms->arena, "declaration"), .is_read_back = true};
    return form;
}

enum encoding forms_encoding(const char *name)
{
    enum encoding encoding = name ? encoding_named(name, strlen(name)) : ENCODINGS;
    return encoding == ENCODINGS ? ENCODING_UTF8 : encoding;
}

/* ---- copies ---- */

struct copying {
    struct forms *forms;
    const struct source *source;
    struct source_cursor cursor;
};

static const char *kept(struct forms *forms, const char *text)
{
    return text ? forms_text(forms, text, strlen(text)) : NULL;
}

/* Spans as ranges of bytes on disk. */
static struct spans spans_on_disk(struct copying *copying, const struct spans *spans,
                                  struct provenance *place)
{
    struct spans out = {0};
    struct byte_range range;
    struct byte_ranges ranges = byte_ranges(copying->source, spans);
    while (byte_ranges_next(&ranges, &range)) {
        if (!out.count) {
            source_place_next(copying->source, &copying->cursor, range.offset);
            place->line = copying->cursor.line;
            place->column = copying->cursor.column;
        }
        out.count++;
    }
    if (!out.count)
        return out;
    out.items = arena_array(&copying->forms->arena, struct span, out.count);
    ranges = byte_ranges(copying->source, spans);
    for (size_t i = 0; byte_ranges_next(&ranges, &range); i++)
        out.items[i] = (struct span){(uint32_t)range.from, (uint32_t)range.to};
    return out;
}

static void provenance_copy(struct copying *copying, struct node *to, const struct node *from)
{
    struct forms *forms = copying->forms;
    const struct provenance *old = from->provenance;
    struct provenance *copy = arena_new(&forms->arena, struct provenance);
    copy->rule = kept(forms, old->rule);
    copy->label = kept(forms, old->label);
    copy->raw = kept(forms, old->raw);
    copy->by = kept(forms, old->by);
    if (copying->source && from->value && *from->value)
        copy->bytes = spans_on_disk(copying, &old->bytes, copy);
    to->provenance = copy;
    to->order = copy->bytes.count ? copy->bytes.items[0].from + 1 : 0;
}

struct attribute *forms_attributes(struct forms *forms, size_t count)
{
    return count ? arena_array(&forms->arena, struct attribute, count) : NULL;
}

static size_t attributes_count(const struct node *node)
{
    size_t count = 0;
    for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
        count += attribute->value != NULL;
    return count;
}

static void node_copy(struct copying *copying, struct node *to, const struct node *from, const char *block)
{
    struct forms *forms = copying->forms;
    struct attribute **next = &to->attributes, *copy = forms_attributes(forms, attributes_count(from));
    for (const struct attribute *attribute = from->attributes; attribute; attribute = attribute->next)
        if (attribute->value) {
            *copy = (struct attribute){kept(forms, attribute->name), kept(forms, attribute->value), NULL};
            *next = copy++;
            next = &(*next)->next;
        }
    to->value = from->value && *from->value ? kept(forms, from->value) : NULL;
    if (from->provenance)
        provenance_copy(copying, to, from);
    for (const struct node *child = from->first; child; child = child->next) {
        const char *inside = block ? block : child->name;
        if (forms_keep(forms, inside, from->name, child->name))
            node_copy(copying, node_append(&forms->arena, to, kept(forms, child->name)), child, inside);
    }
}

/* The origin of the form added before, if it is of the same document. */
static const struct origin *origin_again(const struct forms *forms, const struct origin *origin)
{
    const struct origin *last = forms->count ? forms->items[forms->count - 1].origin : NULL;
    return last && !last->extraction && strcmp(last->path, origin->path) == 0 &&
                   strcmp(last->sha256, origin->sha256) == 0
               ? last
               : NULL;
}

void forms_add(struct forms *forms, const struct form *form)
{
    const struct origin *origin = origin_again(forms, form->origin);
    if (!origin) {
        struct origin *copy = arena_new(&forms->arena, struct origin);
        copy->path = kept(forms, form->origin->path ? form->origin->path : "-");
        copy->extraction = kept(forms, form->origin->extraction);
        copy->sha256 = kept(forms, form->origin->sha256 ? form->origin->sha256 : "");
        copy->encoding = form->origin->encoding;
        origin = copy;
    }
    struct copying copying = {.forms = forms, .source = form->origin->source};
    node_copy(&copying, forms_push(forms, origin)->declaration, form->declaration, NULL);
}

void forms_release(struct forms *forms)
{
    if (forms->strings)
        free(forms->strings->slots);
    free(forms->strings);
    free(forms->items);
    forms_reader_release(forms);
    arena_release(&forms->arena);
    *forms = (struct forms){0};
}
