/* The topic about what `pixmill bench` compares. */
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/help.h"
#include "cli/interpreter.h"
#include "cli/topics.h"

/* Usual interpreters, as names to be found in PATH. A second name of the same version is left out. */
static const char *const usual[] = {"python3",    "python3.11",  "python3.12", "python3.13", "python3.13t",
                                    "python3.14", "python3.14t", "python3.15", "python3.15t"};

static const struct {
    const char *name, *about;
    unsigned since;
} models[] = {
#define ROW(name, title, since, one_worker, about) {name, about, since},
    PYTHON_MODELS(ROW)
#undef ROW
};

/* Whether an interpreter's models can run here, and which can't. */
static void write_interpreter(struct page *page, const char *name, const struct interpreter *interpreter,
                              const struct pm_error *error)
{
    char text[600], without[160] = "";
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        const size_t used = strlen(without);
        if (interpreter->minor < models[i].since)
            snprintf(without + used, sizeof without - used, ", without %s (needs Python 3.%u)",
                     models[i].name, models[i].since);
    }
    if (error->kind != PM_OK)
        snprintf(text, sizeof text, "does not work here: %.500s", error->message);
    else
        snprintf(text, sizeof text, "works here: Python %s, %s%s", interpreter->version,
                 interpreter->free_threaded ? "which has no lock" : "with its lock", without);
    page_item(page, name, text);
}

static void write_interpreters(struct page *page)
{
    enum { USUAL = sizeof usual / sizeof *usual };
    struct interpreter found[USUAL];
    bool any = false;
    page_paragraph(page, "Interpreters in PATH:");
    for (size_t i = 0; i < USUAL; i++) {
        struct pm_error error = {0};
        bool known = false;
        interpreter_examine(usual[i], &found[i], &error);
        for (size_t other = 0; other < i; other++)
            known |= strcmp(found[other].version, found[i].version) == 0;
        if (found[i].version[0] == '\0' || known)
            continue;
        write_interpreter(page, usual[i], &found[i], &error);
        any = true;
    }
    if (!any)
        page_item(page, "none", "no python3 answers");
}

void topic_models(struct page *page)
{
    page_paragraph(
        page,
        "'pixmill bench' compares models of concurrency on the same images. Without --models it measures "
        "every backend (all), and with --python=FILE the models of that interpreter, too (python).");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char text[512];
        const char *why_not = page->style != PAGE_MANUAL ? (*backend)->why_not() : NULL;
        snprintf(text, sizeof text, "%s%s%s", (*backend)->help,
                 why_not != NULL ? ". Does not work here: " : "", why_not != NULL ? why_not : "");
        page_item(page, (*backend)->name, text);
    }
    page_paragraph(
        page,
        "A backend's model does its I/O as textbooks do: in its workers, async on its event loop; "
        "threads+async has another engine. The models of Python do the same jobs over the module pixmill, "
        "each trial in a process of the interpreter:");
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char text[512], since[40] = "";
        if (models[i].since > PYTHON_OLDEST)
            snprintf(since, sizeof since, " From Python 3.%u on.", models[i].since);
        snprintf(text, sizeof text, "%s%s", models[i].about, since);
        page_item(page, models[i].name, text);
    }
    page_paragraph(
        page,
        "python-procs is the three with processes. In these, the module releases the interpreter's lock "
        "while it transforms; those with " PYTHON_KEPT " at their end, such as python-threads" PYTHON_KEPT
        ", keep it, as code in Python does. In reports the version follows: python-threads@3.13.5t is "
        "of a free-threaded interpreter, which has no lock. asyncio has 32 files in progress, or --io-jobs. "
        "URLs and encryption are not measured with Python.");
    if (page->style != PAGE_MANUAL)
        write_interpreters(page);
    page_example(page, "make python && export PYTHONPATH=build/python\n"
                       "pixmill bench photos/ --resize=800x800 --python=/usr/bin/python3\n");
}
