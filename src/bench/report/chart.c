#include "bench/report/chart.h"

#include "bench/analysis/scaling.h"

/* Curves take three numbers of jobs: a line through two points shows no shape. With models of Python there
 * are too many of them to be told apart, and their names are long. */
bool chart_has_curves(const struct results *results, enum workload workload)
{
    if (results_python(results))
        return false;
    unsigned seen[2] = {0, 0};
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->workload != workload || point->jobs == seen[0] || point->jobs == seen[1])
            continue;
        if (seen[1] > 0)
            return true;
        seen[seen[0] > 0] = point->jobs;
    }
    return false;
}

unsigned chart_height(const struct results *results, enum workload workload)
{
    if (results_fastest(results, workload) == NULL)
        return 0;
    return chart_has_curves(results, workload) ? CHART_CURVES_HEIGHT : chart_dots_height(results, workload);
}

void chart_write(FILE *out, const struct results *results, enum workload workload, const char *attributes)
{
    const bool curves = chart_has_curves(results, workload);
    const bool rates = !curves || workload == WORKLOAD_OVERHEAD;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 %d %u\" role=\"img\" "
            "aria-label=\"%s on the %s workload\" %s>"
            "<text class=\"title\" x=\"%d\" y=\"18\">%s: %s</text><text class=\"small\" x=\"%d\" "
            "y=\"38\">%s</text>",
            CHART_WIDTH, chart_height(results, workload), rates ? "Throughput" : "Speedup against jobs",
            workload_name(workload), attributes, curves ? 52 : 4, workload_name(workload),
            !rates                          ? "speedup"
            : workload == WORKLOAD_OVERHEAD ? "jobs per second"
                                            : "images per second",
            curves ? 52 : 4, workload_text(workload));
    (curves ? chart_curves : chart_dots)(out, results, workload);
    fputs("</svg>\n", out);
}

/* Does any chart of these results have this element? */
static bool any_curves(const struct results *results)
{
    return chart_has_curves(results, WORKLOAD_CPU) || chart_has_curves(results, WORKLOAD_IO);
}

static bool any_dots(const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (results_fastest(results, workload) != NULL && !chart_has_curves(results, workload))
            return true;
    }
    return false;
}

static bool any_comparison(const struct results *results)
{
    bool several = false;
    for (size_t i = 0; i < results->nsummaries; i++)
        several |= results->summaries[i].jobs > 1;
    return several && any_dots(results);
}

static bool any_superlinear(const struct results *results)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        if (results->summaries[i].superlinear)
            return true;
    }
    return false;
}

static bool any_crowded(const struct results *results)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        if (results->summaries[i].oversubscribed)
            return true;
    }
    return false;
}

static bool any_law(const struct results *results)
{
    return any_curves(results) && results->nfits > 0 && results_no_law(results) == NULL;
}

static bool any_single(const struct results *results)
{
    return chart_has_curves(results, WORKLOAD_OVERHEAD);
}

static bool any_serial(const struct results *results)
{
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (results_serial(results, workload) != NULL && !chart_has_curves(results, workload))
            return true;
    }
    return false;
}

bool chart_key(const struct results *results, size_t index, const char **drawing, const char **text)
{
#define CIRCLE "M10.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z"
    static const struct {
        bool (*shown)(const struct results *results); /* NULL: always */
        const char *drawing, *text;
    } keys[] = {
        {NULL, "<path class=\"m1 l1\" d=\"" CIRCLE "\"/><path class=\"whisker l1\" d=\"M4 0H26\"/>",
         "measured: median and its 95 % interval"},
        {any_crowded, "<path class=\"over m1 l1\" d=\"" CIRCLE "\"/>",
         "measured with more jobs than processors: in no fit"},
        {any_comparison, "<path class=\"linear\" d=\"M15 -8V8\"/>",
         "linear: with n jobs n times its rate at 1 job"},
        {any_superlinear,
         "<path class=\"m1 l1\" d=\"" CIRCLE "\"/><circle class=\"beyond\" cx=\"15\" r=\"8.5\"/>",
         "above linear: at 1 job it also spent time on something else than work"},
        {any_serial, "<path class=\"limit\" d=\"M15 -11V11\"/>", "the serial model"},
        {any_curves, "<path class=\"ideal\" d=\"M0 0H30\"/>", "linear: n jobs are n times as fast"},
        {any_curves, "<path class=\"law l1\" d=\"M0 0H30\"/>",
         "fitted law; where none was fitted, points joined by lines"},
        {any_law, "<path class=\"band m1\" d=\"M0 -9H30V9H0z\"/><path class=\"guess l1\" d=\"M0 0H30\"/>",
         "prediction, not measured; its 95 % interval, unless it is too wide to draw"},
        {any_single, "<path class=\"alone l1\" d=\"M0 0H30\"/>", "one worker: measured at 1 job only"},
    };
#undef CIRCLE
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if ((keys[i].shown != NULL && !keys[i].shown(results)) || index-- > 0)
            continue;
        *drawing = keys[i].drawing;
        *text = keys[i].text;
        return true;
    }
    return false;
}
