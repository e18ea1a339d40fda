/* Reads what report_json wrote back into results, so that other reports can be written from it. */
#ifndef BENCH_REPORT_READ_JSON_H
#define BENCH_REPORT_READ_JSON_H

#include "bench/results.h"

/* Fills machine, settings, models, trials and the notes on how it was measured from the JSON report at
 * `path`; the rest follows by `analyse`. 0, or -1 with `error` filled: it can't be read or is not such a
 * report.
 */
int report_read_json(const char *path, struct results *results, struct pm_error *error);

#endif
