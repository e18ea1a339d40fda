/*
 * Text from outside (file names, arguments, metadata), which may hold any byte: escaped for terminals and for
 * JSON. Both forms can be decoded to the original bytes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the UTF-8 character at the start of `text`, 1 to 4 bytes; 0 if it is invalid (Unicode 15, table
 * 3-7: surrogate, overlong, beyond U+10FFFF) or the text ends. */
size_t text_character(const char *text);

/* Are bytes[size] valid UTF-8 (by that table) without NUL? */
bool text_is_utf8(const uint8_t *bytes, size_t size);

/* Converts Latin-1 to UTF-8, without a final NUL; each byte from 0x80 on becomes two. Returns the length. */
size_t text_from_latin1(const uint8_t *latin1, size_t size, char *utf8);

/* Converts UTF-16 to UTF-8, into utf8[3 * (size / 2)]. Returns the length; 0 if malformed: an odd size, a
 * lone surrogate. */
size_t text_from_utf16(const uint8_t *utf16, size_t size, bool big_endian, char *utf8);

/* Writes `text` for display: bytes of control characters (U+0000 to U+001F, U+007F to U+009F) and bytes that
 * are not UTF-8 as \xHH, a backslash as two. */
void text_show(FILE *out, const char *text);

/* The same for a message whose names are already escaped: backslashes are unchanged. */
void text_show_message(FILE *out, const char *message);

/* Writes what text_show would to line[size], for messages; a long text is cut at its start: "..." and the
 * end. Returns line. `size` is at least 16. */
const char *text_shown(const char *text, char *line, size_t size);

/* Writes `argument` as one word of a POSIX shell, in single quotes where it needs them. */
void text_quote(FILE *out, const char *argument);

/* Writes `text` as a JSON string, in quotes. Control characters become \u0000 to \u001f and \u007f to \u009f,
 * because logs are viewed on terminals too; a byte that is not UTF-8 becomes the lone surrogate U+DC00 + byte
 * (Python's surrogateescape): \udc80 to \udcff. */
void text_json(FILE *out, const char *text);

/* The same for text[size], not NUL-terminated; a NUL in it becomes \u0000. */
void text_json_bytes(FILE *out, const char *text, size_t size);

/* Writes bytes[size] as 2 * size hexadecimal digits, lower case, and a NUL. Much faster than printf. */
void text_hex(const uint8_t *bytes, size_t size, char *hex);

/* The value of a hexadecimal digit, upper or lower case; -1 if it is not one. */
int text_hex_digit(char digit);

/* Damerau-Levenshtein distance (optimal string alignment): min edits (insert, delete, substitute, swap
 * neighbours) from one word to the other. SIZE_MAX if a word is longer than 63 bytes. */
size_t text_distance(const char *a, const char *b);

#endif
