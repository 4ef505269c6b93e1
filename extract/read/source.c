#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "decode.h"

enum {
    SOURCE_MOST = (1 << 30) - 1,
    MAP_LEAST = 256 * 1024, /* smaller files are read: nobody can change them under us */
    OPENING_MOST = 4096,    /* bytes at the head in which a page begins */
};

/* Marks of text that stands in the source byte by byte. */
static void marks_plain(struct decoded *decoded, const char *text, size_t length, size_t mark)
{
    array_reserve(&decoded->marks, length / SOURCE_STEP + 1);
    for (size_t at = 0; at <= length; at += SOURCE_STEP) {
        size_t start = at;
        while (start < length && is_continuation((unsigned char)text[start]))
            start++;
        decoded_mark(decoded, start, start + mark);
    }
}

/* Moves a place over text. Needs the byte behind `to`, to see a CRLF. */
static void place_advance(const char *text, size_t from, size_t to, unsigned *line, unsigned *column)
{
    typedef unsigned char sixteen __attribute__((vector_size(16), may_alias));
    typedef uint64_t two __attribute__((vector_size(16), may_alias));
    unsigned row = *line, at = *column;
    for (size_t i = from; i < to;) {
        if (to - i >= 16) {
            sixteen bytes;
            memcpy(&bytes, text + i, sizeof bytes);
            two breaks = (two)((sixteen)(bytes == '\n') | (sixteen)(bytes == '\r'));
            if (!(breaks[0] | breaks[1])) {
                two continuations = (two)((sixteen)((bytes & 0xc0) == 0x80) & 1);
                at += 16 - (unsigned)((continuations[0] + continuations[1]) * EACH_BYTE(1) >> 56);
                i += 16;
                continue;
            }
        }
        if (to - i >= 8) {
            uint64_t word = load8(text + i);
            if (!has_zero(word ^ EACH_BYTE('\n')) && !has_zero(word ^ EACH_BYTE('\r'))) {
                uint64_t continuations = (word >> 7 & ~(word >> 6)) & EACH_BYTE(1);
                at += 8 - (unsigned)(continuations * EACH_BYTE(1) >> 56);
                i += 8;
                continue;
            }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            uint64_t breaks = word ^ EACH_BYTE('\n');
            breaks = ~(((breaks & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f)) | breaks | EACH_BYTE(0x7f));
            if (!has_zero(word ^ EACH_BYTE('\r'))) {
                unsigned behind = (unsigned)__builtin_clzll(breaks) / 8; /* bytes behind the last line end */
                row += (unsigned)((breaks >> 7) * EACH_BYTE(1) >> 56);
                word = behind ? word >> (64 - 8 * behind) : 0;
                at = 1 + behind - (unsigned)(((word >> 7 & ~(word >> 6)) & EACH_BYTE(1)) * EACH_BYTE(1) >> 56);
                i += 8;
                continue;
            }
#endif
        }
        for (size_t stop = to - i < 8 ? to : i + 8; i < stop; i++) {
            unsigned char c = (unsigned char)text[i];
            if (c == '\n' || (c == '\r' && text[i + 1] != '\n')) {
                row++;
                at = 1;
            } else if (!is_continuation(c)) {
                at++;
            }
        }
    }
    *line = row;
    *column = at;
}

static void marks_number(struct source_mark *marks, size_t count, const char *text)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < count; i++) {
        if (i)
            place_advance(text, marks[i - 1].text, marks[i].text, &line, &column);
        marks[i].line = line;
        marks[i].column = column;
    }
}

static const char *suffix_media_type(const char *href)
{
    static const struct {
        const char *suffix, *media_type;
    } suffixes[] = {
        {".html", "text/html"},    {".htm", "text/html"},          {".xhtml", "text/html"},
        {".shtml", "text/html"},   {".md", "text/markdown"},       {".markdown", "text/markdown"},
        {".mdown", "text/markdown"}, {".txt", "text/plain"},       {".text", "text/plain"},
        {".log", "text/plain"},    {".csv", "text/plain"},         {".tsv", "text/plain"},
    };
    size_t length = strlen(href);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t size = strlen(suffixes[i].suffix);
        if (length > size && !strcasecmp(href + length - size, suffixes[i].suffix))
            return suffixes[i].media_type;
    }
    return NULL;
}

