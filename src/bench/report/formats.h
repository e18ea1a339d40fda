/*
 * Every report format: its name, which is also that of the option that names its file (--json=FILE), and the
 * help of that option. A format is one line here and one file, report_NAME.c, that defines report_NAME().
 *
 * The list is a macro because two programs need it: the lab writes the formats, and the command, which is not
 * linked to the lab, has their options in its help, manual and completion.
 */
#ifndef BENCH_REPORT_FORMATS_H
#define BENCH_REPORT_FORMATS_H

#define REPORT_FORMATS(FORMAT)                                                                               \
    FORMAT(json, "write everything: machine, settings, trials, summary, fits, verdict (the FILE of one "     \
                 "report may be -, standard output)")                                                        \
    FORMAT(csv, "write one line per trial")                                                                  \
    FORMAT(html, "write one page with tables and charts, which opens offline")                               \
    FORMAT(svg, "draw the charts as one picture")

#define REPORT_INDEX(name, help) REPORT_##name,
enum { REPORT_FORMATS(REPORT_INDEX) REPORTS };
#undef REPORT_INDEX

#endif
