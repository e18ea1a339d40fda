#include "base/param.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/text.h"

static const double NUMBER_MIN = 1e-4; /* number_write's */

static void *field_of(const struct param *row, void *params)
{
    return (char *)params + row->offset;
}

/* The argument that an error message refers to. */
struct place {
    const char *step, *text; /* step: NULL for an option, which has its row's name */
};

/* The step with its argument, cut visibly where that is long. */
static const char *place_shown(struct place place, char shown[64])
{
    enum { LONGEST = 40 };
    const bool cut = strlen(place.text) > LONGEST;
    snprintf(shown, 64, "%.16s=%.*s%s", place.step, cut ? LONGEST - 3 : LONGEST, place.text,
             cut ? "..." : "");
    return shown;
}

/* `note`: what to say behind the range; "": nothing. */
static int refuse_number(const struct param *row, struct place place, const char *what, const char *note,
                         struct pm_error *error)
{
    char range[96], shown[64];
    snprintf(range, sizeof range, "%g to %g%s%s%s", row->min, row->max, row->unit != NULL ? " " : "",
             row->unit != NULL ? row->unit : "", note);
    if (place.step == NULL)
        return error_set(error, PM_ERROR_USAGE, "%s '%.32s' is %s (%s)", row->name, place.text, what, range);
    return error_set(error, PM_ERROR_USAGE, "the %s of %s is %s (%s)", row->name, place_shown(place, shown),
                     what, range);
}

/* ImageMagick's "0x8", the radius and sigma of a blur. */
static bool is_pair(const char *value, size_t length)
{
    double first, second;
    const char *rest = value;
    return number_read(&rest, &first) && *rest++ == 'x' && number_read(&rest, &second) &&
           rest == value + length;
}

static int parse_number(const struct param *row, struct place place, const char *value, size_t length,
                        double *number, struct pm_error *error)
{
    const bool negative = row->min < 0 && *value == '-';
    const bool percent = row->unit != NULL && strcmp(row->unit, "percent") == 0;
    const char *rest = value + negative;
    const bool read = number_read(&rest, number);
    rest += read && percent && rest < value + length && *rest == '%';
    if (!read || rest != value + length || (row->kind == PARAM_INTEGER && memchr(value, '.', length) != NULL))
        return refuse_number(row, place, row->kind == PARAM_INTEGER ? "not a whole number" : "not a number",
                             is_pair(value, length) ? "; one number, not two" : "", error);
    *number = negative && *number > 0 ? -*number : *number;
    if (*number < row->min || *number > row->max || (*number != 0 && fabs(*number) < NUMBER_MIN))
        return refuse_number(row, place, "out of range", "", error);
    return 0;
}

static int parse_integer(const struct param *row, struct place place, const char *value, size_t length,
                         int *integer, struct pm_error *error)
{
    double number;
    if (parse_number(row, place, value, length, &number, error) != 0)
        return -1;
    *integer = (int)number;
    return 0;
}

/* Is it the first word of its value, which is printed? The others are synonyms. */
static bool is_main_word(const struct param_word *words, size_t index)
{
    size_t first = 0;
    while (words[first].value != words[index].value)
        first++;
    return first == index;
}

static int refuse_word(const struct param *row, struct place place, const char *value, size_t length,
                       struct pm_error *error)
{
    char words[160] = "", shown[64];
    size_t used = 0, last = 0;
    for (size_t i = 0; row->words[i].word != NULL; i++)
        last = is_main_word(row->words, i) ? i : last;
    for (size_t i = 0; i <= last && used < sizeof words; i++) {
        const char *separator = i == 0 ? "" : i == last ? " or " : ", ";
        if (is_main_word(row->words, i))
            used +=
                (size_t)snprintf(words + used, sizeof words - used, "%s%s", separator, row->words[i].word);
    }
    if (place.step == NULL)
        return error_set(error, PM_ERROR_USAGE, "%s '%.32s' is unknown (%s)", row->name, place.text, words);
    return error_set(error, PM_ERROR_USAGE, "the %s of %s can't be '%.*s' (%s)", row->name,
                     place_shown(place, shown), (int)(length < 24 ? length : 24), value, words);
}

