#include "digitize.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "archive_load.h"
#include "base/caret.h"
#include "base/report.h"
#include "pool.h"

enum {
    TERMINAL_INTERVAL = 200, /* milliseconds between two looks at the progress */
    PIPE_INTERVAL = 60000,
    COUNT_AFTER = 1000,   /* milliseconds; then it is worth counting the files */
    LOOK_AFTER = 500,     /* files that are skipped, until there is a look at what else is going on */
    FAILURES_SHOWN = 20,
};

struct digitize {
    const struct digitize_options *options;
    struct archive_reader reader;
    char program[80];
    struct archive *archive; /* ours, only while no process is started */
    struct files *files;
    struct pool *pool;
    FILE *log;
    int64_t run; /* its row */
    bool is_new; /* the archive held nothing */

    size_t forms, findings, empties; /* of what was read: documents without a form */
    size_t counts[TASK_RESULTS], skipped, failed_before, shown;

    int64_t begun, told; /* milliseconds */
    bool is_terminal;
    int width; /* of what stands on the terminal now */
    pid_t counter;
    _Atomic uint64_t *total; /* 1 + the number of files, once they are counted; shared */
};

/* What a person is told. The names of counts are of one width. */
struct words {
    const char *speed, *left, *failed_and_findings, *further_failures, *finishing, *unfinished;
    const char *read, *known, *skipped, *failed_before, *elsewhere, *failed, *time, *files_a_second, *memory, *now;
    const char *documents, *forms, *layouts, *years, *encodings, *failures, *of_none, *comma, *others;
};

static const struct words words[LANGUAGES] = {
    [LANGUAGE_EN] = {
        .speed = " · %.0f/s",
        .left = " · %lu:%02lu:%02lu left",
        .failed_and_findings = " · %zu failed · %zu findings",
        .further_failures = "further failures are counted here, and named in the archive (the view 'failures')",
        .finishing = "finishing the documents at hand; interrupt again to end at once",
        .unfinished = "not all is done; the same command goes on where this one ended",
        .read = "read      %zu documents with %zu forms and %zu findings; %zu without a form\n",
        .known = "known     %zu files whose content is in the archive\n",
        .skipped = "skipped   %zu files that were done before\n",
        .failed_before = "skipped   %zu files that failed before (--retry-failed tries them again)\n",
        .elsewhere = "elsewhere %zu files of other shards\n",
        .failed = "failed    %zu files\n",
        .time = "time      %.1f s",
        .files_a_second = ", %.0f files a second",
        .memory = ", at most %.0f MB for a worker",
        .now = "the archive now:",
        .documents = "  documents  ",
        .forms = "  forms      ",
        .layouts = "  layouts    ",
        .years = "  years      ",
        .encodings = "  encodings  ",
        .failures = "  failures   ",
        .of_none = "(none)",
        .comma = ", ",
        .others = "others",
    },
    [LANGUAGE_ZH] = {
        .speed = " · 每秒%.0f份",
        .left = " · 还需%lu:%02lu:%02lu",
        .failed_and_findings = " · 失败%zu份 · 检查结果%zu条",
        .further_failures = "其余失败的文件只计数，名称和原因见归档（视图 failures）",
        .finishing = "正在完成手头的文件；再次中断则立即结束",
        .unfinished = "尚未全部完成；再次执行同一命令即可接着处理",
        .read = "读取  文件%zu份，申报表%zu份，检查结果%zu条；没有申报表的文件%zu份\n",
        .known = "已知  文件%zu份，内容已在归档中\n",
        .skipped = "跳过  文件%zu份，以前已完成\n",
        .failed_before = "跳过  文件%zu份，以前失败（加 --retry-failed 重试）\n",
        .elsewhere = "别处  文件%zu份，属于其他分片\n",
        .failed = "失败  文件%zu份\n",
        .time = "用时  %.1f秒",
        .files_a_second = "，每秒%.0f份",
        .memory = "，单个进程最多占用内存%.0f MB",
        .now = "归档现有：",
        .documents = "  文件    ",
        .forms = "  申报表  ",
        .layouts = "  版式    ",
        .years = "  年度    ",
        .encodings = "  编码    ",
        .failures = "  失败    ",
        .of_none = "（无）",
        .comma = "，",
        .others = "其他",
    },
};

