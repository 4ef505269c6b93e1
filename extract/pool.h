/* Worker processes: started when there is work, watched, replaced when they die. */
#ifndef SHENBAO_POOL_H
#define SHENBAO_POOL_H

#include "files.h"
#include "worker.h"

/* What became of a file. */
struct pool_outcome {
    const char *path;
    enum task_result result;
    unsigned declarations, findings;
    double seconds;
    const char *reason, *message;
};

struct pool_options {
    unsigned jobs;
    unsigned timeout; /* seconds for one document */
    size_t memory;    /* bytes for one worker */
    struct worker worker; /* what all have in common */
    void *context;
    void (*outcome)(void *context, const struct pool_outcome *outcome);
    /* A worker ended by itself or had to be ended; it is replaced. */
    void (*death)(void *context, long process, const char *path, const char *message);
    /* Before a process is started: whatever must not be in two processes is closed. */
    void (*before_start)(void *context);
};

struct pool;

struct pool *pool_new(const struct pool_options *options);

/* Hands a file to the workers; false when they have enough for now. A file with a reason
 * is recorded as failed. */
bool pool_give(struct pool *pool, const struct file *file);

/* Waits for news, at most so long: room for files, outcomes, deaths, a signal. */
void pool_wait(struct pool *pool, int milliseconds, bool wants_room);

size_t pool_waiting(const struct pool *pool); /* files without an outcome */

/* Why the batch cannot go on, or NULL. */
const char *pool_trouble(const struct pool *pool);

/* Takes back what no worker has begun; what they are at comes to its end, pool_wait() goes
 * on until pool_waiting() is 0. */
void pool_stop(struct pool *pool);

/* Ends the workers, at once where `is_hasty`. Returns the most memory that one of them had, in bytes. */
size_t pool_release(struct pool *pool, bool is_hasty);

#endif
