#include "archive_loading.h"

#include <string.h>

enum {
    PACK_STEP = 1 << 20, /* bytes of XML that are compressed together */
    COMPRESSION = 3,
};
/* ---- what is known ---- */

static enum archive_state state_of(sqlite3_stmt *row, int column, const struct archive_reader *reader)
{
    const char *state = (const char *)sqlite3_column_text(row, column);
    const char *program = (const char *)sqlite3_column_text(row, column + 1);
    const char *grammar = (const char *)sqlite3_column_text(row, column + 2);
    if (!state || !program || !grammar || strcmp(program, reader->program) != 0 || strcmp(grammar, reader->grammar) != 0)
        return ARCHIVE_UNKNOWN;
    return strcmp(state, "done") == 0 ? ARCHIVE_DONE : ARCHIVE_FAILED;
}

enum archive_state archive_knows_file(struct archive *archive, const struct archive_reader *reader,
                                      const struct archive_file *file)
{
    sqlite3_stmt *found = archive_statement(archive, STATEMENT_FILE);
    enum archive_state state = ARCHIVE_UNKNOWN;
    if (!found)
        return state;
    sqlite3_bind_text(found, 1, file->path, -1, SQLITE_STATIC);
    if (sqlite3_step(found) == SQLITE_ROW && sqlite3_column_int64(found, 0) == file->bytes &&
        sqlite3_column_int64(found, 1) == file->mtime_ns && sqlite3_column_int64(found, 2) == file->inode)
        state = state_of(found, 3, reader);
    sqlite3_reset(found);
    return state;
}

/* The source of a content, its state, and one that failed before its media type was known. */
struct known {
    enum archive_state state;
    int64_t source, failed; /* 0: none */
};

static struct known content(struct archive *archive, const struct archive_reader *reader, const char *sha256, const char *media_type)
{
    struct known known = {0};
    sqlite3_stmt *found = archive_statement(archive, STATEMENT_SOURCE);
    if (!found)
        return known;
    sqlite3_bind_text(found, 1, sha256, -1, SQLITE_STATIC);
    sqlite3_bind_text(found, 2, media_type, -1, SQLITE_STATIC);
    while (sqlite3_step(found) == SQLITE_ROW) {
        bool is_same = strcmp((const char *)sqlite3_column_text(found, 4), media_type) == 0;
        *(is_same ? &known.source : &known.failed) = sqlite3_column_int64(found, 0);
        if (is_same)
            known.state = state_of(found, 1, reader);
    }
    sqlite3_reset(found);
    return known;
}

enum archive_state archive_knows_content(struct archive *archive, const struct archive_reader *reader, const char *sha256,
                                         const char *media_type)
{
    return content(archive, reader, sha256, media_type).state;
}
/* ---- a document ---- */

static struct item *item_new(struct loader *loader, enum item_kind kind, const struct archive_file *file)
{
    struct item *item = array_push(&loader->items);
    *item = (struct item){.kind = kind, .file = *file};
    item->file.path = arena_copy(&loader->kept, file->path, strlen(file->path));
    for (enum table i = 0; i < TABLES; i++)
        item->rows[i] = loader->data[i].count;
    return item;
}

static struct item *item_at_hand(struct loader *loader) { return &loader->items.items[loader->items.count - 1]; }

static const char *keep(struct loader *loader, const char *text)
{
    return text ? arena_copy(&loader->kept, text, strlen(text)) : NULL;
}

/* Compresses the XML that is held; the stream is the same however it was cut. */
static void pack(struct loader *loader, bool is_last)
{
    ZSTD_inBuffer in = {loader->xml.bytes, loader->xml.length, 0};
    for (bool is_done = false; !is_done;) {
        size_t room = ZSTD_CStreamOutSize();
        ZSTD_outBuffer out = {buffer_room(&loader->packed, room), room, 0};
        size_t rest = ZSTD_compressStream2(loader->compressor, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(rest))
            memory_exhausted();
        loader->packed.length += out.pos;
        is_done = is_last ? rest == 0 : in.pos == in.size;
    }
    loader->packed_from += loader->xml.length;
    loader->xml.length = 0;
}

static bool store_rows(struct loader *loader);

