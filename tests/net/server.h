/*
 * A small HTTP server that misbehaves as the first part of the path says. It runs in threads of the test, on
 * a free port of 127.0.0.1, and records requests.
 *
 *     /ok/NAME           the whole picture with an entity tag; supports ranges and If-Range
 *     /chunked/NAME      without a length, in chunks
 *     /unsized/NAME      without a length, until the connection closes
 *     /cut/N/NAME        as ok, but the connection breaks after N bytes of the first body
 *     /cutdate/N/NAME    as cut, with Last-Modified instead of the entity tag
 *     /cutplain/N/NAME   as cut, with neither, and without ranges
 *     /changed/N/NAME    as cut, and the file is a different one afterwards, with a different entity tag
 *     /swapped/N/NAME    as changed, with neither tag nor date: only the bytes differ
 *     /liar/N/NAME       as changed, but the part is of the new file, whatever If-Range says
 *     /unranged/N/NAME   cut, with an entity tag, and 416 for the part
 *     /short/NAME        always breaks after half of the body
 *     /busy/STATUS/AFTER/N/NAME   the first N times STATUS, with Retry-After: AFTER ("-": no such
 *                        field; "date": a date one second from now), then the picture
 *     /status/STATUS/NAME   that status and a page of 100 bytes
 *     /to/N/NAME         N redirects, then the picture
 *     /away/URL          redirects to http://URL
 *     /scheme/URL        redirects to URL
 *     /endless/NAME      bytes without end
 *     /drip/NAME         a byte every 20 ms
 *     /secret/NAME       401 without the user "me" and password "hush"
 *     /mute/NAME         accepts the request and never answers
 *     /other/NAME        answers in another protocol
 *     /headers/NAME      header lines without end
 *     /header/NAME       one header line without end
 *     /packed/CODING/NAME   the whole picture, with that Content-Encoding
 *     /together/N/NAME   the picture, a moment after N such requests wait at the same time
 *     /cookie/NAME       sets a cookie and redirects to ok/NAME
 *
 * As S3 storage (s3://BUCKET/... asks for /BUCKET/...), also with PUT and DELETE, whose bodies it drops:
 *
 *     /lists/KIND/NAME   a picture; of the prefix KIND/ a page that is right or wrong as KIND says
 *     /puts/STATUS/N/NAME   the first N times STATUS with an error's document, then 200
 *     /parts/KIND/NAME   stored in parts: the second is "refused", or they can't be joined ("torn")
 *
 * NAME selects the content: the large picture if it begins with "large", a text if it begins with "text",
 * else the small picture.
 */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include <stddef.h>
#include <stdint.h>

/* Starts the server, which runs until the test's process ends. Returns its port. The pictures are files in
 * the working folder. */
unsigned server_start(const char *small, const char *large);

/* The same on another IPv4 address of this machine, in host byte order; INADDR_ANY: on all of them. */
unsigned server_start_on(uint32_t host, const char *small, const char *large);

/* "http://127.0.0.1:PORT/path", from a printf format; valid until sixteen more calls. */
__attribute__((format(printf, 1, 2))) const char *server_url(const char *format, ...);

/* How often a path was requested; NULL: all paths together. */
unsigned server_asked(const char *path);

/* How often a path was requested with PUT, and with DELETE. */
unsigned server_put(const char *path);
unsigned server_deleted(const char *path);

/* The complete header of the last request for the path. */
const char *server_request(const char *path);

/* The max number of requests for /together/ that waited at the same time. */
unsigned server_most_together(void);

#endif
