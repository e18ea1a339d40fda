/*
 * The textbook's table: what textbooks say about threads, processes and event loops, decided only by measured
 * figures. Each column has a rule; each cell of `struct verdict` has the figures that decided it.
 */
#ifndef BENCH_ANALYSIS_VERDICT_H
#define BENCH_ANALYSIS_VERDICT_H

#include "bench/results.h"

struct verdict_column {
    const char *title, *rules; /* a condition on each line, thresholds included */
};

extern const struct verdict_column verdict_columns[COLUMNS];

/* Writes the text of a cell: "yes", "no", "unclear", "9.1 MiB", "35 µs", "–". Returns text. */
const char *verdict_cell(const struct verdict *verdict, enum column column, char *text, size_t size);

/* Writes the 95 % interval of a cell's figure; empty where it has none. Returns text. */
const char *verdict_range(const struct verdict *verdict, enum column column, char *text, size_t size);

/* Writes sentence `index` of the two on verdicts that a busy machine leaves unclear. False past the last. */
bool verdict_left_unclear(const struct results *results, size_t index, char *text, size_t size);

#endif
