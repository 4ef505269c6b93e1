/* Documents on their way into an archive. They are held in memory until a transaction
 * stores many of them at once, so that the archive is locked for short times only. */
#ifndef SHENBAO_ARCHIVE_LOAD_H
#define SHENBAO_ARCHIVE_LOAD_H

#include "archive.h"
#include "extract.h"

/* How documents are read: what was read in another way is read again. */
struct archive_reader {
    const char *program; /* version, and options that change what is read */
    const char *grammar; /* fingerprint */
};

/* A file as it was when it was read. */
struct archive_file {
    const char *path; /* UTF-8; see writer_href() */
    int64_t bytes, mtime_ns, inode;
};

enum archive_state { ARCHIVE_UNKNOWN, ARCHIVE_DONE, ARCHIVE_FAILED };

/* Whether the archive has the file as it is now, read by that reader. */
enum archive_state archive_knows_file(struct archive *archive, const struct archive_reader *reader,
                                      const struct archive_file *file);

/* The same of a content; `media_type` is "" for one that failed before it was known. */
enum archive_state archive_knows_content(struct archive *archive, const struct archive_reader *reader, const char *sha256,
                                         const char *media_type);

struct loader;

/* Both must outlive the loader. NULL when the archive cannot be written; see archive_message(). */
struct loader *loader_new(struct archive *archive, const struct archive_reader *reader);
void loader_release(struct loader *loader);

/* A document that is read: fills the sink for extract_to(); call loader_end() behind that. Of large
 * documents parts are stored meanwhile, within a transaction that loader_store() commits. */
void loader_begin(struct loader *loader, const struct archive_file *file, const struct source *source, struct sink *sink);
void loader_end(struct loader *loader);

/* A file of a content that is known. */
void loader_see(struct loader *loader, const struct archive_file *file, const char *sha256, const char *media_type);

/* A file that cannot be read. `sha256` is NULL where not even its bytes can. `reason` is a
 * word for programs, `message` for people. */
void loader_fail(struct loader *loader, const struct archive_file *file, const char *sha256, const char *reason,
                 const char *message);

/* How much waits to be stored; SIZE_MAX when it should be stored now. */
size_t loader_bytes(const struct loader *loader);

/* Stores it in one transaction. LOADER_BUSY, only without `is_patient`: others write just
 * now, nothing is lost, try later. LOADER_TROUBLE: nothing was stored, all is forgotten;
 * see archive_message(). */
enum loader_result { LOADER_STORED, LOADER_BUSY, LOADER_TROUBLE };
enum loader_result loader_store(struct loader *loader, bool is_patient);

#endif
