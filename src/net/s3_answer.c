#include "net/s3_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "image/xml.h"
#include "net/answer.h"

static const char *const no_namespaces[] = {NULL};

static int append_byte(struct buffer *out, unsigned byte)
{
    const uint8_t bytes[] = {(uint8_t)byte};
    return buffer_append(out, bytes, 1);
}

/* Appends a character as UTF-8. Returns 1 for what is no character, or NUL. */
static int append_character(struct buffer *out, unsigned long code)
{
    uint8_t bytes[4];
    size_t size = 1;
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 1;
    if (code < 0x80) {
        bytes[0] = (uint8_t)code;
    } else {
        size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        for (size_t i = size - 1; i > 0; i--, code >>= 6)
            bytes[i] = (uint8_t)(0x80 | (code & 0x3f));
        bytes[0] = (uint8_t)((0xf00 >> size) | code);
    }
    return buffer_append(out, bytes, size) == 0 ? 0 : -1;
}

/* Appends the entity between "&" and ";". */
static int append_entity(struct buffer *out, const char *name, size_t length)
{
    static const struct {
        const char *name;
        char byte;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0)
            return append_byte(out, (unsigned char)known[i].byte);
    }
    char number[12];
    if (length < 2 || length >= sizeof number || name[0] != '#')
        return 1;
    memcpy(number, name + 1, length - 1);
    number[length - 1] = '\0';
    const bool hex = number[0] == 'x';
    const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (number[hex] == '\0' || strspn(number + hex, digits) < strlen(number + hex))
        return 1;
    return append_character(out, strtoul(number + hex, NULL, hex ? 16 : 10));
}

/* Appends text with its entities resolved. Returns 0; 1: it has an unknown one; -1: no memory. */
static int append_text(struct buffer *out, struct xml_piece text)
{
    for (size_t i = 0; i < text.size; i++) {
        int status;
        if (text.at[i] == '&') {
            const char *end = memchr(text.at + i, ';', text.size - i);
            if (end == NULL)
                return 1;
            status = append_entity(out, text.at + i + 1, (size_t)(end - text.at) - i - 1);
            i = (size_t)(end - text.at);
        } else {
            status = append_byte(out, (unsigned char)text.at[i]);
        }
        if (status != 0)
            return status;
    }
    return 0;
}

/* Resolves the percent encoding of a list (encoding-type=url), in place. False: not a key. */
static bool decode_key(struct buffer *key)
{
    size_t size = 0;
    for (size_t i = 0; i < key->size; i++) {
        uint8_t byte = key->data[i];
        if (byte == '+') {
            byte = ' ';
        } else if (byte == '%') {
            const int high = i + 2 < key->size ? text_hex_digit((char)key->data[i + 1]) : -1;
            const int low = high >= 0 ? text_hex_digit((char)key->data[i + 2]) : -1;
            if (low < 0 || high * 16 + low == 0)
                return false;
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        key->data[size++] = byte;
    }
    key->size = size;
    return true;
}

/* The text of the element that was just opened; its markup, if any, is left out. NUL-terminated, which is not
 * counted. */
static int element_text(struct xml_reader *reader, const struct xml_token *token, struct buffer *value)
{
    int status = token->empty ? 0 : append_text(value, xml_text_ahead(reader));
    if (status != 0)
        return status;
    if (append_byte(value, 0) != 0)
        return -1;
    value->size--;
    return 0;
}

int s3_element_read(const void *text, size_t size, const char *root, const char *name, struct buffer *value)
{
    struct xml_reader reader;
    struct xml_token token;
    enum xml_kind kind;
    xml_open(&reader, text, size, no_namespaces);
    while ((kind = xml_next(&reader, &token)) != XML_END && kind != XML_ERROR) {
        if (kind != XML_OPEN)
            continue;
        if (token.depth == 1 && !xml_is(token.name.local, root))
            return 1;
        if (token.depth == 2 && xml_is(token.name.local, name))
            return element_text(&reader, &token, value);
    }
    return 1;
}

const char *s3_error_code(const char *text, size_t size, char code[S3_CODE_MAX])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.";
    struct buffer value = {0};
    code[0] = '\0';
    if (s3_element_read(text, size, "Error", "Code", &value) == 0 && value.size < S3_CODE_MAX &&
        strspn((const char *)value.data, letters) == value.size)
        memcpy(code, value.data, value.size + 1);
    buffer_free(&value);
    return code;
}

const char *s3_advice(unsigned status, const char *code)
{
    static const char *const known[][2] = {
        {"AccessDenied", "the key's owner may not do this: check the permissions"},
        {"InvalidAccessKeyId", "check AWS_ACCESS_KEY_ID and AWS_ENDPOINT_URL"},
        {"SignatureDoesNotMatch", "check AWS_SECRET_ACCESS_KEY"},
        {"RequestTimeTooSkewed", "set this machine's clock"},
        {"ExpiredToken", "renew AWS_SESSION_TOKEN"},
        {"NoSuchBucket", "check the bucket's name"},
        {"PermanentRedirect", "set AWS_REGION to the bucket's region"},
        {"AuthorizationHeaderMalformed", "set AWS_REGION to the bucket's region"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(code, known[i][0]) == 0)
            return known[i][1];
    }
    if (status == 404)
        return "check the key; a prefix ends with a slash";
    if (status >= 300 && status < 400)
        return "set AWS_REGION and AWS_ENDPOINT_URL to those of the bucket";
    return status == 500 ? "try again later" : answer_advice(status);
}

