/*
 * --html: one file that opens offline: no font, script or picture from elsewhere, and a policy that forbids
 * them. page.html, embedded in the program, is the page; its {{names}} are replaced by the parts of html.h
 * and by the JSON report, from which the page's script draws bars. Without a script the tables have
 * everything.
 */
#include <stdlib.h>
#include <string.h>

#include "base/content_policy.h"
#include "bench/analysis/stats.h"
#include "bench/report/chart.h"
#include "bench/report/escape.h"
#include "bench/report/html.h"
#include "bench/report/report.h"

/* The bytes of page.html between two labels; in the Makefile this file depends on page.html. */
__asm__(".section .rodata\n"
        "page_begin: .incbin \"src/bench/report/page.html\"\n"
        "page_end: .byte 0\n"
        ".previous\n");
extern const char page_begin[];

static void write_style(FILE *out, const struct results *results)
{
    (void)results;
    chart_style(out);
}

static void write_script_hash(FILE *out, const struct results *results)
{
    char hash[CONTENT_HASH_MAX];
    (void)results;
    /* Without memory for it, leave the script out: the page is complete without it. */
    fputs(content_hash(page_begin, "script", hash) == 0 ? hash : "'none'", out);
}

/* Lines may break between its words, and within a word longer than a line. */
static void write_command(FILE *out, const struct results *results)
{
    for (const char *command = results->settings.command; *command != '\0';) {
        char word[sizeof results->settings.command];
        const size_t length = strcspn(command, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, command);
        fputs("<span>", out);
        markup_text(out, word);
        fputs("</span>", out);
        command += length;
        for (; *command == ' '; command++)
            fputc(' ', out);
    }
}

static void write_intervals(FILE *out, const struct results *results)
{
    fputs(results->settings.sampling.repeat < STATS_ENOUGH
              ? "Student’s t of the logarithms, as so few trials allow"
              : "interpolated order statistics (Hettmansperger &amp; Sheather 1986)",
          out);
}

static void write_version(FILE *out, const struct results *results)
{
    markup_text(out, results->machine.version);
}

static void write_data(FILE *out, const struct results *results)
{
    char *text = NULL;
    size_t size = 0;
    FILE *json = open_memstream(&text, &size);
    if (json != NULL)
        report_json(json, results);
    if (json == NULL || fclose(json) != 0)
        fputs("{\"summary\": []}", out);
    else
        markup_json(out, text);
    free(text);
}

static const struct part {
    const char *name;
    void (*write)(FILE *out, const struct results *results);
} parts[] = {
    {"chart_style", write_style},
    {"script_hash", write_script_hash},
    {"machine", html_machine},
    {"busy", html_busy},
    {"answers", html_answers},
    {"verdicts", html_verdicts},
    {"statements", html_statements},
    {"rules", html_rules},
    {"models", html_models},
    {"charts", html_charts},
    {"fits", html_fits},
    {"best", html_best},
    {"stages", html_stages},
    {"points", html_points},
    {"notes", html_notes},
    {"command", write_command},
    {"setup", html_setup},
    {"intervals", write_intervals},
    {"version", write_version},
    {"data", write_data},
};

static const struct part *find_part(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0)
            return &parts[i];
    }
    return NULL;
}

void report_html(FILE *out, const struct results *results)
{
    const char *at = page_begin, *open;
    while ((open = strstr(at, "{{")) != NULL) {
        const char *name = open + 2, *close = strstr(name, "}}");
        const struct part *part = find_part(name, (size_t)(close - name));
        fwrite(at, 1, (size_t)(open - at), out);
        if (part != NULL)
            part->write(out, results);
        at = close + 2;
    }
    fputs(at, out);
}
