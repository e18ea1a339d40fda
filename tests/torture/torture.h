/*
 * What the tests in this folder share. Each is short in `make check`, where it takes samples, and complete
 * in `make torture` (PIXMILL_TORTURE=long). Random choices come from a seed that is printed; PIXMILL_SEED=N
 * repeats them.
 */
#ifndef TESTS_TORTURE_TORTURE_H
#define TESTS_TORTURE_TORTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The first line of every test: creates a working folder, prints the seed, and makes this process the parent
 * of the runs' orphans. */
void torture_begin(void);

bool torture_is_long(void);

/* A random number from 0 to below `end`. */
unsigned long torture_random(unsigned long end);

/* Records a failure, and lets the test continue; torture_end reports how many there were, and fails. */
__attribute__((format(printf, 1, 2))) void torture_complain(const char *format, ...);
void torture_end(void);

/* The path of a library of tests/preload, as "LD_PRELOAD=PATH". */
const char *torture_preload(const char *name);

/* Waits until all processes of an ended run are gone; complains about those that remain. */
void torture_expect_no_process(const char *what);

/* Removes a folder or file with everything in it; does nothing if it does not exist. */
void torture_remove(const char *path);

/* A recipe, its inputs (`pictures` small pictures in the folder in/), and the results of an undisturbed run.
 */
struct variant {
    const char *name;
    const char *filters[6]; /* ends with NULL */
    bool encrypts;          /* results differ each time: they are decrypted before the comparison */
    bool decrypts;          /* inputs are encrypted ones */
};

extern const struct variant torture_variants[];
extern const size_t torture_variant_count;

/* Makes the inputs of all variants, `pictures` of them (a multiple of 3), and the reference results. */
void torture_prepare(int pictures);

/* The folder with a variant's inputs. */
const char *torture_inputs(const struct variant *variant);

/* What is in a folder of results: the correct ones, the others with the name of the first of them, and
 * temporary files. */
struct torture_files {
    int right, wrong, temporaries;
    char first_wrong[256];
};

/* Checks every file in the folder; nothing if there is none. */
struct torture_files torture_look(const struct variant *variant, const char *folder);

/* The same, with a complaint if a file is wrong; returns how many are correct. */
int torture_right_files(const struct variant *variant, const char *folder, int *temporaries,
                        const char *what);

/* The number before `word` in the summary at the end of `text` ("3 ok"); -1 if there is none. */
int torture_summary(const char *text, const char *word);

#endif
