#include "batch/select.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>
#include <wctype.h>

static bool matches(const struct patterns *patterns, const char *path, const char *name)
{
    for (unsigned i = 0; i < patterns->count; i++) {
        const char *glob = patterns->glob[i];
        const bool anchored = strchr(glob, '/') != NULL;
        if (fnmatch(glob, anchored ? path : name, anchored ? FNM_PATHNAME : 0) == 0)
            return true;
    }
    return false;
}

/* Moves *at over [:class:], [.x.] or [=x=] within a bracket expression. */
static const char *class_fault(const char **at)
{
    const char kind = (*at)[1], *name = *at + 2, *end = strchr(name, kind);
    char class[16] = "";
    if (end == NULL || end[1] != ']')
        return "has a [ without a ]";
    if (end - name < (ptrdiff_t)sizeof class)
        memcpy(class, name, (size_t)(end - name));
    *at = end + 2;
    return kind == ':' && wctype(class) == 0 ? "names an unknown character class" : NULL;
}

/* Moves *at over a character of a bracket expression; *code is its value. */
static const char *member_fault(const char **at, unsigned char *code)
{
    *at += (*at)[0] == '\\' && (*at)[1] != '\0';
    *code = (unsigned char)**at;
    *at += *code != 0;
    return *code == 0 ? "has a [ without a ] (write \\[ for the character)" : NULL;
}

/* Moves *at from the character after a [ to the one after its ]. */
static const char *bracket_fault(const char **at)
{
    *at += **at == '!' || **at == '^';
    const char *first = *at;
    while (**at != ']' || *at == first) {
        unsigned char from, to;
        const char *fault;
        if (**at == '[' && (*at)[1] != '\0' && strchr(":.=", (*at)[1]) != NULL)
            fault = class_fault(at);
        else if ((fault = member_fault(at, &from)) == NULL && **at == '-' && (*at)[1] != ']') {
            ++*at;
            fault = member_fault(at, &to);
            if (fault == NULL && to < from)
                fault = "has a range whose end is before its start";
        }
        if (fault != NULL)
            return fault;
    }
    ++*at;
    return NULL;
}

const char *pattern_fault(const char *glob)
{
    const size_t length = strlen(glob);
    if (length == 0)
        return "an empty pattern matches no name";
    if (glob[0] == '/' || strncmp(glob, "./", 2) == 0)
        return "matches nothing: it is compared with paths relative to the input folder (leave out its "
               "beginning)";
    for (const char *at = glob; *at != '\0';) {
        const char *fault = NULL;
        const char c = *at++;
        if (c == '[')
            fault = bracket_fault(&at);
        else if (c == '\\' && *at == '\0')
            fault = "ends in a backslash (write two for the character)";
        else if (c == '\\')
            at++;
        if (fault != NULL)
            return fault;
    }
    return glob[length - 1] == '/' ? "matches nothing: no name ends in a slash (leave the slash out)" : NULL;
}

bool patterns_select(const struct selection *selection, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    return !matches(&selection->exclude, path, name) &&
           (folder || selection->include.count == 0 || matches(&selection->include, path, name));
}
