/* Text on a terminal. */
#include "tracing.h"

#include <string.h>

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

unsigned print_text(FILE *out, const char *text, unsigned most)
{
    unsigned width = 0;
    for (unsigned length; *text; text += length) {
        uint32_t code = character_decode(text, &length);
        unsigned columns = character_is_wide(code) ? 2 : 1;
        if (width + columns >= most && text[length]) {
            fputs("…", out);
            return width + 1;
        }
        if (code == '\n')
            fputs("⏎", out);
        else if (is_control(code))
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(text, 1, length, out);
        width += columns;
    }
    return width;
}

void print_padded(FILE *out, const char *text, unsigned width)
{
    unsigned used = print_text(out, text, width);
    fprintf(out, "%*s", used < width ? (int)(width - used) : 0, "");
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

void print_site(FILE *out, const struct rule *rule)
{
    if (rule && rule->path)
        fprintf(out, "  [%s:%u]", base_name(rule->path), rule->line);
}

void print_pattern(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("\\^$.[]|()?*+{}#", text[i]))
            fputc('\\', out);
        fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
    }
}

void begin_line(struct tracer *tracer, const char *text)
{
    fputs("    ", tracer->out);
    print_padded(tracer->out, text, LABEL_WIDTH);
    fputs("  ", tracer->out);
}

const char *span_text(struct tracer *tracer, struct span span)
{
    return text_normal(&tracer->document, &tracer->scratch, &span, 1);
}

void text_view(const char *text, struct view *view)
{
    size_t length = strlen(text);
    struct document_text document = {.text = text, .length = (uint32_t)(length < 4096 ? length : 4096)};
    while (document.length < length && document.length &&
           ((unsigned char)text[document.length] & 0xc0) == 0x80)
        document.length--;
    view_build(view, &document, (struct span){0, document.length});
    while (view->length && view->text[view->length - 1] == ':')
        view->length--;
}

size_t bare_length(const char *text, size_t length)
{
    if (length < 3 || text[length - 1] != ')')
        return length;
    size_t depth = 0;
    for (size_t i = length; i-- > 0;) {
        depth += text[i] == ')';
        if (text[i] == '(' && --depth == 0)
            return i ? i : length;
    }
    return length;
}

unsigned line_at(const struct source *source, uint32_t offset)
{
    unsigned line, column;
    source_place(source, offset, &line, &column);
    return line;
}

unsigned row_line(const struct source *source, const struct grid *grid, const struct row *row)
{
    return row->count ? line_at(source, grid->cells.items[row->first].from) : 0;
}
