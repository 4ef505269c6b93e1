#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"

enum {
    TRIES_MOST = 3,        /* for a file whose worker died: it may not have been the file */
    DEATHS_MOST = 20,      /* in a row, without a document done */
    WATCH_INTERVAL = 100,  /* milliseconds */
    QUIET_MOST = 3,        /* intervals in which all wait and nothing comes */
    PLACE_BITS = 24,       /* of a task's id: its place among those that wait; above, how often that was used */
};

struct waiting {
    char *path;
    uint64_t id; /* 0: free */
    int64_t bytes, mtime_ns, inode;
    char *reason, *message; /* TASK_FAIL */
    unsigned tries;
    bool has_content, is_given; /* else it is to be given again */
};

struct process {
    pid_t id;
    struct slot *slot;
    const char *reason, *message; /* why it was ended by us, or NULL */
};

struct pool {
    struct pool_options options;
    struct process *processes;
    struct slot *slots; /* shared */
    bool is_started, is_stopped;
    int tasks[2], outcomes[2]; /* sockets: ours, theirs */
    array_of(struct waiting) waiting;
    array_of(uint32_t) free_places;
    size_t waiting_count, again_count;
    uint64_t generation;
    unsigned deaths, quiet;
    int64_t watched; /* when it was looked after the workers last */
    size_t memory;
    char trouble[MESSAGE_MOST];
    char message[MESSAGE_MOST];
};

/* ---- processes ---- */

static void limit_memory(size_t bytes)
{
#if !defined(__SANITIZE_ADDRESS__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    return;
#endif
#endif
    /* Address space would count what is only mapped. */
    setrlimit(RLIMIT_DATA, &(struct rlimit){bytes, bytes});
#else
    (void)bytes;
#endif
}

static void be_worker(struct pool *pool, struct process *process, pid_t supervisor)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(0);
    /* Ctrl-C is for the supervisor, which says when to end. */
    static const int ignored[] = {SIGINT, SIGHUP, SIGQUIT, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit_memory(pool->options.memory);
    close(pool->tasks[0]);
    close(pool->outcomes[0]);
    struct worker worker = pool->options.worker;
    worker.tasks = pool->tasks[1];
    worker.outcomes = pool->outcomes[1];
    worker.slot = process->slot;
    _exit(worker_run(&worker));
}

static bool set_trouble(struct pool *pool, const char *what, const char *why)
{
    if (!pool->trouble[0])
        snprintf(pool->trouble, sizeof pool->trouble, "%s: %s", what, why);
    return false;
}

static bool start(struct pool *pool, struct process *process)
{
    pool->options.before_start(pool->options.context);
    *process->slot = (struct slot){0};
    process->reason = process->message = NULL;
    fflush(NULL);
    pid_t supervisor = getpid();
    process->id = fork();
    if (process->id == 0)
        be_worker(pool, process, supervisor);
    if (process->id > 0)
        return true;
    process->id = 0;
    return set_trouble(pool, "cannot start a worker", strerror(errno));
}

static bool start_all(struct pool *pool)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pool->tasks) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pool->outcomes) != 0)
        return set_trouble(pool, "cannot make a socket", strerror(errno));
    pool->slots = mmap(NULL, pool->options.jobs * sizeof *pool->slots, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pool->slots == MAP_FAILED) {
        pool->slots = NULL;
        return set_trouble(pool, "cannot share memory", strerror(errno));
    }
    pool->is_started = true;
    for (unsigned i = 0; i < pool->options.jobs; i++) {
        pool->processes[i].slot = &pool->slots[i];
        if (!start(pool, &pool->processes[i]))
            return false;
    }
    return true;
}

/* ---- files that wait for their outcome ---- */

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (!result)
        memory_exhausted();
    return result;
}

