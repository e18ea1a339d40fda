/* Parses JSON (RFC 8259) into a tree. A NUL in a string ends it; a lone surrogate U+DC80 to U+DCFF becomes
 * the byte that text_json encoded so. If member names repeat, the first is used. */
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
    const struct json_value *next;  /* the next sibling in the same array or object */
};

struct json_document {
    char *text; /* a copy, in which strings are unescaped */
    struct json_value *values;
};

/* Parses text[size]. Returns the root value, valid until json_close, or NULL with `error` filled. */
const struct json_value *json_read(struct json_document *document, const char *text, size_t size,
                                   struct pm_error *error);
void json_close(struct json_document *document);

/* The member of an object; NULL if it is missing, or `object` is NULL or not an object. */
const struct json_value *json_member(const struct json_value *object, const char *key);

/* A member's value; NAN, "" or false if it is missing or of another type. */
double json_member_number(const struct json_value *object, const char *key);
const char *json_member_string(const struct json_value *object, const char *key);
bool json_member_bool(const struct json_value *object, const char *key);

#endif
