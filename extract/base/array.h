/* Growable arrays on the heap:
 *
 *     struct { struct row *items; size_t count, room; } rows = {0};
 *     *array_push(&rows) = (struct row){...};
 *     array_release(&rows);
 */
#ifndef SHENBAO_ARRAY_H
#define SHENBAO_ARRAY_H

#include <stdlib.h>

#include "arena.h"

#define array_of(type) struct { type *items; size_t count, room; }

#define array_reserve(array, need)                                                                 \
    do {                                                                                           \
        size_t array_need = (need);                                                                \
        if ((array)->room < array_need) {                                                          \
            size_t array_room = (array)->room + (array)->room / 2 + 16;                            \
            (array)->room = array_room > array_need ? array_room : array_need;                     \
            (array)->items = memory_resize((array)->items, (array)->room * sizeof *(array)->items); \
        }                                                                                          \
    } while (0)

/* A pointer to a new, uninitialized last item. */
#define array_push(array)                                                                          \
    (__extension__({                                                                               \
        array_reserve((array), (array)->count + 1);                                                \
        &(array)->items[(array)->count++];                                                         \
    }))

#define array_release(array)                                                                       \
    do {                                                                                           \
        free((array)->items);                                                                      \
        (array)->items = NULL;                                                                     \
        (array)->count = (array)->room = 0;                                                        \
    } while (0)

#endif
