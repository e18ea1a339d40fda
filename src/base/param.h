/*
 * Parameters as typed rows: of a filter, whose argument is a list of values with commas between them,
 *
 *     800x600,kernel=mitchell        1.5,amount=0.8        640x480,gravity=north
 *
 * of which the first row's stands first and without its name, and the others follow as name=value in any
 * order; and of a codec, each of whose rows is a word of the recipe and an option by itself, quality=75 or
 * lossless. From the rows come parsing, range checks and their messages, the canonical text, help and
 * completion; filters and encoders only read the fields of their own struct.
 */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct param_word {
    const char *word; /* several may have one value; the first of them is written */
    int value;
};

enum param_kind {
    PARAM_NUMBER,  /* a double, from min to max */
    PARAM_INTEGER, /* an int, from min to max */
    PARAM_WORD,    /* an int, the value of one of `words`, in any case */
    PARAM_FLAG,    /* a bool, true where its name stands; no first row of a list */
    PARAM_OWN,     /* what the row's parse and print make of it */
};

struct param {
    const char *name; /* "sigma"; of the last row NULL */
    enum param_kind kind;
    size_t offset;    /* of the field in the filter's struct */
    double min, max;  /* of numbers; what is above 0 is at least 0.0001, for text to hold it */
    double standard;  /* what the field is when nothing is said; not of the first row of a list */
    const char *unit; /* of numbers: "pixels"; may be NULL */
    const struct param_word *words; /* of PARAM_WORD, ending with a NULL word */
    /* Of PARAM_OWN: text[length] to the field: 0, or -1 with `error` filled; and back, into text[size]. */
    int (*parse)(const char *text, size_t length, void *field, struct pm_error *error);
    void (*print)(const void *field, char *text, size_t size);
    /* Of a row that is an option by itself: */
    char letter;          /* of the command line; 0: none */
    const char *argument; /* for --help: "1..100", "420|422|444"; NULL for a flag */
    const char *help;     /* a few words, without the default */
    const char *example;  /* an argument; NULL for a flag */
    int served_max; /* of PARAM_INTEGER: the largest value that a URL may ask of a server; 0: any. What is
                     * above may keep a worker for a minute */
    /* What it asks for is a matter of degree: a format without it still does what was meant. */
    bool optional;
};

/* Fills the struct at `params` from `text`, the argument of the step called `step`. 0, or -1 with `error`
 * filled (PM_ERROR_USAGE, saying what is accepted). */
int params_parse(const struct param *rows, const char *step, const char *text, void *params,
                 struct pm_error *error);

/* The canonical argument, into text[size]: parsing it gives equal fields. Standard values are left out. */
void params_print(const struct param *rows, const void *params, char *text, size_t size);

/* Options: rows that each stand by themselves. */

/* Gives every field its standard value. */
void params_init(const struct param *rows, void *params);

/* Fills one row's field from `text`, NULL for a flag. 0, or -1 with `error` filled as above. */
int param_parse(const struct param *row, const char *text, void *params, struct pm_error *error);

/* Writes one row's value into text[size], "" for a flag; false when it is the standard one. */
bool param_print(const struct param *row, const void *params, char *text, size_t size);

/* The row of that name, or NULL; `rows` may be NULL. */
const struct param *param_find(const struct param *rows, const char *name);

#endif
