/* What `pixmill info` prints of a file, on standard output. */
#ifndef CLI_INFO_PRINT_H
#define CLI_INFO_PRINT_H

#include <stdint.h>

#include "codec/codec.h"

/* A line for people, and a line with a JSON object. `path` is the file's, or a URL, `bytes` its size. */
void info_print_line(const char *path, const struct pm_info *info, uint64_t bytes);
void info_print_json(const char *path, const struct pm_info *info, uint64_t bytes);

#endif
