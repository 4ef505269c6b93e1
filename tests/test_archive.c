#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../extract/archive_load.h"
#include "../extract/grammar.h"

static char folder[] = "/tmp/shenbao-archive-XXXXXX";
static char path[100], other_path[100];
static struct grammar *grammar;
static struct archive_reader reader = {"1", "g"};

static void open_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
    snprintf(other_path, sizeof other_path, "%s/b.db", folder);
    const char *paths[] = {SOURCE_FOLDER "/grammars"};
    grammar = grammar_load(paths, 1);
    cr_assert_not_null(grammar);
}

static void remove_folder(void)
{
    char command[200];
    grammar_release(grammar);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(archive, .init = open_folder, .fini = remove_folder);

static struct archive *archive_new(void)
{
    struct archive *archive = archive_open(path, ARCHIVE_CREATE);
    cr_assert_not_null(archive);
    return archive;
}

static int64_t number(struct archive *archive, const char *sql)
{
    struct query *query = archive_query(archive, sql, true);
    cr_assert_not_null(query, "%s: %s", sql, archive_message(archive));
    cr_assert_eq(query_next(query), QUERY_ROW, "%s", sql);
    int64_t value = query_integer(query, 0);
    query_release(query);
    return value;
}

static void text_is(struct archive *archive, const char *sql, const char *expected)
{
    struct query *query = archive_query(archive, sql, true);
    cr_assert_not_null(query, "%s: %s", sql, archive_message(archive));
    cr_assert_eq(query_next(query), QUERY_ROW, "%s", sql);
    const char *value = query_text(query, 0);
    if (expected)
        cr_assert(value && strcmp(value, expected) == 0, "%s: '%s' is not '%s'", sql, value ? value : "NULL", expected);
    else
        cr_assert_null(value);
    query_release(query);
}

static void is_sound(struct archive *archive)
{
    text_is(archive, "PRAGMA integrity_check", "ok");
    struct query *query = archive_query(archive, "PRAGMA foreign_key_check", true);
    cr_assert_eq(query_next(query), QUERY_END, "a row refers to none");
    query_release(query);
    cr_assert(archive_run(archive, "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)"), "%s", archive_message(archive));
}

/* The text of a form of a project, with a row for each amount given. */
static char *form_text(const char *project, const char *amounts)
{
    char *text;
    cr_assert(asprintf(&text,
                       "项目支出绩效目标申报表\n（2024年度）\n项目名称\t%s\n主管部门\t某市某局\n实施单位\t某中心\n"
                       "%s年度目标\t为了方便群众办事。\n"
                       "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t培训人数\t≥300人\n",
                       project, amounts) > 0);
    return text;
}

static void add(struct loader *loader, const char *name, const char *text, size_t size)
{
    struct source source;
    struct sink sink;
    cr_assert_eq(source_decode(&source, name, text, size, ENCODINGS), SOURCE_FINE);
    struct archive_file file = {name, (int64_t)size, 1, 1};
    loader_begin(loader, &file, &source, &sink);
    extract_to(&source, grammar, &sink, NULL);
    loader_end(loader);
    source_release(&source);
}

static void add_form(struct loader *loader, const char *name, const char *project, const char *amounts)
{
    char *text = form_text(project, amounts);
    add(loader, name, text, strlen(text));
    free(text);
}

static void store(struct loader *loader, struct archive *archive)
{
    cr_assert_eq(loader_store(loader, true), LOADER_STORED, "%s", archive_message(archive));
}

Test(archive, money_is_exact)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    add_form(loader, "a.txt", "甲",
             "年度资金总额（元）\t1234567.89\n其中：财政拨款\t1234567.885\n其他资金\t123456789012345678.00\n");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT fen FROM funding WHERE source = 'total'"), 123456789);
    text_is(archive, "SELECT yuan FROM funding WHERE source = 'total'", NULL);
    text_is(archive, "SELECT fen FROM funding WHERE source = 'fiscal'", NULL);
    text_is(archive, "SELECT yuan FROM funding WHERE source = 'fiscal'", "1234567.885");
    text_is(archive, "SELECT fen FROM funding WHERE source = 'other'", NULL);
    text_is(archive, "SELECT yuan FROM funding WHERE source = 'other'", "123456789012345678.00");
    loader_release(loader);
    is_sound(archive);
    archive_close(archive);
}

