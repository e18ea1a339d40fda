/* Every path of a source file or script that a document names exists. */
#include <criterion/criterion.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/documents.h"
#include "cli/run.h"

/* Is there such a file: from the top, from src/ or another folder that documents leave out, or from the
 * document's own folder? */
static bool is_in_tree(const char *file, const char *document)
{
    static const char *const folders[] = {"", "src/", "src/codec/", "include/", "tests/"};
    char path[3 * PATH_MAX], own[PATH_MAX];
    snprintf(own, sizeof own, "%s", document);
    snprintf(path, sizeof path, "%s/%s/%s", documents_source, dirname(own), file);
    bool found = access(path, F_OK) == 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !found; i++) {
        snprintf(path, sizeof path, "%s/%s%s", documents_source, folders[i], file);
        found = access(path, F_OK) == 0;
    }
    return found;
}

/* Is it the path of a source file or script? NAME is for the reader to choose. */
static bool is_source_path(const char *word)
{
    static const char *const suffixes[] = {".c", ".h", ".def", ".sh", ".py", ".html", ".txt"};
    const char *suffix = strrchr(word, '.');
    bool known = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && suffix != NULL; i++)
        known |= strcmp(suffix, suffixes[i]) == 0;
    return known && strchr(word, '/') != NULL && strstr(word, "NAME") == NULL;
}

static unsigned paths;

static void look_at_paths(const char *document)
{
    static const char of_paths[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
    char path[2 * PATH_MAX], word[PATH_MAX];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", documents_source, document);
    const char *text = content_of(path, &size);
    for (size_t length; *text != '\0'; text += length > 0 ? length : 1) {
        length = strspn(text, of_paths);
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        if (length > 0 && word[length - 1] == '.')
            word[length - 1] = '\0'; /* the end of a sentence */
        if (!is_source_path(word))
            continue;
        cr_expect(is_in_tree(word, document), "%s names %s, and there is no such file", document, word);
        paths++;
    }
}

Test(documents, every_path_exists)
{
    documents_each(look_at_paths);
    cr_expect_geq(paths, 50);
}
