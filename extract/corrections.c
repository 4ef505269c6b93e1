#include "corrections.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/report.h"
#include "form.h"
#include "pattern.h"
#include "write/write.h"

enum {
    FILE_MOST = 64 << 20,  /* bytes of a corrections file */
    TEXT_MOST = 1 << 20,   /* bytes of one text in it */
    RANGES_MOST = 4096,    /* of one value */
    CORRECTIONS_MOST = 20000, /* of one source */
    DEPTH_MOST = 8,        /* names of a path */
    PLACE_DIGITS_MOST = 9, /* of a number in it */
    SEARCHES_MOST = 50,    /* for values that are not where they were, in one declaration */
};

static const char format_name[] = "shenbao-corrections";

const char *const correction_states[CORRECTION_STATES] = {
    [CORRECTION_ACCEPTED] = "accepted", [CORRECTION_CORRECTED] = "corrected"};

/* ---- the file ---- */

struct reader {
    struct corrections *corrections;
    const char *path;
    size_t source, item; /* numbers from 1, 0 for none: for messages */
};

static bool refuse(const struct reader *reader, const char *key, const char *message)
{
    struct place place = {.path = reader->path};
    if (reader->item)
        report(REPORT_ERROR, place, "'%s' of correction %zu of source %zu %s", key, reader->item, reader->source, message);
    else if (reader->source)
        report(REPORT_ERROR, place, "'%s' of source %zu %s", key, reader->source, message);
    else
        report(REPORT_ERROR, place, "'%s' %s", key, message);
    return false;
}

/* Members by name; a name that is not in the list is refused. */
static bool has_only(const struct reader *reader, json_t *object, const char *const *names)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (!names[i])
            return refuse(reader, key, "is not known");
    }
    return true;
}

/* XML can hold it, and so can every output. */
static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return false;
        if (c == 0xef && i + 2 < length && (unsigned char)text[i + 1] == 0xbf && (unsigned char)text[i + 2] >= 0xbe)
            return false; /* U+FFFE, U+FFFF */
    }
    return true;
}

/* A text of the object, without white space at its ends; NULL after a message. */
static const char *text_of(const struct reader *reader, json_t *object, const char *key, bool is_optional)
{
    json_t *value = json_object_get(object, key);
    if (!value && is_optional)
        return "";
    if (!json_is_string(value)) {
        refuse(reader, key, value ? "is no string" : "is missing");
        return NULL;
    }
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (length > TEXT_MOST || !is_printable(text, length)) {
        refuse(reader, key, length > TEXT_MOST ? "is too long" : "has a control character");
        return NULL;
    }
    while (length && strchr(" \n\t", text[length - 1]))
        length--;
    while (length && strchr(" \n\t", *text)) {
        text++;
        length--;
    }
    if (!length && !is_optional) {
        refuse(reader, key, "is empty");
        return NULL;
    }
    return arena_copy(&reader->corrections->arena, text, length);
}

/* header/project-name, indicators/indicator[3]/target */
static bool is_path(const char *path)
{
    for (unsigned depth = 0; depth < DEPTH_MOST; depth++) {
        size_t name = strcspn(path, "[]/");
        path += name;
        if (name && *path == '[') {
            size_t digits = strspn(path + 1, "0123456789");
            if (path[1] == '0' || !digits || digits > PLACE_DIGITS_MOST || path[1 + digits] != ']')
                return false;
            path += 2 + digits;
        }
        if (!name || !*path)
            return name;
        if (*path++ != '/')
            return false;
    }
    return false;
}

static bool read_bytes(const struct reader *reader, json_t *object, struct correction *correction)
{
    json_t *list = json_object_get(object, "bytes");
    size_t count = json_array_size(list);
    if (!json_is_array(list) || !count || count > RANGES_MOST)
        return refuse(reader, "bytes", "is no list of ranges [[from, to], …]");
    correction->bytes = arena_array(&reader->corrections->arena, struct span, count);
    correction->byte_count = count;
    for (size_t i = 0; i < count; i++) {
        json_t *range = json_array_get(list, i), *from = json_array_get(range, 0), *to = json_array_get(range, 1);
        bool is_range = json_array_size(range) == 2 && json_is_integer(from) && json_is_integer(to);
        json_int_t first = json_integer_value(from), last = json_integer_value(to);
        if (!is_range || first < 0 || last <= first || last > UINT32_MAX)
            return refuse(reader, "bytes", "has a range that is none");
        correction->bytes[i] = (struct span){(uint32_t)first, (uint32_t)last};
    }
    return true;
}

