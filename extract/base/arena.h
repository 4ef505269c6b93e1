/* Memory that lives and dies together: bump allocation out of growing chunks.
 *
 * What takes an arena returns something that lives until arena_reset() or
 * arena_release(). Memory comes zeroed. Running out of memory ends the program
 * in memory_exhausted() with exit status 2, so callers check nothing. A zero
 * initialized arena is valid and empty. */
#ifndef SHENBAO_ARENA_H
#define SHENBAO_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next, *end;           /* free room in the newest chunk */
};

static inline void *arena_alloc(struct arena *arena, size_t size);
/* The same, not zeroed. */
static inline void *arena_room(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length); /* NUL-terminated */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forget everything but keep the first chunk for reuse / free everything. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/* malloc family that ends the program instead of returning NULL. */
void *memory_resize(void *old, size_t size);
void memory_exhausted(void) __attribute__((noreturn));

/* ---- inlined, for most sizes are known where they are asked for ---- */

enum { ARENA_ALIGNMENT = 16 }; /* chunks are multiples of it */
void *arena_more(struct arena *arena, size_t size); /* what does not fit, and nothing at all */

static inline void *arena_room(struct arena *arena, size_t size)
{
    if (size - 1 >= (size_t)(arena->end - arena->next))
        return arena_more(arena, size);
    void *memory = arena->next;
    arena->next += (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
    return memory;
}

static inline void *arena_alloc(struct arena *arena, size_t size) { return memset(arena_room(arena, size), 0, size); }

#endif
