#include "extract.h"

#include "check.h"
#include "grid.h"
#include "pattern.h"
#include "read/read.h"
#include "residue.h"
#include "declare.h"
#include "section.h"

struct extracting {
    const struct sink *sink;
    struct origin origin;
    struct findings *findings;
    struct extract_summary summary;
};

static size_t node_count(const struct node *node)
{
    size_t count = 0;
    for (const struct node *child = node ? node->first : NULL; child; child = child->next)
        count++;
    return count;
}

/* What the checks found stands with what reading found: one finding citing the
 * statements of all its sides. Refusals are no facts about the form. */
static void findings_cite(struct build *build, const struct findings *findings)
{
    for (size_t i = 0; i < findings->items.count; i++) {
        const struct finding *finding = &findings->items.items[i];
        if (finding->verdict != VERDICT_FAIL || (finding->side_count && finding->sides[0].node && finding->sides[0].node->parent == build->findings))
            continue;
        struct node *node = build_finding(build, checks[finding->check].name, severity_names[finding->severity], NULL,
                                          "%s (%s)", finding->zh, finding->en);
        size_t count = 0;
        for (size_t k = 0; k < finding->side_count; k++)
            if (finding->sides[k].node && finding->sides[k].node->provenance)
                count += finding->sides[k].node->provenance->bytes.count;
        if (!count)
            continue;
        struct span *spans = arena_array(build->arena, struct span, count), *at = spans;
        for (size_t k = 0; k < finding->side_count; k++) {
            const struct node *side = finding->sides[k].node;
            for (size_t n = 0; side && side->provenance && n < side->provenance->bytes.count; n++)
                *at++ = side->provenance->bytes.items[n];
        }
        node->provenance = arena_new(build->arena, struct provenance);
        node->provenance->bytes = (struct spans){spans, count};
        node->provenance->raw = build_raw(build, spans, count);
    }
}

static void declaration_finish(void *context, struct build *build)
{
    struct extracting *extracting = context;
    struct arena *arena = build->arena;
    struct node *declaration = build->declaration, *residue = node_new(arena, "residue");
    struct coverage coverage = residue_collect(build, build->extent.from, build->extent.to, residue);
    if (residue->first)
        node_adopt(declaration, residue);
    if (build->findings)
        node_adopt(declaration, build->findings);
    size_t all = coverage.read + coverage.left;
    struct attribute *id = arena_new(arena, struct attribute);
    id->name = "id";
    id->value = arena_printf(arena, "d%zu", extracting->summary.declarations + 1);
    id->next = declaration->attributes;
    declaration->attributes = id;
    node_set(arena, declaration, "coverage", !coverage.left ? "1.000" : arena_printf(arena, "%.3f", (double)coverage.read / (double)all));

    const struct form form = {.origin = &extracting->origin, .declaration = declaration};
    if (extracting->sink->review)
        extracting->sink->review(extracting->sink->context, build);
    bool has_findings = build->findings;
    if (!extracting->sink->is_unchecked)
        check_form(build->grammar, &form, extracting->findings);
    findings_cite(build, extracting->findings);
    if (build->findings && !has_findings)
        node_adopt(declaration, build->findings);
    if (extracting->sink->declaration)
        extracting->sink->declaration(extracting->sink->context, &form, extracting->findings);
    findings_reset(extracting->findings);
    extracting->summary.declarations++;
    extracting->summary.values += build->values;
    extracting->summary.residues += node_count(residue);
    extracting->summary.findings += node_count(build->findings);
    build->values = 0;
    arena_reset(arena);
}

static struct node *headline_node(struct build *build, uint32_t r)
{
    const struct row *row = &build->grid->rows.items[r];
    const struct cell *cell = &build->grid->cells.items[row->first];
    while (cell_is_blank(cell))
        cell++;
    struct node *title = node_new(build->arena, "title");
    struct span span = cell_span(cell);
    static const struct rule headline = {.word = WORD_VALUE, .name = "headline", .element = "headline"};
    struct statement statement = {.rule = &headline, .spans = &span, .count = 1};
    struct node *frame = node_new(build->arena, "extraction");
    value_node(build, frame, "title", &statement, text_normal(build->document, build->arena, &span, 1), false);
    *title = *frame->first;
    return title;
}

