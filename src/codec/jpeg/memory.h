/*
 * libjpeg's coefficient arrays, 128 bytes a block, which a progressive decoder and an optimising encoder keep
 * of the whole image. libjpeg would allocate and free them for each image; here they are in an arena.
 */
#ifndef CODEC_JPEG_MEMORY_H
#define CODEC_JPEG_MEMORY_H

#include "codec/jpeg/trap.h"

struct jpeg_memory {
    struct arena *arena;
    unsigned requested;           /* arrays so far: one per component, in their order */
    bool dc_only[MAX_COMPONENTS]; /* only DC coefficients of this component are written and read */
    struct jvirt_barray_control *arrays;
    void (*realize)(j_common_ptr cinfo); /* libjpeg's own, for its other arrays */
};

/* Makes cinfo, just created, keep its coefficients in memory->arena. */
void jpeg_memory_lend(j_common_ptr cinfo, struct jpeg_memory *memory);

#endif
