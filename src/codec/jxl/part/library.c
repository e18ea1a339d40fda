#include "codec/jxl/part/library.h"

#include <malloc.h>
#include <stdlib.h>

static void *lend(void *opaque, size_t size)
{
    struct jxl_library *library = opaque;
    if (size > library->limit || library->used > library->limit - size) {
        library->full = true;
        return NULL;
    }
    void *memory = malloc(size);
    library->used += memory != NULL ? malloc_usable_size(memory) : 0;
    return memory;
}

static void take_back(void *opaque, void *memory)
{
    struct jxl_library *library = opaque;
    library->used -= memory != NULL ? malloc_usable_size(memory) : 0;
    free(memory);
}

void jxl_library_init(struct jxl_library *library, uint64_t limit, struct context *context)
{
    *library = (struct jxl_library){
        .context = context,
        .limit = limit,
        .memory = {.opaque = library, .alloc = lend, .free = take_back},
    };
}

JxlParallelRetCode jxl_library_run(void *opaque, void *job, JxlParallelRunInit init,
                                   JxlParallelRunFunction function, uint32_t first, uint32_t end)
{
    struct jxl_library *library = opaque;
    JxlParallelRetCode status = init(job, 1);
    for (uint32_t i = first; status == 0 && i < end; i++) {
        if (context_checkpoint(library->context) != 0)
            return -1;
        function(job, i, 0);
    }
    return status;
}

JxlParallelRetCode jxl_library_run_whole(void *opaque, void *job, JxlParallelRunInit init,
                                         JxlParallelRunFunction function, uint32_t first, uint32_t end)
{
    (void)opaque;
    const JxlParallelRetCode status = init(job, 1);
    for (uint32_t i = first; status == 0 && i < end; i++)
        function(job, i, 0);
    return status;
}