/* What cannot be decoded is said once for the document, at its first byte. */
static void findings_of_source(struct build *build, const struct source *source)
{
    if (source->invalid_count)
        build_finding(build, "encoding", "warning", NULL, "有%zu个字节无法按%s解码 (%zu bytes cannot be decoded as %s)", source->invalid_count,
                      encoding_names[source->encoding], source->invalid_count, encoding_names[source->encoding]);
    if (source->is_mismarked)
        build_finding(build, "encoding", "warning", NULL, "文件带有UTF-8标记，内容却是%s (marked as UTF-8, but the content is %s)",
                      encoding_names[source->encoding], encoding_names[source->encoding]);
    if (pattern_limits_hit)
        build_finding(build, "unread", "warning", NULL, "匹配超出限度，部分文字未识读 (a match limit was hit %zu times)", pattern_limits_hit);
}

struct extract_summary extract_to(const struct source *source, const struct grammar *grammar, const struct sink *sink,
                                  struct findings *findings)
{
    struct document_text document = {.text = source->text, .length = source->length, .invalid = {source->invalid, source->invalid_count}};
    struct grid grid = {.document = &document, .grammar = grammar};
    struct arena arena = {0}, frame_arena = {0};
    struct findings own = {0};
    struct extracting extracting = {
        .sink = sink,
        .origin = {.path = source->href, .sha256 = source->sha256, .encoding = source->encoding, .source = source},
        .findings = findings ? findings : &own,
    };
    pattern_limits_hit = 0;
    read_document(&grid, source_is_page(source));
    struct extents extents = sections_find(&grid);

    struct build frame = {.document = &document, .grid = &grid, .grammar = grammar, .arena = &frame_arena};
    const struct node *title = extents.headline != UINT32_MAX ? headline_node(&frame, extents.headline) : NULL;
    struct node *residue = node_new(&frame_arena, "residue");
    uint32_t first = extents.count ? extents.items[0].from : (uint32_t)grid.rows.count;
    residue_collect(&frame, 0, first, residue);

    if (sink->begin)
        sink->begin(sink->context, title);
    struct build build = {.document = &document, .grid = &grid, .grammar = grammar, .arena = &arena};
    for (size_t i = 0; i < extents.count; i++)
        declaration_build(&build, &extents.items[i], declaration_finish, &extracting);
    findings_of_source(&frame, source);
    extracting.summary.residues += node_count(residue);
    extracting.summary.findings += node_count(frame.findings);
    if (sink->end)
        sink->end(sink->context, residue, frame.findings);

    findings_release(&own);
    array_release(&build.claims);
    array_release(&build.amounts);
    array_release(&build.moneys);
    array_release(&frame.claims);
    array_release(&frame.moneys);
    array_release(&extents);
    grid_release(&grid);
    arena_release(&arena);
    arena_release(&frame_arena);
    return extracting.summary;
}

struct writing {
    struct writer *writer;
    void (*review)(void *context, struct build *build);
    void *context;
};

static void begin_writing(void *context, const struct node *title)
{
    write_begin(((struct writing *)context)->writer, title);
}

static void write_form(void *context, const struct form *form, const struct findings *findings)
{
    (void)findings;
    write_declaration(((struct writing *)context)->writer, form->declaration);
}

static void end_writing(void *context, const struct node *residue, const struct node *findings)
{
    write_end(((struct writing *)context)->writer, residue, findings);
}

static void review_writing(void *context, struct build *build)
{
    struct writing *writing = context;
    writing->review(writing->context, build);
}

struct extract_summary extract_reviewed(const struct source *source, const struct grammar *grammar, struct writer *writer,
                                        void (*review)(void *context, struct build *build), void *context)
{
    struct writing writing = {writer, review, context};
    const struct sink sink = {&writing, begin_writing, write_form, end_writing, review ? review_writing : NULL,
                              writer->is_unchecked};
    return extract_to(source, grammar, &sink, NULL);
}

struct extract_summary extract(const struct source *source, const struct grammar *grammar, struct writer *writer)
{
    return extract_reviewed(source, grammar, writer, NULL, NULL);
}