Test(archive, money_in_ten_thousands)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    add_form(loader, "a.txt", "甲", "年度资金总额（万元）\t154.5\n其中：财政拨款\t\n");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT fen FROM funding WHERE source = 'total'"), 154500000);
    text_is(archive, "SELECT fen FROM funding WHERE source = 'fiscal'", NULL);
    text_is(archive, "SELECT unit FROM funding WHERE source = 'total'", "万元");
    loader_release(loader);
    archive_close(archive);
}

/* The text of a whole extraction, as extract writes it. */
static void extraction(struct buffer *out, const char *name, const char *text, size_t size)
{
    struct source source;
    cr_assert_eq(source_decode(&source, name, text, size, ENCODINGS), SOURCE_FINE);
    struct writer writer = {.format = FORMAT_XML, .is_compact = true, .source = &source, .out = out};
    extract(&source, grammar, &writer);
    source_release(&source);
}

Test(archive, extraction_comes_back_byte_for_byte)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    char *text = form_text("甲 & <乙> \"丙\"", "");
    struct buffer expected = {0}, got = {0};
    add(loader, "b & \"<c>.txt", text, strlen(text));
    add(loader, "a & \"<\xEF\xBF\xBF>\t.txt", text, strlen(text));
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 1, "one content in two files is one document");
    extraction(&expected, "a & \"<\xEF\xBF\xBF>\t.txt", text, strlen(text));
    cr_assert(archive_extraction(archive, number(archive, "SELECT id FROM sources"), NULL, &got));
    cr_expect(got.length == expected.length && memcmp(got.bytes, expected.bytes, got.length) == 0,
              "the first path is the href:\n%.*s\n%.*s", 300, got.bytes, 300, expected.bytes);
    got.length = expected.length = 0;
    extraction(&expected, "other.txt", text, strlen(text));
    cr_assert(archive_extraction(archive, 1, "other.txt", &got));
    cr_expect(got.length == expected.length && memcmp(got.bytes, expected.bytes, got.length) == 0);
    cr_expect_not(archive_extraction(archive, 77, NULL, &got), "there is no such source");
    buffer_release(&expected);
    buffer_release(&got);
    free(text);
    loader_release(loader);
    archive_close(archive);
}

Test(archive, the_kind_of_a_file_is_part_of_its_content)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    add_form(loader, "a.txt", "甲", "");
    add_form(loader, "a.html", "甲", "");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 2);
    cr_expect_eq(number(archive, "SELECT count(DISTINCT sha256) FROM sources"), 1);
    loader_release(loader);
    is_sound(archive);
    archive_close(archive);
}

Test(archive, another_reader_replaces_what_was_read)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    struct archive_file file = {"a.txt", 0, 1, 1};
    char *text = form_text("甲乙丙丁", "");
    file.bytes = (int64_t)strlen(text);
    add(loader, "a.txt", text, strlen(text));
    add(loader, "b.txt", text, strlen(text));
    add_form(loader, "c.txt", "戊己庚辛", "");
    store(loader, archive);
    loader_release(loader);
    cr_expect_eq(archive_knows_file(archive, &reader, &file), ARCHIVE_DONE);
    struct archive_file changed = file;
    changed.mtime_ns++;
    cr_expect_eq(archive_knows_file(archive, &reader, &changed), ARCHIVE_UNKNOWN);

    const struct archive_reader newer = {"1", "h"};
    cr_expect_eq(archive_knows_file(archive, &newer, &file), ARCHIVE_UNKNOWN);
    loader = loader_new(archive, &newer);
    add(loader, "a.txt", text, strlen(text));
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 2);
    cr_expect_eq(number(archive, "SELECT count(*) FROM declarations"), 2);
    cr_expect_eq(number(archive, "SELECT count(*) FROM spans WHERE declaration_id NOT IN (SELECT id FROM declarations)"), 0);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"甲乙丙\"'"), 1);
    cr_expect_eq(number(archive, "SELECT count(*) FROM files WHERE source_id = (SELECT id FROM sources WHERE grammar = 'h')"), 2,
                 "both files of the content have the new one");
    cr_expect_eq(archive_knows_file(archive, &newer, &file), ARCHIVE_DONE);
    loader_release(loader);
    is_sound(archive);

    loader = loader_new(archive, &newer);
    add_form(loader, "a.txt", "壬癸子丑", "");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"甲乙丙\"'"), 1, "b.txt still holds it");
    add_form(loader, "b.txt", "壬癸子丑", "");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"甲乙丙\"'"), 0, "no file holds it");
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 2);
    loader_release(loader);
    free(text);
    is_sound(archive);
    archive_close(archive);
}

