/*
 * Completion scripts for bash, zsh and fish, written from the tables of commands, options and topics. The
 * kind of an option's argument follows from its name in --help: FILE, DIR, FOLDER, or a choice of words.
 */
#include <string.h>

#include "cli/help.h"
#include "cli/run_options.h"

enum argument_kind {
    ARGUMENT_NONE,
    ARGUMENT_FREE,
    ARGUMENT_FILE,
    ARGUMENT_FOLDER,
    ARGUMENT_WORDS,
    ARGUMENT_LIST, /* words with commas */
};

static enum argument_kind argument_kind(const struct option *option)
{
    char word[64];
    if (option->argument == NULL || option->optional)
        return ARGUMENT_NONE;
    if (option_word(option, 0, word))
        return option_takes_list(option) ? ARGUMENT_LIST : ARGUMENT_WORDS;
    if (strcmp(option->argument, "FILE") == 0)
        return ARGUMENT_FILE;
    if (strcmp(option->argument, "DIR") == 0 || strcmp(option->argument, "FOLDER") == 0)
        return ARGUMENT_FOLDER;
    return ARGUMENT_FREE;
}

static void write_words(FILE *out, const struct option *option)
{
    char word[64];
    for (size_t i = 0; option_word(option, i, word); i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", word);
}

/* Writes every word that may follow `pixmill help`. */
static void write_topic_names(FILE *out)
{
    const char *separator = "";
    for (const struct command *command = commands; command->name != NULL; command++, separator = " ")
        fprintf(out, "%s%s", separator, command->name);
    for (const struct topic *topic = topics; topic->name != NULL; topic++)
        fprintf(out, " %s", topic->name);
    struct option option;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (option.kind == OPTION_FILTER)
            fprintf(out, " %s", option.name);
    }
}

static bool takes_topics(const struct command *command)
{
    return command->options == &help_option_set;
}

/* bash: a case for each option with an argument, then the list of options. */
static void bash_command(FILE *out, const struct command *command)
{
    struct option option;
    fprintf(out, "    %s)\n        case $option in\n", command->name);
    for (size_t i = 0; option_at(command->options, i, &option); i++) {
        enum argument_kind kind = argument_kind(&option);
        if (kind == ARGUMENT_NONE)
            continue;
        fprintf(out, "        --%s", option.name);
        if (option.letter != 0)
            fprintf(out, " | -%c", option.letter);
        fputs(") ", out);
        if (kind == ARGUMENT_WORDS) {
            fputs("COMPREPLY=($(compgen -W '", out);
            write_words(out, &option);
            fputs("' -- \"$current\"))", out);
        } else if (kind == ARGUMENT_LIST) {
            fputs("_pixmill_list '", out);
            write_words(out, &option);
            fputc('\'', out);
        } else if (kind == ARGUMENT_FILE) {
            fputs("_pixmill_paths -f", out);
        } else if (kind == ARGUMENT_FOLDER) {
            fputs("_pixmill_paths -d", out);
        }
        fputs(kind == ARGUMENT_FREE ? "return ;;\n" : "; return ;;\n", out);
    }
    fputs("        esac\n        words='", out);
    for (size_t i = 0; option_at(command->options, i, &option); i++)
        fprintf(out, "%s--%s%s", i > 0 ? " " : "", option.name,
                argument_kind(&option) != ARGUMENT_NONE ? "=" : "");
    fputs("' ;;\n", out);
}

