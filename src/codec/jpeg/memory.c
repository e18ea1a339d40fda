/*
 * A file with several scans is decoded into arrays of all its coefficients; libjpeg's optimiser uses such
 * arrays, too. They are by far the largest memory that libjpeg uses, allocated again for each image: on
 * progressive files the system spent as much time on fresh pages as on anything except Huffman decoding.
 * libjpeg accesses the arrays only through three function pointers, which are replaced here by functions that
 * use an arena (jpeg/private.h: JPEG_LEND_ARRAYS).
 *
 * As in libjpeg, rows are cleared when first accessed, so that clearing warms the cache for the scan that
 * follows.
 *
 * At 1/8 only the first of a block's 64 coefficients is accessed. Such blocks overlap: 64 rows share the same
 * memory, each row offset by one coefficient from the row above. The array then has a 64th of the size and
 * stays in the cache; otherwise each coefficient would cost a cache line, three times.
 */
#include <inttypes.h>
#include <string.h>

#include "codec/jpeg/memory.h"

/* libjpeg declares this type; the owner of the arrays defines it. */
struct jvirt_barray_control {
    JBLOCKARRAY rows;         /* NULL until realised */
    JDIMENSION width, height; /* in blocks */
    JDIMENSION cleared;       /* rows from the top that have been */
    bool clear, dc_only;
    struct jvirt_barray_control *next;
};

static void *memory_take(struct jpeg_trap *trap, size_t count, size_t size)
{
    void *memory = arena_alloc_array(trap->memory->arena, count, size);
    if (memory == NULL)
        jpeg_trap_leave(trap, PM_ERROR_MEMORY, PM_HINT_LESS_AT_ONCE,
                        "no memory for %" PRIu64 " bytes of coefficients", (uint64_t)count * size);
    return memory;
}

static jvirt_barray_ptr request_array(j_common_ptr cinfo, int pool, boolean clear, JDIMENSION width,
                                      JDIMENSION height, JDIMENSION access_rows)
{
    (void)pool;        /* all live as long as the picture */
    (void)access_rows; /* the whole array is in memory */
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    struct jpeg_memory *memory = trap->memory;
    jvirt_barray_ptr array = memory_take(trap, 1, sizeof *array);
    *array = (struct jvirt_barray_control){
        .width = width,
        .height = height,
        .clear = clear,
        .dc_only = memory->requested < MAX_COMPONENTS && memory->dc_only[memory->requested],
        .next = memory->arrays,
    };
    memory->requested++;
    memory->arrays = array;
    return array;
}

static void lay_out(struct jpeg_trap *trap, jvirt_barray_ptr array)
{
    array->rows = memory_take(trap, array->height, sizeof(JBLOCKROW));
    JBLOCKROW blocks = memory_take(trap, (size_t)array->height * array->width, sizeof *blocks);
    for (JDIMENSION y = 0; y < array->height; y++)
        array->rows[y] = blocks + (size_t)y * array->width;
}

static void lay_out_overlapping(struct jpeg_trap *trap, jvirt_barray_ptr array)
{
    size_t groups = (array->height + DCTSIZE2 - 1) / DCTSIZE2;
    /* The last row's blocks reach one block less a coefficient beyond its group. */
    size_t blocks = groups * array->width + 1;
    array->rows = memory_take(trap, array->height, sizeof(JBLOCKROW));
    JCOEF *first = memset(memory_take(trap, blocks, sizeof(JBLOCK)), 0, blocks * sizeof(JBLOCK));
    for (JDIMENSION y = 0; y < array->height; y++)
        array->rows[y] = (JBLOCKROW)(first + (size_t)(y / DCTSIZE2) * array->width * DCTSIZE2 + y % DCTSIZE2);
    array->clear = false; /* all of it is clear */
}

static void realize_arrays(j_common_ptr cinfo)
{
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    for (jvirt_barray_ptr array = trap->memory->arrays; array != NULL; array = array->next) {
        if (array->rows != NULL)
            continue;
        if (array->dc_only)
            lay_out_overlapping(trap, array);
        else
            lay_out(trap, array);
    }
    trap->memory->realize(cinfo);
}

static JBLOCKARRAY access_array(j_common_ptr cinfo, jvirt_barray_ptr array, JDIMENSION first,
                                JDIMENSION count, boolean writable)
{
    (void)writable;
    if (array->rows == NULL || count > array->height || first > array->height - count)
        jpeg_trap_leave(jpeg_trap_of(cinfo), PM_ERROR_INTERNAL, PM_HINT_NONE,
                        "coefficients were asked for that are not there (please report this)");
    for (; array->clear && array->cleared < first + count; array->cleared++)
        memset(array->rows[array->cleared], 0, array->width * sizeof(JBLOCK));
    return array->rows + first;
}

void jpeg_memory_lend(j_common_ptr cinfo, struct jpeg_memory *memory)
{
    jpeg_trap_of(cinfo)->memory = memory;
    memory->realize = cinfo->mem->realize_virt_arrays;
    cinfo->mem->request_virt_barray = request_array;
    cinfo->mem->realize_virt_arrays = realize_arrays;
    cinfo->mem->access_virt_barray = access_array;
}
