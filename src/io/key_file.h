/* Files with keys and passphrases: small, and read whole. The caller must wipe what was read. */
#ifndef IO_KEY_FILE_H
#define IO_KEY_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "pixmill/secret.h"

enum { KEY_FILE_MAX = 4096 }; /* a file must have fewer bytes */

/* Reads the whole file, which may be a pipe. Returns its size, or -1 with `error` filled. */
ssize_t key_file_read(const char *path, uint8_t bytes[KEY_FILE_MAX], struct pm_error *error);

/* Can users other than its owner read the file? */
bool key_file_is_exposed(const char *path);
extern const char key_file_exposed[]; /* the warning then */

/* Reads 64 hex digits. False when they are not. */
bool key_file_hex(const uint8_t *text, uint8_t key[PM_KEY_BYTES]);

#endif
