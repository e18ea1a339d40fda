#include "base/json.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"

static void next_line(const struct json *json)
{
    if (json->depth <= json->lined)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
}

static void begin_value(struct json *json, const char *key)
{
    if (json->begun)
        fputs(json->depth <= json->lined ? "," : ", ", json->out);
    if (json->depth > 0)
        next_line(json);
    json->begun = true;
    if (key != NULL) {
        text_json(json->out, key);
        fputs(": ", json->out);
    }
}

static void open_group(struct json *json, const char *key, char bracket)
{
    begin_value(json, key);
    fputc(bracket, json->out);
    json->depth++;
    json->begun = false;
}

static void close_group(struct json *json, char bracket)
{
    json->depth--;
    if (json->begun && json->depth < json->lined)
        next_line(json);
    fputc(bracket, json->out);
    json->begun = true;
    if (json->depth == 0)
        fputc('\n', json->out);
}

void json_object(struct json *json, const char *key)
{
    open_group(json, key, '{');
}

void json_array(struct json *json, const char *key)
{
    open_group(json, key, '[');
}

void json_end_object(struct json *json)
{
    close_group(json, '}');
}

void json_end_array(struct json *json)
{
    close_group(json, ']');
}

void json_number(struct json *json, const char *key, double value)
{
    begin_value(json, key);
    if (!isfinite(value))
        fputs("null", json->out);
    else if (value == floor(value) && fabs(value) < 1e15)
        fprintf(json->out, "%.0f", value); /* bytes, counts: all digits, no exponent */
    else
        fprintf(json->out, "%.9g", value);
}

void json_integer(struct json *json, const char *key, uint64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void json_string(struct json *json, const char *key, const char *value)
{
    begin_value(json, key);
    text_json(json->out, value);
}

void json_bytes(struct json *json, const char *key, const char *value, size_t size)
{
    begin_value(json, key);
    text_json_bytes(json->out, value, size);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin_value(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
    json_number(json, key, NAN);
}
