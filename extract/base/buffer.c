#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"

enum { STREAM_ROOM = 256 * 1024 };

#define TEN_PAIRS(c) c "0" c "1" c "2" c "3" c "4" c "5" c "6" c "7" c "8" c "9"
const char digit_pairs[] = TEN_PAIRS("0") TEN_PAIRS("1") TEN_PAIRS("2") TEN_PAIRS("3") TEN_PAIRS("4")
    TEN_PAIRS("5") TEN_PAIRS("6") TEN_PAIRS("7") TEN_PAIRS("8") TEN_PAIRS("9");

void buffer_grow(struct buffer *buffer, size_t more)
{
    if (buffer->is_stream && buffer->length >= STREAM_ROOM)
        buffer_flush(buffer);
    size_t need = buffer->length + more;
    if (need <= buffer->room)
        return;
    size_t room = buffer->room * 2 > need ? buffer->room * 2 : need;
    if (room < 4096)
        room = 4096;
    buffer->bytes = memory_resize(buffer->bytes, room);
    buffer->room = room;
}

int buffer_flush(struct buffer *buffer)
{
    if (buffer->is_stream) {
        for (size_t done = 0; done < buffer->length && !buffer->failure;) {
            ssize_t n = write(buffer->descriptor, buffer->bytes + done, buffer->length - done);
            if (n >= 0)
                done += (size_t)n;
            else if (errno != EINTR)
                buffer->failure = errno;
        }
        buffer->length = 0;
    }
    return buffer->failure;
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

void buffer_number(struct buffer *buffer, unsigned long number)
{
    buffer_wrote(buffer, number_put(buffer_room(buffer, NUMBER_MOST), number));
}
