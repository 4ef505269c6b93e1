#include "grammar_store.h"

#include <dirent.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/report.h"

/* ---- rules ---- */

_Static_assert(WORDS <= 64, "rule.holds has a bit for each word");

bool rule_is_field(const struct rule *rule) { return rule->word >= WORD_TEXT && rule->word <= WORD_MEASURE; }

const struct rule *rule_child_find(const struct rule *rule, enum word word)
{
    for (const struct rule *child = rule->first; child; child = child->next)
        if (child->word == word)
            return child;
    return NULL;
}

static const char *label_of(struct arena *arena, const struct rule *rule)
{
    const struct rule *up = rule->parent;
    if (!up->parent)
        return rule->name;
    if (up->parent->parent)
        return arena_printf(arena, "%s/%s/%s", up->parent->name, up->name, rule->name);
    return arena_printf(arena, "%s/%s", up->name, rule->name);
}

/* ---- which files ---- */

struct file {
    char *path, *name;
};

static int file_compare(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

struct files {
    struct file *items;
    size_t count, room;
};

static void files_add(struct files *files, struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct file file = {arena_copy(arena, path, strlen(path)), NULL};
    file.name = slash ? file.path + (slash + 1 - path) : file.path;
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].name, file.name) == 0) {
            files->items[i] = file;
            return;
        }
    *array_push(files) = file;
}

static bool files_of(struct files *files, struct arena *arena, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this grammar: %s", strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        files_add(files, arena, path);
        return true;
    }
    DIR *folder = opendir(path);
    if (!folder) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this folder: %s", strerror(errno));
        return false;
    }
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && length > 8 && strcmp(entry->d_name + length - 8, ".grammar") == 0) {
            files_add(files, arena, arena_printf(arena, "%s/%s", path, entry->d_name));
            count++;
        }
    }
    closedir(folder);
    if (!count)
        report(REPORT_ERROR, (struct place){.path = path}, "no *.grammar file in this folder");
    return count > 0;
}

/* ---- loading ---- */

static void fingerprint(struct grammar_store *store)
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = store->rules.items[i];
        unsigned char head[2] = {(unsigned char)rule->word, (unsigned char)(rule->parent->id & 0xff)};
        sha256_update(&hash, sizeof head, head);
        sha256_update(&hash, strlen(rule->name) + 1, (const uint8_t *)rule->name);
        if (rule->pattern)
            sha256_update(&hash, strlen(rule->pattern) + 1, (const uint8_t *)rule->pattern);
    }
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(store->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

const char *grammar_fingerprint(const struct grammar *grammar) { return grammar->store->fingerprint; }

struct grammar *grammar_load(const char *const *paths, size_t count)
{
    struct grammar *grammar = memory_resize(NULL, sizeof *grammar);
    *grammar = (struct grammar){0};
    struct grammar_store *store = memory_resize(NULL, sizeof *store);
    *store = (struct grammar_store){0};
    grammar->store = store;
    struct files files = {0};
    for (size_t i = 0; i < count; i++)
        if (!files_of(&files, &store->arena, paths[i]))
            store->is_wrong = true;
    if (files.count)
        qsort(files.items, files.count, sizeof *files.items, file_compare);
    for (size_t i = 0; i < files.count; i++)
        grammar_read(store, files.items[i].path);
    array_release(&files);
    if (!store->is_wrong)
        grammar_names_check(store);
    if (!store->is_wrong) {
        grammar_index(grammar, store);
        grammar_relate(grammar, store);
        for (size_t i = 0; i < store->rules.count; i++)
            store->rules.items[i]->label = label_of(&store->arena, store->rules.items[i]);
        fingerprint(store);
    }
    grammar->count = store->rules.count;
    grammar->rules = memory_resize(NULL, (store->rules.count + 1) * sizeof *grammar->rules);
    grammar->rules[0] = NULL;
    if (store->rules.count)
        memcpy(grammar->rules + 1, store->rules.items, store->rules.count * sizeof *grammar->rules);
    grammar_meanings_begin(grammar);
    if (store->is_wrong) {
        grammar_release(grammar);
        return NULL;
    }
    return grammar;
}

void grammar_release(struct grammar *grammar)
{
    if (!grammar)
        return;
    grammar_index_release(grammar);
    for (size_t i = 0; i < grammar->store->rules.count; i++)
        pattern_release(grammar->store->rules.items[i]->own);
    array_release(&grammar->store->rules);
    arena_release(&grammar->store->arena);
    free(grammar->store);
    free(grammar->rules);
    free(grammar->meanings);
    free(grammar->lexicon);
    free(grammar->cells);
    free(grammar->relations);
    free(grammar->tallies);
    free(grammar);
}

void grammar_list(const struct grammar *grammar, FILE *out)
{
    for (size_t i = 1; i <= grammar->count; i++) {
        const struct rule *rule = grammar->rules[i];
        int depth = 0;
        for (const struct rule *up = rule->parent; up->parent; up = up->parent)
            depth++;
        const char *slash = strrchr(rule->path, '/');
        fprintf(out, "%s:%u:\t%*s%s", slash ? slash + 1 : rule->path, rule->line, depth * 4, "",
                word_names[rule->word]);
        if (*rule->name)
            fprintf(out, " %s", rule->name);
        fprintf(out, rule->pattern ? "  %s\n" : "\n", rule->pattern);
    }
}
