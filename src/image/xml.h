/*
 * Parses XML with namespaces into a stream of tokens, each a piece of the text: copying all of them copies
 * the document, and a caller may omit or replace some. Strict: elements must be well-formed and prefixes
 * declared; a DOCTYPE is an error, because it can redefine entities. Entities are not resolved.
 *
 *     xml_open(&reader, text, size, known);
 *     while (xml_next(&reader, &token) != XML_END)    XML_ERROR ends the loop, too
 */
#ifndef IMAGE_XML_H
#define IMAGE_XML_H

#include <stdbool.h>
#include <stddef.h>

enum { XML_DEPTH_MAX = 64, XML_BINDINGS_MAX = 128 };

struct xml_piece {
    const char *at;
    size_t size;
};

/* Namespaces are indices in the caller's list. */
enum { XML_OTHER_NAMESPACE = -1, XML_NO_NAMESPACE = -2 };

struct xml_name {
    struct xml_piece whole, prefix, local;
    int ns;
};

enum xml_kind {
    XML_ERROR,
    XML_END,   /* end of the document: the root element is closed */
    XML_OPEN,  /* a start tag, or an empty-element tag, after which no XML_CLOSE comes */
    XML_CLOSE, /* an end tag */
    XML_REST,  /* text, CDATA, a comment or a processing instruction */
};

struct xml_token {
    enum xml_kind kind;
    struct xml_piece whole;
    /* XML_OPEN and XML_CLOSE: */
    struct xml_name name;
    unsigned depth; /* of the element: 1 for the outermost */
    bool empty;     /* for XML_OPEN: an empty-element tag */
};

struct xml_attribute {
    struct xml_piece whole; /* including the white space before it */
    struct xml_name name;
    struct xml_piece value; /* without quotes */
    bool declares;          /* it declares the namespace name.ns */
};

struct xml_binding {
    struct xml_piece prefix; /* empty: the default namespace */
    int ns;
};

struct xml_element {
    struct xml_piece name;
    unsigned nbindings; /* before it */
};

struct xml_reader {
    const char *next, *end;   /* the caller may advance `next` within the text after a token */
    const char *const *known; /* URIs of namespaces, ending in NULL */
    bool began;               /* the outermost element was opened */
    unsigned depth, nbindings;
    unsigned bindings_behind; /* the number valid from the next token on */
    struct xml_element elements[XML_DEPTH_MAX];
    struct xml_binding bindings[XML_BINDINGS_MAX];
};

void xml_open(struct xml_reader *reader, const char *text, size_t size, const char *const *known);

enum xml_kind xml_next(struct xml_reader *reader, struct xml_token *token);

/* Iterates over the attributes of the last XML_OPEN token; *at is NULL for the first. Returns 1, 0 if there
 * are no more, or -1 if a prefix is not declared. */
int xml_attribute(const struct xml_reader *reader, const struct xml_token *token, const char **at,
                  struct xml_attribute *attribute);

/* The text from the reader's position to the next markup. */
struct xml_piece xml_text_ahead(const struct xml_reader *reader);

bool xml_is(struct xml_piece piece, const char *text);

#endif