static bool looks_like_html(const char *text, size_t length)
{
    static const char *const openings[] = {"<!doctype html", "<html", "<head", "<body", "<table"};
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end && is_blank(*at))
        at++;
    if (end - at > OPENING_MOST)
        end = at + OPENING_MOST;
    while (at < end) {
        const char *closing = NULL;
        if (is_blank(*at))
            at++;
        else if (begins_with(at, end, "<?xml"))
            closing = "?>";
        else if (begins_with(at, end, "<!--"))
            closing = "-->";
        else
            break;
        if (closing) {
            at = memmem(at, (size_t)(end - at), closing, strlen(closing));
            if (!at)
                return false;
            at += strlen(closing);
        }
    }
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (begins_with(at, end, openings[i])) {
            const unsigned char *behind = at + strlen(openings[i]);
            return behind == end || is_blank(*behind) || *behind == '>' || *behind == '/';
        }
    return false;
}

static void digest(struct source *source)
{
    static const char digits[] = "0123456789abcdef";
    struct sha256_ctx context;
    uint8_t sum[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, source->size, source->bytes);
    sha256_digest(&context, sizeof sum, sum);
    for (size_t i = 0; i < sizeof sum; i++) {
        source->sha256[2 * i] = digits[sum[i] >> 4];
        source->sha256[2 * i + 1] = digits[sum[i] & 15];
    }
}

static const struct {
    const char *bytes;
    unsigned size;
} binary_magics[] = {
    {"PK\3\4", 4},     {"PK\5\6", 4},        {"%PDF-", 5},         {"\x89PNG", 4},
    {"GIF87a", 6},     {"GIF89a", 6},        {"\xff\xd8\xff", 3},  {"\x1f\x8b", 2},
    {"\x7f" "ELF", 4}, {"7z\xbc\xaf", 4},    {"\xfd" "7zXZ", 5},   {"Rar!\x1a", 5},
    {"BZh91AY", 7},    {"SQLite format 3", 16}, {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8},
};

static bool has_binary_magic(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof binary_magics / sizeof *binary_magics; i++)
        if (size >= binary_magics[i].size && !memcmp(bytes, binary_magics[i].bytes, binary_magics[i].size))
            return true;
    return false;
}

/* `is_terminated`: a NUL is sure to follow the bytes. */
static enum source_trouble source_fill(struct source *source, enum encoding wanted, bool is_terminated)
{
    const unsigned char *bytes = source->bytes;
    size_t size = source->size;
    if (has_binary_magic(bytes, size))
        return SOURCE_BINARY;
    struct decoded decoded;
    enum source_trouble trouble = decode(&decoded, bytes, size, wanted);
    if (trouble)
        return trouble;
    source->encoding = decoded.encoding;
    if (decoded.is_plain) {
        size_t length = size - decoded.mark;
        source->length = (uint32_t)length;
        source->text_is_owned = !is_terminated;
        if (is_terminated) {
            source->text = (char *)bytes + decoded.mark;
        } else {
            source->text = memory_resize(NULL, length + 1);
            memcpy(source->text, bytes + decoded.mark, length);
            source->text[length] = 0;
        }
        marks_plain(&decoded, source->text, length, decoded.mark);
    } else {
        source->text = decoded.text;
        source->length = (uint32_t)decoded.length;
        source->text_is_owned = true;
    }
    marks_number(decoded.marks.items, decoded.marks.count, source->text);
    source->marks = decoded.marks.items;
    source->invalid = decoded.invalid.items;
    source->invalid_count = decoded.invalid.count;
    source->is_mismarked = decoded.is_mismarked;
    source->media_type = suffix_media_type(source->href);
    if (!source->media_type)
        source->media_type = looks_like_html(source->text, source->length) ? "text/html" : "text/plain";
    digest(source);
    return SOURCE_FINE;
}

enum source_trouble source_decode(struct source *source, const char *href, const void *bytes, size_t size,
                                  enum encoding encoding)
{
    *source = (struct source){0};
    if (size > SOURCE_MOST)
        return SOURCE_TOO_LARGE;
    source->href = href;
    source->bytes = size ? bytes : (const void *)"";
    source->size = size;
    enum source_trouble trouble = source_fill(source, encoding, size == 0);
    if (trouble)
        *source = (struct source){0};
    return trouble;
}

