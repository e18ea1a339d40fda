#include <criterion/criterion.h>
#include <string.h>

#include "codec/part.h"
#include "serve/negotiate.h"

static void expect_of(const char *accept, const char *own, const char *format)
{
    const struct span span = {accept, accept != NULL ? strlen(accept) : 0};
    const struct codec *codec = negotiate_format(span, own != NULL ? codec_of_suffix(own) : NULL);
    cr_expect_str_eq(codec != NULL ? codec->name : "none", format, "%s of %s", accept, own);
}

/* Expects `format`, which is not the input's; NULL: the input's own. */
static void expect(const char *accept, const char *format)
{
    if (format != NULL)
        expect_of(accept, strcmp(format, "png") == 0 ? "jpeg" : "png", format);
    for (size_t i = 0; format == NULL && codecs[i] != NULL; i++)
        expect_of(accept, codecs[i]->name, codec_written(codecs[i])->name);
}

Test(negotiate, the_one_that_weighs_most_is_taken)
{
    expect("image/png", "png");
    expect("image/jpeg", "jpeg");
    expect("image/jpeg;q=0.5, image/png;q=0.8", "png");
    expect("image/jpeg;q=0.801,image/png;q=0.8", "jpeg");
    expect("image/png, image/*;q=0.5", "png");
    expect("image/*, image/png;q=0.5", "jpeg");
    expect("*/*, image/jpeg;q=0", "png");
    expect("IMAGE/PNG ; Q=1 , image/*;q=0.1", "png");
    expect("image/png;level=9;q=0.9, image/jpeg;q=0.2", "png");
}

Test(negotiate, the_closest_range_counts_wherever_it_stands)
{
    expect("image/png;q=0.1, */*;q=0.9, image/*;q=0.5", "jpeg");
    expect("*/*;q=1, image/*;q=0.2, image/png;q=0.3", "png");
}

Test(negotiate, without_a_preference_the_inputs_own_stays)
{
    expect(NULL, NULL);
    expect("", NULL);
    expect("*/*", NULL);
    expect("image/*;q=0.8", NULL);
    expect("image/avif,image/webp,image/apng,image/*,*/*;q=0.8", NULL);
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "jpeg", "jpeg");
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "png", "png");
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "webp", "jpeg");
    expect_of("*/*", NULL, "jpeg");
    expect("text/html", NULL);
    expect("image/png;q=0, image/jpeg;q=0", NULL);
}

Test(negotiate, avif_is_for_clients_that_prefer_it_and_tiff_for_none)
{
    const bool avif = codec_part_find(codec_of_suffix("avif"), &(struct pm_error){0}) == 0;
    expect("image/avif, image/jpeg;q=0.5", avif ? "avif" : "jpeg");
    expect("image/avif, image/jpeg", "jpeg");
    expect("image/tiff, image/jpeg;q=0.5", "jpeg");
}

Test(negotiate, a_weight_that_is_none_counts_as_nothing)
{
    expect("image/png;q=2, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=1.001, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=0.12345, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=-1, image/jpeg;q=0.1", "jpeg");
    expect(",,;,image/png;;q=0.3,/,=,image", "png");
}
