/* Writes JSON (RFC 8259). Infinities and NaN become null. The outer `lined` levels have one member per line;
 * 0: everything on one line. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    int lined; /* number of outer levels with one member per line */
    int depth;
    bool begun; /* this object or array already has a member */
};

/* `key` is NULL in an array and at the top. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
void json_number(struct json *json, const char *key, double value);
void json_integer(struct json *json, const char *key, uint64_t value);
void json_string(struct json *json, const char *key, const char *value);
void json_bytes(struct json *json, const char *key, const char *value, size_t size); /* as text_json_bytes */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

#endif
