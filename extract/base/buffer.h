/* Bytes on their way to an output. Without a stream the buffer grows; with one
 * it is flushed to it whenever it is full. A write error is remembered and
 * returned by buffer_flush(); later writes are dropped. */
#ifndef SHENBAO_BUFFER_H
#define SHENBAO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buffer {
    char *bytes;
    size_t length, room;
    int descriptor; /* written to when is_stream */
    bool is_stream;
    int failure; /* errno of the first failed write, or 0 */
};

void buffer_grow(struct buffer *buffer, size_t more);
/* Writes what is held; returns 0 or the errno of the first failure. */
int buffer_flush(struct buffer *buffer);
void buffer_release(struct buffer *buffer);

/* Where `size` more bytes can be written; buffer_wrote() says up to where they were. */
static inline char *buffer_room(struct buffer *buffer, size_t size)
{
    if (buffer->room - buffer->length < size)
        buffer_grow(buffer, size);
    return buffer->bytes + buffer->length;
}

static inline void buffer_wrote(struct buffer *buffer, const char *end) { buffer->length = (size_t)(end - buffer->bytes); }

static inline void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    if (buffer->room - buffer->length < length)
        buffer_grow(buffer, length);
    if (length)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
}

static inline void buffer_text(struct buffer *buffer, const char *text) { buffer_add(buffer, text, strlen(text)); }

static inline void buffer_char(struct buffer *buffer, char c)
{
    if (buffer->length == buffer->room)
        buffer_grow(buffer, 1);
    buffer->bytes[buffer->length++] = c;
}

enum { NUMBER_MOST = 20 }; /* bytes of a number */
extern const char digit_pairs[]; /* 00 to 99 */

/* Writes the number at `to`; returns its end. */
static inline char *number_put(char *to, unsigned long number)
{
    unsigned digits = 1;
    for (unsigned long least = 10; number >= least && digits < NUMBER_MOST; least *= 10)
        digits++;
    char *end = to + digits;
    for (to = end; number >= 10; number /= 100)
        memcpy(to -= 2, digit_pairs + number % 100 * 2, 2);
    if (digits % 2)
        to[-1] = (char)('0' + number);
    return end;
}

void buffer_number(struct buffer *buffer, unsigned long number);

#endif
