#include "serve/client_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "transform/recipe.h"

/* Is the option that the text begins with a step of the URLs that are served? */
static bool is_step(const char *option)
{
    char word[32];
    int length = (int)strspn(option, "abcdefghijklmnopqrstuvwxyz-");
    return snprintf(word, sizeof word, "%.*s", length, option) < (int)sizeof word &&
           recipe_setting_find(word) != NULL;
}

/* Does the advice speak of what only the operator can change? */
static bool is_for_operator(const char *advice)
{
    if (strstr(advice, "ulimit") != NULL)
        return true;
    for (const char *option = advice; (option = strstr(option, "--")) != NULL;) {
        option += 2;
        if (!is_step(option))
            return true;
    }
    return false;
}

/* What a message ends in, from the blank before its bracket on; NULL: it gives no advice. */
static const char *advice_of(const char *message)
{
    const char *advice = NULL;
    for (const char *at = message; (at = strstr(at, " (")) != NULL; at++)
        advice = at;
    return advice;
}

void client_words(const char *message, char *words, size_t size)
{
    const char *advice = advice_of(message), *option;
    size_t length = 0;
    words[0] = '\0';
    if (advice != NULL && is_for_operator(advice)) {
        snprintf(words, size, "%.*s", (int)(advice - message), message);
        return;
    }
    for (; (option = strstr(message, "--")) != NULL && length < size; message = option + 2)
        length += (size_t)snprintf(words + length, size - length, "%.*sthe step ", (int)(option - message),
                                   message);
    if (length < size)
        snprintf(words + length, size - length, "%s", message);
}
