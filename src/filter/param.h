/*
 * Parameters as typed rows. A step's argument is a list of values with commas between them,
 *
 *     800x600,kernel=mitchell        1.5,amount=0.8        640x480,gravity=north
 *
 * of which the first row's stands first and without its name, and the others follow as name=value in any
 * order. From the rows come parsing, range checks and their messages, the canonical text, help and
 * completion; a filter only reads the fields of its own struct.
 */
#ifndef FILTER_PARAM_H
#define FILTER_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct param_word {
    const char *word; /* several may have one value; the first of them is written */
    int value;
};

enum param_kind {
    PARAM_NUMBER, /* a double, from min to max */
    PARAM_WORD,   /* an int, the value of one of `words`, in any case */
    PARAM_OWN,    /* what the row's parse and print make of it */
};

struct param {
    const char *name; /* "sigma"; of the last row NULL */
    enum param_kind kind;
    size_t offset;    /* of the field in the filter's struct */
    double min, max;  /* of PARAM_NUMBER; what is above 0 is at least 0.0001, for text to hold it */
    double standard;  /* what the field is when the argument does not say; not of the first row */
    const char *unit; /* of PARAM_NUMBER: "pixels"; may be NULL */
    const struct param_word *words; /* of PARAM_WORD, ending with a NULL word */
    /* Of PARAM_OWN: text[length] to the field: 0, or -1 with `error` filled; and back, into text[size]. */
    int (*parse)(const char *text, size_t length, void *field, struct pm_error *error);
    void (*print)(const void *field, char *text, size_t size);
};

/* Fills the struct at `params` from `text`, the argument of the step called `step`. 0, or -1 with `error`
 * filled (PM_ERROR_USAGE, saying what is accepted). */
int params_parse(const struct param *rows, const char *step, const char *text, void *params,
                 struct pm_error *error);

/* The canonical argument, into text[size]: parsing it gives equal fields. Standard values are left out. */
void params_print(const struct param *rows, const void *params, char *text, size_t size);

#endif
