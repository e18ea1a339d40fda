/*
 * The chart of a workload, as SVG for a page of HTML or another SVG.
 *
 * With one or two numbers of jobs, and with models of Python, it is a dot plot of throughput (chart_dots.c):
 * two points make no curve. From three on it has curves over jobs (chart_curves.c): of speedup, with the
 * fitted law and its prediction; of the overhead workload, where models differ by factors of a hundred and a
 * speedup would hide it, of throughput on a logarithmic axis.
 */
#ifndef BENCH_REPORT_CHART_H
#define BENCH_REPORT_CHART_H

#include <stdio.h>

#include "bench/results.h"

enum { CHART_WIDTH = 600, CHART_CURVES_HEIGHT = 490 }; /* of its coordinates */

/* The height of the chart of a workload; 0 when nothing was measured. */
unsigned chart_height(const struct results *results, enum workload workload);

/* Writes an <svg> element; `attributes` go into its tag as they are. */
void chart_write(FILE *out, const struct results *results, enum workload workload, const char *attributes);

/* The legend of the charts of these results: drawing (SVG within 0 -11 30 22) and text of entry `index`.
 * False past the last. */
bool chart_key(const struct results *results, size_t index, const char **drawing, const char **text);

/* Each kind of chart: the content of the <svg> element. */
bool chart_has_curves(const struct results *results, enum workload workload);
unsigned chart_dots_height(const struct results *results, enum workload workload);
void chart_curves(FILE *out, const struct results *results, enum workload workload);
void chart_dots(FILE *out, const struct results *results, enum workload workload);

/* CSS rules for charts and everything else in the models' colours; for a <style> element. The colours can be
 * distinguishable with any colour blindness, on light and dark backgrounds. */
void chart_style(FILE *out);

/* The class of a model's colours: class="m3" sets fill, "l3" stroke. It depends on the model's name alone, so
 * that a model looks the same in every report. */
unsigned chart_class(const struct results *results, size_t model);

/* The path of a model's mark, centred on 0 0. */
const char *chart_mark(const struct results *results, size_t model);

/* A model's mark at x y. */
void chart_draw_mark(FILE *out, const struct results *results, size_t model, const char *class, double x,
                     double y);

#endif
