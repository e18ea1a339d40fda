/*
 * The completion script for bash, see "Programmable Completion" in bash(1).
 *
 * bash splits the line at '=' and ':' too (COMP_WORDBREAKS), and replaces only what follows the last of them:
 * so the script joins the words again, and cuts off the beginning of each reply.
 */
#include "cli/completion.h"
#include "cli/help.h"

static const char functions[] =
    "# bash completion for pixmill; written by 'pixmill help --completion=bash'\n"
    "\n"
    "# Joins what bash split at '=' and ':', up to the cursor, into the array words.\n"
    "_pixmill_join()\n{\n"
    "    local i word rest=$COMP_LINE\n"
    "    words=()\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if ((i > 0)) && [[ $rest != [[:blank:]]* && ($word == [=:]* || ${words[-1]} == *[=:]) ]]; then\n"
    "            words[-1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        rest=${rest#*\"$word\"}\n"
    "    done\n"
    "    replaced=${COMP_WORDS[COMP_CWORD]}\n"
    "    [[ $replaced == [=:]* ]] && replaced=\n"
    "    # A quote that is still open stays on the line\n"
    "    local quotes=${replaced//[^\"${replaced:0:1}\"]}\n"
    "    if [[ $replaced == [\\'\\\"]* ]] && ((${#quotes} % 2)); then\n"
    "        words[-1]=${words[-1]%\"$replaced\"}${replaced:1} replaced=${replaced:1}\n"
    "    fi\n"
    "    kept=${words[-1]%\"$replaced\"}\n"
    "}\n\n"
    "# Replies with the words of $1 that begin like the current value, and with files (-f) or folders (-d)\n"
    "# for $3. After a comma, replies with those of $2 that were not given yet; one like 'name=word' as\n"
    "# 'name=' until '=' is typed.\n"
    "_pixmill_value()\n{\n"
    "    local given= item=$current list=$1 word reply\n"
    "    if [[ $2 && $current == *,* ]]; then\n"
    "        given=${current%,*}, item=${current##*,} list=$2\n"
    "    elif [[ $3 && ! $1 ]]; then\n"
    "        if [[ $3 == -d ]]; then compopt -o dirnames; else compopt -o default; fi\n"
    "        [[ $2 ]] && compopt -o nospace\n"
    "        return\n"
    "    elif [[ $3 ]]; then\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen \"$3\" -- \"$item\")\n"
    "    fi\n"
    "    local -A seen=()\n"
    "    for word in $list; do\n"
    "        [[ ,$given == *,\"${word%%=*}\"[=,]* || ($word == *+* && $item != *+*) ]] && continue\n"
    "        [[ $word == *=* && $item != *=* ]] && word=${word%%=*}=\n"
    "        reply=$before$given$word\n"
    "        [[ $word != \"$item\"* || ${seen[$reply]} ]] && continue\n"
    "        seen[$reply]=1\n"
    "        COMPREPLY+=(\"${reply#\"$kept\"}\")\n"
    "    done\n"
    "    [[ $2 || ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
    "}\n\n"
    "# Replies with those of $1 that begin like the current word.\n"
    "_pixmill_words()\n{\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
    "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
    "}\n\n";

static const char begin[] = "_pixmill()\n{\n"
                            "    local words replaced kept before= current option\n"
                            "    COMPREPLY=()\n"
                            "    _pixmill_join\n"
                            "    current=${words[-1]} option=${words[-2]}\n"
                            "    if [[ $current == --*=* ]]; then\n"
                            "        option=${current%%=*} before=${current%%=*}= current=${current#*=}\n"
                            "    fi\n"
                            "    if ((${#words[@]} == 2)); then\n"
                            "        _pixmill_words '--help --version";

static void write_option(FILE *out, const struct option *option)
{
    const struct completion completion = completion_of(option);
    static const char *const paths[] = {
        [COMPLETION_NO_PATHS] = "", [COMPLETION_FILES] = "-f", [COMPLETION_FOLDERS] = "-d"};
    if (!completion.takes)
        return;
    fprintf(out, "        --%s", option->name);
    if (option->letter != 0)
        fprintf(out, " | -%c", option->letter);
    fputs(completion.attached ? ") [[ $before ]] && { " : ") ", out);
    if (completion.words || completion.parts || completion.paths != COMPLETION_NO_PATHS) {
        fputs("_pixmill_value '", out);
        completion_write_words(out, option);
        fputs("' '", out);
        completion_write_parts(out, option);
        fprintf(out, "' '%s'; ", paths[completion.paths]);
    }
    fputs(completion.attached ? "return; } ;;\n" : "return ;;\n", out);
}

static void write_command(FILE *out, const struct command *command)
{
    struct option option;
    fprintf(out, "    %s)\n        case $option in\n", command->name);
    for (size_t i = 0; option_at(command->options, i, &option); i++)
        write_option(out, &option);
    fputs("        esac\n"
          "        if [[ $current == -* ]]; then\n"
          "            _pixmill_words '",
          out);
    for (size_t i = 0; option_at(command->options, i, &option); i++)
        fprintf(out, "%s--%s%s", i > 0 ? " " : "", option.name,
                option.argument != NULL && !option.optional ? "=" : "");
    fputs("'\n        else\n", out);
    if (completion_takes_topics(command)) {
        fputs("            _pixmill_words '", out);
        completion_write_topics(out);
        fputs("'\n", out);
    } else {
        fprintf(out, "            %s\n", completion_takes_inputs(command) ? "compopt -o default" : ":");
    }
    fputs("        fi ;;\n", out);
}

void completion_bash(FILE *out)
{
    fputs(functions, out);
    fputs(begin, out);
    for (const struct command *command = commands; command->name != NULL; command++)
        fprintf(out, " %s", command->name);
    fputs("'\n        return\n    fi\n    case ${words[1]} in\n", out);
    for (const struct command *command = commands; command->name != NULL; command++)
        write_command(out, command);
    fputs("    esac\n"
          "}\n"
          "complete -F _pixmill pixmill\n",
          out);
}
