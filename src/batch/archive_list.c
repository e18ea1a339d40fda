/* Finds the members of an archive and lists its images. */
#include "batch/archive_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/content.h"
#include "batch/place.h"
#include "io/member.h"

/* An archive that is being listed. */
struct listing {
    struct archive *archive;
    const char *input; /* its path */
    struct place place;
    struct walk_list *list;
    size_t room;          /* entries allocated */
    struct set names;     /* of all members */
    struct buffer sample; /* what identifies the current sample */
};

size_t archive_prefix(const char *name)
{
    return strncmp(name, "./", 2) == 0 ? 2 : 0;
}

void archive_free(struct archive *archive)
{
    close(archive->in);
    free(archive->items);
    free(archive->of_entry);
    free(archive->outputs);
    pthread_mutex_destroy(&archive->lock);
    free(archive);
}

/* Bytes of the name that identify its sample: up to the first dot of its last part. */
static size_t sample_length(const char *name)
{
    const char *slash = strrchr(name, '/'), *last = slash != NULL ? slash + 1 : name;
    return (size_t)(last - name) + strcspn(last, ".");
}

/* Does the member begin another sample than the one before it? */
static int begins_sample(struct listing *listing, const char *name, bool *yes, struct pm_error *error)
{
    const size_t length = sample_length(name);
    struct buffer *sample = &listing->sample;
    *yes = length == 0 || sample->size != length || memcmp(sample->data, name, length) != 0;
    sample->size = 0;
    return buffer_append(sample, name, length) == 0 ? 0 : error_memory(error, 0);
}

/* Is it an image, by its content? An image in an unsupported format is copied unchanged. */
static bool is_image(const struct archive *archive, const struct tar_member *member)
{
    const struct job job = {.fd = archive->in, .offset = member->data, .size = member->size};
    uint8_t window[IMAGE_KIND_HEAD];
    struct member_source source;
    member_source_init(&source, &job, window, sizeof window, 0);
    return member->is_file && member->size > 0 &&
           content_identify(&source.source, (const char *)member->name.data).readable;
}

/* The name without parts that mean nothing, "." and empty ones: itself if it has none. NULL: no memory. */
static const char *plain_name(struct names *names, const char *name)
{
    char *plain = NULL, *end = NULL;
    for (const char *part = name; *part != '\0';) {
        const size_t length = strcspn(part, "/"), whole = length + (part[length] == '/');
        const bool means_nothing = length == 0 || (length == 1 && part[0] == '.');
        if (means_nothing && plain == NULL) {
            plain = names_alloc(names, strlen(name) + 1);
            if (plain == NULL)
                return NULL;
            memcpy(plain, name, (size_t)(part - name));
            end = plain + (part - name);
        }
        if (!means_nothing && plain != NULL)
            end = mempcpy(end, part, whole);
        part += whole;
    }
    if (plain == NULL)
        return name;
    *end = '\0';
    return plain;
}

/* Each name once: of two members, programs that unpack keep one or the other. */
static int check_name(struct listing *listing, const struct tar_member *member, struct pm_error *error)
{
    const char *name = (const char *)member->name.data;
    struct names *names = listing->list->names;
    char shown[96];
    if (!tar_is_safe(member))
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "the archive has a member whose name leads out of its folder, %s (pack it again)",
                         text_shown(name, shown, sizeof shown));
    const char *kept = plain_name(names, name);
    if (kept != NULL && set_find(&listing->names, kept) != NULL && member->is_file)
        return error_set(error, PM_ERROR_UNSUPPORTED, "the archive has two members named %s (pack it again)",
                         text_shown(name, shown, sizeof shown));
    if (kept == name)
        kept = names_add(names, name, member->name.size);
    return kept != NULL && set_put(&listing->names, kept) == 0 ? 0 : error_memory(error, 0);
}

static struct archive_item *add_item(struct archive *archive)
{
    if (archive->count == archive->room) {
        const size_t room = archive->room > 0 ? 2 * archive->room : 256;
        struct archive_item *items = reallocarray(archive->items, room, sizeof *items);
        if (items == NULL)
            return NULL;
        archive->items = items;
        archive->room = room;
    }
    return &archive->items[archive->count++];
}

/* Room for one more entry. */
static int make_room(struct listing *listing)
{
    struct archive *archive = listing->archive;
    struct walk_list *list = listing->list;
    if (list->count < listing->room)
        return 0;
    const size_t room = listing->room > 0 ? 2 * listing->room : 256;
    struct walk_entry *entries = reallocarray(list->entries, room, sizeof *entries);
    if (entries != NULL)
        list->entries = entries;
    size_t *of_entry = reallocarray(archive->of_entry, room, sizeof *of_entry);
    if (of_entry != NULL)
        archive->of_entry = of_entry;
    const char **outputs = reallocarray(archive->outputs, room, sizeof *outputs);
    if (outputs != NULL)
        archive->outputs = outputs;
    if (entries == NULL || of_entry == NULL || outputs == NULL)
        return -1;
    listing->room = room;
    return 0;
}

