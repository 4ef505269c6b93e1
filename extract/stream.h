/* A line in, a line out: how engines that stream (Spark's pipe, GNU parallel) use
 * the program.
 *
 *     {"id": 7, "path": "a.txt"}
 *     {"id": 8, "content": "…base64…", "name": "b.html", "encoding": "gb18030"}
 *
 * gives, in the same order,
 *
 *     {"id":7,"declarations":1,"extraction":{…}}
 *     {"id":8,"error":{"kind":"binary","message":"…"}}
 *
 * A line that cannot be understood is answered with an error as well. Memory does
 * not grow with the number of lines. */
#ifndef SHENBAO_STREAM_H
#define SHENBAO_STREAM_H

#include <stdio.h>

#include "grammar.h"
#include "write/write.h"

enum { STREAM_LINE_MOST = 1 << 30 }; /* bytes of one line */

/* `format` is FORMAT_JSON (the extraction is an object) or FORMAT_XML (a string).
 * Returns the exit status: 0, or 2 when input or output failed. */
int stream_run(FILE *in, FILE *out, const struct grammar *grammar, enum format format);

#endif