static enum source_trouble slurp(struct source *source, int descriptor, size_t expected)
{
    unsigned char *bytes = NULL;
    size_t length = 0, room = 0;
    for (;;) {
        if (room - length < 2) {
            room = !room && expected ? expected + 2 : room * 2 + 64 * 1024;
            bytes = memory_resize(bytes, room);
        }
        ssize_t count = read(descriptor, bytes + length, room - length - 1);
        if (count == 0)
            break;
        if (count > 0)
            length += (size_t)count;
        if ((count < 0 && errno != EINTR) || length > SOURCE_MOST) {
            free(bytes);
            return length > SOURCE_MOST ? SOURCE_TOO_LARGE : SOURCE_UNREADABLE;
        }
    }
    bytes[length] = 0;
    source->bytes = memory_resize(bytes, length + 1);
    source->size = length;
    source->bytes_are_owned = true;
    return SOURCE_FINE;
}

static enum source_trouble source_load(struct source *source, int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status))
        return SOURCE_UNREADABLE;
    if (S_ISDIR(status.st_mode))
        return SOURCE_DIRECTORY;
    size_t size = S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
    if (size > SOURCE_MOST)
        return SOURCE_TOO_LARGE;
    if (size >= MAP_LEAST && lseek(descriptor, 0, SEEK_CUR) == 0) {
        void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (map != MAP_FAILED) {
            source->bytes = map;
            source->size = size;
            source->is_mapped = true;
            return SOURCE_FINE;
        }
    }
    return slurp(source, descriptor, size);
}

enum source_trouble source_read(struct source *source, const char *path, enum encoding encoding)
{
    *source = (struct source){.href = path};
    bool is_input = !strcmp(path, "-");
    int descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return SOURCE_UNREADABLE;
    enum source_trouble trouble = source_load(source, descriptor);
    int failure = errno;
    if (!is_input)
        close(descriptor);
    errno = failure;
    if (!trouble) {
        /* The kernel fills the last page of a mapping with zeros. */
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        trouble = source_fill(source, encoding, !source->is_mapped || source->size % page);
    }
    if (trouble) {
        failure = errno;
        source_release(source);
        errno = failure;
    }
    return trouble;
}

void source_release(struct source *source)
{
    if (source->text_is_owned)
        free(source->text);
    if (source->is_mapped)
        munmap((void *)source->bytes, source->size);
    else if (source->bytes_are_owned)
        free((void *)source->bytes);
    free(source->marks);
    free(source->invalid);
    *source = (struct source){0};
}

static const struct source_mark *mark_before(const struct source *source, uint32_t offset)
{
    const struct source_mark *mark = &source->marks[offset / SOURCE_STEP];
    while (mark->text > offset)
        mark--;
    return mark;
}

size_t source_byte(const struct source *source, uint32_t offset)
{
    if (offset >= source->length)
        return source->size;
    if (source->encoding == ENCODING_UTF8 && !source->invalid_count)
        return source->size - source->length + offset;
    const struct source_mark *mark = mark_before(source, offset);
    return mark->byte + decode_advance(source->encoding, source->bytes + mark->byte, source->bytes + source->size,
                                       offset - mark->text);
}

void source_place_next(const struct source *source, struct source_cursor *cursor, uint32_t offset)
{
    if (offset > source->length)
        offset = source->length;
    while (offset && is_continuation((unsigned char)source->text[offset]))
        offset--;
    const struct source_mark *mark = mark_before(source, offset);
    if (!cursor->line || cursor->offset > offset || cursor->offset < mark->text)
        *cursor = (struct source_cursor){mark->text, mark->line, mark->column};
    place_advance(source->text, cursor->offset, offset, &cursor->line, &cursor->column);
    cursor->offset = offset;
}

void source_place(const struct source *source, uint32_t offset, unsigned *line, unsigned *column)
{
    struct source_cursor cursor = {0};
    source_place_next(source, &cursor, offset);
    *line = cursor.line;
    *column = cursor.column;
}
