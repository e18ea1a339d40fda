/* Text within XML and HTML: element content and quoted attributes. */
#ifndef BENCH_REPORT_MARKUP_H
#define BENCH_REPORT_MARKUP_H

#include <stdio.h>

/* Writes `text` escaped. What XML 1.0 can't hold (control characters, bytes that are no UTF-8) becomes \xHH.
 */
void markup_text(FILE *out, const char *text);

#endif
