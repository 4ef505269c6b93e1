/* A document as it lies on disk, and its text in UTF-8.
 *
 * Decoding: byte order mark, then the charset that the document declares, then
 * strict validity (UTF-8, then GB18030), and only between what is left uchardet.
 * gb2312 and gbk are read as GB18030. Every span of the program is a range of
 * offsets into `text`; source_byte() leads back to the bytes on disk. */
#ifndef SHENBAO_SOURCE_H
#define SHENBAO_SOURCE_H

#include "../base/arena.h"
#include "../base/span.h"

enum encoding { ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE, ENCODING_GB18030, ENCODING_BIG5, ENCODINGS };
extern const char *const encoding_names[ENCODINGS]; /* as written to <source encoding=""> */

/* The encoding that a name of any spelling stands for (gbk, GB2312, x-gbk, cp936,
 * utf8, utf-16le, big5 …), or ENCODINGS when the name is unknown. */
enum encoding encoding_named(const char *name, size_t length);

struct source_mark; /* one per SOURCE_STEP bytes of text: byte, line and column there */

struct source {
    const char *href;         /* as given by the user, "-" for standard input */
    const char *media_type;   /* text/plain, text/markdown, text/html: by suffix, else by content */
    const unsigned char *bytes; /* as on disk; mapped or owned */
    size_t size;
    bool is_mapped, bytes_are_owned; /* neither: the caller's */
    char sha256[65]; /* hexadecimal */
    enum encoding encoding;
    char *text; /* UTF-8, NUL-terminated, without byte order mark; line ends as on disk */
    uint32_t length;
    bool text_is_owned; /* false where text points into bytes */
    struct source_mark *marks;
    struct span *invalid; /* the U+FFFD in text that stand for undecodable bytes, in order */
    size_t invalid_count;
    bool is_mismarked;    /* the byte order mark is that of UTF-8, which the content is not */
};

enum source_trouble { SOURCE_FINE, SOURCE_UNREADABLE, SOURCE_DIRECTORY, SOURCE_TOO_LARGE, SOURCE_BINARY };

/* Read `path` ("-": standard input) and decode it; `encoding` is ENCODINGS for
 * detection. On trouble returns which, with errno set for SOURCE_UNREADABLE, and
 * leaves nothing to release. Control characters that no XML can hold, NUL among
 * them, become U+FFFD with a place in `invalid`, unless the content is binary. */
enum source_trouble source_read(struct source *source, const char *path, enum encoding encoding);

/* The same from memory that outlives the source (never owned). */
enum source_trouble source_decode(struct source *source, const char *href, const void *bytes, size_t size,
                                  enum encoding encoding);

void source_release(struct source *source);

/* Offset in bytes on disk of the text offset (at most length). */
size_t source_byte(const struct source *source, uint32_t offset);

/* 1-based line and column (in characters) of a text offset. LF, CRLF and CR each
 * end a line. Cost is bounded by SOURCE_STEP, whatever the length of the line. */
void source_place(const struct source *source, uint32_t offset, unsigned *line, unsigned *column);

/* The same for offsets that mostly grow: starts where it was last, if that is near. */
struct source_cursor {
    uint32_t offset;
    unsigned line, column; /* 0: not used yet */
};
void source_place_next(const struct source *source, struct source_cursor *cursor, uint32_t offset);

#endif
