/*
 * Parameters as typed rows. A filter's argument is a comma-separated list of values,
 *
 *     800x600,kernel=mitchell        1.5,amount=0.8        640x480,gravity=north
 *
 * the first row's value first and without a name, the others as name=value in any order. A codec's rows are
 * separate recipe words and options: quality=75 or lossless. Parsing, range checks, error messages, canonical
 * text, help and completion all come from the rows; filters and encoders only read the fields of their
 * struct.
 */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct param_word {
    const char *word; /* several words may have the same value; the first one is printed */
    int value;
};

enum param_kind {
    PARAM_NUMBER,  /* a double, from min to max */
    PARAM_INTEGER, /* an int, from min to max */
    PARAM_WORD,    /* an int, the value of one of `words`, in any case */
    PARAM_FLAG,    /* a bool, true if its name is given; not as the first row of a list */
    PARAM_OWN,     /* parsed and printed by the row's functions */
};

struct param {
    const char *name; /* "sigma"; NULL ends the table */
    enum param_kind kind;
    size_t offset;   /* of the field in the struct */
    double min, max; /* for numbers; below 0: a minus sign is accepted; no number but 0 is nearer to 0 than
                        0.0001, the limit of the text form */
    double standard; /* default value; not used for the first row of a list */
    unsigned parts;  /* for PARAM_OWN: values with commas between them, "30,60", of which there are this many;
                        0: one */
    const char *unit;               /* for numbers: "pixels"; "percent" allows a percent sign; may be NULL */
    const struct param_word *words; /* for PARAM_WORD; ends with a NULL word */
    /* For PARAM_OWN: parse text[length] into the field, returning 0, or -1 with `error` filled; print the
     * field into text[size], "" for the default, which is a field of zeros. */
    int (*parse)(const char *text, size_t length, void *field, struct pm_error *error);
    void (*print)(const void *field, char *text, size_t size);
    /* For a row that is a separate option: */
    char letter;          /* short option; 0: none */
    const char *argument; /* for --help: "1..100", "420|422|444"; NULL for a flag */
    const char *omitted;  /* the argument that the name alone means; NULL: it must be given */
    const char *help;     /* short, without the default */
    const char *example;  /* an example argument; NULL for a flag */
    int served_max; /* for PARAM_INTEGER: max value that a server accepts in a URL, where larger ones could
                       occupy a worker for a minute; 0: `max` */
    /* A preference, not a requirement: ignored for formats that lack it, instead of an error. */
    bool optional;
    /* Samples need not be encoded for it: it says only how coded data are written. */
    bool keeps_samples;
};

enum { PARAM_VALUE_MAX = 80 }; /* bytes of one printed value */

/* Parses `text`, the argument of the step `step`, into the struct at `params`. Returns 0, or -1 with `error`
 * filled (PM_ERROR_USAGE, listing what is accepted). */
int params_parse(const struct param *rows, const char *step, const char *text, void *params,
                 struct pm_error *error);

/* Prints the canonical argument into text[size]: parsing it gives equal fields. Defaults are left out. */
void params_print(const struct param *rows, const void *params, char *text, size_t size);

/* For rows that are separate options: */

/* Sets every field to its default. */
void params_init(const struct param *rows, void *params);

/* Parses `text` (NULL for a flag) into one row's field. Returns 0, or -1 with `error` filled as above. */
int param_parse(const struct param *row, const char *text, void *params, struct pm_error *error);

/* Prints one row's value into text[size], "" for a flag; false if it is the default. */
bool param_print(const struct param *row, const void *params, char *text, size_t size);

/* The row of that name, or NULL; `rows` may be NULL. */
const struct param *param_find(const struct param *rows, const char *name);

#endif
