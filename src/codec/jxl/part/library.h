/*
 * What libjxl is lent: memory that is counted, and the calling thread, in which its loops run, when decoding
 * with the context's checkpoints between their turns. libjxl starts no thread of its own.
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

/* JxlParallelRunners; `opaque` is the library. For decoding: fails when a checkpoint does. */
JxlParallelRetCode jxl_library_run(void *opaque, void *job, JxlParallelRunInit init,
                                   JxlParallelRunFunction function, uint32_t first, uint32_t end);

/* For encoding: never stops. libjxl's encoder ends the process (a trap, seen in 0.7) if a loop of its lossy
 * coding fails. */
JxlParallelRetCode jxl_library_run_whole(void *opaque, void *job, JxlParallelRunInit init,
                                         JxlParallelRunFunction function, uint32_t first, uint32_t end);

#endif