static int parse_word(const struct param *row, struct place place, const char *value, size_t length,
                      int *number, struct pm_error *error)
{
    for (const struct param_word *word = row->words; word->word != NULL; word++) {
        if (strlen(word->word) == length && strncasecmp(word->word, value, length) == 0) {
            *number = word->value;
            return 0;
        }
    }
    return refuse_word(row, place, value, length, error);
}

static int parse_value(const struct param *row, struct place place, const char *value, size_t length,
                       void *params, struct pm_error *error)
{
    void *field = field_of(row, params);
    switch (row->kind) {
    case PARAM_NUMBER:
        return parse_number(row, place, value, length, field, error);
    case PARAM_INTEGER:
        return parse_integer(row, place, value, length, field, error);
    case PARAM_WORD:
        return parse_word(row, place, value, length, field, error);
    case PARAM_FLAG:
        *(bool *)field = true;
        return 0;
    case PARAM_OWN:
        break;
    }
    return row->parse(value, length, field, error);
}

/* Finds the row, except the first, for item[length]: "name=..." or, for a flag, "name". *value is the text
 * after '='. NULL: none. */
static const struct param *named_row(const struct param *rows, const char *item, size_t length,
                                     const char **value)
{
    for (const struct param *row = rows + 1; row->name != NULL; row++) {
        const size_t name = strlen(row->name);
        const bool flag = row->kind == PARAM_FLAG;
        if (length < name || memcmp(item, row->name, name) != 0)
            continue;
        if (flag ? length == name : length > name && item[name] == '=') {
            *value = item + name + !flag;
            return row;
        }
    }
    return NULL;
}

/* The row, except the first, with that word among its words: "north" is gravity's. */
static const struct param *row_of_word(const struct param *rows, const char *item, size_t length)
{
    for (const struct param *row = rows + 1; row->name != NULL; row++) {
        for (const struct param_word *word = row->words; word != NULL && word->word != NULL; word++) {
            if (strlen(word->word) == length && strncasecmp(word->word, item, length) == 0)
                return row;
        }
    }
    return NULL;
}

/* The row, except the first, whose name is at most two typing errors from that of the item, "gravty=north".
 */
static const struct param *near_row(const struct param *rows, const char *item, size_t length)
{
    char name[24];
    const size_t named = strcspn(item, "=,");
    snprintf(name, sizeof name, "%.*s", (int)(named < length ? named : length), item);
    for (const struct param *row = rows + 1; row->name != NULL; row++) {
        const size_t distance = text_distance(name, row->name);
        if (distance <= 2 && distance < strlen(row->name) && named < sizeof name)
            return row;
    }
    return NULL;
}

/* The row, except the first, whose own function accepts the item: "white" is a colour. What it writes to
 * `params`, which are refused, does not matter. */
static const struct param *row_that_parses(const struct param *rows, const char *item, size_t length,
                                           void *params)
{
    for (const struct param *row = rows + 1; row->name != NULL && length > 0; row++) {
        struct pm_error ignored = {0};
        if (row->kind == PARAM_OWN && row->parse(item, length, field_of(row, params), &ignored) == 0)
            return row;
    }
    return NULL;
}

static int refuse_item(const struct param *rows, struct place place, const char *item, size_t length,
                       void *params, struct pm_error *error)
{
    char names[96] = "", whole[64];
    size_t used = 0;
    const int shown = (int)(length < 24 ? length : 24);
    const struct param *near = near_row(rows, item, length), *meant = row_of_word(rows, item, length);
    if (meant == NULL && near == NULL)
        meant = row_that_parses(rows, item, length, params);
    if (meant != NULL)
        return error_set(error, PM_ERROR_USAGE, "'%.*s' of %s is unknown (did you mean %s=%.*s?)", shown,
                         item, place_shown(place, whole), meant->name, shown, item);
    if (near != NULL)
        return error_set(error, PM_ERROR_USAGE, "'%.*s' of %s is unknown (did you mean %s%s?)", shown, item,
                         place_shown(place, whole), near->name, near->kind == PARAM_FLAG ? "" : "=");
    for (const struct param *row = rows + 1; row->name != NULL && used < sizeof names; row++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s%s", row > rows + 1 ? ", " : "",
                                 row->name, row->kind == PARAM_FLAG ? "" : "=");
    return error_set(error, PM_ERROR_USAGE, "'%.*s' of %s is unknown (%s%s)", shown, item,
                     place_shown(place, whole),
                     names[0] != '\0' ? "after the comma, use " : "only one value is allowed", names);
}

