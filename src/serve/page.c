#include "serve/page.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/content_policy.h"
#include "base/json.h"
#include "base/names.h"
#include "base/text.h"
#include "codec/codec.h"
#include "serve/root.h"

/* The bytes of page.html between two labels. The Makefile has the dependency. */
__asm__(".section .rodata\n"
        "page_begin: .incbin \"src/serve/page.html\"\n"
        "page_end: .byte 0\n"
        ".previous\n");
extern const char page_begin[], page_end[];

const char *page_html(size_t *size)
{
    *size = (size_t)(page_end - page_begin);
    return page_begin;
}

int page_policy(char policy[PAGE_POLICY_MAX])
{
    char script[CONTENT_HASH_MAX], style[CONTENT_HASH_MAX];
    if (content_hash(page_begin, "script", script) != 0 || content_hash(page_begin, "style", style) != 0)
        return -1;
    snprintf(
        policy, PAGE_POLICY_MAX,
        "default-src 'none'; script-src %s; style-src %s; img-src 'self' blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        script, style);
    return 0;
}

/* Limits of the list. */
enum { LOOKED_AT_MAX = 2000, FOLDERS_MAX = 64 };

/* Pictures with higher orientations are shown with width and height exchanged (Exif 2.3, tag 274). */
enum { ORIENTATIONS_UPRIGHT = 4 };

struct lister {
    int root;
    struct json json;
    struct names names;
    const char *folders[FOLDERS_MAX]; /* below the root, ""; those from `next` on have not been read yet */
    size_t nfolders, next;
    unsigned looked_at, listed;
    bool more;
};

static long read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    return pread(*(const int *)source->lender, bytes, size, (off_t)offset);
}

/* Lists the file if it is a picture. */
static void list_file(struct lister *lister, const char *path, int fd, uint64_t size)
{
    struct byte_source source = {.read_at = read_at, .lender = &fd};
    struct pm_error error = {0};
    struct pm_info info;
    if (codec_probe(&source, &info, &error) == NULL)
        return;
    if (lister->listed == PAGE_PICTURES_MAX) {
        lister->more = true;
        return;
    }
    lister->listed++;
    bool rotated = info.orientation > ORIENTATIONS_UPRIGHT;
    json_object(&lister->json, NULL);
    json_string(&lister->json, "path", path);
    json_integer(&lister->json, "bytes", size);
    json_integer(&lister->json, "width", rotated ? info.height : info.width);
    json_integer(&lister->json, "height", rotated ? info.width : info.height);
    json_end_object(&lister->json);
}

static void look_at(struct lister *lister, const char *path)
{
    struct stat status;
    int fd = root_walk(lister->root, path);
    if (fd < 0 || fstat(fd, &status) != 0)
        status.st_mode = 0;
    if (S_ISREG(status.st_mode))
        list_file(lister, path, fd, (uint64_t)status.st_size);
    else if (S_ISDIR(status.st_mode) && lister->nfolders < FOLDERS_MAX)
        lister->folders[lister->nfolders++] = path;
    else if (S_ISDIR(status.st_mode))
        lister->more = true;
    if (fd >= 0)
        close(fd);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of a folder's entries, unsorted. Returns how many. */
static size_t read_folder(struct lister *lister, const char *folder, const char **paths)
{
    size_t count = 0;
    int fd = *folder != '\0' ? root_walk(lister->root, folder)
                             : openat(lister->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL && !lister->more;) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s%s%s", folder, *folder != '\0' ? "/" : "", entry->d_name);
        if (entry->d_name[0] == '.' || length >= PATH_MAX ||
            !text_is_utf8((const uint8_t *)path, (size_t)length))
            continue;
        paths[count] = names_add(&lister->names, path, (size_t)length);
        count += paths[count] != NULL;
        lister->more = ++lister->looked_at == LOOKED_AT_MAX;
    }
    closedir(stream);
    return count;
}

static void list_recipes(struct json *json, const char *recipes)
{
    if (recipes == NULL) {
        json_null(json, "recipes");
        return;
    }
    json_array(json, "recipes");
    for (; *recipes != '\0'; recipes += strlen(recipes) + 1)
        json_string(json, NULL, recipes);
    json_end_array(json);
}

void page_list(int root, const char *recipes, FILE *out)
{
    struct lister lister = {.root = root, .json = {.out = out}, .folders = {""}, .nfolders = 1};
    const char **paths = malloc(LOOKED_AT_MAX * sizeof *paths);
    json_object(&lister.json, NULL);
    json_bool(&lister.json, "signed", false);
    list_recipes(&lister.json, recipes);
    json_array(&lister.json, "pictures");
    while (paths != NULL && lister.next < lister.nfolders && !lister.more) {
        size_t count = read_folder(&lister, lister.folders[lister.next++], paths);
        qsort(paths, count, sizeof *paths, by_name);
        for (size_t i = 0; i < count; i++)
            look_at(&lister, paths[i]);
    }
    json_end_array(&lister.json);
    json_bool(&lister.json, "more", lister.more || paths == NULL);
    json_end_object(&lister.json);
    names_free(&lister.names);
    free(paths);
}

void page_list_signed(FILE *out)
{
    struct json json = {.out = out};
    json_object(&json, NULL);
    json_bool(&json, "signed", true);
    json_null(&json, "recipes");
    json_array(&json, "pictures");
    json_end_array(&json);
    json_bool(&json, "more", false);
    json_end_object(&json);
}
