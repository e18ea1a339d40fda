/*
 * Text that comes from outside: file names, arguments, metadata, which may hold any byte. A terminal is shown
 * only what is harmless, a log only what is JSON, and both can be turned back into the very bytes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the UTF-8 character at the start of `text`, 1 to 4; 0 when it is none (Unicode 15, table 3-7: no
 * surrogate, nothing overlong, nothing beyond U+10FFFF) or the text ends. */
size_t text_character(const char *text);

/* Are bytes[size] UTF-8 by that table, and none of them NUL? */
bool text_is_utf8(const uint8_t *bytes, size_t size);

/* Writes Latin-1 as UTF-8, without a NUL at its end; each byte of it
 * from 0x80 on becomes two. Returns how many there are then. */
size_t text_from_latin1(const uint8_t *latin1, size_t size, char *utf8);

/* UTF-16 of that byte order to UTF-8, into utf8[3 * (size / 2)]. Returns its length, 0 when it is malformed:
 * an odd byte, a surrogate alone. */
size_t text_from_utf16(const uint8_t *utf16, size_t size, bool big_endian, char *utf8);

/* Writes `text` as it is shown to people: bytes of control characters (U+0000 to U+001F, U+007F to U+009F)
 * and bytes that are not UTF-8 as \xHH, a backslash as two. */
void text_show(FILE *out, const char *text);

/* The same of a message, in which names are already shown: a backslash stays as it is. */
void text_show_message(FILE *out, const char *message);

/* What text_show writes, into line[size], for messages; of a long text the end is shown, after "...". Returns
 * line. `size` is at least 16. */
const char *text_shown(const char *text, char *line, size_t size);

/* Writes `text` as a JSON string, in quotes. Control characters become \u0000 to \u001f and \u007f to \u009f,
 * for logs are looked at on terminals too; a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte
 * (Python's surrogateescape): \udc80 to \udcff. */
void text_json(FILE *out, const char *text);

/* The same of text[size], which no NUL ends; one in it becomes \u0000. */
void text_json_bytes(FILE *out, const char *text, size_t size);

/* Writes bytes[size] as 2 * size hexadecimal digits, lower case, and a NUL. Many times as fast as printf. */
void text_hex(const uint8_t *bytes, size_t size, char *hex);

/* The value of a hexadecimal digit of either case; -1 when it is none. */
int text_hex_digit(char digit);

/* How many edits (insert, delete, change or swap neighbours) turn one word into the other: Damerau's
 * distance, optimal string alignment. Words longer than 63 bytes are far from everything. */
size_t text_distance(const char *a, const char *b);

#endif
