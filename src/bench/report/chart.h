/*
 * The chart of a workload: speedup against jobs, both on a scale of doublings, with intervals, the ideal
 * line, the fitted law and, dashed beyond what was measured, its prediction with its interval. SVG, to stand
 * in a page of HTML or inside another SVG.
 */
#ifndef BENCH_REPORT_CHART_H
#define BENCH_REPORT_CHART_H

#include <stdio.h>

#include "bench/results.h"

enum { CHART_WIDTH = 600, CHART_HEIGHT = 470 }; /* of its coordinates */

/* Is there anything to draw: a model measured at two numbers of jobs or more? */
bool chart_worthwhile(const struct results *results, enum workload workload);

/* Writes an <svg> element; `attributes` go into its tag as they are. */
void chart_write(FILE *out, const struct results *results, enum workload workload, const char *attributes);

/* The rules that charts, and all that shows models in the same colours, need; for a <style> element. Colours
 * that people with any colour blindness tell apart, on light and on dark ground. */
void chart_style(FILE *out);

/* The class of a model's colours, 0 to 7: class="m3" sets fill, "l3" stroke. */
unsigned chart_class(const struct results *results, size_t model);

/* The path of a model's mark, centred on 0 0. */
const char *chart_mark(unsigned class);

#endif
