/* A folder of its own for each test, with a few words to fill it and look at it. Its path is real (no link on
 * the way) and ends without a slash. */
#ifndef TESTS_TEMP_H
#define TESTS_TEMP_H

#include <stddef.h>
#include <stdint.h>

/* A fresh empty folder; everything in it is removed when the test's process ends. It is in $TMPDIR if that is
 * set, else in /dev/shm if that is roomy, else in /tmp: on a disk the thousands of files that the tests make
 * take three times the CPU time. */
const char *temp_folder(void);

/* Removes the folders of tests that crashed or were killed. */
void temp_sweep(void);

/* Called before the folder is first asked for, has it in /tmp: for tests whose subject is the file system, or
 * what becomes lasting in it. */
void temp_on_disk(void);

/* temp_folder()/path, made from a printf format. Valid until eight more calls. */
__attribute__((format(printf, 1, 2))) const char *temp_path(const char *format, ...);

/* Makes a file, with the folders above it, and returns its path (valid as temp_path's). */
const char *temp_write(const char *path, const void *data, size_t size);
const char *temp_text(const char *path, const char *text);

/* The bytes of a file, NUL-terminated, or NULL when it can't be read. The caller frees. */
char *temp_read(const char *path, size_t *size);

/* How many entries a folder has, "." and ".." not counted; -1 when it can't be read. */
int temp_count(const char *folder);

/* Stops being root for the rest of the test, so that permissions count; the folder goes to the new owner. */
void temp_drop_root(void);

#endif
