/* The name of an ICC profile, of its beginning alone, and of broken ones. */
#include "color/profile_name.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "color/target.h"

enum { AT = 144, PROFILE = 1024 };

/* A profile of one tag, whose data[size] it is. */
static size_t make(uint8_t profile[PROFILE], const void *data, size_t size)
{
    memset(profile, 0, PROFILE);
    put_be32(profile, (uint32_t)(AT + size));
    put_be32(profile + 128, 1);
    memcpy(profile + 132, "desc", 4);
    put_be32(profile + 136, AT);
    put_be32(profile + 140, (uint32_t)size);
    memcpy(profile + AT, data, size);
    return AT + size;
}

static void expect(const uint8_t *profile, size_t size, size_t room, const char *name)
{
    char got[64];
    uint8_t *exact = malloc(size); /* a sanitizer sees an overrun */
    memcpy(exact, profile, size);
    memset(got, 'x', sizeof got);
    profile_name(exact, size, got, room);
    cr_expect_str_eq(got, name);
    free(exact);
}

#define EXPECT(data, name)                                                                                   \
    do {                                                                                                     \
        uint8_t made[PROFILE];                                                                               \
        expect(made, make(made, data, sizeof(data) - 1), 64, name);                                          \
    } while (0)

Test(profile_name, is_the_description)
{
    uint8_t p3[MATRIX_PROFILE_MAX];
    const size_t size = color_target_profile(COLOR_P3, false, p3);
    expect(p3, size, 64, "Display P3");
    expect(p3, size, 11, "Display P3");
    expect(p3, size, 10, "Display P");
    expect(p3, size, 1, "");
    EXPECT("desc\0\0\0\0\0\0\0\11Some RGB\0and more", "Some RGB");
    EXPECT("desc\0\0\0\0\0\0\0\3RGB and more", "RGB");
    EXPECT("desc\0\0\0\0\0\0\0\4Gr\374n", "Gr\303\274n");
    EXPECT("desc\0\0\0\0\0\0\0\5Gr\303\274n", "Gr\303\274n");
}

Test(profile_name, is_english_if_it_can_be)
{
    static const char languages[] =
        "mluc\0\0\0\0\0\0\0\2\0\0\0\14deDE\0\0\0\4\0\0\0\50enUS\0\0\0\2\0\0\0\54\0G\0r\0B";
    char first[sizeof languages];
    uint8_t made[PROFILE];
    EXPECT(languages, "B");
    memcpy(first, languages, sizeof first);
    memcpy(first + 28, "fr", 2);
    expect(made, make(made, first, sizeof first - 1), 64, "Gr");
    /* 0xD83C 0xDFA8, an artist's palette, is four bytes long. */
    EXPECT("mluc\0\0\0\0\0\0\0\1\0\0\0\14enUS\0\0\0\6\0\0\0\34\0a\xd8\x3c\xdf\xa8", "a\xf0\x9f\x8e\xa8");
    make(made, "mluc\0\0\0\0\0\0\0\1\0\0\0\14enUS\0\0\0\6\0\0\0\34\0a\xd8\x3c\xdf\xa8", 34);
    expect(made, AT + 34, 5, "a");
}

Test(profile_name, of_broken_profiles_is_empty)
{
    uint8_t p3[MATRIX_PROFILE_MAX], made[PROFILE];
    const size_t size = color_target_profile(COLOR_P3, false, p3);
    for (size_t cut = 0; cut <= size; cut++) {
        const size_t end = 132 + 10 * 12 + 28 + 20; /* of the name */
        expect(p3, cut, 64, cut < end ? "" : "Display P3");
    }
    EXPECT("desc\0\0\0\0\0\0\0\12Some RGB", "");
    EXPECT("desc\0\0\0\0\377\377\377\377Some RGB", "");
    EXPECT("desc\0\0\0\0", "");
    EXPECT("XYZ \0\0\0\0\0\0\0\10Some RGB", "");
    EXPECT("mluc\0\0\0\0\377\377\377\377\0\0\0\14", "");
    EXPECT("mluc\0\0\0\0\0\0\0\1\0\0\0\14enUS\377\377\377\376\0\0\0\34\0a", "");
    EXPECT("mluc\0\0\0\0\0\0\0\1\0\0\0\14enUS\0\0\0\2\377\377\377\377\0a", "");
    EXPECT("mluc\0\0\0\0\0\0\0\1\0\0\0\14enUS\0\0\0\2\0\0\0\34\xd8\x3c", "");
    make(made, "desc\0\0\0\0\0\0\0\3RGB", 15);
    memcpy(made + 132, "cprt", 4);
    expect(made, AT + 15, 64, "");
    memcpy(made + 132, "desc", 4);
    put_be32(made + 128, UINT32_MAX);
    expect(made, AT + 15, 64, "RGB");
    put_be32(made + 136, UINT32_MAX);
    expect(made, AT + 15, 64, "");
}
