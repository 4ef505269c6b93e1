/* What every table in CSV has in common. */
#ifndef SHENBAO_WRITE_CSV_H
#define SHENBAO_WRITE_CSV_H

#include "../base/buffer.h"

/* A field as RFC 4180 has it: in quotes where it must. */
void csv_field(struct buffer *out, const char *text, size_t length);

#endif
