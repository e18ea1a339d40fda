/* Reading JSON (RFC 8259) into a tree. A NUL in a string ends it; a lone surrogate from U+DC80 to U+DCFF is
 * the byte that text_json wrote so. Of members with the same name the first counts. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_value {
    enum json_kind kind;
    const char *key; /* in an object; else NULL */
    bool truth;
    double number;
    const char *string;
    const struct json_value *first; /* of an array or object; NULL: empty */
    const struct json_value *next;  /* in the array or object that this is in */
};

struct json_document {
    char *text; /* a copy, in which strings are unescaped */
    struct json_value *values;
};

/* Reads text[size]. Returns the value, which lives until json_close, or NULL with `error` filled. */
const struct json_value *json_read(struct json_document *document, const char *text, size_t size,
                                   struct pm_error *error);
void json_close(struct json_document *document);

/* The member of an object; NULL when there is none, or `object` is no object or NULL. */
const struct json_value *json_member(const struct json_value *object, const char *key);

/* A member's value: NAN, "" and false when it is not there or of another kind. */
double json_member_number(const struct json_value *object, const char *key);
const char *json_member_string(const struct json_value *object, const char *key);
bool json_member_bool(const struct json_value *object, const char *key);

#endif
