#include "serve/request.h"

#include <string.h>

#include "base/text.h"

enum { BAD_REQUEST = 400, FORBIDDEN = 403, NOT_FOUND = 404, TOO_LONG = 414 };

static int refuse(int status, struct pm_error *error, const char *message)
{
    error_set(error, PM_ERROR_USAGE, "%s", message);
    return status;
}

/* Decodes segment[size] into text[room], NUL-terminated. 0, or the status of the refusal. */
static int decode_segment(const char *segment, size_t size, char *text, size_t room, struct pm_error *error)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = segment[i];
        if (c == '%') {
            int high = i + 2 < size ? text_hex_digit(segment[i + 1]) : -1;
            int low = high >= 0 ? text_hex_digit(segment[i + 2]) : -1;
            if (low < 0)
                return refuse(BAD_REQUEST, error,
                              "a % in the path is not followed by two hex digits (write %25)");
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '/' || c == '\0')
            return refuse(BAD_REQUEST, error, "the path contains an encoded slash or NUL");
        if (length + 1 >= room)
            return refuse(TOO_LONG, error, "a part of the path is too long");
        text[length++] = c;
    }
    text[length] = '\0';
    if (strcmp(text, "..") == 0 || strcmp(text, ".") == 0)
        return refuse(BAD_REQUEST, error, "the path contains '.' or '..' (write it without)");
    return 0;
}

/* Is the segment "word" or "word=argument" a step, even an invalid one? A word alone is a folder's name when
 * it would need an argument as a step. */
static bool is_step(const char *word, const char *argument)
{
    const struct filter *filter = filter_find(word);
    struct recipe_setting setting;
    if (filter == NULL && !recipe_setting_find(word, &setting))
        return false;
    const char *needed = filter != NULL ? filter->argument : setting.argument;
    const char *omitted = filter != NULL ? filter->omitted : setting.omitted;
    return argument != NULL || needed == NULL || omitted != NULL;
}

/* Is the step refused in URLs? */
static bool asks_too_much(const struct pm_recipe *recipe, const char *word, int *max)
{
    for (const struct codec *const *codec = codecs; *codec != NULL; codec++) {
        const struct param *row = codec_option_row(*codec, word);
        if (row == NULL || row->served_max == 0)
            continue;
        const unsigned char *options = recipe_options(recipe, *codec);
        memcpy(max, options + row->offset, sizeof *max);
        if (*max > row->served_max) {
            *max = row->served_max;
            return true;
        }
    }
    return false;
}

/* Adds the step to the request's recipe. 0, or the status of the refusal. */
static int add_step(struct request *request, const char *word, const char *argument, struct pm_error *error)
{
    struct recipe_setting setting;
    if (recipe_setting_find(word, &setting) && setting.step) {
        error_set(error, PM_ERROR_USAGE, "%s is not available in URLs (use pixmill run)", word);
        return FORBIDDEN;
    }
    bool format = strcmp(word, "format") == 0;
    if (format && argument != NULL && strcmp(argument, "auto") == 0) {
        request->recipe.format = NULL;
        request->auto_format = true;
        return 0;
    }
    if (recipe_add(&request->recipe, word, argument, error) != 0)
        return BAD_REQUEST;
    int max;
    if (asks_too_much(&request->recipe, word, &max)) {
        error_set(error, PM_ERROR_USAGE, "%s may be at most %d here: more takes too long (use pixmill run)",
                  word, max);
        return FORBIDDEN;
    }
    request->auto_format = request->auto_format && !format;
    return 0;
}

/* Adds a decoded segment to the recipe if it is a step (*taken). 0, or the status of the refusal. */
static int take_step(struct request *request, char *segment, bool *taken, struct pm_error *error)
{
    char *argument = strchr(segment, '=');
    if (argument != NULL)
        *argument = '\0';
    *taken = is_step(segment, argument);
    int status = *taken ? add_step(request, segment, argument != NULL ? argument + 1 : NULL, error) : 0;
    if (argument != NULL)
        *argument = '=';
    return status;
}

int request_parse(const char *path, size_t size, struct request *request, struct pm_error *error)
{
    size_t length = 0; /* of request->file */
    bool in_recipe = true;
    recipe_init(&request->recipe);
    request->auto_format = false;
    for (size_t at = 1; at <= size;) {
        const char *slash = memchr(path + at, '/', size - at);
        size_t end = slash != NULL ? (size_t)(slash - path) : size;
        char *segment = request->file + length;
        int status = decode_segment(path + at, end - at, segment, sizeof request->file - length - 1, error);
        if (status != 0)
            return status;
        bool last = slash == NULL, taken = false;
        if (last && *segment == '\0')
            return refuse(NOT_FOUND, error, "the path does not name a file (end it with one)");
        if (*segment == '\0')
            return refuse(BAD_REQUEST, error, "a part of the path is empty (write one slash instead of two)");
        if (in_recipe && !last) {
            taken = strcmp(segment, "-") == 0;
            in_recipe = !taken;
            if (in_recipe && (status = take_step(request, segment, &taken, error)) != 0)
                return status;
            in_recipe = in_recipe && taken;
        }
        if (!taken && *segment == '.')
            return refuse(NOT_FOUND, error, "files whose names begin with a dot are not served (rename it)");
        if (!taken) {
            length += strlen(segment);
            request->file[length++] = '/';
        }
        at = end + 1;
    }
    if (length == 0)
        return refuse(NOT_FOUND, error, "the path does not name a file (end it with one)");
    request->file[length - 1] = '\0';
    return 0;
}
