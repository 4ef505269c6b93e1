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
    json_dumpf(line, digitize->log, JSON_COMPACT);
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
    char line[200];
    int length = total ? snprintf(line, sizeof line, "%zu / %llu", done, (unsigned long long)total - 1)
                       : snprintf(line, sizeof line, "%zu", done);
    length += snprintf(line + length, sizeof line - (size_t)length, " · %.0f/s", speed);
    if (total && speed > 0 && total - 1 > done) {
        unsigned long left = (unsigned long)((double)(total - 1 - done) / speed);
        length += snprintf(line + length, sizeof line - (size_t)length, " · %lu:%02lu:%02lu left", left / 3600, left / 60 % 60, left % 60);
    }
    snprintf(line + length, sizeof line - (size_t)length, " · %zu failed · %zu findings", digitize->counts[TASK_FAILED],
             digitize->findings);
    if (digitize->is_terminal) {
        /* Not all bytes are columns: what is shorter than before is hidden first. */
        hide(digitize);
        digitize->width = fprintf(stderr, "%s", line);
        fflush(stderr);
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
            fputs("shenbao: further failures are counted here, and named in the archive (the view 'failures')\n", stderr);
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
            fputs("shenbao: finishing the documents at hand; interrupt again to end at once\n", stderr);
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

/* One line: a name, and how often each value occurs. */
static void print_counts(struct digitize *digitize, const char *name, const char *sql)
{
    enum { SHOWN = 12 };
    struct query *query = archive_query(digitize->archive, sql, true);
    size_t shown = 0, others = 0;
    while (query && query_next(query) == QUERY_ROW) {
        if (shown++ < SHOWN) {
            const char *value = query_text(query, 0);
            printf("%s%s %lld", shown == 1 ? name : ", ", value ? value : "(none)", (long long)query_integer(query, 1));
        } else {
            others += (size_t)query_integer(query, 1);
        }
    }
    if (others)
        printf(", others %zu", others);
    if (shown)
        putchar('\n');
    query_release(query);
}

static void print_summary(struct digitize *digitize, size_t memory)
{
    const size_t *counts = digitize->counts;
    double seconds = (double)(clock_milliseconds() - digitize->begun) / 1e3;
    printf("read      %zu documents with %zu forms and %zu findings; %zu without a form\n", counts[TASK_STORED], digitize->forms,
           digitize->findings, digitize->empties);
    if (counts[TASK_KNOWN])
        printf("known     %zu files whose content is in the archive\n", counts[TASK_KNOWN]);
    if (digitize->skipped)
        printf("skipped   %zu files that were done before\n", digitize->skipped);
    if (digitize->failed_before)
        printf("skipped   %zu files that failed before (--retry-failed tries them again)\n", digitize->failed_before);
    if (counts[TASK_ELSEWHERE])
        printf("elsewhere %zu files of other shards\n", counts[TASK_ELSEWHERE]);
    if (counts[TASK_FAILED])
        printf("failed    %zu files\n", counts[TASK_FAILED]);
    size_t worked = finished(digitize);
    printf("time      %.1f s", seconds);
    if (worked && seconds > 0)
        printf(", %.0f files a second", (double)worked / seconds);
    if (memory)
        printf(", at most %.0f MB for a worker", (double)memory / 1e6);
    puts("\nthe archive now:");
    print_counts(digitize, "  documents  ", "SELECT state, count(*) FROM sources GROUP BY state");
    print_counts(digitize, "  forms      ", "SELECT kind, count(*) FROM declarations GROUP BY kind ORDER BY 2 DESC, 1");
    print_counts(digitize, "  layouts    ", "SELECT layout, count(*) FROM declarations GROUP BY layout ORDER BY 2 DESC, 1");
    print_counts(digitize, "  years      ", "SELECT year, count(*) FROM declarations GROUP BY year ORDER BY 1");
    print_counts(digitize, "  encodings  ",
                 "SELECT encoding, count(*) FROM sources WHERE state = 'done' GROUP BY encoding ORDER BY 2 DESC, 1");
    print_counts(digitize, "  failures   ", "SELECT reason, count(*) FROM failures GROUP BY reason ORDER BY 2 DESC, 1");
}

static int finish(struct digitize *digitize, bool is_hasty)
{
    const char *trouble = pool_trouble(digitize->pool);
    char *message = trouble ? strdup(trouble) : NULL;
    size_t memory = pool_release(digitize->pool, is_hasty || trouble);
    hide(digitize);
    bool has_archive = open_archive(digitize);
    bool has_failures = digitize->counts[TASK_FAILED] || digitize->failed_before;
    int status = interrupted ? 128 + interrupted : has_failures ? 1 : 0;
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
        fprintf(stderr, "shenbao: not all is done; the same command goes on where this one ended\n");
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
    if (digitize.log)
        fclose(digitize.log);
    return status;
}
