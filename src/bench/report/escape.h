/* Text escaped for where a report puts it: XML, HTML, a script, a shell. */
#ifndef BENCH_REPORT_ESCAPE_H
#define BENCH_REPORT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Writes `text` escaped for element content and quoted attributes. What XML 1.0 can't hold (control
 * characters, bytes that are no UTF-8) becomes \xHH.
 */
void markup_text(FILE *out, const char *text);

/* Writes JSON for the inside of <script>: characters that could end the element, begin a comment or, as
 * U+2028 and U+2029, a line of JavaScript are escaped, which JSON allows wherever they can be, in strings. */
void markup_json(FILE *out, const char *json);

/* Writes "pixmill bench ARGUMENTS..." (argv[0] left out) into text[size], quoted for a POSIX shell, so that a
 * reader of the report can repeat it; then `more` unless it is NULL. What does not fit is cut off. */
void quote_argv(int argc, char *const *argv, const char *more, char *text, size_t size);

#endif
