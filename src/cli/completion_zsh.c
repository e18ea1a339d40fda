/* The completion script for zsh: a specification of _arguments for each option, see zshcompsys(1). */
#include "cli/completion.h"
#include "cli/help.h"

static const char functions[] =
    "#compdef pixmill\n"
    "# zsh completion for pixmill; written by 'pixmill help --completion=zsh'\n"
    "\n"
    "# Offers the words of $1, and files (-f) or folders (-d) for $3; after a comma, those of $2 that were not\n"
    "# given yet: of 'name=word' first the name, and behind '=' the words.\n"
    "_pixmill_value()\n{\n"
    "    local given name word expl\n"
    "    local -a list names comma\n"
    "    list=(${=1})\n"
    "    [[ -n $2 ]] && comma=(-q -S ,)\n"
    "    if [[ -n $2 ]] && compset -P '*,'; then\n"
    "        given=,$IPREFIX\n"
    "        [[ $given == ,--*=* ]] && given=,${IPREFIX#*=}\n"
    "        list=(${=2})\n"
    "        if compset -P '*='; then\n"
    "            name=${${IPREFIX##*,}%=}\n"
    "            list=(${${(M)list:#$name=*}#*=})\n"
    "            _wanted values expl $name compadd $comma -a list\n"
    "            return\n"
    "        fi\n"
    "        for word in $list; do\n"
    "            [[ $given == *,${word%%=*}[=,]* ]] && list=(${list:#$word})\n"
    "        done\n"
    "        names=(${(u)${(M)list:#*=*}%%=*})\n"
    "        list=(${list:#*=*})\n"
    "        _wanted values expl value compadd -S = -a names\n"
    "    elif [[ $3 == -d ]]; then\n"
    "        _path_files -/\n"
    "    elif [[ $3 == -f ]]; then\n"
    "        _files $comma\n"
    "    fi\n"
    "    [[ $PREFIX == *+* ]] || list=(${list:#*+*})\n"
    "    _wanted values expl value compadd $comma -a list\n"
    "}\n\n"
    "_pixmill()\n{\n"
    "    local state line\n"
    "    typeset -A opt_args\n"
    "    local -a commands=(\n";

static void write_value(FILE *out, const struct option *option)
{
    const struct completion completion = completion_of(option);
    static const char *const paths[] = {
        [COMPLETION_NO_PATHS] = "", [COMPLETION_FILES] = "-f", [COMPLETION_FOLDERS] = "-d"};
    fputs(option->optional ? "::" : ":", out);
    completion_write_quoted(out, option->argument, "[]:\\");
    fputc(':', out);
    if (!completion.words && !completion.parts && completion.paths == COMPLETION_NO_PATHS)
        return;
    fputs(" _pixmill_value \"", out);
    completion_write_words(out, option);
    fputs("\" \"", out);
    completion_write_parts(out, option);
    fprintf(out, "\" \"%s\"", paths[completion.paths]);
}

static void write_option(FILE *out, const struct option *option)
{
    const char *value = option->argument == NULL ? "" : option->optional ? "=-" : "=";
    fputs(" \\\n            ", out);
    if (option->kind == OPTION_FILTER)
        fprintf(out, "'*--%s%s[", option->name, value);
    else if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name, option->letter,
                option->argument != NULL ? "+" : "", option->name, value);
    else
        fprintf(out, "'--%s%s[", option->name, value);
    char text[OPTION_HELP_MAX];
    completion_write_quoted(out, option_help(option, text, sizeof text), "[]:\\");
    fputc(']', out);
    if (option->argument != NULL)
        write_value(out, option);
    fputc('\'', out);
}

static void write_command(FILE *out, const struct command *command)
{
    struct option option;
    fprintf(out, "        %s)\n            _arguments -s", command->name);
    for (size_t i = 0; option_at(command->options, i, &option); i++)
        write_option(out, &option);
    if (completion_takes_topics(command)) {
        fputs(" \\\n            '*:topic:(", out);
        completion_write_topics(out);
        fputs(")'", out);
    } else if (completion_takes_inputs(command)) {
        fputs(" \\\n            '*:input:_files'", out);
    }
    fputs(" ;;\n", out);
}

void completion_zsh(FILE *out)
{
    fputs(functions, out);
    for (const struct command *command = commands; command->name != NULL; command++) {
        fprintf(out, "        '%s:", command->name);
        completion_write_quoted(out, command->help, ":\\");
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
    for (const struct command *command = commands; command->name != NULL; command++)
        write_command(out, command);
    fputs("        esac ;;\n    esac\n}\n_pixmill \"$@\"\n", out);
}
