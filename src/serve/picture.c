#include "serve/picture.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/text.h"
#include "codec/kinds.h"
#include "http/blocking.h"
#include "serve/negotiate.h"
#include "serve/root.h"
#include "transform/pictures.h"

enum {
    BAD_REQUEST = 400,
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    TOO_LARGE = 413,
    TOO_LONG = 414,
    UNSUPPORTED_TYPE = 415,
    UNPROCESSABLE = 422,
    UNAVAILABLE = 503
};

/* Writes the recipe's canonical text. 0, or the status of the refusal. */
static int write_text(struct picture *picture, struct pm_error *error)
{
    if (pm_recipe_text(&picture->recipe, picture->text, sizeof picture->text) >= 0)
        return 0;
    error_set(error, PM_ERROR_USAGE, "the recipe is too long");
    return TOO_LONG;
}

/* Finds the second pictures that the recipe names, among those of --watermarks. */
static int find_pictures(const struct picture_rules *rules, struct picture *picture, struct pm_error *error)
{
    struct pm_recipe *recipe = &picture->recipe;
    recipe->pictures = rules->pictures;
    for (size_t i = 0; i <= recipe->nsteps; i++) {
        const char *name = recipe_picture_name(recipe, i);
        if (name == NULL || pictures_find(rules->pictures, name) != NULL)
            continue;
        if (rules->pictures == NULL) {
            error_set(error, PM_ERROR_USAGE, "%s is not available on this server",
                      recipe_picture_owner(recipe, i));
            return FORBIDDEN;
        }
        error_set(error, PM_ERROR_USAGE, "this server has no %s '%.64s'", recipe_picture_owner(recipe, i),
                  name);
        return BAD_REQUEST;
    }
    return 0;
}

/* Checks whether the recipe is allowed as requested; the format is chosen later. */
static int settle_recipe(const struct picture_rules *rules, const struct request *request,
                         struct picture *picture, struct pm_error *error)
{
    picture->recipe = request->recipe;
    int status = find_pictures(rules, picture, error);
    if (status == 0)
        status = write_text(picture, error);
    if (status != 0)
        return status;
    if (rules->allow != NULL && !allow_has(rules->allow, picture->text, request->auto_format)) {
        error_set(error, PM_ERROR_USAGE, "this recipe is not allowed here");
        return FORBIDDEN;
    }
    return 0;
}

/* Reads the first bytes of the file; with `cached` only if they are in the page cache. As pread. */
static ssize_t read_head(const struct picture *picture, bool cached, uint8_t head[IMAGE_KIND_HEAD])
{
    const struct iovec room = {head, IMAGE_KIND_HEAD};
    return cached ? preadv2(picture->fd, &room, 1, 0, RWF_NOWAIT)
                  : pread(picture->fd, head, IMAGE_KIND_HEAD, 0);
}

/* Chooses the format of format=auto; the file's own if the client has no preference. It is written into the
 * recipe in any case, so that equal results have equal keys. */
static int choose_format(const struct picture_rules *rules, struct span accept, bool cached,
                         struct picture *picture, struct pm_error *error)
{
    uint8_t head[IMAGE_KIND_HEAD];
    const ssize_t got = read_head(picture, cached, head);
    if (got < 0 && cached)
        return PICTURE_UNKNOWN;
    picture->recipe.format =
        negotiate_format(accept, got > 0 ? codec_sniff(head, (size_t)got) : NULL, rules->auto_formats);
    return write_text(picture, error);
}

/* Adds the contents of the second pictures: after the next start a name may stand for another content. */
static bool digest_pictures(const struct pm_recipe *recipe, EVP_MD_CTX *digest)
{
    bool made = true;
    for (size_t i = 0; i <= recipe->nsteps && made; i++) {
        const char *name = recipe_picture_name(recipe, i);
        const struct filter_picture *second = name != NULL ? pictures_find(recipe->pictures, name) : NULL;
        made = second == NULL || EVP_DigestUpdate(digest, second->digest, sizeof second->digest) == 1;
    }
    return made;
}

/* Uses the time of the last change (ctime), which only the kernel sets. Programs that copy files often set
 * back the modification time. */
