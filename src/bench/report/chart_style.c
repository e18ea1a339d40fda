/* How models look: a colour for each backend and a lighter one for it with another engine, or for Python with
 * the lock kept; a mark for both. */
#include <string.h>

#include "bench/measure/python.h"
#include "bench/report/chart.h"

enum { BACKENDS = 13, OTHER = BACKENDS - 1, MARKS = 8 };

/* The backend that a model's name begins with; "gil-released" is not "gil". Of Python models what is before
 * the start method, the lock and the version. */
static unsigned backend_of(const char *name)
{
    static const char *const names[OTHER] = {"serial",
                                             "threads",
                                             "procs",
                                             "omp",
                                             "gil",
                                             "gil-released",
                                             "async",
                                             "python-threads",
                                             "python-procs",
                                             "python-asyncio",
                                             "python-asyncio+threads",
                                             "python-interpreters"};
    const bool python = python_is_model(name);
    size_t length = strcspn(name, python ? "@" : "+");
    const char *second = python ? strchr(name + strlen(PYTHON_ALL "-"), '-') : NULL;
    if (second != NULL && second < name + length)
        length = (size_t)(second - name);
    for (unsigned i = 0; i < OTHER; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return i;
    }
    return OTHER;
}

unsigned chart_class(const struct results *results, size_t model)
{
    const char *name = results->models[model].name;
    const bool lighter = strstr(name, python_is_model(name) ? PYTHON_KEPT : "+") != NULL;
    return backend_of(name) + (lighter ? BACKENDS : 0);
}

/* The engine in a name selects another mark, and so does a start method of Python: 0 for none. */
static unsigned engine_of(const char *name)
{
    static const char *const engines[] = {"+sync", "+threads", "+async"};
    const char *plus = strchr(name, '+');
    if (python_is_model(name))
        return strstr(name, "-forkserver") != NULL ? 2 : strstr(name, "-spawn") != NULL ? 1 : 0;
    for (unsigned i = 0; plus != NULL && i < sizeof engines / sizeof *engines; i++) {
        if (strcmp(plus, engines[i]) == 0)
            return i + 1;
    }
    return 0;
}

/* How many interpreters' models come before those of a Python model's: each has other marks. */
static unsigned interpreters_before(const struct results *results, size_t model)
{
    unsigned count = 0;
    const char *own = results->models[model].python;
    for (size_t i = 0; own[0] != '\0' && strcmp(results->models[i].python, own) != 0; i++)
        count += results->models[i].python[0] != '\0' &&
                 (i == 0 || strcmp(results->models[i].python, results->models[i - 1].python) != 0);
    return count;
}

const char *chart_mark(const struct results *results, size_t model)
{
    static const char *const marks[MARKS] = {
        "M-5 -2.5h10v5h-10z",                                         /* bar */
        "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",              /* circle */
        "M-4 -4h8v8h-8z",                                             /* square */
        "M0 -5.5L5.2 4H-5.2z",                                        /* triangle */
        "M0 -5.8L5.8 0L0 5.8L-5.8 0z",                                /* diamond */
        "M0 5.5L5.2 -4H-5.2z",                                        /* triangle, upside down */
        "M-1.7 -5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z", /* plus */
        "M0 -5.6L5.3 -1.7L3.3 4.5H-3.3L-5.3 -1.7z",                   /* pentagon */
    };
    const char *name = results->models[model].name;
    return marks[(backend_of(name) + engine_of(name) + interpreters_before(results, model)) % MARKS];
}

void chart_draw_mark(FILE *out, const struct results *results, size_t model, const char *class, double x,
                     double y)
{
    const unsigned colours = chart_class(results, model);
    fprintf(out, "<path class=\"%sm%u l%u\" d=\"%s\" transform=\"translate(%.1f %.1f)\">", class, colours,
            colours, chart_mark(results, model), x, y);
}

static void write_colours(FILE *out, const char *const colours[2 * BACKENDS])
{
    for (unsigned i = 0; i < 2 * BACKENDS; i++)
        fprintf(out, ".m%u{fill:%s;background-color:%s}.l%u{stroke:%s}", i, colours[i], colours[i], i,
                colours[i]);
}

void chart_style(FILE *out)
{
    /* Okabe & Ito's palette: light colours darkened for a light background, dark ones lightened for a dark
     * one. */
    static const char *const light[2 * BACKENDS] = {
        "#6b7078", "#0072b2", "#d55e00", "#00815e", "#b0478c", "#6a4fb3", "#8a6a00",
        "#00517f", "#974300", "#5f4a00", "#4a3780", "#005b42", "#3b8ac4", /* Python, other */
        "#8f959e", "#3a9bd9", "#e8853a", "#2ba681", "#cf74ae", "#9179d6", "#b08c2a",
        "#4d86ab", "#b9805a", "#94834d", "#8376ab", "#4d8f7d", "#6aaedd",
    };
    static const char *const dark[2 * BACKENDS] = {
        "#a7adb6", "#56b4e9", "#ff8f4a", "#2ec99b", "#e58cc3", "#b6a2ee", "#e3b93f", "#a5d6f3", "#ffc09a",
        "#f0da98", "#d5caf6", "#92e2cb", "#9bd0f5", "#7d848e", "#2f8cc4", "#cc6a2a", "#1c9672", "#b8608f",
        "#8a74c8", "#b08c22", "#7ea3b9", "#c29377", "#b8a774", "#a39bbd", "#70ad9c", "#6ea6cc",
    };
    write_colours(out, light);
    fputs(
        ".chart text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#3c4149}"
        ".chart .title{font-size:18px;font-weight:650;fill:#15181c}"
        ".chart .small{font-size:12px;font-weight:400}"
        ".chart .name{font-weight:600}.chart .grid{stroke:#dfe2e6;stroke-width:1}"
        ".chart .ideal{stroke:#8b9199;stroke-width:1.5;stroke-dasharray:2 4;fill:none}"
        ".chart .limit{stroke:#8b9199;stroke-width:1;stroke-dasharray:6 4}"
        ".chart .linear{stroke:#3c4149;stroke-width:1.5;fill:none}"
        ".chart .beyond{stroke:#3c4149;stroke-width:1.5;fill:none}"
        ".chart .law{fill:none;stroke-width:2}.chart .guess{fill:none;stroke-width:1.6;stroke-dasharray:7 5}"
        ".chart .alone{fill:none;stroke-width:1.4;stroke-dasharray:1 4;stroke-linecap:round}"
        ".chart .band{opacity:.13;stroke:none}.chart .whisker{stroke-width:1.6;fill:none}"
        ".chart .over{fill:#fff;stroke-width:1.8}",
        out);
    fputs("@media (prefers-color-scheme:dark){", out);
    write_colours(out, dark);
    fputs(".chart text{fill:#b9bfc8}.chart .title{fill:#f0f2f5}.chart .grid{stroke:#31363d}"
          ".chart .ideal,.chart .limit{stroke:#7d848e}.chart .linear,.chart .beyond{stroke:#b9bfc8}"
          ".chart .band{opacity:.17}.chart .over{fill:#16191d}}",
          out);
}
