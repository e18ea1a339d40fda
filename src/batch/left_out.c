/* The text of what a batch left out, by kind. */
#include <stdio.h>

#include "batch/batch.h"

/* A list of counts, as text. */
struct list {
    char *text;
    size_t size, used;
};

static void add(struct list *list, size_t count, const char *what)
{
    if (count == 0 || list->used >= list->size)
        return;
    list->used += (size_t)snprintf(list->text + list->used, list->size - list->used, "%s%zu %s",
                                   list->used > 0 ? ", " : "", count, what);
}

void batch_left_out(const struct batch_counts *counts, char *text, size_t size)
{
    struct list list = {.text = text, .size = size};
    size_t other = counts->left_out;
    text[0] = '\0';
    for (enum image_kind kind = KIND_NONE + 1; kind < IMAGE_KINDS; kind++) {
        add(&list, counts->kinds[kind], image_kind_name(kind));
        other -= counts->kinds[kind];
    }
    add(&list, counts->kinds[KIND_NONE], "named as images");
    other -= counts->kinds[KIND_NONE];
    add(&list, counts->hidden, "hidden");
    add(&list, counts->excluded, "excluded");
    add(&list, other, other == 1 ? "other file" : "other files");
    if (list.used > 0 && list.used < size)
        snprintf(text + list.used, size - list.used, " left out");
}

void batch_no_image(const struct batch_counts *counts, struct pm_error *error)
{
    char names[64], left_out[LEFT_OUT_MAX];
    batch_left_out(counts, left_out, sizeof left_out);
    error_set_hint(error, PM_ERROR_USAGE, PM_HINT_ALLOW_EMPTY,
                   "there is nothing to do: no supported image, %s; pixmill reads %s", left_out,
                   codec_names(names, sizeof names));
}
