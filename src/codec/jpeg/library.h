/* What works with the libjpeg that is loaded, of all that is used beyond its documented interface. */
#ifndef CODEC_JPEG_LIBRARY_H
#define CODEC_JPEG_LIBRARY_H

#include "base/error.h"
#include "codec/jpeg/internals.h"

struct jpeg_library {
    unsigned uses;          /* enum jpeg_use, or-ed: what works */
    jpeg_method encode_mcu; /* libjpeg's own, of a baseline file, with JPEG_COUNT_MCUS */
};

/* The first call in a process tries it out (trial.h), in about 0.1 ms. Returns 0, or -1 with `error` filled:
 * no memory, or the library decodes known files wrongly. Thread-safe; takes no lock. */
int jpeg_library_get(struct jpeg_library *library, struct pm_error *error);

/* The same without an error: no uses then. For estimates. */
unsigned jpeg_library_uses(void);

/* For tests: from now on only these of the uses that work are reported. JPEG_ALL_USES undoes it. */
void jpeg_library_restrict(unsigned uses);

#endif
