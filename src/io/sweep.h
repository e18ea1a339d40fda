/* Temporaries of killed runs (file.h), which the next run removes. */
#ifndef IO_SWEEP_H
#define IO_SWEEP_H

#include "io/output_dir.h"

/* Removes every temporary with the tag of `dir` that is not locked from the folder `path`, if it exists.
 * Returns how many are left.
 */
unsigned temporary_sweep_folder(const struct output_dir *dir, const char *path);

#endif
