#include "stream.h"

#include <errno.h>
#include <jansson.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "extract.h"
#include "input.h"

struct stream {
    FILE *out;
    const struct grammar *grammar;
    enum format format;
    struct buffer extraction;
    size_t line;
};

static void write_object(struct stream *stream, json_t *object)
{
    json_dumpf(object, stream->out, JSON_COMPACT);
    putc('\n', stream->out);
    json_decref(object);
}

/* Takes the id. */
static void write_error(struct stream *stream, json_t *id, const char *kind, const char *message)
{
    json_t *object = json_pack("{s:o, s:{s:s, s:s}}", "id", id, "error", "kind", kind, "message", message);
    if (!object)
        memory_exhausted();
    if (json_is_null(id))
        json_object_set_new(object, "line", json_integer((json_int_t)stream->line));
    write_object(stream, object);
}

/* The extraction of a JSON writer stands in the line as it is: its own line ends are white space. */
static void write_extraction(struct stream *stream, json_t *id, const struct source *source)
{
    struct buffer *extraction = &stream->extraction;
    extraction->length = 0;
    struct writer writer = {.format = stream->format, .is_compact = true, .source = source, .out = extraction};
    struct extract_summary summary = extract(source, stream->grammar, &writer);
    if (stream->format == FORMAT_XML) {
        json_t *object = json_pack("{s:o, s:I, s:s%}", "id", id, "declarations", (json_int_t)summary.declarations, "extraction",
                                   extraction->bytes, extraction->length);
        if (!object)
            memory_exhausted();
        write_object(stream, object);
        return;
    }
    for (size_t i = 0; i < extraction->length; i++)
        if (extraction->bytes[i] == '\n')
            extraction->bytes[i] = ' ';
    fputs("{\"id\":", stream->out);
    json_dumpf(id, stream->out, JSON_COMPACT | JSON_ENCODE_ANY);
    fprintf(stream->out, ",\"declarations\":%zu,\"extraction\":", summary.declarations);
    while (extraction->length && extraction->bytes[extraction->length - 1] == ' ')
        extraction->length--;
    fwrite(extraction->bytes, 1, extraction->length, stream->out);
    fputs("}\n", stream->out);
    json_decref(id);
}

/* The bytes of base64 text, or NULL. */
static uint8_t *decode_content(const char *text, size_t length, size_t *size)
{
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    uint8_t *bytes = memory_resize(NULL, BASE64_DECODE_LENGTH(length) + 1);
    *size = BASE64_DECODE_LENGTH(length);
    if (base64_decode_update(&context, size, bytes, length, text) && base64_decode_final(&context))
        return bytes;
    free(bytes);
    return NULL;
}

static const char *text_of(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

/* Whether it comes back as it is: a number with a point or an exponent is read into
 * binary, and 1.10 is 1.1 then. */
static bool comes_back(const json_t *id)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_real(id))
        return false;
    json_array_foreach(id, i, value)
        if (!comes_back(value))
            return false;
    json_object_foreach((json_t *)id, key, value)
        if (!comes_back(value))
            return false;
    return true;
}

static void answer(struct stream *stream, const json_t *request)
{
    json_t *id = json_object_get(request, "id");
    if (!comes_back(id)) {
        write_error(stream, json_null(), "request", "numbers in 'id' must be whole; write others as strings");
        return;
    }
    id = id ? json_incref(id) : json_null();
    const char *path = text_of(request, "path"), *name = text_of(request, "name"), *named = text_of(request, "encoding");
    const json_t *content = json_object_get(request, "content");
    enum encoding encoding = named ? encoding_named(named, strlen(named)) : ENCODINGS;
    if (named && encoding == ENCODINGS) {
        write_error(stream, id, "request", "unknown encoding; try utf-8, gb18030, big5, utf-16le or utf-16be");
        return;
    }
    if (!path == !json_is_string(content)) {
        write_error(stream, id, "request", "either 'path' or 'content' (base64) must be a string");
        return;
    }
    if (path && strcmp(path, "-") == 0) {
        write_error(stream, id, "request", "standard input holds the requests; '-' cannot be a document");
        return;
    }
    struct source source;
    enum source_trouble trouble;
    uint8_t *bytes = NULL;
    if (path) {
        trouble = source_read(&source, path, encoding);
    } else {
        size_t size;
        bytes = decode_content(json_string_value(content), json_string_length(content), &size);
        if (!bytes) {
            write_error(stream, id, "request", "'content' is not base64");
            return;
        }
        trouble = source_decode(&source, name ? name : "-", bytes, size, encoding);
    }
    if (trouble == SOURCE_FINE) {
        write_extraction(stream, id, &source);
        source_release(&source);
    } else {
        char message[200];
        write_error(stream, id, source_trouble_names[trouble], input_message(message, sizeof message, trouble, errno));
    }
    free(bytes);
}

/* The next line in `line`, without its end. False at the end; a line that is too long is skipped, *is_long. */
static bool next_line(FILE *in, struct buffer *line, bool *is_long)
{
    line->length = 0;
    *is_long = false;
    int c = getc(in);
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc_unlocked(in)) {
        if (line->length < STREAM_LINE_MOST)
            buffer_char(line, (char)c);
        else
            *is_long = true;
    }
    return true;
}

static bool is_blank(const struct buffer *line)
{
    for (size_t i = 0; i < line->length; i++)
        if (!strchr(" \t\r", line->bytes[i]) || !line->bytes[i])
            return false;
    return true;
}

int stream_run(FILE *in, FILE *out, const struct grammar *grammar, enum format format)
{
    struct stream stream = {.out = out, .grammar = grammar, .format = format};
    struct buffer line = {0};
    enum { KEEP_MOST = 1 << 22 }; /* a large document's memory is not kept for the small ones behind it */
    for (bool is_long; !ferror(out) && next_line(in, &line, &is_long);) {
        stream.line++;
        if (is_blank(&line) && !is_long)
            continue;
        json_error_t error;
        json_t *request = is_long ? NULL : json_loadb(line.bytes, line.length, JSON_REJECT_DUPLICATES, &error);
        if (json_is_object(request)) {
            answer(&stream, request);
        } else if (is_long) {
            write_error(&stream, json_null(), "request", "the line is too long");
        } else {
            char message[JSON_ERROR_TEXT_LENGTH + 40];
            bool is_too_big = !request && json_error_code(&error) == json_error_numeric_overflow;
            if (is_too_big)
                snprintf(message, sizeof message, "a number is past 64 bits (%lld to %lld); write it as a string",
                         (long long)INT64_MIN, (long long)INT64_MAX);
            else
                snprintf(message, sizeof message, "no JSON object%s%s", request ? "" : ": ", request ? "" : error.text);
            write_error(&stream, json_null(), "request", message);
        }
        json_decref(request);
        fflush(out); /* whoever waits for the answer gets it */
        if (line.room > KEEP_MOST)
            buffer_release(&line);
        if (stream.extraction.room > KEEP_MOST)
            buffer_release(&stream.extraction);
    }
    bool is_read = !ferror(in);
    if (!is_read)
        report(REPORT_ERROR, (struct place){.path = "standard input"}, "cannot read: %s", strerror(errno));
    buffer_release(&line);
    buffer_release(&stream.extraction);
    return is_read && !ferror(out) ? 0 : 2;
}
