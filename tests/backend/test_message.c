#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "backend/message.h"

Test(message, an_empty_message_is_no_end)
{
    int ends[2];
    char byte;
    cr_assert_eq(message_pair(ends), 0);
    cr_assert_eq(message_peek(ends[0]), MESSAGE_NONE);
    cr_assert_eq(message_send(ends[1], "", 0), 0);
    cr_assert_eq(message_peek(ends[0]), MESSAGE_THERE);
    cr_assert_eq(message_receive(ends[0], &byte, 1), -1);
    cr_assert_eq(errno, EPROTO);
    cr_assert_eq(message_peek(ends[0]), MESSAGE_NONE);
    close(ends[1]);
    cr_assert_eq(message_peek(ends[0]), MESSAGE_END);
    cr_assert_eq(message_receive(ends[0], &byte, 1), -1);
    cr_assert_eq(errno, EPIPE);
    close(ends[0]);
}

Test(message, of_another_size_breaks_the_protocol)
{
    int ends[2];
    char bytes[4];
    cr_assert_eq(message_pair(ends), 0);
    for (size_t size = 1; size <= 8; size++) {
        if (size == sizeof bytes)
            continue;
        cr_assert_eq(message_send(ends[1], "nonsense", size), 0);
        cr_assert_eq(message_receive(ends[0], bytes, sizeof bytes), -1);
        cr_assert_eq(errno, EPROTO, "%zu bytes", size);
    }
    close(ends[0]);
    close(ends[1]);
}

Test(message, the_kernel_knows_what_was_received)
{
    int ends[2];
    char byte;
    cr_assert_eq(message_pair(ends), 0);
    cr_assert_not(message_unread(ends[0]));
    cr_assert_eq(message_send(ends[0], "a", 1), 0);
    cr_assert(message_unread(ends[0]));
    cr_assert_eq(message_receive(ends[1], &byte, 1), 0);
    cr_assert_not(message_unread(ends[0]));

    cr_assert_eq(message_send(ends[0], "b", 1), 0);
    cr_assert_eq(message_send(ends[1], "c", 1), 0);
    close(ends[1]);
    cr_assert_eq(message_receive(ends[0], &byte, 1), -1);
    cr_assert_eq(errno, ECONNRESET, "it went with a message unread");
    close(ends[0]);
}
