#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/report.h"
#include "extract.h"
#include "input.h"
#include "output.h"

enum {
    PROGRESS_INTERVAL = 100, /* milliseconds */
    MEMORY_KEPT = 1 << 20,   /* for the next input, not given back in between */
};

struct run {
    const struct batch *batch;
    struct output output;
    struct buffer part; /* one CSV table, until its heading is taken off */
    struct corrected_source *corrected; /* the corrections of the document at hand, or NULL */
    const struct source *source;
    size_t failures;
    bool shows_progress;
    int progress_width; /* of what stands on the terminal now */
    long progress_time;
};

static void progress_hide(struct run *run)
{
    if (run->progress_width)
        fprintf(stderr, "\r%*s\r", run->progress_width, "");
    run->progress_width = 0;
}

static void progress_show(struct run *run, size_t done)
{
    if (!run->shows_progress)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    long time = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (time - run->progress_time < PROGRESS_INTERVAL)
        return;
    run->progress_time = time;
    run->progress_width = fprintf(stderr, "\r%zu/%zu ", done, run->batch->count) - 1;
}

static void fail_output(struct run *run, const char *folder, const char *name, int failure)
{
    run->failures++;
    if (failure == EPIPE)
        return; /* whoever read it has had enough */
    char *path = NULL;
    if (folder && asprintf(&path, "%s/%s", folder, name) < 0)
        memory_exhausted();
    progress_hide(run);
    report(REPORT_ERROR, (struct place){.path = path ? path : name}, "cannot write: %s", strerror(failure));
    free(path);
}

static bool open_source(struct run *run, const char *path, struct source *source)
{
    enum source_trouble trouble = source_read(source, path, run->batch->encoding);
    if (trouble == SOURCE_FINE) {
        struct corrections *corrections = run->batch->corrections;
        run->source = source;
        if (!corrections || corrections_begin(corrections, source, run->batch->count == 1, &run->corrected))
            return true;
        run->failures++;
        source_release(source);
        return false;
    }
    int error = errno;
    progress_hide(run);
    input_report(path, trouble, error);
    run->failures++;
    return false;
}

static void review(void *context, struct build *build)
{
    struct run *run = context;
    corrections_apply(run->batch->corrections, run->corrected, build, run->source);
}

static void extract_into(struct run *run, const struct source *source, struct buffer *out)
{
    struct writer writer = {
        .format = run->batch->format, .is_compact = run->batch->is_compact, .is_unchecked = run->batch->is_unchecked,
        .source = source, .out = out};
    struct extract_summary summary =
        extract_reviewed(source, run->batch->grammar, &writer, run->corrected ? review : NULL, run);
    if (run->corrected && !corrections_finish(run->batch->corrections, run->corrected))
        run->failures++;
    if (summary.declarations == 0 && !out->failure) {
        progress_hide(run);
        report(REPORT_NOTE, (struct place){.path = input_path(source->href)}, "no declaration found");
    }
}

/* Each input to its own file in the folder. */
static void run_apart(struct run *run)
{
    const struct batch *batch = run->batch;
    if (mkdir(batch->folder, 0777) != 0 && errno != EEXIST) {
        report(REPORT_ERROR, (struct place){.path = batch->folder}, "cannot make the folder: %s",
               strerror(errno));
        run->failures = batch->count;
        return;
    }
    struct stat status;
    int folder = open(batch->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &status) != 0) {
        report(REPORT_ERROR, (struct place){.path = batch->folder}, "cannot write there: %s",
               strerror(errno));
        run->failures = batch->count;
        return;
    }
    struct output_name *names =
        output_names(batch->inputs, batch->count, format_names[batch->format], &status);
    for (size_t i = 0; i < batch->count; i++) {
        progress_show(run, i);
        struct source source;
        if (!open_source(run, batch->inputs[i], &source))
            continue;
        int failure = output_begin(&run->output, folder, names[i].text, 0666);
        if (!failure) {
            extract_into(run, &source, &run->output.buffer);
            failure = output_finish(&run->output);
        }
        source_release(&source);
        if (failure) {
            fail_output(run, batch->folder, names[i].text, failure);
        } else if (names[i].is_changed) {
            progress_hide(run);
            report(REPORT_NOTE, (struct place){.path = input_path(batch->inputs[i])},
                   "written to '%s': the shorter name is taken", names[i].text);
        }
    }
    progress_hide(run);
    output_names_release(names, batch->count);
    close(folder);
}

/* A CSV output of several inputs has one heading. */
static void append_table(struct run *run, const struct source *source)
{
    run->part.length = 0;
    extract_into(run, source, &run->part);
    const char *end = memchr(run->part.bytes, '\n', run->part.length);
    if (end)
        buffer_add(&run->output.buffer, end + 1, (size_t)(run->part.bytes + run->part.length - (end + 1)));
}

/* All inputs to what output_begin() opened. Returns how many were read. */
static size_t run_together(struct run *run)
{
    const struct batch *batch = run->batch;
    size_t done = 0;
    for (size_t i = 0; i < batch->count && !run->output.buffer.failure; i++) {
        progress_show(run, i);
        struct source source;
        if (!open_source(run, batch->inputs[i], &source))
            continue;
        if (done++ && batch->format == FORMAT_CSV)
            append_table(run, &source);
        else
            extract_into(run, &source, &run->output.buffer);
        source_release(&source);
    }
    progress_hide(run);
    return done;
}

static void finish_together(struct run *run, size_t done, const char *name)
{
    if (run->batch->count && !done) {
        output_abandon(&run->output);
        return;
    }
    int failure = output_finish(&run->output);
    if (failure)
        fail_output(run, NULL, name, failure);
}

static void run_to_standard_output(struct run *run)
{
    output_begin_in_place(&run->output, STDOUT_FILENO);
    finish_together(run, run_together(run), "standard output");
}

static void run_to_file(struct run *run)
{
    const struct batch *batch = run->batch;
    if (output_is_input(batch->file, batch->inputs, batch->count)) {
        report(REPORT_ERROR, (struct place){.path = batch->file}, "is an input; choose another output");
        run->failures++;
        return;
    }
    struct output_target target;
    int failure = output_target_find(&target, batch->file);
    if (!failure)
        failure = output_target_open(&target, &run->output);
    if (failure)
        fail_output(run, NULL, batch->file, failure);
    else
        finish_together(run, run_together(run), batch->file);
    output_target_release(&target);
}

int batch_run(const struct batch *batch)
{
    struct run run = {.batch = batch};
#ifdef M_TOP_PAD
    mallopt(M_TOP_PAD, MEMORY_KEPT);
#endif
    run.shows_progress = batch->count > 1 && isatty(STDERR_FILENO) &&
                         (batch->folder || batch->file || !isatty(STDOUT_FILENO));
    if (batch->folder)
        run_apart(&run);
    else if (batch->file)
        run_to_file(&run);
    else
        run_to_standard_output(&run);
    if (batch->corrections && !corrections_all_met(batch->corrections))
        run.failures++;
    if (run.failures && batch->folder && batch->count > 1)
        fprintf(stderr, "shenbao: %zu of %zu inputs not done\n", run.failures, batch->count);
    output_release(&run.output);
    buffer_release(&run.part);
    return run.failures ? 2 : 0;
}
