/*
 * What the tests of this folder share: each is short in `make check`, where it takes samples, and walks
 * through everything in `make torture` (PIXMILL_TORTURE=long). What is left to chance comes from a seed that
 * is printed; PIXMILL_SEED=N repeats it.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Every test's first line: a fresh working folder, the seed, and orphans of the runs come to this process. */
void torture_begin(void);

bool torture_is_long(void);

/* From 0 to below `end`. */
unsigned long torture_random(unsigned long end);

/* Notes what went wrong, and lets the test go on; torture_end tells how often it did, and fails. */
__attribute__((format(printf, 1, 2))) void torture_complain(const char *format, ...);
void torture_end(void);

/* The path of a library of tests/preload, as "LD_PRELOAD=PATH". */
const char *torture_preload(const char *name);

/* Waits until no process of an ended run is left; complains of those that stay. */
void torture_expect_no_process(const char *what);

/* Removes a folder or file with all that is in it; nothing happens when it is not there. */
void torture_remove(const char *path);

/* A recipe, its inputs in the folder in/ of `pictures` small pictures, and what comes out of an undisturbed
 * run of it. */
struct variant {
    const char *name;
    const char *filters[6]; /* ends with NULL */
    bool encrypts;          /* results differ each time: they are decrypted and then compared */
    bool decrypts;          /* inputs are encrypted ones */
};

extern const struct variant torture_variants[];
extern const size_t torture_variant_count;

/* Makes the inputs of all variants, `pictures` of them (a multiple of 3) and their references. */
void torture_prepare(int pictures);

/* The folder of a variant's inputs. */
const char *torture_inputs(const struct variant *variant);

/* Looks at every file in the folder: how many are right; complains of those that are not. Temporaries are
 * counted apart. 0 when there is no folder. */
int torture_right_files(const struct variant *variant, const char *folder, int *temporaries,
                        const char *what);

/* The number before `word` in the summary at the end of `text` ("3 ok"); -1 when there is none. */
int torture_summary(const char *text, const char *word);

#endif