static struct waiting *waiting_new(struct pool *pool, const struct file *file)
{
    uint32_t place = (uint32_t)pool->waiting.count;
    if (pool->free_places.count)
        place = pool->free_places.items[--pool->free_places.count];
    else
        *array_push(&pool->waiting) = (struct waiting){0};
    struct waiting *waiting = &pool->waiting.items[place];
    *waiting = (struct waiting){
        .path = copy(file->path), .id = ++pool->generation << PLACE_BITS | place, .bytes = file->bytes,
        .mtime_ns = file->mtime_ns, .inode = file->inode};
    if (file->reason) {
        waiting->reason = copy(file->reason);
        waiting->message = copy(file->message);
    }
    pool->waiting_count++;
    return waiting;
}

static struct waiting *waiting_find(struct pool *pool, uint64_t id)
{
    size_t place = id & ((1u << PLACE_BITS) - 1);
    return id && place < pool->waiting.count && pool->waiting.items[place].id == id ? &pool->waiting.items[place] : NULL;
}

static void waiting_end(struct pool *pool, struct waiting *waiting)
{
    if (!waiting->is_given)
        pool->again_count--;
    *array_push(&pool->free_places) = (uint32_t)(waiting - pool->waiting.items);
    free(waiting->path);
    free(waiting->reason);
    free(waiting->message);
    *waiting = (struct waiting){0};
    pool->waiting_count--;
}

static void give_again(struct pool *pool, struct waiting *waiting)
{
    if (pool->is_stopped) {
        waiting_end(pool, waiting);
        return;
    }
    if (waiting->is_given)
        pool->again_count++;
    waiting->is_given = false;
}