/* The archive's own words, for whom English says nothing: they stand beside them, since questions name them. */
static const struct {
    const char *word, *zh;
} meanings[] = {
    {"done", "完成"},         {"failed", "失败"},   {"unreadable", "无法打开"}, {"special", "不是普通文件"},
    {"loop", "链接成环"},     {"empty", "空文件"},  {"binary", "二进制文件"},   {"too-large", "文件过大"},
    {"timeout", "超过时限"}, {"memory", "内存超限"}, {"crash", "读取进程崩溃"},
};

static volatile sig_atomic_t interrupted, interruptions;

static void interrupt(int signal_number)
{
    interrupted = signal_number;
    interruptions = interruptions + 1;
}

static void guard(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue; /* nohup stays nohup */
        action = (struct sigaction){.sa_handler = interrupt};
        sigaction(signals[i], &action, NULL);
    }
}

static const struct words *say(const struct digitize *digitize) { return &words[digitize->options->language]; }

/* ---- log ---- */

static void now_text(char out[32])
{
    time_t now = time(NULL);
    struct tm parts;
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text && *text) {
        json_t *value = json_string(text);
        json_object_set_new(object, key, value ? value : json_string("?")); /* no UTF-8 */
    }
}

static void log_line(struct digitize *digitize, const char *event, json_t *object)
{
    char time[32];
    if (!digitize->log) {
        json_decref(object);
        return;
    }
    now_text(time);
    json_t *line = json_pack("{s:s, s:s}", "time", time, "event", event);
    json_object_update(line, object);
    json_dumpf(line, digitize->log, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putc('\n', digitize->log);
    fflush(digitize->log);
    json_decref(line);
    json_decref(object);
}

/* ---- progress ---- */

static void hide(struct digitize *digitize)
{
    if (digitize->width)
        fprintf(stderr, "\r%*s\r", digitize->width, "");
    digitize->width = 0;
}

static size_t finished(const struct digitize *digitize)
{
    size_t count = 0;
    for (enum task_result i = 0; i < TASK_RESULTS; i++)
        count += digitize->counts[i];
    return count;
}

static void count_in_background(struct digitize *digitize)
{
    const char *list = digitize->options->files.list;
    digitize->counter = -1;
    if (list && (strcmp(list, "-") == 0))
        return;
    void *memory = mmap(NULL, sizeof *digitize->total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    digitize->total = memory;
    pid_t parent = getpid();
    digitize->counter = fork();
    if (digitize->counter != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    struct files *files = getppid() == parent ? files_open(&digitize->options->files) : NULL;
    if (files)
        atomic_store(digitize->total, files_count(files) + 1);
    _exit(0);
}

static void tell(struct digitize *digitize, bool is_last)
{
    int64_t now = clock_milliseconds();
    if (!is_last && now - digitize->told < (digitize->is_terminal ? TERMINAL_INTERVAL : PIPE_INTERVAL))
        return;
    digitize->told = now;
    if (!digitize->counter && now - digitize->begun > COUNT_AFTER)
        count_in_background(digitize);
    uint64_t total = digitize->total ? atomic_load(digitize->total) : 0;
    size_t worked = finished(digitize), done = worked + digitize->skipped + digitize->failed_before;
    double seconds = (double)(now - digitize->begun) / 1e3, speed = seconds > 0 ? (double)worked / seconds : 0;
    char line[300];
    int length = total ? snprintf(line, sizeof line, "%zu / %llu", done, (unsigned long long)total - 1)
                       : snprintf(line, sizeof line, "%zu", done);
    length += snprintf(line + length, sizeof line - (size_t)length, say(digitize)->speed, speed);
    if (total && speed > 0 && total - 1 > done) {
        unsigned long left = (unsigned long)((double)(total - 1 - done) / speed);
        length += snprintf(line + length, sizeof line - (size_t)length, say(digitize)->left, left / 3600, left / 60 % 60,
                           left % 60);
    }
    snprintf(line + length, sizeof line - (size_t)length, say(digitize)->failed_and_findings, digitize->counts[TASK_FAILED],
             digitize->findings);
    if (digitize->is_terminal) {
        hide(digitize); /* what is shorter than before */
        fputs(line, stderr);
        fflush(stderr);
        digitize->width = (int)shown_width(line, strlen(line));
    } else {
        fprintf(stderr, "shenbao: %s\n", line);
    }
}

/* ---- what the pool says ---- */

static void take_outcome(void *context, const struct pool_outcome *outcome)
{
    static const char *const names[TASK_RESULTS] = {[TASK_STORED] = "done", [TASK_KNOWN] = "known", [TASK_FAILED] = "failed"};
    struct digitize *digitize = context;
    digitize->counts[outcome->result]++;
    digitize->forms += outcome->declarations;
    digitize->findings += outcome->findings;
    digitize->empties += outcome->result == TASK_STORED && !outcome->declarations;
    if (outcome->result == TASK_FAILED && digitize->shown < FAILURES_SHOWN) {
        hide(digitize);
        report(REPORT_ERROR, (struct place){.path = outcome->path}, "%s", outcome->message);
        if (++digitize->shown == FAILURES_SHOWN)
            fprintf(stderr, "shenbao: %s\n", say(digitize)->further_failures);
    }
    if (!digitize->log || !names[outcome->result])
        return;
    json_t *object = json_object();
    struct source named = {.href = outcome->path};
    char *path = writer_href(&(struct writer){.source = &named});
    set_text(object, "path", path);
    free(path);
    set_text(object, "state", names[outcome->result]);
    if (outcome->result == TASK_STORED) {
        json_object_set_new(object, "declarations", json_integer(outcome->declarations));
        json_object_set_new(object, "findings", json_integer(outcome->findings));
        json_object_set_new(object, "seconds", json_real(outcome->seconds));
    }
    set_text(object, "reason", outcome->reason);
    set_text(object, "message", outcome->message);
    log_line(digitize, "document", object);
}

static void take_death(void *context, long process, const char *path, const char *message)
{
    struct digitize *digitize = context;
    json_t *object = json_object();
    json_object_set_new(object, "process", json_integer(process));
    set_text(object, "path", path);
    set_text(object, "message", message);
    log_line(digitize, "worker-ended", object);
}

/* A process that is forked must not find an open database. */
static void close_archive(void *context)
{
    struct digitize *digitize = context;
    archive_close(digitize->archive);
    digitize->archive = NULL;
}

static bool open_archive(struct digitize *digitize)
{
    if (!digitize->archive)
        digitize->archive = archive_open(digitize->options->archive, ARCHIVE_WRITE);
    return digitize->archive;
}

/* ---- the files ---- */

/* Whether the archive has it already. */
static bool is_done(struct digitize *digitize, const struct file *file)
{
    if (file->reason || digitize->options->verifies || !open_archive(digitize))
        return false;
    struct source named = {.href = file->path};
    char *path = writer_href(&(struct writer){.source = &named});
    const struct archive_file known = {path, file->bytes, file->mtime_ns, file->inode};
    enum archive_state state = archive_knows_file(digitize->archive, &digitize->reader, &known);
    free(path);
    if (state == ARCHIVE_FAILED && digitize->options->retries_failed)
        return false;
    digitize->skipped += state == ARCHIVE_DONE;
    digitize->failed_before += state == ARCHIVE_FAILED;
    return state != ARCHIVE_UNKNOWN;
}

/* Walks and waits until all is done. */
static void work(struct digitize *digitize)
{
    struct file file;
    bool has_file = false, is_end = false, is_stopped = false;
    size_t looked = 0;
    for (;;) {
        while (!is_end && !is_stopped && !interrupted && looked < LOOK_AFTER) {
            if (!has_file && !files_next(digitize->files, &file)) {
                is_end = true;
                break;
            }
            has_file = true;
            looked++;
            if (!is_done(digitize, &file) && !pool_give(digitize->pool, &file))
                break;
            has_file = false;
        }
        bool is_busy = looked == LOOK_AFTER;
        looked = 0;
        if (pool_trouble(digitize->pool) || interruptions > 1)
            return;
        if (interrupted && !is_stopped) {
            is_stopped = true;
            pool_stop(digitize->pool);
            hide(digitize);
            fprintf(stderr, "shenbao: %s\n", say(digitize)->finishing);
        }
        if ((is_end || is_stopped) && !pool_waiting(digitize->pool))
            return;
        pool_wait(digitize->pool, is_busy ? 0 : 1000, has_file);
        tell(digitize, false);
    }
}

/* ---- the end ---- */

static int64_t begin_run(struct digitize *digitize)
{
    char now[32];
    now_text(now);
    struct query *query = archive_query(digitize->archive,
                                        "INSERT INTO runs (started, program, grammar, jobs) VALUES (?1, ?2, ?3, ?4) RETURNING id", false);
    int64_t run = -1;
    if (query) {
        query_bind_text(query, 1, now);
        query_bind_text(query, 2, digitize->reader.program);
        query_bind_text(query, 3, digitize->reader.grammar);
        query_bind_integer(query, 4, digitize->options->jobs);
        if (query_next(query) == QUERY_ROW)
            run = query_integer(query, 0);
        while (run >= 0 && query_next(query) == QUERY_ROW)
            ;
    }
    if (run < 0)
        report(REPORT_ERROR, (struct place){.path = digitize->options->archive}, "cannot write to the archive: %s",
               archive_message(digitize->archive));
    query_release(query);
    return run;
}

static bool end_run(struct digitize *digitize)
{
    char now[32];
    now_text(now);
    struct query *query = archive_query(digitize->archive,
                                        "UPDATE runs SET ended = ?2, done = ?3, failed = ?4, skipped = ?5 WHERE id = ?1", false);
    if (!query)
        return false;
    query_bind_integer(query, 1, digitize->run);
    query_bind_text(query, 2, now);
    query_bind_integer(query, 3, (int64_t)(digitize->counts[TASK_STORED] + digitize->counts[TASK_KNOWN]));
    query_bind_integer(query, 4, (int64_t)digitize->counts[TASK_FAILED]);
    query_bind_integer(query, 5, (int64_t)(digitize->skipped + digitize->failed_before));
    bool is_fine = query_next(query) == QUERY_END;
    query_release(query);
    return is_fine;
}

static const char *meaning(const struct digitize *digitize, const char *word)
{
    if (digitize->options->language != LANGUAGE_ZH)
        return NULL;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(meanings[i].word, word) == 0)
            return meanings[i].zh;
    return NULL;
}

/* One line: a name, and how often each value occurs. */
static void print_counts(struct digitize *digitize, const char *name, const char *sql)
{
    enum { SHOWN = 12 };
    struct query *query = archive_query(digitize->archive, sql, true);
    size_t shown = 0, others = 0;
    while (query && query_next(query) == QUERY_ROW) {
        if (shown++ < SHOWN) {
            const char *value = query_text(query, 0), *meant = value ? meaning(digitize, value) : NULL;
            printf("%s%s", shown == 1 ? name : say(digitize)->comma, value ? value : say(digitize)->of_none);
            if (meant)
                printf("（%s）", meant);
            printf(" %lld", (long long)query_integer(query, 1));
        } else {
            others += (size_t)query_integer(query, 1);
        }
    }
    if (others)
        printf("%s%s %zu", say(digitize)->comma, say(digitize)->others, others);
    if (shown)
        putchar('\n');
    query_release(query);
}

static void print_summary(struct digitize *digitize, size_t memory)
{
    const struct words *say_it = say(digitize);
    const size_t *counts = digitize->counts;
    double seconds = (double)(clock_milliseconds() - digitize->begun) / 1e3;
    printf(say_it->read, counts[TASK_STORED], digitize->forms, digitize->findings, digitize->empties);
    if (counts[TASK_KNOWN])
        printf(say_it->known, counts[TASK_KNOWN]);
    if (digitize->skipped)
        printf(say_it->skipped, digitize->skipped);
    if (digitize->failed_before)
        printf(say_it->failed_before, digitize->failed_before);
    if (counts[TASK_ELSEWHERE])
        printf(say_it->elsewhere, counts[TASK_ELSEWHERE]);
    if (counts[TASK_FAILED])
        printf(say_it->failed, counts[TASK_FAILED]);
    size_t worked = finished(digitize);
    printf(say_it->time, seconds);
    if (worked && seconds > 0)
        printf(say_it->files_a_second, (double)worked / seconds);
    if (memory)
        printf(say_it->memory, (double)memory / 1e6);
    printf("\n%s\n", say_it->now);
    print_counts(digitize, say_it->documents, "SELECT state, count(*) FROM sources GROUP BY state");
    print_counts(digitize, say_it->forms, "SELECT kind, count(*) FROM declarations GROUP BY kind ORDER BY 2 DESC, 1");
    print_counts(digitize, say_it->layouts, "SELECT layout, count(*) FROM declarations GROUP BY layout ORDER BY 2 DESC, 1");
    print_counts(digitize, say_it->years, "SELECT year, count(*) FROM declarations GROUP BY year ORDER BY 1");
    print_counts(digitize, say_it->encodings,
                 "SELECT encoding, count(*) FROM sources WHERE state = 'done' GROUP BY encoding ORDER BY 2 DESC, 1");
    print_counts(digitize, say_it->failures, "SELECT reason, count(*) FROM failures GROUP BY reason ORDER BY 2 DESC, 1");
}

static int finish(struct digitize *digitize, bool is_hasty)
{
    const char *trouble = pool_trouble(digitize->pool);
    char *message = trouble ? strdup(trouble) : NULL;
    size_t memory = pool_release(digitize->pool, is_hasty || trouble);
    hide(digitize);
    bool has_archive = open_archive(digitize), is_whole = files_fine(digitize->files);
    bool has_failures = digitize->counts[TASK_FAILED] || digitize->failed_before;
    int status = interrupted ? 128 + interrupted : !is_whole ? 2 : has_failures ? 1 : 0;
    if (message) {
        fprintf(stderr, "shenbao: error: %s\n", message);
        status = 2;
    } else if (!has_archive || !end_run(digitize)) {
        if (has_archive)
            report(REPORT_ERROR, (struct place){.path = digitize->options->archive}, "%s", archive_message(digitize->archive));
        status = 2;
    }
    free(message);
    if (has_archive)
        print_summary(digitize, memory);
    fflush(stdout);
    if (status >= 2)
        fprintf(stderr, "shenbao: %s\n", say(digitize)->unfinished);
    log_line(digitize, "end",
             json_pack("{s:i, s:I, s:I, s:I, s:I}", "status", status, "done",
                       (json_int_t)(digitize->counts[TASK_STORED] + digitize->counts[TASK_KNOWN]), "failed",
                       (json_int_t)digitize->counts[TASK_FAILED], "skipped", (json_int_t)(digitize->skipped + digitize->failed_before),
                       "memory", (json_int_t)memory));
    return status;
}

static int run(struct digitize *digitize)
{
    const struct digitize_options *options = digitize->options;
    if (options->log) {
        digitize->log = fopen(options->log, "ae");
        if (!digitize->log) {
            report(REPORT_ERROR, (struct place){.path = options->log}, "cannot write the log: %s", strerror(errno));
            return 2;
        }
    }
    digitize->files = files_open(&options->files);
    digitize->run = digitize->files ? begin_run(digitize) : -1;
    if (digitize->run < 0)
        return 2;
    struct query *any = archive_query(digitize->archive, "SELECT 1 FROM sources LIMIT 1", true);
    digitize->is_new = any && query_next(any) == QUERY_END;
    query_release(any);
    log_line(digitize, "start", json_pack("{s:s, s:s, s:s}", "archive", options->archive, "program", digitize->reader.program, "grammar",
                                          digitize->reader.grammar));
    const struct pool_options pool = {
        .jobs = options->jobs, .timeout = options->timeout, .memory = options->memory, .context = digitize,
        .outcome = take_outcome, .death = take_death, .before_start = close_archive,
        .worker = {.archive = options->archive, .grammar = options->grammar, .reader = &digitize->reader,
                   .encoding = options->encoding, .shard = options->shard, .shards = options->shards,
                   .is_new = digitize->is_new},
    };
    digitize->pool = pool_new(&pool);
    guard();
    work(digitize);
    return finish(digitize, interruptions > 1);
}

int digitize_run(const struct digitize_options *options)
{
    struct digitize digitize = {.options = options, .is_terminal = isatty(STDERR_FILENO)};
    digitize.begun = digitize.told = clock_milliseconds();
    snprintf(digitize.program, sizeof digitize.program, "%s%s%s", SHENBAO_VERSION,
             options->encoding < ENCODINGS ? " --encoding " : "", options->encoding < ENCODINGS ? encoding_names[options->encoding] : "");
    digitize.reader = (struct archive_reader){digitize.program, grammar_fingerprint(options->grammar)};
    int held = archive_lock(options->archive), status = 2;
    if (held < 0)
        return status;
    digitize.archive = archive_open(options->archive, ARCHIVE_CREATE);
    if (digitize.archive)
        status = run(&digitize);
    archive_close(digitize.archive);
    archive_unlock(options->archive, held); /* last: nobody else opens it while this one puts its log away */
    files_close(digitize.files);
    if (digitize.counter > 0) {
        kill(digitize.counter, SIGKILL);
        waitpid(digitize.counter, NULL, 0);
    }
    if (digitize.total)
        munmap((void *)digitize.total, sizeof *digitize.total);
    bool is_logged = !digitize.log || !ferror(digitize.log);
    if (digitize.log && fclose(digitize.log) != 0)
        is_logged = false;
    if (!is_logged) {
        report(REPORT_ERROR, (struct place){.path = options->log}, "cannot write the log; what it lacks is in the archive");
        status = status < 2 ? 2 : status;
    }
    return status;
}
