#include "cli/page.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { TERMINAL_COLUMNS = 80, MANUAL_COLUMNS = 72, ITEM_INDENT = 2, ITEM_TEXT = 28, EXAMPLE_INDENT = 4 };

/* Writes one character escaped for roff: "\-" is a minus, "\e" a backslash. */
static void write_roff_character(FILE *out, char c)
{
    if (c == '\\')
        fputs("\\e", out);
    else if (c == '-')
        fputs("\\-", out);
    else
        fputc(c, out);
}

/* Writes a word; in roff, no line may begin with a control character. */
static void write_word(const struct page *page, const char *word, size_t length, bool line_begins)
{
    if (page->style == PAGE_TERMINAL) {
        fwrite(word, 1, length, page->out);
        return;
    }
    if (line_begins && (*word == '.' || *word == '\''))
        fputs("\\&", page->out);
    for (size_t i = 0; i < length; i++)
        write_roff_character(page->out, word[i]);
}

/* Writes `text` wrapped at blanks, beginning in column `indent`, to which following lines are indented.
 */
static void write_wrapped(const struct page *page, const char *text, size_t indent)
{
    size_t column = indent, columns = page->style == PAGE_TERMINAL ? TERMINAL_COLUMNS : MANUAL_COLUMNS;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > indent && column + 1 + word > columns) {
            fprintf(page->out, "\n%*s", (int)indent, "");
            column = indent;
        }
        if (column > indent) {
            fputc(' ', page->out);
            column++;
        }
        write_word(page, text, word, column == indent);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', page->out);
}

/* Begins a part of the page: writes a blank line, or the manual's paragraph macro, if needed. */
static void begin(struct page *page, enum page_part part)
{
    bool continues = page->last == PAGE_NOTHING || page->last == PAGE_HEADING ||
                     (part == PAGE_ITEM && page->last == PAGE_ITEM);
    page->last = part;
    if (continues)
        return;
    if (page->style == PAGE_TERMINAL)
        fputc('\n', page->out);
    else if (part == PAGE_PARAGRAPH || part == PAGE_EXAMPLE)
        fputs(".PP\n", page->out);
}

void page_heading(struct page *page, const char *title)
{
    begin(page, PAGE_HEADING);
    if (page->style == PAGE_TERMINAL) {
        fprintf(page->out, "%c%s:\n", toupper((unsigned char)title[0]), title + 1);
        return;
    }
    fputs(".SH ", page->out);
    for (; *title != '\0'; title++)
        fputc(toupper((unsigned char)*title), page->out);
    fputc('\n', page->out);
}

void page_subheading(struct page *page, const char *title)
{
    begin(page, PAGE_HEADING);
    bool manual = page->style == PAGE_MANUAL;
    fprintf(page->out, "%s%c%s%s\n", manual ? ".SS " : "", toupper((unsigned char)title[0]), title + 1,
            manual ? "" : ":");
}

void page_paragraph(struct page *page, const char *text)
{
    begin(page, PAGE_PARAGRAPH);
    write_wrapped(page, text, 0);
}

void page_item(struct page *page, const char *term, const char *text)
{
    begin(page, PAGE_ITEM);
    if (page->style == PAGE_MANUAL) {
        fputs(".TP\n.B ", page->out);
        write_word(page, term, strlen(term), false);
        fputc('\n', page->out);
        write_wrapped(page, text, 0);
        return;
    }
    size_t used = ITEM_INDENT + strlen(term);
    fprintf(page->out, "%*s%s", ITEM_INDENT, "", term);
    if (used + 2 > ITEM_TEXT) {
        fputc('\n', page->out);
        used = 0;
    }
    fprintf(page->out, "%*s", (int)(ITEM_TEXT - used), "");
    write_wrapped(page, text, ITEM_TEXT);
}

void page_example(struct page *page, const char *lines)
{
    begin(page, PAGE_EXAMPLE);
    if (page->style == PAGE_MANUAL)
        fputs(".nf\n.RS\n", page->out);
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        fprintf(page->out, "%*s", page->style == PAGE_TERMINAL ? EXAMPLE_INDENT : 0, "");
        write_word(page, lines, length, true);
        fputc('\n', page->out);
        lines += length + (lines[length] == '\n');
    }
    if (page->style == PAGE_MANUAL)
        fputs(".RE\n.fi\n", page->out);
}
