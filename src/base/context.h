/*
 * The context: memory, parallelism and cancellation for a computation, supplied by its caller. Codecs and
 * filters know nothing of threads, clocks or files; they allocate from `arena`, split their work with
 * context_for_bands, and call context_checkpoint between bands and strips. The backend implements these.
 *
 * Memory: `arena` holds the current step's result, and `spare` the previous step's, so that a chain of
 * filters needs two images, not one per filter. `job_arena` lives until the end of the job: metadata, tables.
 * `memo` keeps tables from job to job (base/memo.h).
 * For temporary memory use a mark and release on `arena`, or the scratch arena passed to each band.
 */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/memo.h"
#include "base/simd.h"

/* One band of work. `scratch` belongs to the executing thread and is released after the band. Returns 0, or
 * -1 only when scratch is out of memory; a band reports any other failure (such as failed authentication)
 * through `argument`. */
typedef int band_function(void *argument, unsigned band, struct arena *scratch);

struct context;

struct context_ops {
    /* Calls band(argument, 0 .. bands - 1, ...), each once, in any order, possibly in parallel; returns when
     * all are done: 0, or -1 with `error` filled when a band failed or a checkpoint stopped the job (the
     * other bands may then not have run). */
    int (*for_bands)(struct context *context, unsigned bands, band_function *band, void *argument);
    /* Called often from the thread that runs the job. Returns 0 to go on, or -1 with `error` filled to stop
     * (time limit, cancellation). */
    int (*checkpoint)(struct context *context);
    /* Put these around long library calls and kernels that access no shared state; for_bands does so for
     * serial bands. Not nestable. Checkpoints and warnings (from a library's callbacks) are allowed in
     * between. */
    void (*native_begin)(struct context *context);
    void (*native_end)(struct context *context);
    /* Starts a stage of the job and ends the previous one, for timing. */
    void (*enter)(struct context *context, enum pm_stage stage);
    /* Reports a warning in the job's log. */
    void (*warn)(struct context *context, const char *message);
    /* The same for how the result was made, where nothing is lost by it. */
    void (*note)(struct context *context, const char *message);
};

struct context {
    const struct context_ops *ops; /* NULL: the serial ones */
    struct arena *arena;           /* the current step's result */
    struct arena *spare;           /* the previous step's result; transform swaps the two */
    struct arena *job_arena;
    struct memo *memo; /* tables from earlier jobs, or NULL */
    enum simd_level simd;
    unsigned lanes;         /* max threads that for_bands uses, at least 1; a hint for choosing bands */
    uint64_t max_pixels;    /* of any image, intermediate ones included; 0: no limit */
    uint64_t max_bytes;     /* of decoded pictures in memory; 0: no limit */
    struct pm_error *error; /* the job's: a function that fails fills it; the first error stays */
    unsigned warnings;      /* number of calls of context_warn */
    void *lender;           /* the backend's private data */
};

int context_for_bands(struct context *context, unsigned bands, band_function *band, void *argument);
int context_checkpoint(struct context *context);
void context_native_begin(struct context *context);
void context_native_end(struct context *context);
void context_enter(struct context *context, enum pm_stage stage);
__attribute__((format(printf, 2, 3))) void context_warn(struct context *context, const char *format, ...);
void context_note(struct context *context, const char *message);

/* Allocate `size` bytes, or `count` items of `size` bytes, from `arena`; NULL with `error` filled. */
void *context_alloc(struct context *context, size_t size);
void *context_alloc_array(struct context *context, size_t count, size_t size);

/* How many bands to divide `rows` into: enough to load all lanes evenly and to reach checkpoints often, each
 * of at least `min_rows` rows. */
unsigned context_band_count(const struct context *context, uint32_t rows, uint32_t min_rows);

/* The rows of band `band` of `bands`: [*first, *end). Every row is in exactly one band. */
void context_band_rows(uint32_t rows, unsigned bands, unsigned band, uint32_t *first, uint32_t *end);

#endif
