#include "http/conditional.h"

#include <string.h>
#include <strings.h>

#include "http/http_date.h"

static bool same(struct span text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

/* Removes the next entity tag from a list: with its quotes, without W/ (*weak). A tag may contain a comma.
 * False when no tag follows. */
static bool next_tag(struct span *list, struct span *tag, bool *weak)
{
    while (list->size > 0 && (list->data[0] == ' ' || list->data[0] == '\t' || list->data[0] == ','))
        list->data++, list->size--;
    *weak = list->size >= 2 && memcmp(list->data, "W/", 2) == 0;
    if (*weak)
        list->data += 2, list->size -= 2;
    if (list->size == 0 || list->data[0] != '"')
        return false;
    const char *end = memchr(list->data + 1, '"', list->size - 1);
    if (end == NULL)
        return false;
    tag->data = list->data;
    tag->size = (size_t)(end + 1 - list->data);
    list->data += tag->size;
    list->size -= tag->size;
    return true;
}

/* In a strong comparison a weak tag never matches. */
static bool list_has(struct span list, const char *etag, bool strongly)
{
    struct span tag;
    bool weak;
    if (same(span_trim(list), "*"))
        return true;
    while (next_tag(&list, &tag, &weak)) {
        if (same(tag, etag) && !(weak && strongly))
            return true;
    }
    return false;
}

bool conditional_failed(const struct http_request *request, const struct validators *validators)
{
    if (http_part(request, HTTP_IF_MATCH).data != NULL)
        return !list_has(http_part(request, HTTP_IF_MATCH), validators->etag, true);
    time_t since;
    return validators->modified != 0 &&
           http_date_parse(span_trim(http_part(request, HTTP_IF_UNMODIFIED_SINCE)), validators->now,
                           &since) &&
           validators->modified > since;
}

bool conditional_fresh(const struct http_request *request, const struct validators *validators)
{
    if (http_part(request, HTTP_IF_NONE_MATCH).data != NULL)
        return list_has(http_part(request, HTTP_IF_NONE_MATCH), validators->etag, false);
    time_t since;
    return validators->modified != 0 &&
           http_date_parse(span_trim(http_part(request, HTTP_IF_MODIFIED_SINCE)), validators->now, &since) &&
           validators->modified <= since;
}

/* May the response be a part? If-Range compares strongly: a weak tag never matches. A date matches if it is
 * equal and its second is over, because a file may change twice within a second. */
static bool range_applies(const struct http_request *request, const struct validators *validators)
{
    if (http_part(request, HTTP_IF_RANGE).data == NULL)
        return true;
    struct span condition = span_trim(http_part(request, HTTP_IF_RANGE));
    if (condition.size > 0 && condition.data[0] == '"')
        return same(condition, validators->etag);
    time_t date;
    return validators->modified != 0 && validators->modified < validators->now &&
           http_date_parse(condition, validators->now, &date) && date == validators->modified;
}

/* Removes the digits at the beginning; a number that is too large becomes UINT64_MAX. False when there are
 * none. */
static bool take_number(struct span *text, uint64_t *value)
{
    size_t digits = 0;
    *value = 0;
    for (; digits < text->size && text->data[digits] >= '0' && text->data[digits] <= '9'; digits++) {
        uint64_t digit = (uint64_t)(text->data[digits] - '0');
        *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : 10 * *value + digit;
    }
    text->data += digits;
    text->size -= digits;
    return digits > 0;
}

/* One range of bytes: "first-last", "first-", "-suffix". 200: it is not a range. */
static int parse_range(struct span text, uint64_t size, uint64_t *offset, uint64_t *length)
{
    uint64_t first, last;
    bool from_start = take_number(&text, &first);
    if (text.size == 0 || text.data[0] != '-')
        return 200;
    text.data++, text.size--;
    bool has_last = take_number(&text, &last);
    if (text.size > 0 || (!from_start && !has_last) || (from_start && has_last && last < first))
        return 200;
    if (!from_start) {
        if (last == 0 || size == 0)
            return 416;
        *length = last < size ? last : size;
        *offset = size - *length;
        return 206;
    }
    if (first >= size)
        return 416;
    *offset = first;
    *length = (has_last && last < size ? last + 1 : size) - first;
    return 206;
}

int conditional_range(const struct http_request *request, const struct validators *validators, uint64_t size,
                      uint64_t *offset, uint64_t *length)
{
    static const char unit[] = "bytes=";
    struct span range = span_trim(http_part(request, HTTP_RANGE));
    if (range.data == NULL || request->method != HTTP_GET || range.size < sizeof unit - 1 ||
        strncasecmp(range.data, unit, sizeof unit - 1) != 0 || memchr(range.data, ',', range.size) != NULL ||
        !range_applies(request, validators))
        return 200;
    range.data += sizeof unit - 1;
    range.size -= sizeof unit - 1;
    return parse_range(span_trim(range), size, offset, length);
}
