/* What the formats of findings share: a finding and its sides, ready to be written. */
#ifndef SHENBAO_EVIDENCE_H
#define SHENBAO_EVIDENCE_H

#include "findings.h"
#include "write.h"

/* One side: what was stated, and where. Strings live until the finding is written. */
struct evidence {
    const struct form *form;
    const char *path; /* of the document, in UTF-8 */
    bool is_missing;  /* nothing was stated there: the place is that of the form */
    bool is_reviewed; /* the value is a person's; `raw` is what is printed, if that differs */
    const char *rule, *label, *value, *unit, *unit_from, *raw; /* NULL where there is none */
    const char *item;          /* the name of the indicator or budget line that it belongs to, or NULL */
    struct byte_range *ranges; /* on disk, in the order of the statement */
    size_t range_count;
    unsigned line, column;         /* 0: no place */
    const struct source *source;   /* its text is at hand, and what follows too; or NULL */
    struct span region;            /* in the text: from the first piece as far as the next are near */
    unsigned end_line, end_column; /* behind the last character */
    size_t character, characters;  /* offset and length in characters */
    size_t byte, bytes;
};

struct shown {
    const struct finding *finding;
    const struct form *form; /* NULL: about nothing that has a form */
    const char *path;        /* of the form's document, "" without a form */
    char fingerprint[33];
    struct evidence *sides;
    size_t count;
};

struct findings_functions {
    void (*begin)(struct findings_writer *writer);
    void (*finding)(struct findings_writer *writer, const struct shown *shown);
    void (*end)(struct findings_writer *writer, const struct findings *findings);
};
extern const struct findings_functions findings_text, findings_json, findings_sarif, findings_csv;

/* The message in the language of the writer. */
const char *shown_message(const struct findings_writer *writer, const struct finding *finding);
/* The difference where the message does not say it already, or NULL. */
const char *shown_difference(const struct findings_writer *writer, const struct finding *finding);

/* What a side states, as printed and with its unit; what is missing says so. Its form's year is
 * named where that is another form than the one the finding is shown with. */
void evidence_text(const struct findings_writer *writer, const struct shown *shown,
                   const struct evidence *side, struct buffer *out);

/* The line of text around the region (from at most EVIDENCE_LINE_MOST bytes before it);
 * *column is the region's in it. */
enum { EVIDENCE_LINE_MOST = 2048 };
const char *evidence_line(const struct evidence *side, size_t *length, unsigned *column);

/* Whether a rule is of interest and was asked at all. */
bool findings_has_rule(const struct findings_writer *writer, const struct findings *findings,
                       enum check check);

/* The counts of the report in JSON. */
struct json_t;
struct json_t *findings_summary(const struct findings_writer *writer, const struct findings *findings);

/* Writes and releases JSON, indented by two; `indent` is how far all lines are moved in. */
void findings_dump(struct buffer *out, struct json_t *json, size_t indent);
struct json_t *findings_have(struct json_t *json); /* out of memory ends the program */
struct json_t *findings_string(const char *text);  /* what is no UTF-8 becomes U+FFFD */

#endif