static bool read_correction(const struct reader *reader, json_t *object, struct correction *correction)
{
    static const char *const names[] = {"declaration", "path", "rule", "bytes", "was", "value", "state", "note", "when", "who", NULL};
    *correction = (struct correction){.file = reader->path};
    if (!json_is_object(object))
        return refuse(reader, "corrections", "has an item that is no object");
    if (!has_only(reader, object, names) || !read_bytes(reader, object, correction))
        return false;
    const char *state = text_of(reader, object, "state", false);
    if (!state)
        return false;
    while (correction->state < CORRECTION_STATES && strcmp(state, correction_states[correction->state]) != 0)
        correction->state++;
    if (correction->state == CORRECTION_STATES)
        return refuse(reader, "state", "is neither accepted nor corrected");
    bool is_corrected = correction->state == CORRECTION_CORRECTED;
    correction->declaration = text_of(reader, object, "declaration", false);
    correction->path = text_of(reader, object, "path", false);
    if (correction->path && !is_path(correction->path))
        return refuse(reader, "path", "is no path of names, such as indicators/indicator[3]/target");
    correction->was = text_of(reader, object, "was", false);
    correction->value = text_of(reader, object, "value", !is_corrected);
    correction->note = text_of(reader, object, "note", true);
    correction->when = text_of(reader, object, "when", true);
    correction->who = text_of(reader, object, "who", true);
    return correction->declaration && correction->path && correction->was && correction->value && correction->note &&
           correction->when && correction->who && text_of(reader, object, "rule", true);
}

static struct corrected_source *source_named(struct corrections *corrections, const char *sha256)
{
    for (size_t i = 0; i < corrections->sources.count; i++)
        if (strcmp(corrections->sources.items[i].sha256, sha256) == 0)
            return &corrections->sources.items[i];
    return NULL;
}

static int correction_compare(const void *a, const void *b)
{
    const struct correction *first = a, *second = b;
    int order = strcmp(first->declaration, second->declaration);
    return order ? order : strcmp(first->path, second->path);
}

/* Of several files that correct one value the last one holds. */
static void corrections_merge(struct corrected_source *source, const struct correction *more, size_t count)
{
    size_t before = source->items.count;
    for (size_t i = 0; i < count; i++) {
        struct correction *again =
            before ? bsearch(&more[i], source->items.items, before, sizeof *more, correction_compare) : NULL;
        if (again)
            *again = more[i];
        else
            *array_push(&source->items) = more[i];
    }
    if (source->items.count)
        qsort(source->items.items, source->items.count, sizeof *more, correction_compare);
}

