/* The parts of the HTML report, one for each {{name}} of page.html. Each writes what depends on the figures;
 * constant text is in the page. */
#ifndef BENCH_REPORT_HTML_H
#define BENCH_REPORT_HTML_H

#include <stdio.h>

#include "bench/results.h"

/* html_words.c: what the figures say */
void html_machine(FILE *out, const struct results *results);    /* on what and when it was measured */
void html_busy(FILE *out, const struct results *results);       /* what else ran, and what that decides */
void html_answers(FILE *out, const struct results *results);    /* who is fastest at what */
void html_verdicts(FILE *out, const struct results *results);   /* the textbook's table */
void html_statements(FILE *out, const struct results *results); /* what textbooks say about Python */
void html_rules(FILE *out, const struct results *results);
void html_models(FILE *out, const struct results *results);
void html_notes(FILE *out, const struct results *results);

/* html_tables.c: the figures */
void html_charts(FILE *out, const struct results *results);
void html_fits(FILE *out, const struct results *results);   /* the laws of scaling */
void html_best(FILE *out, const struct results *results);   /* each model at its best */
void html_stages(FILE *out, const struct results *results); /* where the time goes */
void html_points(FILE *out, const struct results *results); /* every figure of every point */
void html_setup(FILE *out, const struct results *results);  /* machine and settings */

/* A coloured mark and the model's name. */
void html_model(FILE *out, const struct results *results, size_t model);

#endif