static void take_title(void *context, const struct node *title)
{
    struct loader *loader = context;
    item_at_hand(loader)->title = keep(loader, title ? title->value : NULL);
    write_begin(&loader->writer, title);
}

static void take_declaration(void *context, const struct form *form, const struct findings *findings)
{
    struct loader *loader = context;
    write_declaration(&loader->writer, form->declaration);
    add_declaration(loader, form, findings);
    loader->declaration++;
    if (loader->xml.length > PACK_STEP)
        pack(loader, false);
    if (loader->staged > STAGED_MOST && !loader->has_failed) {
        /* Too much to hold: the lock is taken early, and kept until the document is done. */
        if (!loader->is_open)
            loader->is_open = archive_begin(loader->archive);
        item_at_hand(loader)->is_partial = true;
        loader->has_failed = !loader->is_open || !store_rows(loader);
    }
}

static void take_end(void *context, const struct node *residue, const struct node *findings)
{
    struct loader *loader = context;
    write_end(&loader->writer, residue, findings);
    add_findings(loader, findings);
}

void loader_begin(struct loader *loader, const struct archive_file *file, const struct source *source, struct sink *sink)
{
    struct item *item = item_new(loader, ITEM_DOCUMENT, file);
    item->sha256 = keep(loader, source->sha256);
    item->media_type = source->media_type;
    item->encoding = encoding_names[source->encoding];
    item->bytes = (int64_t)source->size;
    loader->source = source;
    loader->nameless = *source;
    loader->nameless.href = "";
    loader->writer = (struct writer){.format = FORMAT_XML, .is_compact = true, .source = &loader->nameless, .out = &loader->xml};
    loader->cursor = (struct source_cursor){0};
    loader->declaration = loader->findings = loader->packed_from = 0;
    loader->xml.length = loader->packed.length = 0;
    ZSTD_CCtx_reset(loader->compressor, ZSTD_reset_session_only);
    *sink = (struct sink){.context = loader, .begin = take_title, .declaration = take_declaration, .end = take_end};
}

void loader_end(struct loader *loader)
{
    enum { KEEP_MOST = 1 << 22 }; /* a large document's memory is not kept for the small ones behind it */
    struct item *item = item_at_hand(loader);
    pack(loader, true);
    item->xml = arena_copy(&loader->kept, loader->packed.bytes, loader->packed.length);
    item->xml_size = loader->packed.length;
    item->xml_bytes = loader->packed_from;
    loader->staged += item->xml_size;
    item->declarations = loader->declaration;
    if (!item->declarations) {
        item->reason = "no-form";
        item->message = "no declaration found";
    }
    loader->source = NULL;
    if (loader->xml.room > KEEP_MOST)
        buffer_release(&loader->xml);
    if (loader->packed.room > KEEP_MOST)
        buffer_release(&loader->packed);
}

void loader_see(struct loader *loader, const struct archive_file *file, const char *sha256, const char *media_type)
{
    struct item *item = item_new(loader, ITEM_SEEN, file);
    item->sha256 = keep(loader, sha256);
    item->media_type = keep(loader, media_type);
}

void loader_fail(struct loader *loader, const struct archive_file *file, const char *sha256, const char *reason,
                 const char *message)
{
    struct item *item = item_new(loader, ITEM_FAILED, file);
    item->sha256 = keep(loader, sha256);
    item->media_type = "";
    item->bytes = file->bytes;
    item->reason = keep(loader, reason);
    item->message = keep(loader, message);
}

size_t loader_bytes(const struct loader *loader) { return loader->is_open || loader->has_failed ? SIZE_MAX : loader->staged; }

/* ---- storing ---- */

static void bind_text(sqlite3_stmt *statement, int number, const char *text)
{
    sqlite3_bind_text(statement, number, text, -1, SQLITE_STATIC);
}

static int64_t last_id(struct archive *archive, enum statement statement)
{
    sqlite3_stmt *last = archive_statement(archive, statement);
    int64_t id = last && sqlite3_step(last) == SQLITE_ROW ? sqlite3_column_int64(last, 0) : -1;
    sqlite3_reset(last);
    return id;
}

