/* The overview and the pages of commands; topics.c has the rest. */
#include "cli/help.h"

#include "cli/report.h"

struct group {
    enum option_kind kind;
    const char *title;
};

static const struct group groups[] = {
    {OPTION_FILTER, "filters, applied in the order written"},
    {OPTION_SETTING, "the result"},
    {OPTION_OWN, "options"},
};

static void write_options(struct page *page, const struct option_set *set, const struct group *group)
{
    struct option option;
    bool any = false;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        const enum option_kind kind = option.kind == OPTION_LINES ? OPTION_OWN : option.kind;
        if (kind != group->kind)
            continue;
        if (!any)
            page_subheading(page, group->title);
        any = true;
        char title[160], text[OPTION_HELP_MAX];
        option_title(&option, title, sizeof title);
        page_item(page, title, option_help(&option, text, sizeof text));
    }
}

void help_write_command(struct page *page, const struct command *command)
{
    page_paragraph(page, command->help);
    page_example(page, command->examples);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        write_options(page, command->options, &groups[i]);
}

const char *help_usage(const struct command *command, const char *program, char usage[HELP_USAGE_MAX])
{
    snprintf(usage, HELP_USAGE_MAX, "%s%s%s%s", program, command->name,
             command->synopsis[0] != '\0' ? " " : "", command->synopsis);
    return usage;
}

int help_command(const char *name)
{
    char usage[HELP_USAGE_MAX];
    const struct command *command = command_find(name);
    struct page page = {.out = stdout, .style = PAGE_TERMINAL};
    printf("Usage: %s\n\n", help_usage(command, "pixmill ", usage));
    help_write_command(&page, command);
    return report_output(EXIT_WELL);
}

void help_write_overview(FILE *out)
{
    struct page page = {.out = out, .style = PAGE_TERMINAL};
    fputs("pixmill: images through filters, many at a time\n\n", out);
    page_example(&page, "pixmill run photos/ -o out/ --resize=800x800 --blur=1.5");
    page_heading(&page, "commands");
    for (const struct command *command = commands; command->name != NULL; command++) {
        char term[HELP_USAGE_MAX];
        page_item(&page, help_usage(command, "", term), command->help);
    }
    page_heading(&page, "topics, each explained by 'pixmill help TOPIC', as are each filter and option");
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        page_item(&page, topic->name, topic->help);
}

int help_overview(void)
{
    help_write_overview(stdout);
    return report_output(EXIT_WELL);
}

int help_version(void)
{
    puts("pixmill " PIXMILL_VERSION);
    return report_output(EXIT_WELL);
}
