/* Becoming another program, or the same one in another environment. */
#ifndef CLI_BECOME_H
#define CLI_BECOME_H

/* Becomes the program `name`, which stands beside the command, as built, or in the libexec folder, as
 * installed. It is linked to what `command` needs and the rest does not, so that the command itself starts as
 * fast as it can. Its arguments are those from argv[2] on. Returns only when it can't, with the exit status.
 */
int become_program(const char *command, const char *name, char **argv);

/* Some libraries read their environment before main. So the program adds "NAME=VALUE", unless the user has
 * set it, and starts itself once more; where that can't be done, what wants it is only slower. NULL: nothing.
 */
void become_with(const char *environment, char **argv);

#endif
