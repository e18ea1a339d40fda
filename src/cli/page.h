/*
 * A page of help, written once and rendered twice: for a terminal of 80 columns and, in man(7) macros, for
 * the manual. Text is plain; what needs escaping is escaped here.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdio.h>

enum page_style { PAGE_TERMINAL, PAGE_MANUAL };
enum page_part { PAGE_NOTHING, PAGE_HEADING, PAGE_PARAGRAPH, PAGE_ITEM, PAGE_EXAMPLE };

struct page {
    FILE *out;
    enum page_style style;
    enum page_part last; /* what was written last: it decides about blank lines */
};

/* A heading and one within its part, in small letters. */
void page_heading(struct page *page, const char *title);
void page_subheading(struct page *page, const char *title);

void page_paragraph(struct page *page, const char *text);

/* A term and what it means, as options and filters are listed. */
void page_item(struct page *page, const char *term, const char *text);

/* Lines to type, verbatim, each ended by a newline. */
void page_example(struct page *page, const char *lines);

#endif
