#include "net/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* If the line is the header `name` ("etag:"), writes its trimmed value into value[size]; ignores one that
 * does not fit. */
static bool take(const char *line, size_t length, const char *name, char *value, size_t size)
{
    size_t skip = strlen(name);
    if (length < skip || strncasecmp(line, name, skip) != 0)
        return false;
    while (length > skip && strchr(" \t\r\n", line[length - 1]) != NULL)
        length--;
    while (skip < length && (line[skip] == ' ' || line[skip] == '\t'))
        skip++;
    bool fits = length - skip < size;
    snprintf(value, size, "%.*s", fits ? (int)(length - skip) : 0, line + skip);
    return true;
}

/* "bytes 100-199/200", or "*" for an unknown total. */
static void take_range(struct answer *answer, const char *text)
{
    uint64_t last;
    int end = 0;
    answer->has_range =
        sscanf(text, "bytes %" SCNu64 "-%" SCNu64 "/%n", &answer->range_start, &last, &end) == 2 && end > 0;
    answer->has_total = answer->has_range && sscanf(text + end, "%" SCNu64, &answer->range_total) == 1;
}

void answer_line(struct answer *answer, const char *line, size_t length)
{
    char range[96];
    if (length >= 5 && strncasecmp(line, "HTTP/", 5) == 0)
        *answer = (struct answer){0};
    else if (take(line, length, "etag:", answer->etag, sizeof answer->etag)) {
        if (answer->etag[0] != '"')
            answer->etag[0] = '\0';
    } else if (take(line, length, "content-range:", range, sizeof range)) {
        take_range(answer, range);
    } else if (take(line, length, "content-encoding:", answer->coding, sizeof answer->coding)) {
        if (strcasecmp(answer->coding, "identity") == 0)
            answer->coding[0] = '\0';
    } else if (!take(line, length, "last-modified:", answer->modified, sizeof answer->modified)) {
        take(line, length, "date:", answer->date, sizeof answer->date);
    }
}

/* Dates have whole seconds and one format, so different texts are at least a second apart. */
const char *answer_validator(const struct answer *answer)
{
    if (answer->etag[0] != '\0')
        return answer->etag;
    bool older = answer->date[0] != '\0' && strcmp(answer->modified, answer->date) != 0;
    return older ? answer->modified : "";
}

const char *answer_advice(unsigned status)
{
    switch (status) {
    case 401:
    case 403:
        return "access is not permitted";
    case 404:
    case 410:
        return "check the URL";
    case 429:
    case 502:
    case 503:
    case 504:
        return "try again later";
    default:
        return "check the URL, or ask its owner";
    }
}

bool answer_is_temporary(unsigned status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}