/* FNV-1a of 64 bits (RFC 9923). It is in journals, so it may never change. */
uint64_t s3_tag(const char *tag)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *tag != '\0'; tag++) {
        if (*tag != '"')
            hash = (hash ^ (unsigned char)*tag) * 0x100000001b3;
    }
    return hash;
}

int64_t s3_time(time_t seconds)
{
    enum { A_SECOND = 1000000000 };
    return seconds > 0 && seconds < INT64_MAX / A_SECOND ? (int64_t)seconds * A_SECOND : 0;
}

/* "2026-11-29T18:00:00.000Z", in whole seconds, as the header of an object has it; 0 if it is not such a
 * time. */
static int64_t read_time(const char *text)
{
    struct tm when = {0};
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &when.tm_year, &when.tm_mon, &when.tm_mday, &when.tm_hour,
               &when.tm_min, &when.tm_sec) != 6)
        return 0;
    when.tm_year -= 1900;
    when.tm_mon -= 1;
    return s3_time(timegm(&when));
}

static int not_a_list(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO,
                     "the server's answer is not a list of objects (check AWS_ENDPOINT_URL)");
}

/* A page that is being parsed. */
struct parse {
    struct xml_reader reader;
    struct buffer value; /* of the element that was read last */
    bool encoded;        /* keys are percent-encoded */
};

/* Reads the facts about the page itself; returns 1 if it is not a page, and -1 when there is no memory. */
static int read_facts(struct parse *parse, struct s3_page *page)
{
    struct xml_token token;
    enum xml_kind kind;
    while ((kind = xml_next(&parse->reader, &token)) != XML_END) {
        if (kind == XML_ERROR ||
            (kind == XML_OPEN && token.depth == 1 && !xml_is(token.name.local, "ListBucketResult")))
            return 1;
        if (kind != XML_OPEN || token.depth != 2)
            continue;
        parse->value.size = 0;
        const bool more = xml_is(token.name.local, "IsTruncated"),
                   encoding = xml_is(token.name.local, "EncodingType"),
                   next = xml_is(token.name.local, "NextContinuationToken");
        int status = more || encoding ? element_text(&parse->reader, &token, &parse->value)
                     : next           ? element_text(&parse->reader, &token, &page->token)
                                      : 0;
        if (status != 0)
            return status;
        if (more)
            page->more = strcmp((const char *)parse->value.data, "true") == 0;
        if (encoding)
            parse->encoded = strcmp((const char *)parse->value.data, "url") == 0;
    }
    return page->more && page->token.size == 0 ? 1 : 0;
}

/* Reads an element of <Contents>. */
static int read_field(struct parse *parse, const struct xml_token *token, struct buffer *key,
                      struct object_status *status)
{
    const bool names = xml_is(token->name.local, "Key");
    struct buffer *value = names ? key : &parse->value;
    value->size = 0;
    const int read = element_text(&parse->reader, token, value);
    if (read != 0)
        return read;
    const char *text = (const char *)value->data;
    if (names) {
        if (parse->encoded && !decode_key(key))
            return 1;
        key->data[key->size] = '\0';
    } else if (xml_is(token->name.local, "Size")) {
        status->size = strtoull(text, NULL, 10);
    } else if (xml_is(token->name.local, "ETag")) {
        status->tag = s3_tag(text);
    } else if (xml_is(token->name.local, "LastModified")) {
        status->modified = read_time(text);
    }
    return 0;
}

/* Visits the objects of a page that is well-formed. */
static int visit_objects(struct parse *parse, s3_key_visitor *visit, void *self, struct pm_error *error)
{
    struct xml_token token;
    struct object_status status = {0};
    struct buffer key = {0};
    bool inside = false;
    int result = 0;
    while (result == 0 && xml_next(&parse->reader, &token) != XML_END) {
        const bool object =
            token.kind != XML_REST && token.depth == 2 && xml_is(token.name.local, "Contents");
        if (object && token.kind == XML_OPEN) {
            inside = !token.empty;
            key.size = 0;
            status = (struct object_status){0};
        } else if (object) {
            inside = false;
            result = key.size > 0 ? visit(self, (const char *)key.data, &status, error) : not_a_list(error);
        } else if (inside && token.kind == XML_OPEN && token.depth == 3) {
            const int read = read_field(parse, &token, &key, &status);
            result = read > 0 ? not_a_list(error) : read < 0 ? error_memory(error, 0) : 0;
        }
    }
    buffer_free(&key);
    return result;
}

int s3_page_read(const void *text, size_t size, struct s3_page *page, s3_key_visitor *visit, void *self,
                 struct pm_error *error)
{
    struct parse parse = {0};
    page->more = false;
    page->token.size = 0;
    xml_open(&parse.reader, text, size, no_namespaces);
    int status = read_facts(&parse, page);
    if (status == 0) {
        xml_open(&parse.reader, text, size, no_namespaces);
        status = visit_objects(&parse, visit, self, error);
    } else {
        status = status > 0 ? not_a_list(error) : error_memory(error, 0);
    }
    buffer_free(&parse.value);
    return status;
}
