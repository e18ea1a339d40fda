/*
 * A small HTTP server that misbehaves on request, as the first part of the path says. It runs in threads of
 * the test, on a free port of 127.0.0.1, and records requests.
 *
 *     /ok/NAME           the picture, whole, with entity tag; ranges and If-Range are answered
 *     /chunked/NAME      without a length, in chunks         /unsized/NAME   without a length, until it
 * closes /cut/N/NAME        as ok, but the connection breaks after N bytes of the first body /cutdate/N/NAME
 * the same with Last-Modified for the entity tag /cutplain/N/NAME   the same with neither, and no ranges
 *     /changed/N/NAME    the same, and the file is another afterwards, with another entity tag
 *     /swapped/N/NAME    the same, told by its bytes alone: with neither tag nor date
 *     /liar/N/NAME       the same, but the part is of the new file, whatever If-Range says
 *     /unranged/N/NAME   cut, with an entity tag, and 416 for the part
 *     /short/NAME        always breaks after half of the body
 *     /busy/STATUS/AFTER/N/NAME   the first N times STATUS, with Retry-After: AFTER ("-": none; "date": in a
 *                        second, as a date), then the picture
 *     /status/STATUS/NAME   that status and a page of 100 bytes
 *     /to/N/NAME         N redirects, then the picture       /away/URL        redirects to http://URL
 *     /scheme/URL        redirects to URL
 *     /endless/NAME      bytes without end                   /drip/NAME       a byte every 20 ms
 *     /secret/NAME       401 without the user "me" and password "hush"
 *     /mute/NAME         takes the request and never answers
 *     /other/NAME        answers in another protocol         /headers/NAME    header lines without end
 *     /header/NAME       a header line without end
 *     /packed/CODING/NAME   the picture, whole, said to be in that Content-Encoding
 *     /together/N/NAME   the picture, once N such requests wait at the same time, and a moment later
 *     /cookie/NAME       sets a cookie and redirects to ok/NAME
 *
 * NAME chooses what is sent: one that begins with "large" the large picture, "text" a text, else the small
 * one.
 */
#ifndef TESTS_NET_SERVER_H
#define TESTS_NET_SERVER_H

#include <stddef.h>
#include <stdint.h>

/* Starts it; it lasts as long as the test's process. Returns its port. The pictures stand in files of the
 * working folder. */
unsigned server_start(const char *small, const char *large);

/* The same on another IPv4 address of this machine, in the host's byte order; INADDR_ANY: on all of them. */
unsigned server_start_on(uint32_t host, const char *small, const char *large);

/* "http://127.0.0.1:PORT/path", from a printf format; valid until sixteen more calls. */
__attribute__((format(printf, 1, 2))) const char *server_url(const char *format, ...);

/* How often a path was asked for; of all when it is NULL. */
unsigned server_asked(const char *path);

/* The last request for the path, all of its header. */
const char *server_request(const char *path);

/* How many requests for /together/ waited at the same time, at most. */
unsigned server_most_together(void);

#endif
