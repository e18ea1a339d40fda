/*
 * A requested picture: its file, its recipe, and the key of its result. Finding these takes a few system
 * calls and does not read the file, so that a client that already has the picture is answered without any
 * work.
 */
#ifndef SERVE_PICTURE_H
#define SERVE_PICTURE_H

#include <openssl/evp.h>
#include <sys/stat.h>

#include "http/response.h"
#include "serve/allow.h"
#include "serve/request.h"

enum { PICTURE_KEY_BYTES = 32 };

struct picture {
    struct pm_recipe recipe;
    char text[RECIPE_TEXT_MAX]; /* of the recipe */
    int fd;                     /* the open file, owned by the caller; -1: none */
    bool slow_close;            /* closing the file may block */
    struct stat status;         /* of the file */
    /* A digest of everything that the result depends on: recipe, program, and the file's current state. */
    uint8_t key[PICTURE_KEY_BYTES];
    struct response form; /* of the response, without its content */
    const char *original; /* Content-Type of a file that is sent unchanged (no recipe); else NULL */
};

/* Rules for all pictures. */
struct picture_rules {
    int root;
    bool root_is_local;              /* the event loop may open its files: root_open_cached */
    EVP_MD *digest;                  /* SHA-256; fetched once, which takes longer than computing a digest */
    const struct allow *allow;       /* NULL: any recipe */
    const struct pictures *pictures; /* that recipes may name; NULL: none */
    const struct auto_formats *auto_formats;
    uint64_t max_bytes; /* of a file */
    long max_age;
};

/* Parses the path: fills *request, and of *picture the recipe and its text. Accesses no file. Returns 0, or
 * the HTTP status of the refusal with `error` filled. */
int picture_ask(const struct picture_rules *rules, struct span path, struct request *request,
                struct picture *picture, struct pm_error *error);

/* Opens the file and fills the rest, for a client with this Accept field. May block; may run in a thread,
 * because it uses only rules that never change. Returns 0, or the HTTP status of the refusal with `error`
 * filled and nothing open. */
int picture_look(const struct picture_rules *rules, const struct request *request, struct span accept,
                 struct picture *picture, struct pm_error *error);

/* The same without waiting for a disk. PICTURE_UNKNOWN, with only `picture` changed, if picture_look must be
 * called: the root is not local, something is not in the page cache, or the file can't be opened. */
enum { PICTURE_UNKNOWN = -1 };
int picture_look_cached(const struct picture_rules *rules, const struct request *request, struct span accept,
                        struct picture *picture, struct pm_error *error);

/* The Content-Type of a result that begins with head[size], or NULL. */
const char *picture_type(const uint8_t *head, size_t size);

#endif
