#include "memo.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

enum { SLOTS = 4096, TEXT_MOST = 54 };

/* One line of the processor's cache. */
struct slot {
    uint64_t value;
    uint8_t length; /* 0: free */
    uint8_t way;
    char text[TEXT_MOST];
};

struct memo {
    _Alignas(64) struct slot slots[SLOTS];
};

_Static_assert(sizeof(struct slot) % 64 == 0, "a slot is a line");

struct memo *memo_new(void)
{
    struct memo *memo = aligned_alloc(64, sizeof *memo);
    if (!memo)
        memory_exhausted();
    memset(memo, 0, sizeof *memo);
    return memo;
}

static size_t slot_of(unsigned way, const char *text, size_t length)
{
    uint64_t hash = (length << 8 | way) * 0x9e3779b97f4a7c15u, word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * 0x9fb21c651e98df25u;
        hash ^= hash >> 29;
    }
    for (; length; length--)
        hash = (hash ^ (unsigned char)*text++) * 0x9fb21c651e98df25u;
    return (hash >> 32) % SLOTS;
}

bool memo_find(const struct memo *memo, unsigned way, const char *text, size_t length, uint64_t *value)
{
    if (!length || length > TEXT_MOST)
        return false;
    const struct slot *slot = &memo->slots[slot_of(way, text, length)];
    if (slot->length != length || slot->way != way || memcmp(slot->text, text, length) != 0)
        return false;
    *value = slot->value;
    return true;
}

void memo_keep(struct memo *memo, unsigned way, const char *text, size_t length, uint64_t value)
{
    if (!length || length > TEXT_MOST)
        return;
    struct slot *slot = &memo->slots[slot_of(way, text, length)];
    slot->value = value;
    slot->length = (uint8_t)length;
    slot->way = (uint8_t)way;
    memcpy(slot->text, text, length);
}
