/* `pixmill serve`: becomes the program pixmill-serve. */
#include "cli/become.h"
#include "cli/command.h"

int cmd_serve(int argc, char **argv)
{
    (void)argc;
    return become_program("serve", "pixmill-serve", argv);
}