static bool read_source(struct reader *reader, json_t *object)
{
    static const char *const names[] = {"path", "sha256", "corrections", NULL};
    struct corrections *corrections = reader->corrections;
    if (!json_is_object(object))
        return refuse(reader, "sources", "has an item that is no object");
    if (!has_only(reader, object, names))
        return false;
    const char *path = text_of(reader, object, "path", false), *sha256 = text_of(reader, object, "sha256", false);
    if (!path || !sha256)
        return false;
    if (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdef") != 64)
        return refuse(reader, "sha256", "is no SHA-256");
    json_t *list = json_object_get(object, "corrections"), *item;
    if (!json_is_array(list))
        return refuse(reader, "corrections", "is no list");
    struct corrected_source *source = source_named(corrections, sha256);
    if (!source) {
        source = array_push(&corrections->sources);
        *source = (struct corrected_source){.sha256 = sha256, .path = path, .file = reader->path};
    }
    if (json_array_size(list) + source->items.count > CORRECTIONS_MOST)
        return refuse(reader, "corrections", "has more items than one document can have");
    array_of(struct correction) more = {0};
    bool is_fine = true;
    size_t i;
    json_array_foreach(list, i, item)
    {
        reader->item = i + 1;
        is_fine = read_correction(reader, item, array_push(&more));
        if (!is_fine)
            break;
    }
    if (is_fine) {
        reader->item = 0;
        corrections_merge(source, more.items, more.count);
    }
    array_release(&more);
    return is_fine;
}

static bool read_all(struct reader *reader, json_t *root)
{
    static const char *const names[] = {"format", "version", "generator", "sources", NULL};
    const char *format = json_string_value(json_object_get(root, "format"));
    json_t *version = json_object_get(root, "version"), *list = json_object_get(root, "sources"), *item;
    if (!format || strcmp(format, format_name) != 0)
        return refuse(reader, "format", "is not shenbao-corrections");
    if (!json_is_integer(version) || json_integer_value(version) != 1)
        return refuse(reader, "version", "is not 1, the one that is known");
    if (!has_only(reader, root, names))
        return false;
    if (!json_is_array(list))
        return refuse(reader, "sources", "is no list");
    size_t i;
    json_array_foreach(list, i, item)
    {
        reader->source = i + 1;
        if (!read_source(reader, item))
            return false;
    }
    return true;
}

bool corrections_read(struct corrections *corrections, const char *path)
{
    struct place place = {.path = path};
    struct stat status;
    FILE *in = fopen(path, "re");
    if (!in || fstat(fileno(in), &status) != 0) {
        report(REPORT_ERROR, place, "cannot read: %s", strerror(errno));
        if (in)
            fclose(in);
        return false;
    }
    char *text = NULL;
    size_t length = 0;
    bool is_read = !S_ISDIR(status.st_mode);
    if (is_read) {
        size_t room = 1 << 16;
        text = memory_resize(NULL, room);
        for (size_t n; length <= FILE_MOST && (n = fread(text + length, 1, room - length, in)) > 0;) {
            length += n;
            if (length == room)
                text = memory_resize(text, room *= 2);
        }
    }
    if (!is_read || ferror(in) || length > FILE_MOST) {
        report(REPORT_ERROR, place, "cannot read: %s", !is_read ? strerror(EISDIR) : length > FILE_MOST ? "too large for corrections" : strerror(errno));
        free(text);
        fclose(in);
        return false;
    }
    fclose(in);
    json_error_t error;
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    bool is_fine = json_is_object(root);
    struct reader reader = {.corrections = corrections, .path = path};
    if (is_fine)
        is_fine = read_all(&reader, root);
    else if (root)
        report(REPORT_ERROR, place, "no corrections: not a JSON object");
    else
        report(REPORT_ERROR, (struct place){.path = path, .line = (unsigned)error.line, .column = (unsigned)error.column},
               "no corrections: %s", error.text);
    json_decref(root);
    free(text);
    return is_fine;
}

void corrections_release(struct corrections *corrections)
{
    for (size_t i = 0; i < corrections->sources.count; i++)
        array_release(&corrections->sources.items[i].items);
    array_release(&corrections->sources);
    free(corrections->rule_names);
    arena_release(&corrections->arena);
}

/* ---- the document ---- */

static const char *without_dot(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        for (path += 2; *path == '/';)
            path++;
    return path;
}

const struct corrected_source *corrections_find(const struct corrections *corrections, const char *sha256)
{
    for (size_t i = 0; i < corrections->sources.count; i++)
        if (strcmp(corrections->sources.items[i].sha256, sha256) == 0)
            return &corrections->sources.items[i];
    return NULL;
}

bool corrections_begin(struct corrections *corrections, const struct source *source, bool is_only,
                       struct corrected_source **corrected)
{
    corrections->failures = 0;
    *corrected = source_named(corrections, source->sha256);
    if (*corrected) {
        (*corrected)->is_met = true;
        return true;
    }
    for (size_t i = 0; i < corrections->sources.count; i++) {
        struct corrected_source *other = &corrections->sources.items[i];
        if (strcmp(without_dot(other->path), without_dot(source->href)) != 0 && !(is_only && corrections->sources.count == 1))
            continue;
        report(REPORT_ERROR, (struct place){.path = source->href},
               "is not the document that '%s' corrects ('%s', SHA-256 %.12s…; this one has %.12s…); the corrections are refused",
               other->file, other->path, other->sha256, source->sha256);
        other->is_met = true; /* said enough */
        return false;
    }
    if (!is_only || !corrections->sources.count)
        return true;
    report(REPORT_ERROR, (struct place){.path = source->href},
           "none of the corrections are for this document (SHA-256 %.12s…); they are refused", source->sha256);
    for (size_t i = 0; i < corrections->sources.count; i++)
        corrections->sources.items[i].is_met = true;
    return false;
}

bool corrections_all_met(const struct corrections *corrections)
{
    bool is_fine = true;
    for (size_t i = 0; i < corrections->sources.count; i++) {
        const struct corrected_source *source = &corrections->sources.items[i];
        bool is_file_met = false;
        for (size_t k = 0; k < corrections->sources.count; k++)
            is_file_met |= corrections->sources.items[k].is_met && strcmp(corrections->sources.items[k].file, source->file) == 0;
        is_fine &= is_file_met;
        if (!source->is_met)
            report(is_file_met ? REPORT_NOTE : REPORT_ERROR, (struct place){.path = source->file},
                   "no document with the SHA-256 %.12s… ('%s') was read; its corrections were not replayed", source->sha256,
                   source->path);
    }
    return is_fine;
}

/* ---- paths ---- */

/* The number of a node among its brothers of the same name, from 1: counted on from where
 * it was counted last, if that is before it. */
static size_t place_among(const struct node *node, struct path_places *places)
{
    if (!node->parent)
        return 1;
    size_t slot = ((uintptr_t)node->parent >> 4) % PATH_PLACES;
    const struct node *from = places->nodes[slot];
    bool is_again = from && from->parent == node->parent && strcmp(from->name, node->name) == 0;
    for (int tries = is_again ? 2 : 1; tries; tries--) {
        const struct node *other = tries == 2 ? from : node->parent->first;
        size_t place = tries == 2 ? places->places[slot] : 1;
        for (; other && other != node; other = other->next)
            place += other->name == node->name || strcmp(other->name, node->name) == 0;
        if (!other)
            continue;
        places->nodes[slot] = node;
        places->places[slot] = place;
        return place;
    }
    return 1;
}

const char *correction_path(struct arena *arena, const struct node *node, struct path_places *places)
{
    const char *path = NULL;
    for (; node && strcmp(node->name, "declaration") != 0; node = node->parent) {
        size_t place = place_among(node, places);
        const char *name = place > 1 ? arena_printf(arena, "%s[%zu]", node->name, place) : node->name;
        path = path ? arena_printf(arena, "%s/%s", name, path) : name;
    }
    return path ? path : "";
}

/* The children of one name of the parent that was asked last. */
struct children {
    const struct node *parent;
    const char *name;
    array_of(struct node *) items;
};

static struct node *child_find(struct children *children, const struct node *parent, const char *name, size_t length, unsigned long place)
{
    if (place == 1) {
        struct node *child = parent->first;
        while (child && (strncmp(child->name, name, length) != 0 || child->name[length]))
            child = child->next;
        return child;
    }
    if (children->parent != parent || strncmp(children->name, name, length) != 0 || children->name[length]) {
        children->items.count = 0;
        for (struct node *child = parent->first; child; child = child->next)
            if (strncmp(child->name, name, length) == 0 && !child->name[length])
                *array_push(&children->items) = child;
        children->parent = parent;
        children->name = children->items.count ? children->items.items[0]->name : "";
    }
    return place && place <= children->items.count ? children->items.items[place - 1] : NULL;
}

static struct node *path_find(struct children *children, struct node *node, const char *path)
{
    for (unsigned depth = 0; node && depth < DEPTH_MOST; depth++) {
        size_t whole = strcspn(path, "/"), length = strcspn(path, "[/");
        unsigned long place = 1;
        if (length < whole)
            place = strtoul(path + length + 1, NULL, 10);
        node = child_find(children, node, path, length, place);
        if (!path[whole])
            return node;
        path += whole + 1;
    }
    return NULL;
}

static bool bytes_are(const struct correction *correction, const struct source *source, const struct node *node)
{
    struct byte_ranges ranges = byte_ranges(source, &node->provenance->bytes);
    struct byte_range range;
    for (size_t i = 0; i < correction->byte_count; i++)
        if (!byte_ranges_next(&ranges, &range) || range.from != correction->bytes[i].from || range.to != correction->bytes[i].to)
            return false;
    return !byte_ranges_next(&ranges, &range);
}

/* ---- values ---- */

/* A corrected value that may have been carried to other rows. */
struct carried_value {
    const struct node *node;
    const char *was, *text;
};

struct applying {
    struct corrections *corrections;
    struct build *build;
    const struct source *source;
    size_t searches;
    struct children children;
    array_of(struct carried_value) carried;
    array_of(const struct node *) met; /* that have a correction of their own */
};

static const struct rule *rule_named(struct corrections *corrections, const struct build *build, const char *name)
{
    const struct grammar *grammar = build->grammar;
    if (!corrections->rule_names) {
        struct build naming = *build;
        naming.arena = &corrections->arena;
        corrections->rule_names = memory_resize(NULL, grammar->count * sizeof *corrections->rule_names);
        for (size_t id = 1; id < grammar->count; id++)
            corrections->rule_names[id] = build_rule_name(&naming, grammar->rules[id]);
    }
    for (size_t id = 1; name && id < grammar->count; id++)
        if (strcmp(corrections->rule_names[id], name) == 0)
            return grammar->rules[id];
    return NULL;
}

static void attribute_remove(struct node *node, const char *name)
{
    for (struct attribute **at = &node->attributes; *at; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0) {
            *at = (*at)->next;
            return;
        }
}

/* What the indicator's target reads when units are in doubt: level 2 and name. */
static const char *target_context(struct build *build, const struct node *target)
{
    const struct node *entry = target->parent;
    const char *parts[2] = {"", ""};
    static const char *const names[2] = {"level2", "name"};
    for (size_t i = 0; entry && i < 2; i++) {
        const struct node *part = node_child(entry, names[i]);
        if (part && part->value)
            parts[i] = part->value;
    }
    return arena_printf(build->arena, "%s%s", parts[0], parts[1]);
}

/* A level's word sets an attribute of its entry. */
static void level_settle(struct build *build, struct node *node, const struct rule *rule, const struct view *view)
{
    const struct rule *attribute = rule_child(rule, WORD_SETS);
    if (!attribute || !node->parent)
        return;
    unsigned meaning = view->is_whole ? grammar_meaning(build->grammar, view->text, view->length) : 0;
    unsigned term = rule->index < GROUPS_MOST ? build->grammar->meanings[meaning].terms[rule->index] : 0;
    if (term)
        node_set(build->arena, node->parent, attribute->name, grammar_rule(build->grammar, term)->name);
    else
        attribute_remove(node->parent, attribute->name);
}

/* The value that the text means where that element is of a type, or NULL where it is none of that type. */
static const char *value_of(struct applying *applying, struct node *node, const char *text)
{
    struct build *build = applying->build;
    const struct grammar *grammar = build->grammar;
    const struct rule *rule = rule_named(applying->corrections, build, node->provenance->rule);
    struct document_text document = {.text = text, .length = (uint32_t)strlen(text)};
    struct view view;
    view_build(&view, &document, (struct span){0, document.length});
    if (node_get(node, "unit-from")) {
        const char *unit, *context = node_get(node, "unit");
        const char *value = view.is_whole ? value_money(build, view.text, view.length, context, &unit) : NULL;
        if (value && unit) {
            node_set(build->arena, node, "unit", unit);
            node_set(build->arena, node, "unit-from", "inline");
        }
        return value;
    }
    if (node_get(node, "kind") && strcmp(node->name, "field") != 0) {
        static const char *const derived[] = {"kind", "op", "value", "unit"};
        for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
            attribute_remove(node, derived[i]);
        value_target(build, node, text, target_context(build, node));
        return text;
    }
    size_t from, to;
    switch (rule ? rule->word : WORD_TEXT) {
    case WORD_DATE:
    case WORD_PERIOD:
        return view.is_whole ? value_date(build, view.text, view.length) : NULL;
    case WORD_YEAR:
        if (!view.is_whole || !grammar_value(grammar, VALUE_YEAR, view.text, view.length) ||
            !pattern_group(grammar->values[VALUE_YEAR], "year", &from, &to))
            return NULL;
        return arena_copy(build->arena, view.text + from, to - from);
    case WORD_UNIT:
        if (!view.is_whole || !grammar_value(grammar, VALUE_UNIT, view.text, view.length) ||
            !pattern_group(grammar->values[VALUE_UNIT], "unit", &from, &to))
            return NULL;
        return arena_copy(build->arena, view.text + from, to - from);
    case WORD_BOOLEAN: {
        if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
            return text;
        const struct rule *form = view.is_whole ? grammar_value(grammar, VALUE_BOOLEAN, view.text, view.length) : NULL;
        return form ? form->name : NULL;
    }
    case WORD_QUANTITY: {
        if (!view.is_whole || !grammar_value(grammar, VALUE_NUMBER, view.text, view.length))
            return NULL;
        struct node number = {.name = "target"};
        value_target(build, &number, text, NULL);
        const char *value = node_get(&number, "value"), *unit = node_get(&number, "unit");
        if (value && unit)
            node_set(build->arena, node, "unit", unit);
        return value;
    }
    case WORD_GROUP:
        level_settle(build, node, rule, &view);
        return text;
    default:
        return text;
    }
}

static struct place place_of(const struct applying *applying, const struct correction *correction)
{
    unsigned line = 0, column = 0;
    if (correction->bytes[0].from < applying->source->size)
        source_place(applying->source, source_offset(applying->source, correction->bytes[0].from), &line, &column);
    return (struct place){.path = applying->source->href, .line = line, .column = column};
}

static void fail(struct applying *applying, struct correction *correction, const char *format, const char *detail)
{
    char message[400];
    snprintf(message, sizeof message, format, detail);
    report(REPORT_ERROR, place_of(applying, correction), "correction of %s in %s ('%s') %s", correction->path,
           correction->declaration, correction->file, message);
    correction->is_done = true;
    applying->corrections->failures++;
}

/* The node that is meant: at the path, or one of the same name that was read from the same bytes. */
static struct node *node_meant(const struct applying *applying, const struct correction *correction, struct node *at, unsigned depth)
{
    const char *slash = strrchr(correction->path, '/'), *name = slash ? slash + 1 : correction->path;
    size_t length = strcspn(name, "[");
    for (struct node *child = depth < DEPTH_MOST ? at->first : NULL; child; child = child->next) {
        if (child->provenance && child->value && strncmp(child->name, name, length) == 0 && !child->name[length] &&
            strcmp(child->value, correction->was) == 0 && bytes_are(correction, applying->source, child))
            return child;
        struct node *found = child->first ? node_meant(applying, correction, child, depth + 1) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

/* False where the text is no value of the kind. */
static bool node_correct(struct applying *applying, struct node *node, const char *text)
{
    struct provenance *provenance = node->provenance;
    const char *value = value_of(applying, node, text);
    if (!value || !*value)
        return false;
    const char *printed = provenance->raw ? provenance->raw : node->value;
    provenance->raw = strcmp(printed, value) == 0 ? NULL : printed;
    provenance->by = "reviewed";
    provenance->also = (struct spans){0}; /* they state what was printed */
    node->value = value;
    return true;
}

static void apply(struct applying *applying, struct correction *correction)
{
    struct build *build = applying->build;
    struct node *node = path_find(&applying->children, build->declaration, correction->path);
    bool is_there = node && node->provenance && node->value && bytes_are(correction, applying->source, node);
    if (!is_there || strcmp(node->value, correction->was) != 0) {
        struct node *other = applying->searches++ < SEARCHES_MOST ? node_meant(applying, correction, build->declaration, 0) : NULL;
        if (!other && is_there) {
            fail(applying, correction, "does not fit: the value there is now '%.120s'", node->value);
            return;
        }
        if (!other) {
            fail(applying, correction, "does not fit: no such value was read from these bytes%s", "");
            return;
        }
        node = other;
    }
    correction->is_done = true;
    *array_push(&applying->met) = node;
    if (correction->state == CORRECTION_ACCEPTED)
        return;
    const char *by = node->provenance->by, *was = node->value;
    if (!node_correct(applying, node, correction->value))
        fail(applying, correction, "cannot be made: '%.120s' is no value of this kind", correction->value);
    else if (!by || strcmp(by, "filled") != 0)
        *array_push(&applying->carried) = (struct carried_value){node, was, correction->value};
}

static int node_compare(const void *a, const void *b)
{
    uintptr_t first = (uintptr_t) * (const struct node *const *)a, second = (uintptr_t) * (const struct node *const *)b;
    return first < second ? -1 : first > second;
}

/* By the place that a node cites, then by its name. */
static int place_compare(const void *a, const void *b)
{
    const struct node *first = *(const struct node *const *)a, *second = *(const struct node *const *)b;
    uint32_t from = first->provenance->bytes.items[0].from, other = second->provenance->bytes.items[0].from;
    return from != other ? (from < other ? -1 : 1) : strcmp(first->name, second->name);
}

struct nodes {
    array_of(struct node *) items;
};

static void nodes_collect(struct nodes *nodes, struct node *at, unsigned depth)
{
    for (struct node *child = depth < DEPTH_MOST ? at->first : NULL; child; child = child->next) {
        if (child->provenance && child->provenance->bytes.count && child->value)
            *array_push(&nodes->items) = child;
        nodes_collect(nodes, child, depth + 1);
    }
}

static bool spans_are_equal(const struct spans *a, const struct spans *b)
{
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

/* A level printed once and carried down was read once: the rows that it was carried to
 * follow, but for those that have a correction of their own. */
static void carry(struct applying *applying)
{
    struct nodes nodes = {0};
    nodes_collect(&nodes, applying->build->declaration, 0);
    qsort(nodes.items.items, nodes.items.count, sizeof *nodes.items.items, place_compare);
    qsort(applying->met.items, applying->met.count, sizeof *applying->met.items, node_compare);
    for (size_t i = 0; i < applying->carried.count; i++) {
        const struct carried_value *value = &applying->carried.items[i];
        size_t low = 0, high = nodes.items.count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (place_compare(&nodes.items.items[middle], &value->node) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < nodes.items.count && place_compare(&nodes.items.items[low], &value->node) == 0; low++) {
            struct node *node = nodes.items.items[low];
            bool is_met = bsearch(&node, applying->met.items, applying->met.count, sizeof node, node_compare) != NULL;
            if (!is_met && strcmp(node->value, value->was) == 0 &&
                spans_are_equal(&node->provenance->bytes, &value->node->provenance->bytes))
                node_correct(applying, node, value->text);
        }
    }
    array_release(&nodes.items);
}

void corrections_apply(struct corrections *corrections, struct corrected_source *source, struct build *build,
                       const struct source *document)
{
    const char *id = node_get(build->declaration, "id");
    if (!id)
        return;
    struct applying applying = {.corrections = corrections, .build = build, .source = document};
    size_t low = 0, high = source->items.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(source->items.items[middle].declaration, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < source->items.count && strcmp(source->items.items[low].declaration, id) == 0; low++)
        apply(&applying, &source->items.items[low]);
    if (applying.carried.count)
        carry(&applying);
    array_release(&applying.children.items);
    array_release(&applying.carried);
    array_release(&applying.met);
}

bool corrections_finish(struct corrections *corrections, struct corrected_source *source)
{
    for (size_t i = 0; i < source->items.count; i++) {
        struct correction *correction = &source->items.items[i];
        if (!correction->is_done) {
            report(REPORT_ERROR, (struct place){.path = correction->file},
                   "correction of %s: the document has no declaration %s", correction->path, correction->declaration);
            corrections->failures++;
        }
        correction->is_done = false; /* the same document may come again */
    }
    return !corrections->failures;
}