static void set_standard(const struct param *row, void *params)
{
    switch (row->kind) {
    case PARAM_NUMBER:
        *(double *)field_of(row, params) = row->standard;
        return;
    case PARAM_INTEGER:
    case PARAM_WORD:
        *(int *)field_of(row, params) = (int)row->standard;
        return;
    case PARAM_FLAG:
        *(bool *)field_of(row, params) = false;
        return;
    case PARAM_OWN:
        return;
    }
}

void params_init(const struct param *rows, void *params)
{
    for (const struct param *row = rows; row->name != NULL; row++)
        set_standard(row, params);
}

/* The length of the row's value, of which item[length] is the first part. */
static size_t whole_length(const struct param *row, const char *item, size_t length)
{
    for (unsigned part = 1; part < row->parts && item[length] == ','; part++)
        length += 1 + strcspn(item + length + 1, ",");
    return length;
}

int params_parse(const struct param *rows, const char *step, const char *text, void *params,
                 struct pm_error *error)
{
    const struct place place = {step, text};
    const char *item = text;
    params_init(rows + 1, params);
    for (const struct param *row = rows;;) {
        size_t length = strcspn(item, ",");
        const char *value = item;
        if (item != text)
            row = named_row(rows, item, length, &value);
        if (row == NULL)
            return refuse_item(rows, place, item, length, params, error);
        length = whole_length(row, item, length);
        if (parse_value(row, place, value, length - (size_t)(value - item), params, error) != 0)
            return -1;
        if (item[length] == '\0')
            return 0;
        item += length + 1;
    }
}

int param_parse(const struct param *row, const char *text, void *params, struct pm_error *error)
{
    const char *value = text != NULL ? text : "";
    return parse_value(row, (struct place){NULL, value}, value, strlen(value), params, error);
}

static void print_number(double number, char *text, size_t size)
{
    const bool negative = number < 0;
    text[0] = '-';
    number_write(fabs(number), text + negative, size - negative);
}

bool param_print(const struct param *row, const void *params, char *text, size_t size)
{
    const void *field = (const char *)params + row->offset;
    text[0] = '\0';
    switch (row->kind) {
    case PARAM_NUMBER:
        print_number(*(const double *)field, text, size);
        return *(const double *)field != row->standard;
    case PARAM_INTEGER:
        snprintf(text, size, "%d", *(const int *)field);
        return *(const int *)field != (int)row->standard;
    case PARAM_WORD:
        for (const struct param_word *word = row->words; word->word != NULL && text[0] == '\0'; word++) {
            if (word->value == *(const int *)field)
                snprintf(text, size, "%s", word->word);
        }
        return *(const int *)field != (int)row->standard;
    case PARAM_FLAG:
        return *(const bool *)field;
    case PARAM_OWN:
        break;
    }
    row->print(field, text, size);
    return text[0] != '\0';
}

void params_print(const struct param *rows, const void *params, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct param *row = rows; row->name != NULL && used < size; row++) {
        char value[PARAM_VALUE_MAX];
        const bool differs = param_print(row, params, value, sizeof value);
        if (row == rows)
            used += (size_t)snprintf(text, size, "%s", value);
        else if (differs)
            used += (size_t)snprintf(text + used, size - used, ",%s%s%s", row->name,
                                     row->kind == PARAM_FLAG ? "" : "=", value);
    }
}

const struct param *param_find(const struct param *rows, const char *name)
{
    for (const struct param *row = rows; row != NULL && row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}
