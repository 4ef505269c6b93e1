/* A worker process of a batch: takes tasks from a socket that all workers share, reads
 * documents and stores them, many in a transaction, and says what is stored. */
#ifndef SHENBAO_WORKER_H
#define SHENBAO_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "archive_load.h"
#include "grammar.h"

enum task_kind {
    TASK_READ,
    TASK_FAIL, /* record that it cannot be read */
    TASK_END,  /* store what there is and end */
};

/* A message to the workers; behind it path, reason and message, each with its NUL. */
struct task {
    uint64_t id;
    int64_t bytes, mtime_ns, inode;
    uint32_t kind;
    bool has_content; /* TASK_FAIL: the file can be opened, it is what is in it that fails */
};

enum task_result {
    TASK_STORED,
    TASK_KNOWN,     /* a content that the archive has; the file was added */
    TASK_FAILED,
    TASK_ELSEWHERE, /* in another shard */
    TASK_TROUBLE,   /* of the archive: the batch must end; no task has this id */
    TASK_RESULTS
};

/* A message from a worker holds several; behind each its reason and message, each with its
 * NUL, and padding to a multiple of 8. */
struct outcome {
    uint64_t id;
    uint32_t size; /* of all this */
    uint32_t result;
    uint32_t declarations, findings, microseconds, padding;
};

enum { REASON_MOST = 40, MESSAGE_MOST = 400, TASK_MOST = 1 << 14, OUTCOMES_MOST = 1 << 16 }; /* bytes */

/* What the supervisor sees of a worker, in shared memory. */
struct slot {
    _Atomic uint64_t task;  /* that it is at, or 0 */
    _Atomic int64_t since;  /* when it began, in milliseconds */
    _Atomic bool is_idle;   /* waits for tasks and holds nothing */
};

struct worker {
    int tasks, outcomes; /* sockets */
    struct slot *slot;
    const char *archive;
    const struct grammar *grammar;
    const struct archive_reader *reader;
    enum encoding encoding;
    unsigned shard, shards; /* 0 of 1: all */
    bool is_new; /* the archive held nothing when the batch began: no need to ask what it knows */
};

/* Returns the exit status. */
int worker_run(const struct worker *worker);

int64_t clock_milliseconds(void);

#endif
