/*
 * What libjxl is lent: memory that is counted, and the calling thread, in which its loops run, with the
 * context's checkpoints between their turns. libjxl starts no thread of its own.
 */
#ifndef CODEC_JXL_PART_LIBRARY_H
#define CODEC_JXL_PART_LIBRARY_H

#include <jxl/memory_manager.h>
#include <jxl/parallel_runner.h>
#include <jxl/version.h>

#include "base/context.h"

/* Does libjxl have functions as they are since version 0.MINOR? */
#define JXL_SINCE(minor) (JPEGXL_NUMERIC_VERSION >= JPEGXL_COMPUTE_NUMERIC_VERSION(0, minor, 0))

struct jxl_library {
    struct context *context;
    uint64_t used, limit; /* bytes; libjxl before 0.11 allocates most of its memory otherwise */
    bool full;            /* the limit was reached */
    JxlMemoryManager memory;
};

void jxl_library_init(struct jxl_library *library, uint64_t limit, struct context *context);

/* A JxlParallelRunner; `opaque` is the library. Fails when a checkpoint does. */
JxlParallelRetCode jxl_library_run(void *opaque, void *job, JxlParallelRunInit init,
                                   JxlParallelRunFunction function, uint32_t first, uint32_t end);

#endif
