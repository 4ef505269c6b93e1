/* Findings for people and programs: text with the source lines, JSON, SARIF, CSV. */
#ifndef SHENBAO_WRITE_FINDINGS_H
#define SHENBAO_WRITE_FINDINGS_H

#include "../base/buffer.h"
#include "../finding.h"

enum findings_format { FINDINGS_TEXT, FINDINGS_JSON, FINDINGS_SARIF, FINDINGS_CSV, FINDINGS_FORMATS };
extern const char *const findings_format_names[FINDINGS_FORMATS]; /* text json sarif csv */

enum language { LANGUAGE_EN, LANGUAGE_ZH };

/* Which findings are of interest. */
struct findings_filter {
    bool is_off[CHECKS];
    struct baseline *baseline; /* known findings are hidden, or NULL */
};

struct findings_writer {
    enum findings_format format;
    enum language language;
    const struct findings_filter *filter;
    struct buffer *out;
    size_t shown[SEVERITIES], hidden; /* so far */
    void *state; /* of the format */
};

/* A report: begin, findings of one form or comparison at a time, end with the counts
 * per rule. Sources of read-back forms are opened when a line of theirs is shown. */
void findings_write_begin(struct findings_writer *writer);
void findings_write(struct findings_writer *writer, const struct findings *findings);
void findings_write_end(struct findings_writer *writer, const struct findings *findings);

#endif
