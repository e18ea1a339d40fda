/*
 * --html: one file that opens offline: no font, script or picture from elsewhere. From the answer down to
 * what it rests on; light, dark, on a phone and on paper (html_style.c).
 */
#include "bench/figure.h"
#include "bench/report/html.h"
#include "bench/report/markup.h"
#include "bench/report/report.h"

void report_html(FILE *out, const struct results *results)
{
    char date[64];
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
          "<title>Which concurrency model? – pixmill bench</title><style>",
          out);
    html_style(out);
    fputs("</style></head><body><main><h1>Which concurrency model?</h1><p class=\"soft\">", out);
    fprintf(out, "Measured on %u %s of ", results->machine.processors,
            results->machine.processors == 1 ? "processor" : "processors");
    markup_text(out, results->machine.cpu);
    fputs(" on ", out);
    markup_text(out, figure_date(results->machine.date, date, sizeof date));
    fprintf(out, ".%s</p>\n", results->interrupted ? " The sweep was interrupted." : "");
    html_answers(out, results);
    html_verdicts(out, results);
    html_charts(out, results);
    html_throughput(out, results);
    html_stages(out, results);
    html_points(out, results);
    html_setup(out, results);
    fputs("<footer>pixmill ", out);
    markup_text(out, results->machine.version);
    fputs(". The same with <code>--json</code>, <code>--csv</code> and <code>--svg</code>.</footer></main>"
          "<script>",
          out);
    html_script(out);
    fputs("</script></body></html>\n", out);
}
