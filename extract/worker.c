#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input.h"

enum {
    STORE_COUNT = 256,        /* documents that are stored together … */
    STORE_BYTES = 6 << 20,    /* … or so many bytes of them … */
    STORE_MILLISECONDS = 250, /* … or what came in such a time; */
    KEPT_MOST = 16 << 20,     /* bytes of free memory */
    STORE_LIMIT = 2,          /* where others are at it, this many times as much may wait */
};

struct work {
    const struct worker *worker;
    struct archive *archive;
    struct loader *loader;
    struct findings findings;
    struct buffer outcomes; /* of what waits to be stored */
    size_t waiting;
    int64_t first; /* when the oldest of it came */
};

static int64_t clock_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_milliseconds(void) { return clock_microseconds() / 1000; }

/* ---- outcomes ---- */

static void add_outcome(struct work *work, struct outcome outcome, const char *reason, const char *message)
{
    char *to = buffer_room(&work->outcomes, sizeof outcome + REASON_MOST + MESSAGE_MOST + 8);
    char *text = to + sizeof outcome;
    snprintf(text, REASON_MOST, "%s", reason ? reason : "");
    text += strlen(text) + 1;
    snprintf(text, MESSAGE_MOST, "%s", message ? message : "");
    text += strlen(text) + 1;
    while ((text - to) % 8)
        *text++ = '\0';
    outcome.size = (uint32_t)(text - to);
    memcpy(to, &outcome, sizeof outcome);
    buffer_wrote(&work->outcomes, text);
    work->waiting++;
}

/* Whole outcomes, as many as go into a message. */
static bool send_outcomes(struct work *work)
{
    for (size_t from = 0; from < work->outcomes.length;) {
        size_t size = 0;
        struct outcome outcome;
        while (from + size < work->outcomes.length) {
            memcpy(&outcome, work->outcomes.bytes + from + size, sizeof outcome);
            if (size + outcome.size > OUTCOMES_MOST)
                break;
            size += outcome.size;
        }
        ssize_t sent;
        do
            sent = send(work->worker->outcomes, work->outcomes.bytes + from, size, MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent < 0)
            return false;
        from += size;
    }
    work->outcomes.length = 0;
    work->waiting = 0;
    return true;
}

static bool store(struct work *work, bool is_patient)
{
    switch (loader_store(work->loader, is_patient)) {
    case LOADER_BUSY:
        return true;
    case LOADER_STORED:
        return send_outcomes(work);
    case LOADER_TROUBLE:
        break;
    }
    work->outcomes.length = 0;
    add_outcome(work, (struct outcome){.result = TASK_TROUBLE}, "archive", archive_message(work->archive));
    send_outcomes(work);
    return false;
}

/* ---- one document ---- */

static bool digest_file(const char *path, char sha256[65])
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    if (descriptor < 0)
        return false;
    struct sha256_ctx context;
    sha256_init(&context);
    static uint8_t bytes[1 << 16];
    ssize_t count = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? 1 : -1;
    while (count > 0 && (count = read(descriptor, bytes, sizeof bytes)) > 0)
        sha256_update(&context, (size_t)count, bytes);
    close(descriptor);
    uint8_t sum[SHA256_DIGEST_SIZE];
    sha256_digest(&context, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++)
        snprintf(sha256 + 2 * i, 3, "%02x", sum[i]);
    return count == 0;
}

/* Which shard a content belongs to: the same on every machine. */
static bool is_elsewhere(const struct worker *worker, const char *sha256)
{
    char head[9] = "";
    memcpy(head, sha256, 8);
    return worker->shards > 1 && strtoul(head, NULL, 16) % worker->shards != worker->shard;
}

/* What has no content is split by its path. */
static bool is_path_elsewhere(const struct worker *worker, const char *path)
{
    uint32_t hash = 2166136261u;
    for (const unsigned char *at = (const unsigned char *)path; *at; at++)
        hash = (hash ^ *at) * 16777619u;
    return worker->shards > 1 && hash % worker->shards != worker->shard;
}

static void fail(struct work *work, const struct archive_file *file, const char *path, struct outcome outcome, bool has_content,
                 const char *reason, const char *message)
{
    char sha256[65];
    bool has_digest = has_content && digest_file(path, sha256);
    if (has_digest ? is_elsewhere(work->worker, sha256) : is_path_elsewhere(work->worker, file->path)) {
        outcome.result = TASK_ELSEWHERE;
        add_outcome(work, outcome, NULL, NULL);
        return;
    }
    loader_fail(work->loader, file, has_digest ? sha256 : NULL, reason, message);
    outcome.result = TASK_FAILED;
    add_outcome(work, outcome, reason, message);
}

