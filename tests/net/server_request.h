/* A request to the tests' server, and what its answers share. */
#ifndef TESTS_NET_SERVER_REQUEST_H
#define TESTS_NET_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_MAX = 4096 };

/* A request and the connection it came on. */
struct request {
    int fd;
    char method[8];
    char header[REQUEST_MAX], path[256];
    char verb[32];
    const char *rest; /* rest of the path, after the verb */
    unsigned count;   /* how often this path was requested, including this time */
};

/* These return whether the connection goes on. */
bool server_send(int fd, const void *data, size_t size);
__attribute__((format(printf, 2, 3))) bool server_send_text(int fd, const char *format, ...);
bool server_answer_ok(struct request *request);
bool server_answer_endless(struct request *request);

/* As S3 storage. */
bool server_answer_list(struct request *request);
bool server_answer_put(struct request *request);
bool server_answer_parts(struct request *request);

/* The value of a header line, or NULL. */
const char *server_header(const struct request *request, const char *name, char value[256]);

/* The function that answers paths whose first word is `verb`, or NULL. */
bool (*server_answer_of(const char *verb))(struct request *request);

/* Reads the two pictures that are served. */
void server_load(const char *small_path, const char *large_path);

/* Parses the number at the start of the rest of the path; moves *rest past it. */
size_t server_take_number(const char **rest);

#endif
