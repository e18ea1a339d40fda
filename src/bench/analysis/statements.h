/*
 * What textbooks say about concurrency in Python, and where the measurement shows it: one finding for each
 * statement, interpreter and kind of work.
 */
#ifndef BENCH_ANALYSIS_STATEMENTS_H
#define BENCH_ANALYSIS_STATEMENTS_H

#include "bench/results.h"

enum { STATEMENTS = 3, FINDINGS_MAX = 32 };

struct finding {
    enum answer holds;
    bool main_kind;  /* of work: code in Python, rather than C code that releases the lock */
    char python[24]; /* the interpreter's version */
    char text[420];  /* the kind of work, and the figures that decided it */
};

struct statement {
    const char *text; /* "Threads can't run Python in parallel" */
    struct finding findings[FINDINGS_MAX];
    size_t nfindings;
    char versions[240]; /* "holds in 3.11.2; does not hold in 3.13.5t", for the main kind of work */
};

/* Fills statement `index` of STATEMENTS. False if nothing was measured about it. */
bool statement_find(const struct results *results, size_t index, struct statement *statement);

/* "holds", "does not hold" or "unclear". */
const char *statement_word(enum answer holds);

#endif