static void read_file(struct work *work, const struct archive_file *file, const char *path, struct outcome outcome)
{
    const struct worker *worker = work->worker;
    int64_t begin = clock_microseconds();
    struct source source;
    enum source_trouble trouble = source_read(&source, path, worker->encoding);
    if (trouble) {
        char message[200];
        input_message(message, sizeof message, trouble, errno);
        fail(work, file, path, outcome, trouble == SOURCE_BINARY, source_trouble_names[trouble], message);
        return;
    }
    if (is_elsewhere(worker, source.sha256)) {
        outcome.result = TASK_ELSEWHERE;
    } else if (!source.size) {
        fail(work, file, path, outcome, true, "empty", "the file is empty");
        source_release(&source);
        return;
    } else if (!worker->is_new && archive_knows_content(work->archive, worker->reader, source.sha256, source.media_type) == ARCHIVE_DONE) {
        loader_see(work->loader, file, source.sha256, source.media_type);
        outcome.result = TASK_KNOWN;
    } else {
        struct sink sink;
        loader_begin(work->loader, file, &source, &sink);
        struct extract_summary summary = extract_to(&source, worker->grammar, &sink, &work->findings);
        loader_end(work->loader);
        outcome.result = TASK_STORED;
        outcome.declarations = (uint32_t)summary.declarations;
        outcome.findings = (uint32_t)summary.findings;
    }
    source_release(&source);
    int64_t time = clock_microseconds() - begin;
    outcome.microseconds = time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
    add_outcome(work, outcome, NULL, NULL);
}

static void do_task(struct work *work, const struct task *task, const char *path)
{
    struct slot *slot = work->worker->slot;
    struct source named = {.href = path};
    char *href = writer_href(&(struct writer){.source = &named});
    const struct archive_file file = {href, task->bytes, task->mtime_ns, task->inode};
    atomic_store(&slot->since, clock_milliseconds());
    atomic_store(&slot->task, task->id);
    if (task->kind == TASK_READ) {
        read_file(work, &file, path, (struct outcome){.id = task->id});
    } else {
        const char *reason = path + strlen(path) + 1;
        fail(work, &file, path, (struct outcome){.id = task->id}, task->has_content, reason, reason + strlen(reason) + 1);
    }
    atomic_store(&slot->task, 0);
    free(href);
}

/* ---- the loop ---- */

static bool work_on(struct work *work)
{
    const struct worker *worker = work->worker;
    static char message[TASK_MOST + 1];
    for (;;) {
        atomic_store(&worker->slot->is_idle, !work->waiting);
        ssize_t size = recv(worker->tasks, message, TASK_MOST, work->waiting ? MSG_DONTWAIT : 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!store(work, true))
                return false;
            continue;
        }
        atomic_store(&worker->slot->is_idle, false);
        struct task task;
        if (size < (ssize_t)sizeof task)
            return store(work, true); /* the other end is closed */
        memcpy(&task, message, sizeof task);
        if (task.kind == TASK_END)
            return store(work, true);
        message[size] = '\0';
        if (!work->waiting)
            work->first = clock_milliseconds();
        do_task(work, &task, message + sizeof task);
        size_t bytes = loader_bytes(work->loader);
        bool is_full = work->waiting >= STORE_LIMIT * STORE_COUNT || bytes >= STORE_LIMIT * STORE_BYTES;
        if (!is_full && work->waiting < STORE_COUNT && bytes < STORE_BYTES && clock_milliseconds() - work->first < STORE_MILLISECONDS)
            continue;
        if (!store(work, is_full))
            return false;
    }
}

int worker_run(const struct worker *worker)
{
    struct work work = {.worker = worker};
    /* What one document needed, the next will need: freed memory is not given back. */
    mallopt(M_MMAP_THRESHOLD, KEPT_MOST / 4);
    mallopt(M_TRIM_THRESHOLD, KEPT_MOST);
    bool is_fine = false;
    work.archive = archive_open(worker->archive, ARCHIVE_WRITE);
    if (work.archive) {
        work.loader = loader_new(work.archive, worker->reader);
        if (work.loader) {
            is_fine = work_on(&work);
        } else {
            add_outcome(&work, (struct outcome){.result = TASK_TROUBLE}, "archive", archive_message(work.archive));
            send_outcomes(&work);
        }
    } else {
        add_outcome(&work, (struct outcome){.result = TASK_TROUBLE}, "archive", "cannot be opened");
        send_outcomes(&work);
    }
    loader_release(work.loader);
    archive_close(work.archive);
    findings_release(&work.findings);
    buffer_release(&work.outcomes);
    return is_fine ? 0 : 3;
}
