/*
 * A page of help, for a terminal of 80 columns or, in man(7) macros, for the manual. Callers pass plain text;
 * it is escaped here.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdio.h>

enum page_style { PAGE_TERMINAL, PAGE_MANUAL };
enum page_part { PAGE_NOTHING, PAGE_HEADING, PAGE_PARAGRAPH, PAGE_ITEM, PAGE_EXAMPLE };

struct page {
    FILE *out;
    enum page_style style;
    enum page_part last; /* written last: decides whether a blank line follows */
};

/* A heading, and one below it; in lower case. */
void page_heading(struct page *page, const char *title);
void page_subheading(struct page *page, const char *title);

void page_paragraph(struct page *page, const char *text);

/* A term and what it means, as options and filters are listed. */
void page_item(struct page *page, const char *term, const char *text);

/* Command lines, verbatim, each with a newline. */
void page_example(struct page *page, const char *lines);

#endif