Test(archive, a_failure_gives_way_to_what_is_read)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    char *text = form_text("甲", "");
    struct source source;
    struct archive_file file = {"a.txt", (int64_t)strlen(text), 1, 1};
    cr_assert_eq(source_decode(&source, "a.txt", text, strlen(text), ENCODINGS), SOURCE_FINE);
    loader_fail(loader, &file, source.sha256, "crash", "the worker was ended by signal 11");
    struct archive_file locked = {"locked.txt", 0, 1, 1};
    loader_fail(loader, &locked, NULL, "unreadable", "cannot read: Permission denied");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM failures"), 2);
    cr_expect_eq(archive_knows_file(archive, &reader, &file), ARCHIVE_FAILED);
    cr_expect_eq(archive_knows_file(archive, &reader, &locked), ARCHIVE_UNKNOWN, "it may be readable now");
    add(loader, "a.txt", text, strlen(text));
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM failures"), 1);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 1);
    cr_expect_eq(archive_knows_file(archive, &reader, &file), ARCHIVE_DONE);
    source_release(&source);
    free(text);
    loader_release(loader);
    is_sound(archive);
    archive_close(archive);
}

/* More than is held in memory: parts are stored while it is read. */
Test(archive, a_large_document_is_stored_in_parts, .timeout = 120)
{
    enum { FORMS = 1500 };
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    struct buffer text = {0}, expected = {0}, got = {0};
    for (int i = 0; i < FORMS; i++) {
        char name[40];
        snprintf(name, sizeof name, "第%d号试点项目", i);
        char *form = form_text(name, "年度资金总额（万元）\t154.5\n");
        buffer_text(&text, form);
        for (int row = 0; row < 30; row++) {
            char line[200];
            snprintf(line, sizeof line, "产出指标\t数量指标\t第%d种培训人数\t≥%d人\n", row, row + 1);
            buffer_text(&text, line);
        }
        free(form);
    }
    add_form(loader, "before.txt", "之前的项目", "");
    add(loader, "large.txt", text.bytes, text.length);
    cr_expect_eq(loader_bytes(loader), SIZE_MAX, "it is to be stored at once");
    store(loader, archive);
    add(loader, "again.txt", text.bytes, text.length);
    store(loader, archive);
    add_form(loader, "behind.txt", "之后的项目", "");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 3);
    cr_expect_eq(number(archive, "SELECT declarations FROM sources WHERE id = 2"), FORMS);
    cr_expect_eq(number(archive, "SELECT count(*) FROM declarations WHERE source_id = 2"), FORMS);
    cr_expect_eq(number(archive, "SELECT max(number) FROM declarations WHERE source_id = 2"), FORMS);
    cr_expect_eq(number(archive, "SELECT count(*) FROM indicators"), FORMS * 31 + 2);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"试点项目\"'"), FORMS);
    extraction(&expected, "again.txt", text.bytes, text.length);
    cr_assert(archive_extraction(archive, 2, NULL, &got));
    cr_expect(got.length == expected.length && memcmp(got.bytes, expected.bytes, got.length) == 0);
    loader_release(loader);
    is_sound(archive);
    archive_close(archive);
    buffer_release(&text);
    buffer_release(&expected);
    buffer_release(&got);
}

Test(archive, who_comes_second_waits_or_is_told)
{
    struct archive *archive = archive_new(), *second = archive_open(path, ARCHIVE_WRITE);
    struct loader *loader = loader_new(second, &reader);
    add_form(loader, "a.txt", "甲", "");
    cr_assert(archive_begin(archive));
    cr_expect_eq(loader_store(loader, false), LOADER_BUSY);
    cr_expect_eq(loader_store(loader, false), LOADER_BUSY, "nothing is lost by asking");
    cr_assert(archive_commit(archive));
    cr_expect_eq(loader_store(loader, false), LOADER_STORED);
    cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), 1);
    loader_release(loader);
    archive_close(second);
    archive_close(archive);
}