void completion_bash(FILE *out)
{
    fputs("# bash completion for pixmill; written by 'pixmill help --completion=bash'\n"
          "_pixmill_paths()\n{\n"
          "    compopt -o filenames\n"
          "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
          "}\n\n"
          "# Words with commas: what is before the last comma stays.\n"
          "_pixmill_list()\n{\n"
          "    local last=${current##*,}\n"
          "    compopt -o nospace\n"
          "    COMPREPLY=($(compgen -P \"${current%\"$last\"}\" -W \"$1\" -- \"$last\"))\n"
          "}\n\n"
          "_pixmill()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} words\n"
          "    COMPREPLY=()\n"
          "    # '=' is a word of its own: --option = value\n"
          "    if [[ $current == = ]]; then\n"
          "        current=\n"
          "    elif [[ $option == = ]]; then\n"
          "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W '--help --version",
          out);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(out, " %s", command->name);
    fputs("' -- \"$current\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n", out);
    for (const struct command *command = commands; command->name != NULL; command++)
        bash_command(out, command);
    fputs("    esac\n"
          "    if [[ $current == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "        [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
          "    elif [[ ${COMP_WORDS[1]} == help ]]; then\n"
          "        COMPREPLY=($(compgen -W '",
          out);
    write_topic_names(out);
    fputs("' -- \"$current\"))\n"
          "    else\n"
          "        _pixmill_paths -f\n"
          "    fi\n"
          "}\n"
          "complete -F _pixmill pixmill\n",
          out);
}

/* Writes `text` inside single quotes; a backslash before each of `special`. */
static void write_quoted(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(special, *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

/* zsh: a specification of _arguments for each option, see zshcompsys(1). */
static void zsh_option(FILE *out, const struct option *option)
{
    enum argument_kind kind = argument_kind(option);
    const char *value = kind != ARGUMENT_NONE ? "=" : "";
    fputs(" \\\n            ", out);
    if (option->kind == OPTION_FILTER)
        fprintf(out, "'*--%s%s[", option->name, value);
    else if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name, option->letter,
                kind != ARGUMENT_NONE ? "+" : "", option->name, value);
    else
        fprintf(out, "'--%s%s[", option->name, value);
    char text[OPTION_HELP_MAX];
    write_quoted(out, option_help(option, text, sizeof text), "[]:\\");
    fputc(']', out);
    if (kind != ARGUMENT_NONE) {
        fputc(':', out);
        write_quoted(out, option->argument, "[]:\\");
        fputc(':', out);
    }
    if (kind == ARGUMENT_FILE)
        fputs("_files", out);
    else if (kind == ARGUMENT_FOLDER)
        fputs("_files -/", out);
    if (kind == ARGUMENT_LIST) {
        fputs(" _values -s , word ", out);
        write_words(out, option);
    }
    if (kind == ARGUMENT_WORDS) {
        fputc('(', out);
        write_words(out, option);
        fputc(')', out);
    }
    fputc('\'', out);
}

void completion_zsh(FILE *out)
{
    struct option option;
    fputs("#compdef pixmill\n"
          "# zsh completion for pixmill; written by 'pixmill help --completion=zsh'\n"
          "_pixmill()\n{\n"
          "    local state line\n"
          "    typeset -A opt_args\n"
          "    local -a commands=(\n",
          out);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(out, "        '%s:", command->name);
        write_quoted(out, command->help, ":\\");
        fputs("'\n", out);
    }
    fputs("    )\n"
          "    _arguments -C '--help[show the overview]' '--version[show the version]' \\\n"
          "        '1:command:->command' '*::argument:->argument'\n"
          "    case $state in\n"
          "    command) _describe command commands ;;\n"
          "    argument)\n"
          "        case $words[1] in\n",
          out);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(out, "        %s)\n            _arguments -s", command->name);
        for (size_t i = 0; option_at(command->options, i, &option); i++)
            zsh_option(out, &option);
        if (takes_topics(command)) {
            fputs(" \\\n            '*:topic:(", out);
            write_topic_names(out);
            fputs(")' ;;\n", out);
        } else {
            fputs(" \\\n            '*:file:_files' ;;\n", out);
        }
    }
    fputs("        esac ;;\n    esac\n}\n_pixmill \"$@\"\n", out);
}

/* fish: a `complete` for each option, see complete(1). */
static void fish_option(FILE *out, const struct command *command, const struct option *option)
{
    fprintf(out, "complete -c pixmill -n '__fish_seen_subcommand_from %s' -l %s", command->name,
            option->name);
    if (option->letter != 0)
        fprintf(out, " -s %c", option->letter);
    switch (argument_kind(option)) {
    case ARGUMENT_NONE:
        break;
    case ARGUMENT_FREE:
        fputs(" -x", out);
        break;
    case ARGUMENT_FILE:
        fputs(" -rF", out);
        break;
    case ARGUMENT_FOLDER:
        fputs(" -xa '(__fish_complete_directories)'", out);
        break;
    case ARGUMENT_LIST:
        fputs(" -xa '(__fish_append , ", out);
        write_words(out, option);
        fputs(")'", out);
        break;
    case ARGUMENT_WORDS:
        fputs(" -xa '", out);
        write_words(out, option);
        fputc('\'', out);
        break;
    }
    fputs(" -d '", out);
    char text[OPTION_HELP_MAX];
    write_quoted(out, option_help(option, text, sizeof text), "\\");
    fputs("'\n", out);
}

void completion_fish(FILE *out)
{
    struct option option;
    fputs("# fish completion for pixmill; written by 'pixmill help --completion=fish'\n", out);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(out, "complete -c pixmill -n __fish_use_subcommand -xa %s -d '", command->name);
        write_quoted(out, command->help, "\\");
        fputs("'\n", out);
        for (size_t i = 0; option_at(command->options, i, &option); i++)
            fish_option(out, command, &option);
        if (takes_topics(command)) {
            fprintf(out, "complete -c pixmill -n '__fish_seen_subcommand_from %s' -xa '", command->name);
            write_topic_names(out);
            fputs("'\n", out);
        }
    }
}
