/* Text within XML and HTML. */
#ifndef BENCH_REPORT_MARKUP_H
#define BENCH_REPORT_MARKUP_H

#include <stdio.h>

/* Writes `text` escaped for element content and quoted attributes. What XML 1.0 can't hold (control
 * characters, bytes that are no UTF-8) becomes \xHH.
 */
void markup_text(FILE *out, const char *text);

/* Writes JSON for the inside of <script>: characters that could end the element, begin a comment or, as
 * U+2028 and U+2029, a line of JavaScript are escaped, which JSON allows wherever they can be, in strings. */
void markup_json(FILE *out, const char *json);

#endif