Test(archive, many_may_make_it_at_once, .timeout = 120)
{
    enum { ROUNDS = 15, MAKERS = 4 };
    for (int round = 0; round < ROUNDS; round++) {
        pid_t makers[MAKERS];
        unlink(path);
        for (int i = 0; i < MAKERS; i++) {
            makers[i] = fork();
            if (makers[i] == 0) {
                struct archive *archive = archive_open(path, ARCHIVE_CREATE);
                struct loader *loader = archive ? loader_new(archive, &reader) : NULL;
                bool is_stored = false;
                if (loader) {
                    char name[20];
                    snprintf(name, sizeof name, "%d.txt", i);
                    add_form(loader, name, name, "");
                    is_stored = loader_store(loader, true) == LOADER_STORED;
                }
                loader_release(loader);
                archive_close(archive);
                _exit(!is_stored);
            }
        }
        for (int i = 0; i < MAKERS; i++) {
            int status;
            cr_assert_eq(waitpid(makers[i], &status, 0), makers[i]);
            cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "round %d, maker %d: status %d", round, i, status);
        }
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        cr_assert_not_null(archive);
        cr_expect_eq(number(archive, "SELECT count(*) FROM sources"), MAKERS);
        archive_close(archive);
    }
}

Test(archive, trouble_stores_nothing_and_says_why)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    cr_assert(archive_run(archive, "PRAGMA max_page_count = 1")); /* no more than there is: as on a full disk */
    for (int i = 0; i < 40; i++) {
        char name[40];
        snprintf(name, sizeof name, "%d.txt", i);
        add_form(loader, name, name, "");
    }
    cr_assert_eq(loader_store(loader, true), LOADER_TROUBLE);
    cr_expect_str_eq(archive_message(archive), "no space is left for the archive");
    cr_expect_eq(number(archive, "SELECT count(*) FROM files"), 0);
    cr_assert(archive_run(archive, "PRAGMA max_page_count = 100000"));
    add_form(loader, "a.txt", "甲", "");
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM files"), 1);
    loader_release(loader);
    is_sound(archive);
    archive_close(archive);
}

Test(archive, full_text_is_what_the_view_says)
{
    struct archive *archive = archive_new();
    struct loader *loader = loader_new(archive, &reader);
    for (int i = 0; i < 5; i++) {
        char name[40];
        snprintf(name, sizeof name, "第%d号道路养护", i);
        add_form(loader, name, name, "项目概况\t养护城区道路。\n");
    }
    store(loader, archive);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"道路养护\"'"), 5);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH 'narrative: \"城区道路\"'"), 5);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH 'unit: \"某市某局\"'"), 5);
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH 'names: \"培训人数\"'"), 5);
    is_sound(archive);
    cr_assert(archive_run(archive, "DELETE FROM search"));
    cr_assert(archive_index(archive, 1, 5));
    cr_expect_eq(number(archive, "SELECT count(*) FROM search WHERE search MATCH '\"道路养护\"'"), 5);
    is_sound(archive);
    loader_release(loader);
    archive_close(archive);
}

Test(archive, only_questions_are_answered)
{
    struct archive *archive = archive_new();
    cr_expect_null(archive_query(archive, "DELETE FROM sources", true));
    cr_expect(strstr(archive_message(archive), "would change the archive"));
    cr_expect_null(archive_query(archive, "SELECT 1; SELECT 2", true));
    cr_expect_str_eq(archive_message(archive), "more than one statement");
    cr_expect_null(archive_query(archive, "  ", true));
    cr_expect_null(archive_query(archive, "SELEC 1", true));
    cr_expect(strstr(archive_message(archive), "syntax error"));
    cr_expect_eq(number(archive, "SELECT 1;  "), 1);
    archive_close(archive);
}

Test(archive, what_is_no_archive_is_refused)
{
    FILE *file = fopen(other_path, "w");
    fputs("neither a database nor anything else, but long enough to be read as the head of one: 0123456789 0123456789", file);
    fclose(file);
    cr_redirect_stderr();
    cr_expect_null(archive_open(other_path, ARCHIVE_READ));
    cr_expect_null(archive_open(other_path, ARCHIVE_CREATE));
    cr_expect_null(archive_open(folder, ARCHIVE_CREATE));
    cr_expect_null(archive_open(path, ARCHIVE_READ), "it is not there");
    cr_expect_neq(access(path, F_OK), 0, "and is not made");
    struct archive *archive = archive_new();
    cr_assert(archive_run(archive, "PRAGMA user_version = 2"));
    archive_close(archive);
    cr_expect_null(archive_open(path, ARCHIVE_READ), "it is of a newer version");
    cr_expect_null(archive_open(path, ARCHIVE_CREATE));
}
