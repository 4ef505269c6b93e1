/* How findings are reported, for the commands that find: options, outputs, language. */
#ifndef SHENBAO_REPORTING_H
#define SHENBAO_REPORTING_H

#include <stdio.h>

#include "../output.h"
#include "../write/findings.h"
#include "../years.h"
#include "command.h"

struct output_target;

struct reporting {
    enum findings_format format;
    enum language language;
    struct findings_filter filter;
    const char *file, *baseline, *write_baseline; /* NULL: standard output, none, none */
    bool is_quiet, is_summary, has_only, has_kept[CHECKS];
    bool is_across; /* of forms compared with each other */
    /* While it runs; `known` is the baseline that is written. */
    struct findings_writer writer, known;
    struct output output, known_output;
    struct output_target *target, *known_target;
    struct findings_filter no_filter;
    const char *descriptions[CHECKS];
    struct arena arena;
    FILE *spool;
    bool is_begun;
};
extern const struct argp reporting_argp;

struct reporting reporting_new(bool is_across);
void reporting_release(struct reporting *reporting);

/* Opens the outputs and begins the report; false after a message. `inputs` are not overwritten. */
bool reporting_begin(struct reporting *reporting, const char *const *inputs, size_t count);

/* Findings of one form, or of a comparison where `form` is NULL. */
void reporting_add(struct reporting *reporting, const struct form *form, const struct findings *findings);

/* Ends the report and returns the exit status. `failures` inputs could not be read; where none
 * could (`is_empty`), no file is written. */
int reporting_end(struct reporting *reporting, const struct findings *findings, size_t forms, size_t failures,
                  bool is_empty);

/* Says what the trouble with an extraction is. */
void forms_report(const char *path, enum forms_trouble trouble, const char *detail);

/* The rule of that name, or CHECKS and what to say behind "unknown rule". */
enum check reporting_check(const char *name, size_t length, char *hint, size_t room);

/* By LC_ALL, LC_MESSAGES, LANG. */
enum language language_of_locale(void);
/* The argument of --lang; another one is an error. */
enum language language_named(const char *name, const struct argp_state *state);

/* n/total on a terminal that shows nothing else. */
struct progress {
    bool is_shown;
    size_t total;
    int width;
    long time;
};
struct progress progress_new(size_t total, const struct reporting *reporting);
void progress_show(struct progress *progress, size_t done);
void progress_hide(struct progress *progress); /* before a message */

#endif
