/* Findings for people and programs: text with the source lines, JSON, SARIF, CSV. */
#ifndef SHENBAO_WRITE_FINDINGS_H
#define SHENBAO_WRITE_FINDINGS_H

#include "../base/buffer.h"
#include "../finding.h"

enum findings_format { FINDINGS_TEXT, FINDINGS_JSON, FINDINGS_SARIF, FINDINGS_CSV, FINDINGS_FORMATS };
extern const char *const findings_format_names[FINDINGS_FORMATS]; /* text json sarif csv */

enum language { LANGUAGE_EN, LANGUAGE_ZH, LANGUAGES };
extern const char *const language_names[LANGUAGES]; /* en zh */

#define FINDINGS_VERSION "1"

/* Known findings: the fingerprints of an earlier report in JSON. */
struct baseline;

/* Reads a report; NULL after a message. */
struct baseline *baseline_read(const char *path);
void baseline_release(struct baseline *baseline);

/* Which findings are of interest. Zeroed, all are but the refused ones in text and SARIF. */
struct findings_filter {
    bool is_off[CHECKS];
    bool has_least;
    enum severity least; /* the least severe that are shown, where has_least */
    bool shows_refused;  /* in text and SARIF, too */
    struct baseline *baseline; /* known findings are hidden, or NULL */
};

struct findings_writer {
    enum findings_format format;
    enum language language;
    const struct findings_filter *filter;
    struct buffer *out;
    bool has_colour, is_quiet, is_summary; /* text: no summary, nothing but the summary */
    const char *const *descriptions; /* SARIF: by check, a paragraph in the language; or NULL */
    const struct form *form; /* what findings without a side are about, or NULL */
    size_t forms, failures;  /* for the summary: forms that were checked, inputs that could not be */
    size_t shown[SEVERITIES], hidden, refused; /* so far */
    void *state; /* of the format */
    struct sources *sources;
};

/* A report: begin, findings of one form or comparison at a time, end with the counts
 * per rule. Sources of read-back forms are opened when a line of theirs is shown. */
void findings_write_begin(struct findings_writer *writer);
void findings_write(struct findings_writer *writer, const struct findings *findings);
void findings_write_end(struct findings_writer *writer, const struct findings *findings);

#endif