static bool put_source(struct loader *loader, const struct item *item)
{
    sqlite3_stmt *put = archive_statement(loader->archive, STATEMENT_SOURCE_PUT);
    if (!put)
        return false;
    sqlite3_bind_int64(put, 1, item->source_id);
    bind_text(put, 2, item->sha256);
    bind_text(put, 3, item->media_type);
    sqlite3_bind_int64(put, 4, item->bytes);
    bind_text(put, 5, item->encoding);
    bind_text(put, 6, item->title);
    bind_text(put, 7, item->kind == ITEM_DOCUMENT ? "done" : "failed");
    bind_text(put, 8, item->reason);
    bind_text(put, 9, item->message);
    bind_text(put, 10, loader->reader->program);
    bind_text(put, 11, loader->reader->grammar);
    sqlite3_bind_int64(put, 12, (int64_t)item->declarations);
    return archive_step(loader->archive, STATEMENT_SOURCE_PUT);
}

static bool move_files(struct loader *loader, int64_t from, int64_t to)
{
    sqlite3_stmt *move = archive_statement(loader->archive, STATEMENT_FILES_MOVE);
    if (!move)
        return false;
    sqlite3_bind_int64(move, 1, from);
    sqlite3_bind_int64(move, 2, to);
    return archive_step(loader->archive, STATEMENT_FILES_MOVE);
}

/* Gives the item its source: the one that is known, or a new one in place of what is outdated. */
static bool place_item(struct loader *loader, struct item *item, int64_t *source, int64_t *declaration)
{
    struct archive *archive = loader->archive;
    item->is_placed = true;
    if (!item->sha256) {
        item->is_dropped = true;
        return true;
    }
    struct known known = content(archive, loader->reader, item->sha256, item->media_type);
    if (item->kind == ITEM_SEEN || known.state == ARCHIVE_DONE) {
        item->source_id = known.source;
        item->is_dropped = true;
        return true;
    }
    item->source_id = ++*source;
    item->declaration_id = *declaration + 1;
    for (int i = 0; i < 2; i++) {
        int64_t old = i ? known.failed : known.source;
        if (!old)
            continue;
        /* files that are stored, and those of this transaction that are not yet */
        for (struct item *other = loader->items.items; other < item; other++)
            if (other->source_id == old)
                other->source_id = item->source_id;
        if (!move_files(loader, old, item->source_id) || !archive_forget(archive, old))
            return false;
    }
    return put_source(loader, item);
}

/* Ids of everything that is staged. They are given in order, so the last item may still be open. */
static bool place_items(struct loader *loader)
{
    struct archive *archive = loader->archive;
    int64_t source = last_id(archive, STATEMENT_LAST_SOURCE), declaration = last_id(archive, STATEMENT_LAST_DECLARATION);
    if (source < 0 || declaration < 0)
        return false;
    /* Documents in the items before may have their declarations staged only. */
    for (size_t i = 0; i < loader->items.count; i++) {
        struct item *item = &loader->items.items[i];
        if (!item->is_placed && !place_item(loader, item, &source, &declaration))
            return false;
        if (!item->is_dropped && item->declaration_id + (int64_t)item->declarations - 1 > declaration)
            declaration = item->declaration_id + (int64_t)item->declarations - 1;
    }
    return true;
}

static bool store_rows(struct loader *loader) { return place_items(loader) && rows_store(loader); }

static bool finish_source(struct loader *loader, const struct item *item)
{
    struct archive *archive = loader->archive;
    if (item->is_partial) {
        sqlite3_stmt *update = archive_statement(archive, STATEMENT_SOURCE_UPDATE);
        if (!update)
            return false;
        sqlite3_bind_int64(update, 1, item->source_id);
        sqlite3_bind_int64(update, 2, (int64_t)item->declarations);
        bind_text(update, 3, item->reason);
        bind_text(update, 4, item->message);
        if (!archive_step(archive, STATEMENT_SOURCE_UPDATE))
            return false;
    }
    sqlite3_stmt *put = archive_statement(archive, STATEMENT_EXTRACTION_PUT);
    if (!put)
        return false;
    sqlite3_bind_int64(put, 1, item->source_id);
    sqlite3_bind_int64(put, 2, (int64_t)item->xml_bytes);
    sqlite3_bind_blob64(put, 3, item->xml, item->xml_size, SQLITE_STATIC);
    return archive_step(archive, STATEMENT_EXTRACTION_PUT);
}

