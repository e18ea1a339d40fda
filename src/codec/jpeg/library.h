/* Which undocumented uses work with the loaded libjpeg. */
#ifndef CODEC_JPEG_LIBRARY_H
#define CODEC_JPEG_LIBRARY_H

#include "base/error.h"
#include "codec/jpeg/internals.h"

struct jpeg_library {
    unsigned uses;          /* enum jpeg_use flags that work */
    jpeg_method encode_mcu; /* libjpeg's own function, for a baseline file; set with JPEG_COUNT_MCUS */
};

/* The first call in a process tests the library (trial.h), in about 0.1 ms. Returns 0, or -1 with `error`
 * filled: out of memory, or the library decodes known files incorrectly. Thread-safe; takes no lock. */
int jpeg_library_get(struct jpeg_library *library, struct pm_error *error);

/* For estimates: the same, but returns no uses on an error. */
unsigned jpeg_library_uses(void);

/* For tests: from now on, report only those of these uses that work. JPEG_ALL_USES undoes it. */
void jpeg_library_restrict(unsigned uses);

#endif
