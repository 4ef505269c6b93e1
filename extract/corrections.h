/* What a reviewer corrected or accepted, replayed on the same document.
 *
 * A corrections file is JSON (docs/view.md has it in full). Each correction is tied to
 * the SHA-256 of its source and to the bytes that the value was read from. */
#ifndef SHENBAO_CORRECTIONS_H
#define SHENBAO_CORRECTIONS_H

#include "base/array.h"
#include "build.h"
#include "read/source.h"

enum correction_state { CORRECTION_ACCEPTED, CORRECTION_CORRECTED, CORRECTION_STATES };
extern const char *const correction_states[CORRECTION_STATES]; /* accepted corrected */

struct correction {
    const char *file;        /* the corrections file, for messages */
    const char *declaration; /* d1 */
    const char *path;        /* of the element in the declaration: indicators/indicator[2]/target */
    struct span *bytes;      /* on disk */
    size_t byte_count;
    const char *was, *value; /* value: as it should have been printed; NULL where accepted */
    const char *note, *who, *when; /* "" where not given */
    enum correction_state state;
    bool is_done;            /* met and applied, or said to be impossible */
};

/* The corrections of one source. */
struct corrected_source {
    const char *sha256, *path, *file;
    array_of(struct correction) items; /* sorted by declaration and path */
    bool is_met; /* a document with this hash was read */
};

struct corrections {
    struct arena arena;
    array_of(struct corrected_source) sources;
    size_t failures;          /* of the document at hand */
    const char **rule_names;  /* of the grammar, by id; made when first needed */
};

/* Adds what a file says; false after a message. */
bool corrections_read(struct corrections *corrections, const char *path);
void corrections_release(struct corrections *corrections);

/* Those for a document in *corrected, NULL where there are none. False after a message where
 * the document has the name of a corrected one and other bytes, or where it is the only one
 * and the corrections are for others. */
bool corrections_begin(struct corrections *corrections, const struct source *source, bool is_only,
                       struct corrected_source **corrected);
const struct corrected_source *corrections_find(const struct corrections *corrections, const char *sha256);

/* Applies them to the declaration at hand, before it is checked. What does not fit is
 * said. */
void corrections_apply(struct corrections *corrections, struct corrected_source *source, struct build *build,
                       const struct source *document);
/* Behind the last declaration: says which of them met none. Whether all were replayed. */
bool corrections_finish(struct corrections *corrections, struct corrected_source *source);

/* Behind the last document: says which sources were not among them. False where a
 * corrections file met no document at all. */
bool corrections_all_met(const struct corrections *corrections);

/* Places among brothers that were asked for last: who asks for one after the other
 * pays for each only once. Zero-initialized. */
enum { PATH_PLACES = 16 };
struct path_places {
    const struct node *nodes[PATH_PLACES];
    size_t places[PATH_PLACES];
};

/* header/project-name, indicators/indicator[3]/target: names from the declaration down,
 * with a number behind those that are not the first of their name. */
const char *correction_path(struct arena *arena, const struct node *node, struct path_places *places);

#endif