static bool put_file(struct loader *loader, struct item *item)
{
    struct archive *archive = loader->archive;
    sqlite3_stmt *before = archive_statement(archive, STATEMENT_FILE);
    if (!before)
        return false;
    bind_text(before, 1, item->file.path);
    item->before = sqlite3_step(before) == SQLITE_ROW ? sqlite3_column_int64(before, 6) : 0;
    sqlite3_reset(before);
    sqlite3_stmt *put = archive_statement(archive, STATEMENT_FILE_PUT);
    if (!put)
        return false;
    bind_text(put, 1, item->file.path);
    if (item->source_id)
        sqlite3_bind_int64(put, 2, item->source_id);
    else
        sqlite3_bind_null(put, 2);
    sqlite3_bind_int64(put, 3, item->file.bytes);
    sqlite3_bind_int64(put, 4, item->file.mtime_ns);
    sqlite3_bind_int64(put, 5, item->file.inode);
    bind_text(put, 6, item->source_id ? NULL : item->reason);
    bind_text(put, 7, item->source_id ? NULL : item->message);
    return archive_step(archive, STATEMENT_FILE_PUT);
}

/* What no file holds any more goes. */
static bool forget_unused(struct loader *loader, int64_t source)
{
    struct archive *archive = loader->archive;
    sqlite3_stmt *used = archive_statement(archive, STATEMENT_SOURCE_IS_USED);
    if (!used)
        return false;
    sqlite3_bind_int64(used, 1, source);
    int result = sqlite3_step(used);
    sqlite3_reset(used);
    return result == SQLITE_ROW || (result == SQLITE_DONE && archive_forget(archive, source));
}

static bool store(struct loader *loader)
{
    if (loader->has_failed || !store_rows(loader))
        return false;
    struct item *end = loader->items.items + loader->items.count;
    for (const struct item *item = loader->items.items; item < end; item++)
        if (item->kind == ITEM_DOCUMENT && !item->is_dropped && !finish_source(loader, item))
            return false;
    for (struct item *item = loader->items.items; item < end; item++) {
        /* What was seen and is gone meanwhile will be new to the next run. */
        bool is_gone = item->kind == ITEM_SEEN && !item->source_id;
        if (!is_gone && !put_file(loader, item))
            return false;
    }
    for (const struct item *item = loader->items.items; item < end; item++)
        if (item->before && item->before != item->source_id && !forget_unused(loader, item->before))
            return false;
    return true;
}

enum loader_result loader_store(struct loader *loader, bool is_patient)
{
    struct archive *archive = loader->archive;
    if (!loader->items.count)
        return LOADER_STORED;
    if (!loader->is_open && !loader->has_failed) {
        if (is_patient)
            loader->is_open = archive_begin(archive);
        else if (!(loader->is_open = archive_begin_now(archive)) && archive_is_busy(archive))
            return LOADER_BUSY;
    }
    bool is_stored = loader->is_open && store(loader);
    if (is_stored)
        is_stored = archive_commit(archive);
    else
        archive_rollback(archive);
    loader->is_open = loader->has_failed = false;
    rows_forget(loader);
    loader->items.count = 0;
    arena_reset(&loader->kept);
    return is_stored ? LOADER_STORED : LOADER_TROUBLE;
}

struct loader *loader_new(struct archive *archive, const struct archive_reader *reader)
{
    struct loader *loader = memory_resize(NULL, sizeof *loader);
    *loader = (struct loader){.archive = archive, .reader = reader, .compressor = ZSTD_createCCtx()};
    if (!loader->compressor)
        memory_exhausted();
    ZSTD_CCtx_setParameter(loader->compressor, ZSTD_c_compressionLevel, COMPRESSION);
    if (rows_prepare(loader))
        return loader;
    loader_release(loader);
    return NULL;
}

void loader_release(struct loader *loader)
{
    if (!loader)
        return;
    if (loader->is_open)
        archive_rollback(loader->archive);
    rows_release(loader);
    array_release(&loader->items);
    arena_release(&loader->kept);
    buffer_release(&loader->xml);
    buffer_release(&loader->packed);
    ZSTD_freeCCtx(loader->compressor);
    free(loader);
}
