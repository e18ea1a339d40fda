/*
 * --manifest: a JSON file of all sources and their results, for programs that generate web pages. One
 * object, {"pixmill": 1, "images": [...]}, with a line for each source in the order of the inputs:
 *
 *     {"source", "width", "height", "bytes", "results": [{"file", "format", "type", "variant", "width",
 *      "height", "bytes", "sha256"}, ...], "srcset": {TYPE: TEXT, ...}, "picture": TEXT}
 *
 * `file` is relative to the output folder, and so are the URLs in the HTML texts: `srcset` lists each width
 * once, `picture` is a whole <picture> element. A skipped source keeps its line from the previous file. The
 * file is replaced at the end of the run.
 */
#ifndef BATCH_MANIFEST_H
#define BATCH_MANIFEST_H

#include "transform/variants.h"

enum { RESULT_HASH_TEXT = 65 }; /* SHA-256 as hexadecimal digits, with NUL */

struct manifest;

struct manifest_source {
    size_t index; /* in the list of inputs */
    const char *name;
    uint64_t bytes;
    uint32_t width, height;    /* after orientation */
    const struct codec *input; /* its format */
};

/* Reads the existing file and starts a new one. Returns NULL with `error` filled if the file belongs to
 * another program or can't be written. `path`, `output` (the folder) and `variants` are borrowed. */
struct manifest *manifest_open(const char *path, const char *output, const struct variants *variants,
                               struct pm_error *error);

/* Adds a finished job with the paths, sizes and hashes of its results. Thread-safe. Returns 0, or -1 with
 * `error` filled. */
int manifest_add(struct manifest *manifest, const struct manifest_source *source, const struct job *job,
                 char (*hashes)[RESULT_HASH_TEXT], struct pm_error *error);

/* Keeps the line of a source that is skipped. NULL is allowed. */
void manifest_keep(struct manifest *manifest, size_t index, const char *name);

/* Writes the file, or leaves the old one if that fails. NULL is allowed. Returns 0, or -1 with `error`
 * filled. */
int manifest_close(struct manifest *manifest, struct pm_error *error);
void manifest_discard(struct manifest *manifest);

#endif
