#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024, PRINTED_MOST = 256 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
    _Alignas(ARENA_ALIGNMENT) char memory[];
};

void memory_exhausted(void)
{
    fputs("shenbao: error: out of memory\n", stderr);
    exit(2);
}

void *memory_resize(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        memory_exhausted();
    return memory;
}

static void chunk_use(struct arena *arena, struct arena_chunk *chunk)
{
    arena->next = chunk->memory;
    arena->end = chunk->memory + chunk->size;
}

void *arena_more(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        memory_exhausted();
    if (size == 0 && arena->chunks)
        return arena->next; /* nothing needs no room */
    size_t room = size > CHUNK_SIZE ? (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1) : CHUNK_SIZE;
    struct arena_chunk *chunk = memory_resize(NULL, sizeof *chunk + room);
    chunk->older = arena->chunks;
    chunk->size = room;
    arena->chunks = chunk;
    chunk_use(arena, chunk);
    return arena_room(arena, size ? size : 1);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_room(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    char most[PRINTED_MOST];
    va_list list;
    va_start(list, format);
    size_t length = (size_t)vsnprintf(most, sizeof most, format, list);
    va_end(list);
    if (length < sizeof most)
        return arena_copy(arena, most, length);
    char *text = arena_room(arena, length + 1);
    va_start(list, format);
    vsnprintf(text, length + 1, format, list);
    va_end(list);
    return text;
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *first = arena->chunks;
    while (first && first->older) {
        struct arena_chunk *older = first->older;
        free(first);
        first = older;
    }
    arena->chunks = first;
    if (first)
        chunk_use(arena, first);
}

void arena_release(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        free(chunk);
    }
    *arena = (struct arena){0};
}