static int make_key(const struct picture_rules *rules, const char *file, struct picture *picture)
{
    const struct stat *status = &picture->status;
    const uint64_t facts[] = {status->st_dev, status->st_ino, (uint64_t)status->st_size,
                              (uint64_t)status->st_ctim.tv_sec, (uint64_t)status->st_ctim.tv_nsec};
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool made = digest != NULL && EVP_DigestInit_ex(digest, rules->digest, NULL) == 1 &&
                EVP_DigestUpdate(digest, PIXMILL_VERSION, sizeof PIXMILL_VERSION) == 1 &&
                EVP_DigestUpdate(digest, facts, sizeof facts) == 1 &&
                EVP_DigestUpdate(digest, picture->text, strlen(picture->text) + 1) == 1 &&
                EVP_DigestUpdate(digest, file, strlen(file) + 1) == 1 &&
                digest_pictures(&picture->recipe, digest) &&
                EVP_DigestFinal_ex(digest, picture->key, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return made ? 0 : -1;
}

/* Half of the key is enough to distinguish results. */
static void make_etag(const uint8_t key[PICTURE_KEY_BYTES], char etag[RESPONSE_ETAG_MAX])
{
    enum { BYTES = 16 };
    etag[0] = '"';
    text_hex(key, BYTES, etag + 1);
    etag[1 + 2 * BYTES] = '"';
    etag[2 + 2 * BYTES] = '\0';
}

/* A file that is not a picture is never sent, because the root may contain other files. */
static int look_at_original(bool cached, struct picture *picture, struct pm_error *error)
{
    uint8_t head[IMAGE_KIND_HEAD];
    const ssize_t got = read_head(picture, cached, head);
    if (got < 0 && cached)
        return PICTURE_UNKNOWN;
    if (got < 0) {
        error_set(error, PM_ERROR_IO, "the file can't be read now (try again)");
        return UNAVAILABLE;
    }
    if (got == 0) {
        error_set(error, PM_ERROR_TRUNCATED, "is empty (0 bytes)");
        return UNPROCESSABLE;
    }
    const struct codec *codec = codec_sniff(head, (size_t)got);
    if (codec == NULL) {
        codec_not_supported(head, (size_t)got, error);
        return UNSUPPORTED_TYPE;
    }
    picture->original = codec->mime;
    return 0;
}

/* A missing folder that looks like a step was probably meant as a step, and a step may have been meant as a
 * folder: the message says so. */
static void explain_missing(const char *file, bool has_recipe, struct pm_error *error)
{
    size_t length = strcspn(file, "/");
    bool like_step = file[length] == '/' && memchr(file, '=', length) != NULL;
    if (!like_step && !has_recipe)
        return;
    *error = (struct pm_error){0};
    if (like_step)
        error_set(error, PM_ERROR_IO, "no such file (check the names; '%.*s' is not a step of a recipe)",
                  (int)length, file);
    else
        error_set(error, PM_ERROR_IO,
                  "no such file (check the name; write /-/ before a folder that has a step's name)");
}

int picture_ask(const struct picture_rules *rules, struct span path, struct request *request,
                struct picture *picture, struct pm_error *error)
{
    picture->fd = -1;
    picture->original = NULL;
    const int status = request_parse(path.data, path.size, request, error);
    return status == 0 ? settle_recipe(rules, request, picture, error) : status;
}

/* Fills the rest of a picture whose file is open; closes the file when it is refused. */
static int look_into(const struct picture_rules *rules, const struct request *request, struct span accept,
                     bool cached, struct picture *picture, struct pm_error *error)
{
    int status = 0;
    uint64_t size = (uint64_t)picture->status.st_size;
    if (size > rules->max_bytes) {
        error_limit(error, rules->max_bytes, size, "the file is too large for this server");
        status = TOO_LARGE;
    } else if (request->auto_format) {
        status = choose_format(rules, accept, cached, picture, error);
    }
    if (status == 0 && make_key(rules, request->file, picture) != 0) {
        error_memory(error, 0);
        status = UNAVAILABLE;
    }
    if (status == 0 && picture->text[0] == '\0' && !request->auto_format)
        status = look_at_original(cached, picture, error);
    if (status != 0) {
        close(picture->fd);
        picture->fd = -1;
        return status;
    }
    picture->form = response_of(200);
    make_etag(picture->key, picture->form.etag);
    picture->form.modified = picture->status.st_mtim.tv_sec;
    picture->form.max_age = rules->max_age;
    picture->form.varies = request->auto_format;
    picture->form.accepts_ranges = true;
    return 0;
}

int picture_look(const struct picture_rules *rules, const struct request *request, struct span accept,
                 struct picture *picture, struct pm_error *error)
{
    picture->fd = root_file(rules->root, request->file, &picture->status, error);
    if (picture->fd == -NOT_FOUND && error->kind == PM_ERROR_IO)
        explain_missing(request->file, picture->text[0] != '\0' || request->auto_format, error);
    if (picture->fd < 0) {
        const int status = -picture->fd;
        picture->fd = -1;
        return status;
    }
    picture->slow_close = blocking_needs_closing(picture->fd);
    return look_into(rules, request, accept, false, picture, error);
}

int picture_look_cached(const struct picture_rules *rules, const struct request *request, struct span accept,
                        struct picture *picture, struct pm_error *error)
{
    picture->fd = rules->root_is_local ? root_open_cached(rules->root, request->file, 0) : -1;
    if (picture->fd < 0)
        return PICTURE_UNKNOWN;
    if (fstat(picture->fd, &picture->status) != 0 || !S_ISREG(picture->status.st_mode)) {
        close(picture->fd);
        picture->fd = -1;
        return PICTURE_UNKNOWN;
    }
    picture->slow_close = false;
    return look_into(rules, request, accept, true, picture, error);
}

const char *picture_type(const uint8_t *head, size_t size)
{
    const struct codec *codec = codec_sniff(head, size);
    return codec != NULL ? codec->mime : NULL;
}
