/*
 * The context: everything that a computation borrows from whoever runs it. Codecs and filters know nothing of
 * threads, clocks or files; they take memory from `arena`, split their work with context_for_bands, and call
 * context_checkpoint between bands and strips. The backend behind the context decides what those mean.
 *
 * Memory: `arena` holds the result of the step in hand; the step before it stands in another arena, so that a
 * chain of filters needs two pictures, not one a filter. `job_arena` lives until the end of the job:
 * metadata, tables. Temporary memory is a mark and release on `arena`, or the scratch arena that each band is
 * handed.
 */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/simd.h"

/* One band of work. `scratch` is the executing thread's own and is given back after the band.
 * Returns 0, or -1 when scratch had no more memory, the only way in which a band may fail by itself; what
 * else it finds out (a band that does not authenticate) it leaves in `argument`. */
typedef int band_function(void *argument, unsigned band, struct arena *scratch);

struct context;

struct context_ops {
    /* Calls band(argument, 0 .. bands - 1, ...), each once, in any order, perhaps at the same time on several
     * threads; returns when all are done: 0, or -1 with `error` filled when one failed or a checkpoint
     * between them said stop (the others may then have been left out). */
    int (*for_bands)(struct context *context, unsigned bands, band_function *band, void *argument,
                     struct pm_error *error);
    /* Called often from the thread that runs the job. Returns 0 to go on, or -1 with `error` filled to stop
     * (time limit, cancellation). */
    int (*checkpoint)(struct context *context, struct pm_error *error);
    /* Around long library calls and kernels that touch nothing shared; serial bands have them already. Never
     * nested. A library's callbacks may bring checkpoints and warnings in between. */
    void (*native_begin)(struct context *context);
    void (*native_end)(struct context *context);
    /* A stage of the job begins; the one before it ends. For the job's clock. */
    void (*enter)(struct context *context, enum pm_stage stage);
    /* Something worth a line in the job's log that is no error. */
    void (*warn)(struct context *context, const char *message);
};

struct context {
    const struct context_ops *ops; /* NULL: the serial ones */
    struct arena *arena;           /* this step's result */
    struct arena *spare;           /* the result of the step before; transform swaps the two */
    struct arena *job_arena;
    enum simd_level simd;
    unsigned lanes; /* how many threads for_bands may use at once, at least 1; a hint for choosing bands */
    uint64_t max_pixels; /* of any picture on the way; 0: no limit */
    uint64_t max_bytes;  /* of decoded pictures in memory; 0: no limit */
    void *lender;        /* the backend's own */
};

int context_for_bands(struct context *context, unsigned bands, band_function *band, void *argument,
                      struct pm_error *error);
int context_checkpoint(struct context *context, struct pm_error *error);
void context_native_begin(struct context *context);
void context_native_end(struct context *context);
void context_enter(struct context *context, enum pm_stage stage);
__attribute__((format(printf, 2, 3))) void context_warn(struct context *context, const char *format, ...);

/* `size` bytes of the step's arena, or NULL with `error` filled; and `count` items of `size` bytes. */
void *context_alloc(struct context *context, size_t size, struct pm_error *error);
void *context_alloc_array(struct context *context, size_t count, size_t size, struct pm_error *error);

/* How many bands to cut `rows` into: enough to occupy every lane evenly and to pass a checkpoint now and
 * then, each of at least `least_rows`. */
unsigned context_band_count(const struct context *context, uint32_t rows, uint32_t least_rows);

/* The rows of band `band` of `bands`: [*first, *end). Every row is in exactly one band. */
void context_band_rows(uint32_t rows, unsigned bands, unsigned band, uint32_t *first, uint32_t *end);

#endif
