/* The completion script for fish: a `complete` for each option, see complete(1). */
#include "cli/completion.h"
#include "cli/help.h"

static const char functions[] =
    "# fish completion for pixmill; written by 'pixmill help --completion=fish'\n"
    "\n"
    "# Is the command line's command one of these?\n"
    "function __pixmill_command\n"
    "    set -l typed (commandline -opc)\n"
    "    contains -- \"$typed[2]\" $argv\n"
    "end\n"
    "\n"
    "# What was typed of an option's argument.\n"
    "function __pixmill_typed\n"
    "    string replace -r -- '^(--[^=]*=|-[^-])' '' (commandline -ct)\n"
    "end\n"
    "\n"
    "function __pixmill_folders\n"
    "    __fish_complete_directories (__pixmill_typed)\n"
    "end\n"
    "\n"
    "# Prints the words of $argv[1]; after a comma, those of $argv[2] that were not given yet, and one like\n"
    "# 'name=word' as 'name=' until '=' is typed.\n"
    "function __pixmill_value\n"
    "    set -l item (string unescape -- (__pixmill_typed))\n"
    "    set -l given ''\n"
    "    set -l words (string split -n ' ' -- $argv[1])\n"
    "    if test -n \"$argv[2]\"; and string match -q -- '*,*' \"$item\"\n"
    "        set given (string replace -r -- '[^,]*$' '' $item)\n"
    "        set item (string replace -r -- '^.*,' '' $item)\n"
    "        set words (string split -n ' ' -- $argv[2])\n"
    "    end\n"
    "    for word in $words\n"
    "        set -l name (string replace -r -- '=.*' '' $word)\n"
    "        string match -q -- \"*,$name=*\" \",$given\"; or string match -q -- \"*,$name,*\" \",$given\"; and continue\n"
    "        string match -q -- '*=*' \"$item\"; or set word (string replace -r -- '=.*' '=' $word)\n"
    "        string match -q -- '*+*' $word; and not string match -q -- '*+*' \"$item\"; and continue\n"
    "        printf '%s\\n' $given$word\n"
    "    end\n"
    "end\n"
    "\n";

static void write_value(FILE *out, const struct option *option)
{
    const struct completion completion = completion_of(option);
    if (!completion.takes)
        return;
    if (!completion.attached)
        fputs(completion.paths == COMPLETION_FILES ? " -rF" : " -x", out);
    if (completion.paths == COMPLETION_FOLDERS)
        fputs(" -a '(__pixmill_folders)'", out);
    if (!completion.words && !completion.parts)
        return;
    fputs(" -a '(__pixmill_value \"", out);
    completion_write_words(out, option);
    fputs("\" \"", out);
    completion_write_parts(out, option);
    fputs("\")'", out);
}

static void write_option(FILE *out, const struct command *command, const struct option *option)
{
    char text[OPTION_HELP_MAX];
    fprintf(out, "complete -c pixmill -n '__pixmill_command %s' -l %s", command->name, option->name);
    if (option->letter != 0)
        fprintf(out, " -s %c", option->letter);
    write_value(out, option);
    fputs(" -d '", out);
    completion_write_quoted(out, option_help(option, text, sizeof text), "\\");
    fputs("'\n", out);
}

void completion_fish(FILE *out)
{
    struct option option;
    fputs(functions, out);
    fputs("complete -c pixmill -n __fish_use_subcommand -f -l help -d 'show the overview'\n"
          "complete -c pixmill -n __fish_use_subcommand -f -l version -d 'show the version'\n",
          out);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(out, "complete -c pixmill -n __fish_use_subcommand -xa %s -d '", command->name);
        completion_write_quoted(out, command->help, "\\");
        fputs("'\n", out);
        for (size_t i = 0; option_at(command->options, i, &option); i++)
            write_option(out, command, &option);
        if (!completion_takes_inputs(command))
            fprintf(out, "complete -c pixmill -n '__pixmill_command %s' -f", command->name);
        if (completion_takes_topics(command)) {
            fputs(" -a '", out);
            completion_write_topics(out);
            fputc('\'', out);
        }
        if (!completion_takes_inputs(command))
            fputc('\n', out);
    }
}