/* False when the socket is full. */
static bool send_task(struct pool *pool, struct waiting *waiting)
{
    char message[TASK_MOST];
    const struct task task = {
        .id = waiting->id, .bytes = waiting->bytes, .mtime_ns = waiting->mtime_ns, .inode = waiting->inode,
        .kind = waiting->reason ? TASK_FAIL : TASK_READ, .has_content = waiting->has_content};
    const char *texts[] = {waiting->path, waiting->reason ? waiting->reason : "", waiting->message ? waiting->message : ""};
    memcpy(message, &task, sizeof task);
    size_t size = sizeof task;
    for (size_t i = 0; i < 3; i++) {
        size_t length = strnlen(texts[i], TASK_MOST - 3 - size);
        memcpy(message + size, texts[i], length);
        message[size + length] = '\0';
        size += length + 1;
    }
    ssize_t sent;
    do
        sent = send(pool->tasks[0], message, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
        set_trouble(pool, "cannot reach the workers", strerror(errno));
    return false;
}

static void send_again(struct pool *pool)
{
    for (size_t i = 0; i < pool->waiting.count && pool->again_count; i++) {
        struct waiting *waiting = &pool->waiting.items[i];
        if (!waiting->id || waiting->is_given)
            continue;
        if (!send_task(pool, waiting))
            return;
        waiting->is_given = true;
        pool->again_count--;
    }
}

bool pool_give(struct pool *pool, const struct file *file)
{
    if (pool->trouble[0] || (!pool->is_started && !start_all(pool)))
        return false;
    if (pool->again_count)
        return false;
    struct waiting *waiting = waiting_new(pool, file);
    waiting->is_given = true;
    if (send_task(pool, waiting))
        return true;
    waiting_end(pool, waiting);
    return false;
}

/* ---- news ---- */

static void take_outcome(struct pool *pool, const struct outcome *outcome, const char *texts)
{
    if (outcome->result == TASK_TROUBLE) {
        set_trouble(pool, pool->options.worker.archive, texts + strlen(texts) + 1);
        return;
    }
    struct waiting *waiting = waiting_find(pool, outcome->id);
    if (!waiting)
        return; /* was given to two, and the other was first */
    const struct pool_outcome result = {
        .path = waiting->path, .result = outcome->result, .declarations = outcome->declarations, .findings = outcome->findings,
        .seconds = outcome->microseconds / 1e6, .reason = texts, .message = texts + strlen(texts) + 1};
    pool->options.outcome(pool->options.context, &result);
    waiting_end(pool, waiting);
    pool->deaths = 0;
}

static bool take_outcomes(struct pool *pool)
{
    static char message[OUTCOMES_MOST];
    bool is_any = false;
    for (;;) {
        ssize_t size = recv(pool->outcomes[0], message, sizeof message, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return is_any;
        is_any = true;
        struct outcome outcome;
        for (size_t at = 0; at + sizeof outcome < (size_t)size; at += outcome.size) {
            memcpy(&outcome, message + at, sizeof outcome);
            take_outcome(pool, &outcome, message + at + sizeof outcome);
        }
    }
}

/* ---- deaths ---- */

static void fail_waiting(struct pool *pool, struct waiting *waiting, const char *reason, const char *message)
{
    free(waiting->reason);
    free(waiting->message);
    waiting->reason = copy(reason);
    waiting->message = copy(message);
    waiting->has_content = true;
    waiting->id = ++pool->generation << PLACE_BITS | (waiting->id & ((1u << PLACE_BITS) - 1));
    give_again(pool, waiting);
}

static void bury(struct pool *pool, struct process *process, int status)
{
    const char *reason = process->reason, *message = process->message;
    bool is_final = reason;
    if (!reason && WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        reason = "memory";
        message = "more memory was needed than --memory allows";
        is_final = true;
    } else if (!reason) {
        if (WIFSIGNALED(status))
            snprintf(pool->message, sizeof pool->message, "the worker was ended by signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
        else
            snprintf(pool->message, sizeof pool->message, "the worker ended with status %d", WEXITSTATUS(status));
        reason = "crash";
        message = pool->message;
    }
    uint64_t at = atomic_load(&process->slot->task);
    struct waiting *waiting = waiting_find(pool, at);
    pool->options.death(pool->options.context, (long)process->id, waiting ? waiting->path : NULL, message);
    if (waiting) {
        /* What it had done and not stored comes again when all others are done. */
        if (is_final || ++waiting->tries >= TRIES_MOST)
            fail_waiting(pool, waiting, reason, message);
        else
            give_again(pool, waiting);
    }
    process->id = 0;
    if (++pool->deaths > DEATHS_MOST)
        set_trouble(pool, "workers end again and again", message);
}

static void reap(struct pool *pool)
{
    int status;
    struct rusage usage;
    for (pid_t id; (id = wait4(-1, &status, WNOHANG, &usage)) > 0;) {
        struct process *process = NULL;
        for (unsigned i = 0; i < pool->options.jobs; i++)
            if (pool->processes[i].id == id)
                process = &pool->processes[i];
        if (!process)
            continue;
        size_t memory = (size_t)usage.ru_maxrss * 1024;
        if (memory > pool->memory)
            pool->memory = memory;
        take_outcomes(pool); /* what it said last */
        if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
            process->id = 0; /* said already what the trouble is */
            set_trouble(pool, pool->options.worker.archive, "a worker could not go on");
            continue;
        }
        bury(pool, process, status);
        if (!pool->trouble[0] && pool->waiting_count)
            start(pool, process);
    }
}

static size_t resident_bytes(pid_t id)
{
    char path[40];
    unsigned long size, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)id);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void end(struct process *process, const char *reason, const char *message)
{
    process->reason = reason;
    process->message = message;
    kill(process->id, SIGKILL);
}

static void watch(struct pool *pool, int64_t now)
{
    pool->watched = now;
    for (unsigned i = 0; i < pool->options.jobs; i++) {
        struct process *process = &pool->processes[i];
        if (process->id <= 0 || process->reason || !atomic_load(&process->slot->task))
            continue;
        if (now - atomic_load(&process->slot->since) > (int64_t)pool->options.timeout * 1000)
            end(process, "timeout", "reading took longer than --timeout allows");
        else if (resident_bytes(process->id) > pool->options.memory)
            end(process, "memory", "more memory was needed than --memory allows");
    }
}

/* Tasks that went down with a worker come again once all others have nothing to do. */
static void find_lost(struct pool *pool, bool is_news)
{
    int queued = 0;
    bool is_quiet = !is_news && !pool->again_count && ioctl(pool->tasks[1], FIONREAD, &queued) == 0 && queued == 0;
    for (unsigned i = 0; i < pool->options.jobs && is_quiet; i++)
        is_quiet = pool->processes[i].id > 0 && atomic_load(&pool->processes[i].slot->is_idle);
    pool->quiet = is_quiet ? pool->quiet + 1 : 0;
    if (pool->quiet < QUIET_MOST)
        return;
    pool->quiet = 0;
    for (size_t i = 0; i < pool->waiting.count; i++)
        if (pool->waiting.items[i].id)
            give_again(pool, &pool->waiting.items[i]);
}

void pool_wait(struct pool *pool, int milliseconds, bool wants_room)
{
    if (!pool->is_started)
        return;
    bool sends = pool->again_count || wants_room;
    struct pollfd events[] = {{.fd = pool->outcomes[0], .events = POLLIN},
                              {.fd = pool->tasks[0], .events = (short)(sends ? POLLOUT : 0)}};
    poll(events, 2, milliseconds < WATCH_INTERVAL ? milliseconds : WATCH_INTERVAL);
    bool is_news = take_outcomes(pool);
    reap(pool);
    int64_t now = clock_milliseconds();
    if (now - pool->watched >= WATCH_INTERVAL) {
        watch(pool, now);
        if (pool->waiting_count && !pool->trouble[0])
            find_lost(pool, is_news);
    } else if (is_news) {
        pool->quiet = 0;
    }
    if (pool->again_count && !pool->trouble[0])
        send_again(pool);
}

size_t pool_waiting(const struct pool *pool) { return pool->waiting_count; }

const char *pool_trouble(const struct pool *pool) { return pool->trouble[0] ? pool->trouble : NULL; }

/* ---- the end ---- */

void pool_stop(struct pool *pool)
{
    if (!pool->is_started || pool->is_stopped)
        return;
    pool->is_stopped = true;
    static char message[TASK_MOST];
    for (ssize_t size; (size = recv(pool->tasks[1], message, sizeof message, MSG_DONTWAIT)) > 0;) {
        struct task task;
        if (size < (ssize_t)sizeof task)
            continue;
        memcpy(&task, message, sizeof task);
        struct waiting *waiting = waiting_find(pool, task.id);
        if (waiting)
            waiting_end(pool, waiting);
    }
    for (size_t i = 0; i < pool->waiting.count; i++)
        if (pool->waiting.items[i].id && !pool->waiting.items[i].is_given)
            waiting_end(pool, &pool->waiting.items[i]);
}

size_t pool_release(struct pool *pool, bool is_hasty)
{
    const struct task last = {.kind = TASK_END};
    unsigned running = 0;
    for (unsigned i = 0; i < pool->options.jobs; i++) {
        if (pool->processes[i].id <= 0)
            continue;
        running++;
        if (is_hasty)
            kill(pool->processes[i].id, SIGKILL);
        else
            send(pool->tasks[0], &last, sizeof last, MSG_NOSIGNAL);
    }
    for (int status; running; running--) {
        struct rusage usage;
        pid_t id;
        while ((id = wait4(-1, &status, 0, &usage)) < 0 && errno == EINTR)
            ;
        if (id > 0 && (size_t)usage.ru_maxrss * 1024 > pool->memory)
            pool->memory = (size_t)usage.ru_maxrss * 1024;
    }
    if (pool->is_started) {
        for (int i = 0; i < 2; i++) {
            close(pool->tasks[i]);
            close(pool->outcomes[i]);
        }
        munmap(pool->slots, pool->options.jobs * sizeof *pool->slots);
    }
    for (size_t i = 0; i < pool->waiting.count; i++)
        if (pool->waiting.items[i].id)
            waiting_end(pool, &pool->waiting.items[i]);
    array_release(&pool->waiting);
    array_release(&pool->free_places);
    size_t memory = pool->memory;
    free(pool->processes);
    free(pool);
    return memory;
}

struct pool *pool_new(const struct pool_options *options)
{
    struct pool *pool = memory_resize(NULL, sizeof *pool);
    *pool = (struct pool){.options = *options};
    pool->processes = memory_resize(NULL, options->jobs * sizeof *pool->processes);
    memset(pool->processes, 0, options->jobs * sizeof *pool->processes);
    return pool;
}
