#include "batch/url_names.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/set.h"
#include "base/text.h"

enum { QUERY_MAX = 48, HASH_BYTES = 8 };

/* Bytes of a URL, as it is shown, before its query. */
static size_t path_length(const struct walk_entry *entry)
{
    return strcspn(entry->input, "?");
}

/* A list's URLs by their paths. */
static uint64_t path_hash(const void *item)
{
    const struct walk_entry *entry = item;
    return set_hash(entry->input, path_length(entry));
}

static bool path_equal(const void *a, const void *b)
{
    const struct walk_entry *first = a, *second = b;
    const size_t length = path_length(first);
    return length == path_length(second) && memcmp(first->input, second->input, length) == 0;
}

/* Can the query be used unchanged in a name? */
static bool is_plain(const char *query)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._=&,+~";
    const size_t length = strlen(query);
    return length <= QUERY_MAX && strspn(query, plain) == length;
}

/* Writes what the query adds to the name into text[QUERY_MAX + 2]; "" without a query. */
static int query_text(const struct walk_entry *entry, char *text, struct pm_error *error)
{
    const char *query = entry->input + path_length(entry);
    unsigned char digest[EVP_MAX_MD_SIZE];
    text[0] = '\0';
    if (query[0] == '\0' || query[1] == '\0')
        return 0;
    query++;
    text[0] = '-';
    if (is_plain(query)) {
        memcpy(text + 1, query, strlen(query) + 1);
        return 0;
    }
    if (EVP_Q_digest(NULL, "SHA256", NULL, query, strlen(query), digest, NULL) != 1)
        return error_set(error, PM_ERROR_INTERNAL, "libcrypto has no SHA-256 (check its installation)");
    text_hex(digest, HASH_BYTES, text + 1);
    return 0;
}

static bool is_named_by_path(const struct walk_entry *entry)
{
    return walk_is_web(entry) && !entry->named_result;
}

/* Marks URLs that share their path with a URL with a different query. If the first URL of a path has to be
 * marked, it is marked again for each other one, so repeated URLs are all marked, in any order. */
static int mark(const struct walk_list *list, bool *marks, struct pm_error *error)
{
    struct set paths;
    int status = 0;
    set_init(&paths, path_hash, path_equal);
    for (size_t i = 0; i < list->count && status == 0; i++) {
        const struct walk_entry *entry = &list->entries[i];
        if (!is_named_by_path(entry))
            continue;
        const struct walk_entry *first = set_find(&paths, entry);
        if (first == NULL)
            status = set_put(&paths, entry) == 0 ? 0 : error_memory(error, 0);
        else if (strcmp(first->input, entry->input) != 0)
            marks[first - list->entries] = true;
    }
    for (size_t i = 0; i < list->count && status == 0; i++) {
        if (is_named_by_path(&list->entries[i]))
            marks[i] = marks[(const struct walk_entry *)set_find(&paths, &list->entries[i]) - list->entries];
    }
    set_free(&paths);
    return status;
}

int url_names_settle(struct walk_list *list, struct place *place, struct names *names, struct pm_error *error)
{
    if (list->urls < 2)
        return 0;
    bool *marks = calloc(list->count, sizeof *marks);
    if (marks == NULL)
        return error_memory(error, list->count);
    int status = mark(list, marks, error);
    for (size_t i = 0; i < list->count && status == 0; i++) {
        struct walk_entry *entry = &list->entries[i];
        char query[QUERY_MAX + 2];
        if (!marks[i])
            continue;
        status = query_text(entry, query, error);
        if (status == 0)
            entry->output = place_url_result(place, entry->input, query, names, error);
        if (entry->output == NULL)
            status = -1;
    }
    free(marks);
    return status;
}
