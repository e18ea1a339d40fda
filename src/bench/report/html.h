/* The parts of the HTML report: its style, and one function a section, each reading only what it shows. */
#ifndef BENCH_REPORT_HTML_H
#define BENCH_REPORT_HTML_H

#include <stdio.h>

#include "bench/results.h"

void html_style(FILE *out);  /* the content of <style> */
void html_script(FILE *out); /* the content of <script> */

void html_answers(FILE *out, const struct results *results);    /* who is best at what */
void html_verdicts(FILE *out, const struct results *results);   /* the textbook's table */
void html_charts(FILE *out, const struct results *results);     /* speedups, and the laws fitted to them */
void html_throughput(FILE *out, const struct results *results); /* each model at its best */
void html_stages(FILE *out, const struct results *results);     /* where the time goes */
void html_points(FILE *out, const struct results *results);     /* every figure of every point */
void html_setup(FILE *out, const struct results *results);      /* machine, settings, how to repeat it */

/* A coloured mark and the model's name. */
void html_model(FILE *out, const struct results *results, size_t model);

#endif
