/*
 * A file of several scans is decoded into arrays of all its coefficients, and the optimising encoder makes
 * its Huffman tables from such arrays. They are by far the largest memory that libjpeg takes, and it takes it
 * anew for each picture: on progressive files the system spent as much on fresh pages as on anything but the
 * Huffman decoder. libjpeg reaches the arrays through three function pointers and never looks inside; they
 * are replaced here by ones that use an arena.
 *
 * As in libjpeg, rows are cleared when they are first reached, so that clearing warms the cache for the scan
 * that follows.
 */
#include <string.h>

#include "codec/jpeg.h"

/* libjpeg declares this type and leaves its inside to whoever keeps the arrays. */
struct jvirt_barray_control {
    JBLOCKARRAY rows;         /* NULL until realised */
    JDIMENSION width, height; /* in blocks */
    JDIMENSION cleared;       /* rows from the top that have been */
    bool clear, dc_only;
    struct jvirt_barray_control *next;
};

static void *memory_take(struct jpeg_trap *trap, size_t size)
{
    void *memory = arena_alloc(trap->memory->arena, size);
    if (memory == NULL)
        jpeg_trap_leave(trap, PM_ERROR_MEMORY, "no memory for %zu bytes of coefficients (use fewer --jobs)",
                        size);
    return memory;
}

static jvirt_barray_ptr request_array(j_common_ptr cinfo, int pool, boolean clear, JDIMENSION width,
                                      JDIMENSION height, JDIMENSION access_rows)
{
    (void)pool;        /* all live as long as the picture */
    (void)access_rows; /* the whole array is in memory */
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    struct jpeg_memory *memory = trap->memory;
    jvirt_barray_ptr array = memory_take(trap, sizeof *array);
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

static void realize_arrays(j_common_ptr cinfo)
{
    struct jpeg_trap *trap = jpeg_trap_of(cinfo);
    for (jvirt_barray_ptr array = trap->memory->arrays; array != NULL; array = array->next) {
        if (array->rows != NULL)
            continue;
        array->rows = memory_take(trap, array->height * sizeof *array->rows);
        JBLOCKROW blocks = memory_take(trap, (size_t)array->height * array->width * sizeof *blocks);
        for (JDIMENSION y = 0; y < array->height; y++)
            array->rows[y] = blocks + (size_t)y * array->width;
    }
    trap->memory->realize(cinfo);
}

static void clear_row(const struct jvirt_barray_control *array, JDIMENSION y)
{
    JBLOCKROW row = array->rows[y];
    if (!array->dc_only) {
        memset(row, 0, array->width * sizeof *row);
        return;
    }
    for (JDIMENSION x = 0; x < array->width; x++)
        row[x][0] = 0;
}

static JBLOCKARRAY access_array(j_common_ptr cinfo, jvirt_barray_ptr array, JDIMENSION first,
                                JDIMENSION count, boolean writable)
{
    (void)writable;
    if (array->rows == NULL || count > array->height || first > array->height - count)
        jpeg_trap_leave(jpeg_trap_of(cinfo), PM_ERROR_INTERNAL,
                        "coefficients were asked for that are not there");
    for (; array->clear && array->cleared < first + count; array->cleared++)
        clear_row(array, array->cleared);
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
