/*
 * Help: each topic is one function that writes a page (page.h), and the manual is all of them one after the
 * other. What the tables of filters, options, backends and engines say is taken from there.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "cli/page.h"

struct topic {
    const char *name, *title, *help; /* the title heads its part of the manual */
    void (*write)(struct page *page);
};

void write_names(struct page *page); /* the topic "names" */

extern const struct topic topics[]; /* ends with a NULL name */

/* A command's own page: what it does and its options. */
void help_write_command(struct page *page, const struct command *command);

/* The page of a step of a recipe, by its name. */
void help_write_filter(struct page *page, const char *name);

/* Prints the page of the command `name` on standard output. Returns the exit status. */
int help_command(const char *name);

/* The overview: commands and topics. */
void help_write_overview(FILE *out);

/* Prints it on standard output. Returns the exit status. */
int help_overview(void);

/* The manual in man(7) macros, and completion scripts for three shells. */
void manpage_write(FILE *out);
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
