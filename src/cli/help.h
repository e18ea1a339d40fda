/*
 * Help: each topic is a function that writes a page (page.h); the manual has all of them. Texts about
 * filters, options, backends and engines come from their tables.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"
#include "cli/page.h"

struct topic {
    const char *name, *title, *help; /* title: the heading of its part of the manual */
    void (*write)(struct page *page);
};

extern const struct topic topics[]; /* ends with a NULL name */

/* Writes the page of a command: what it does, and its options. */
void help_write_command(struct page *page, const struct command *command);

/* Writes the page of a recipe's step. */
void help_write_filter(struct page *page, const char *name);

/* Prints the page of the command `name` on standard output. Returns the exit status. */
int help_command(const char *name);

/* Writes the overview: commands and topics. */
void help_write_overview(FILE *out);

/* Prints the overview on standard output. Returns the exit status. */
int help_overview(void);

/* Prints the version. Returns the exit status. */
int help_version(void);

/* Writes "pixmill run [OPTION...] INPUT..." into usage[HELP_USAGE_MAX], from the command's name on if
 * `program` is "". Returns usage. */
enum { HELP_USAGE_MAX = 160 };
const char *help_usage(const struct command *command, const char *program, char usage[HELP_USAGE_MAX]);

/* Write the manual in man(7) macros, and completion scripts for three shells. */
void manpage_write(FILE *out);
void completion_bash(FILE *out);
void completion_zsh(FILE *out);
void completion_fish(FILE *out);

#endif
