#include "base/md5.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1321, appendix A.5. */
Test(md5, digests_of_the_standard)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "D41D8CD98F00B204E9800998ECF8427E"},
        {"a", "0CC175B9C0F1B6A831C399E269772661"},
        {"abc", "900150983CD24FB0D6963F7D28E17F72"},
        {"message digest", "F96B697D7CB7938D525A2F31AAF161D0"},
        {"abcdefghijklmnopqrstuvwxyz", "C3FCD3D76192E4007DFB496CCA67E13B"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "D174AB98D277D9F5A5611C2C9F419D9F"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57EDF4A22BE3C955AC49DA2E2107B67A"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[MD5_HEX + 1];
        md5_hex(cases[i].text, strlen(cases[i].text), hex);
        cr_assert_str_eq(hex, cases[i].hex, "%s", cases[i].text);
    }
}

/* Every length around a block's end, against one digest of all their digests (by Python's hashlib). */
Test(md5, every_length)
{
    enum { LENGTHS = 200 };
    uint8_t data[LENGTHS], digests[LENGTHS][MD5_BYTES];
    for (size_t i = 0; i < LENGTHS; i++)
        data[i] = (uint8_t)i;
    for (size_t i = 0; i < LENGTHS; i++)
        md5(data, i, digests[i]);
    char hex[MD5_HEX + 1];
    md5_hex(digests, sizeof digests, hex);
    cr_assert_str_eq(hex, "EEFA41F088D589FCF4E0F2C1CFDB7A3F");
}
