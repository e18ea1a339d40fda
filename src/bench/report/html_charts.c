/* How models scale: the charts, the laws fitted to them, and what each model reaches at its best. */
#include "bench/analysis/scaling.h"
#include "bench/figure.h"
#include "bench/report/chart.h"
#include "bench/report/html.h"
#include "bench/report/markup.h"
#include "bench/report/report.h"

/* Of laws and predictions only where there are some. */
static void write_key(FILE *out, const struct results *results)
{
    static const char *const keys[][2] = {
        {"<circle class=\"m0\" cx=\"15\" r=\"4.5\"/><path class=\"whisker l0\" d=\"M15 -10V10\"/>",
         "measured, 95 % interval"},
        {"<path class=\"ideal\" d=\"M0 0H30\"/>", "ideal"},
        {"<path class=\"law l0\" d=\"M0 0H30\"/>", "fitted law, or points joined"},
        {"<circle class=\"over m0 l0\" cx=\"15\" r=\"4.5\"/>", "more jobs than processors: in no fit"},
        {"<path class=\"band m0\" d=\"M0 -9H30V9H0z\"/><path class=\"guess l0\" d=\"M0 0H30\"/>",
         "prediction, not measured; its 95 % interval, as far as that tells something"},
    };
    const bool fitted = results->nfits > 0 && results_no_law(results) == NULL;
    const size_t count = sizeof keys / sizeof *keys - (fitted ? 0 : 1);
    fputs("<div class=\"key\"><h3>How to read it</h3>", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out,
                "<span><svg class=\"chart\" viewBox=\"0 -11 30 22\" aria-hidden=\"true\">%s</svg>%s</span>",
                keys[i][0], keys[i][1]);
    fputs("</div>\n", out);
}

static void write_range(FILE *out, struct figure value, struct figure low, struct figure high)
{
    fprintf(out, "<td>%s <small>%s to %s</small></td>", value.text, low.text, high.text);
}

static void write_fit(FILE *out, const struct results *results, const struct fit *fit)
{
    fprintf(out, "<tr><th>%s</th><td>", workload_name(fit->workload));
    html_model(out, results, fit->model);
    fputs("</td>", out);
    if (fit->has_amdahl && !fit_amdahl_holds(fit))
        fputs("<td>does not hold</td>", out);
    else if (fit->has_amdahl)
        write_range(out, figure_percent(fit->amdahl.sigma), figure_percent(fit->amdahl.sigma_ci95.low),
                    figure_percent(fit->amdahl.sigma_ci95.high));
    if (fit->has_usl) {
        const struct law *usl = &fit->usl;
        write_range(out, figure_number(usl->sigma), figure_number(usl->sigma_ci95.low),
                    figure_number(usl->sigma_ci95.high));
        write_range(out, figure_number(usl->kappa), figure_number(usl->kappa_ci95.low),
                    figure_number(usl->kappa_ci95.high));
        write_range(out, figure_number(usl->lambda), figure_number(usl->lambda_ci95.low),
                    figure_number(usl->lambda_ci95.high));
        write_range(out, figure_jobs(fit->peak_jobs), figure_jobs(fit->peak_jobs_ci95.low),
                    figure_jobs(fit->peak_jobs_ci95.high));
    } else {
        fprintf(out, "<td colspan=\"%d\">not fitted: ", fit->has_amdahl ? 4 : 5);
        markup_text(out, fit->why_not);
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void write_fits(FILE *out, const struct results *results)
{
    if (results->nfits == 0)
        return;
    fputs("<h3>Laws of scaling</h3>", out);
    if (results_no_law(results) != NULL) {
        fputs("<p>None is drawn: ", out);
        markup_text(out, results_no_law(results));
        fputs(".</p>\n", out);
        return;
    }
    fputs(
        "<p class=\"soft\">Amdahl’s serial fraction, and the Universal Scalability Law: throughput at n "
        "jobs is λn / (1 + σ(n − 1) + κn(n − 1)). σ is contention, κ the cost of coherence, λ images a "
        "second at one job. All are fitted, λ too, by least squares of the throughput’s logarithm, so that a "
        "law need not go through a point, not even the first. Intervals are of 95 %.</p><div "
        "class=\"wide\"><table><thead><tr>"
        "<th>workload</th><th>model</th><th>serial fraction</th><th>σ</th><th>κ</th><th>λ</th>"
        "<th>peak at jobs</th></tr></thead><tbody>",
        out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        for (size_t i = 0; i < results->nfits; i++) {
            if (results->fits[i].workload == workload)
                write_fit(out, results, &results->fits[i]);
        }
    }
    fputs("</tbody></table></div>\n", out);
}

void html_charts(FILE *out, const struct results *results)
{
    bool any = false;
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        any = any || chart_worthwhile(results, workload);
    if (!any)
        return;
    fputs("<h2>Speedup</h2><p class=\"soft\">Each model against itself at 1 job. Models of one worker are "
          "measured at 1 job only and stand in the next section.</p>",
          out);
    fputs("<div class=\"charts\">", out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++) {
        if (chart_worthwhile(results, workload))
            chart_write(out, results, workload, "");
    }
    write_key(out, results);
    fputs("</div>\n", out);
    write_fits(out, results);
}

static void write_bars(FILE *out, const struct results *results, enum workload workload)
{
    const struct summary *fastest = results_fastest(results, workload);
    if (fastest == NULL)
        return;
    fprintf(out, "<h3>%s: %s</h3><div class=\"bars\">", workload_name(workload), workload_text(workload));
    for (size_t model = 0; model < results->nmodels; model++) {
        const struct summary *best = results_best(results, model, workload);
        if (best == NULL)
            continue;
        fputs("<div>", out);
        html_model(out, results, model);
        fprintf(out,
                "</div><div class=\"bar rate\"><i class=\"m%u\" "
                "style=\"width:calc(var(--full)*%.3f)\"></i><em>%s %ss/s",
                chart_class(results, model), best->images_per_s / fastest->images_per_s,
                figure_rate(best->images_per_s).text, workload_item(workload));
        if (best->speedup_vs_serial > 0)
            fprintf(out, " · %s× serial", figure_number(best->speedup_vs_serial).text);
        fprintf(out, " · %u %s · %s</em></div>", best->jobs, best->jobs == 1 ? "job" : "jobs",
                figure_bytes(best->peak_pss_bytes).text);
    }
    fputs("</div>\n", out);
}

void html_throughput(FILE *out, const struct results *results)
{
    fputs("<h2>Each model at its best</h2><p class=\"soft\">Median throughput at the number of jobs where it "
          "was highest, and the peak memory of all its processes there.</p>",
          out);
    for (enum workload workload = 0; workload < WORKLOADS; workload++)
        write_bars(out, results, workload);
}