static int add_image(struct listing *listing, const struct tar_member *member, struct pm_error *error)
{
    struct archive *archive = listing->archive;
    struct walk_list *list = listing->list;
    const char *name = (const char *)member->name.data;
    const size_t length = strlen(listing->input), prefix = archive_prefix(name);
    char *path = names_alloc(list->names, length + 1 + member->name.size + 1);
    if (path == NULL || make_room(listing) != 0)
        return error_memory(error, 0);
    sprintf(path, "%s/%s", listing->input, name + prefix);
    struct walk_entry entry = {
        .input = path, .fd = archive->in, .offset = member->data, .size = member->size};
    entry.output = place_result(&listing->place, path, length + 1, list->names, &entry.name, error);
    if (entry.output == NULL ||
        (list->naming != NULL &&
         place_variants(&listing->place, &entry, list->count + 1, list->names, error) != 0))
        return -1;
    archive->of_entry[list->count] = archive->count - 1;
    archive->outputs[list->count] = entry.output;
    list->entries[list->count++] = entry;
    return 0;
}

static int add_member(struct listing *listing, const struct tar_member *member, struct pm_error *error)
{
    struct archive_item *item = add_item(listing->archive);
    bool begins = false;
    if (item == NULL)
        return error_memory(error, 0);
    if (!member->is_global && (check_name(listing, member, error) != 0 ||
                               begins_sample(listing, (const char *)member->name.data, &begins, error) != 0))
        return -1;
    const bool image = is_image(listing->archive, member);
    *item = (struct archive_item){.begin = member->begin,
                                  .end = member->end,
                                  .state = image               ? ITEM_IMAGE
                                           : member->is_global ? ITEM_GLOBAL
                                                               : ITEM_COPY,
                                  .begins_sample = begins};
    return image ? add_image(listing, member, error) : 0;
}

static int list_members(struct listing *listing, struct pm_error *error)
{
    struct tar_reader reader = {.fd = listing->archive->in, .size = listing->archive->size};
    struct tar_member member = {0};
    int found, status = 0;
    while (status == 0 && (found = tar_next(&reader, &member, error)) != 0)
        status = found > 0 ? add_member(listing, &member, error) : -1;
    tar_member_free(&member);
    return status;
}

/* Results of two images of an archive must not have one name, nor that of another member. */
static int add_result(const struct listing *listing, const struct walk_entry *entry, const char *output,
                      struct set *results, struct pm_error *error)
{
    char shown[96];
    const char *below = plain_name(listing->list->names, output + listing->place.output_length + 1);
    const char *own = plain_name(listing->list->names, entry->name);
    if (below == NULL || own == NULL)
        return error_memory(error, 0);
    if (set_find(results, below) != NULL ||
        (strcmp(below, own) != 0 && set_find(&listing->names, below) != NULL))
        return error_set(error, PM_ERROR_USAGE,
                         "two members of the archive would be named %s (choose another --format or --name)",
                         text_shown(below, shown, sizeof shown));
    return set_put(results, below) == 0 ? 0 : error_memory(error, 0);
}

static int check_results(const struct listing *listing, struct pm_error *error)
{
    const struct walk_list *list = listing->list;
    struct set results;
    int status = 0;
    set_init_texts(&results);
    for (size_t i = 0; i < list->count && status == 0; i++) {
        for (size_t k = 0; k < walk_results(list) && status == 0; k++) {
            const char *output = walk_result(list, &list->entries[i], k);
            if (output != NULL)
                status = add_result(listing, &list->entries[i], output, &results, error);
        }
    }
    set_free(&results);
    return status;
}

static int open_input(struct archive *archive, const char *input, struct pm_error *error)
{
    struct stat status;
    mode_t mode;
    archive->in = file_open(input, &archive->size, &mode, error);
    if (archive->in < 0)
        return -1;
    if (fstat(archive->in, &status) != 0)
        return error_set(error, PM_ERROR_IO, "the archive can't be read: %s", strerror(errno));
    archive->modified = status.st_mtim;
    return 0;
}

struct archive *archive_open(const char *input, const struct walk_options *options, struct walk_list *list,
                             struct pm_error *error)
{
    struct archive *archive = calloc(1, sizeof *archive);
    *list = (struct walk_list){.naming = options->naming, .names = calloc(1, sizeof(struct names))};
    if (archive == NULL || list->names == NULL) {
        free(archive);
        error_memory(error, 0);
        return NULL;
    }
    pthread_mutex_init(&archive->lock, NULL);
    struct listing listing = {.archive = archive, .input = input, .list = list};
    set_init_texts(&listing.names);
    int status = open_input(archive, input, error);
    if (status == 0)
        status = place_init(&listing.place, options, error);
    if (status == 0)
        status = list_members(&listing, error);
    if (status == 0)
        status = check_results(&listing, error);
    place_free(&listing.place);
    set_free(&listing.names);
    buffer_free(&listing.sample);
    if (status == 0)
        return archive;
    archive_free(archive);
    return NULL;
}
