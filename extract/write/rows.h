/* Rows of an archive for people and programs: a table, CSV, JSON, JSON lines. */
#ifndef SHENBAO_WRITE_ROWS_H
#define SHENBAO_WRITE_ROWS_H

#include <stdio.h>

#include "../archive.h"

enum rows_format { ROWS_TABLE, ROWS_CSV, ROWS_JSON, ROWS_JSONL, ROWS_FORMATS };
extern const char *const rows_format_names[ROWS_FORMATS]; /* table csv json jsonl */

/* The format of that name, or ROWS_FORMATS. */
enum rows_format rows_format_named(const char *name);

/* Steps the query to its end and writes every row. NULL is blank in a table and in
 * CSV; a blob is hexadecimal. The columns of a table are as wide as the first rows
 * need. False when the query failed or `out` takes no more, which ferror() tells:
 * then what was written is not all. */
bool rows_write(struct query *query, enum rows_format format, FILE *out, size_t *count);

/* Parts of that, for other outputs of rows; all add to `out`. The fields of a record in
 * CSV, with its end: of the names of the columns, of their values. */
void rows_csv_names(struct buffer *out, const struct query *query);
void rows_csv_values(struct buffer *out, const struct query *query);

/* The members of a JSON object, from column `first` on, without what is NULL. */
void rows_json_members(struct buffer *out, const struct query *query, int first);

#endif
