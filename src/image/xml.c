#include "image/xml.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool xml_is(struct xml_piece piece, const char *text)
{
    return strlen(text) == piece.size && memcmp(piece.at, text, piece.size) == 0;
}

static bool begins(const char *at, const char *end, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(end - at) >= size && memcmp(at, text, size) == 0;
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* Parses a name at `at`, with at most one colon, not at either end. Returns its end, or NULL. */
static const char *read_name(const char *at, const char *end, struct xml_name *name)
{
    const char *first = at, *colon = NULL;
    for (; at < end && !is_space(*at) && strchr("=/><\"'&", *at) == NULL; at++) {
        if (*at != ':')
            continue;
        if (colon != NULL)
            return NULL;
        colon = at;
    }
    if (at == first || colon == first || colon == at - 1)
        return NULL;
    const char *local = colon != NULL ? colon + 1 : first;
    *name = (struct xml_name){
        .whole = {first, (size_t)(at - first)},
        .prefix = {first, colon != NULL ? (size_t)(colon - first) : 0},
        .local = {local, (size_t)(at - local)},
        .ns = XML_NO_NAMESPACE,
    };
    return at;
}

/* Parses an attribute at `at`, after white space. Returns its end; `at` itself if the tag ends here; NULL on
 * an error. */
static const char *read_attribute(const char *at, const char *end, struct xml_attribute *attribute)
{
    const char *p = skip_space(at, end);
    if (p < end && (*p == '>' || *p == '/'))
        return at;
    if (p == at || (p = read_name(p, end, &attribute->name)) == NULL)
        return NULL;
    p = skip_space(p, end);
    if (p == end || *p != '=')
        return NULL;
    p = skip_space(p + 1, end);
    if (p == end || (*p != '"' && *p != '\''))
        return NULL;
    const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
    if (close == NULL || memchr(p + 1, '<', (size_t)(close - p - 1)) != NULL)
        return NULL;
    attribute->value = (struct xml_piece){p + 1, (size_t)(close - p - 1)};
    attribute->whole = (struct xml_piece){at, (size_t)(close + 1 - at)};
    attribute->declares = xml_is(attribute->name.prefix, "xmlns") || xml_is(attribute->name.whole, "xmlns");
    return close + 1;
}

static int known_namespace(const struct xml_reader *reader, struct xml_piece uri)
{
    for (int ns = 0; reader->known[ns] != NULL; ns++) {
        if (xml_is(uri, reader->known[ns]))
            return ns;
    }
    return uri.size == 0 ? XML_NO_NAMESPACE : XML_OTHER_NAMESPACE;
}

/* False if there are too many, or its URI contains entities and can't be compared. */
static bool bind(struct xml_reader *reader, const struct xml_attribute *attribute)
{
    if (reader->nbindings == XML_BINDINGS_MAX ||
        memchr(attribute->value.at, '&', attribute->value.size) != NULL)
        return false;
    struct xml_piece prefix = attribute->name.local;
    if (attribute->name.prefix.size == 0)
        prefix.size = 0; /* xmlns="..." */
    reader->bindings[reader->nbindings++] =
        (struct xml_binding){prefix, known_namespace(reader, attribute->value)};
    return true;
}

/* Sets name->ns from its prefix. False if the prefix is not declared. */
static bool resolve(const struct xml_reader *reader, struct xml_name *name, bool is_attribute)
{
    if (is_attribute && name->prefix.size == 0)
        return true; /* the default namespace is for elements */
    for (unsigned i = reader->nbindings; i-- > 0;) {
        const struct xml_binding *binding = &reader->bindings[i];
        if (binding->prefix.size == name->prefix.size &&
            memcmp(binding->prefix.at, name->prefix.at, name->prefix.size) == 0) {
            name->ns = binding->ns;
            return true;
        }
    }
    if (xml_is(name->prefix, "xml"))
        name->ns = XML_OTHER_NAMESPACE;
    return name->prefix.size == 0 || name->ns == XML_OTHER_NAMESPACE;
}

void xml_open(struct xml_reader *reader, const char *text, size_t size, const char *const *known)
{
    reader->next = text;
    reader->end = text + size;
    reader->known = known;
    reader->began = false;
    reader->depth = reader->nbindings = reader->bindings_behind = 0;
}

/* Makes the text from reader->next to `end` the token; `end` NULL: an error. */
static enum xml_kind end_token(struct xml_reader *reader, struct xml_token *token, enum xml_kind kind,
                               const char *end)
{
    token->kind = end != NULL ? kind : XML_ERROR;
    if (end == NULL)
        return XML_ERROR;
    token->whole = (struct xml_piece){reader->next, (size_t)(end - reader->next)};
    reader->next = end;
    return kind;
}

/* The end of the next `mark`, or NULL. */
static const char *behind(const struct xml_reader *reader, size_t begin, const char *mark)
{
    const char *from = reader->next + begin;
    const char *found = memmem(from, (size_t)(reader->end - from), mark, strlen(mark));
    return found != NULL ? found + strlen(mark) : NULL;
}

static const char *read_open(struct xml_reader *reader, struct xml_token *token)
{
    if ((reader->began && reader->depth == 0) || reader->depth == XML_DEPTH_MAX)
        return NULL;
    const unsigned outside = reader->nbindings;
    const char *at = read_name(reader->next + 1, reader->end, &token->name), *next;
    struct xml_attribute attribute;
    for (; at != NULL && (next = read_attribute(at, reader->end, &attribute)) != at; at = next) {
        if (next == NULL || (attribute.declares && !bind(reader, &attribute)))
            return NULL;
    }
    if (at == NULL || !resolve(reader, &token->name, false))
        return NULL;
    at = skip_space(at, reader->end);
    token->empty = begins(at, reader->end, "/>");
    if (!token->empty && !begins(at, reader->end, ">"))
        return NULL;
    token->depth = reader->depth + 1;
    reader->began = true;
    reader->bindings_behind = token->empty ? outside : reader->nbindings;
    if (!token->empty)
        reader->elements[reader->depth++] = (struct xml_element){token->name.whole, outside};
    return at + (token->empty ? 2 : 1);
}

static const char *read_close(struct xml_reader *reader, struct xml_token *token)
{
    const char *at = read_name(reader->next + 2, reader->end, &token->name);
    if (at == NULL || reader->depth == 0 || !resolve(reader, &token->name, false))
        return NULL;
    at = skip_space(at, reader->end);
    const struct xml_element *element = &reader->elements[reader->depth - 1];
    if (at == reader->end || *at != '>' || element->name.size != token->name.whole.size ||
        memcmp(element->name.at, token->name.whole.at, element->name.size) != 0)
        return NULL;
    token->depth = reader->depth--;
    reader->bindings_behind = element->nbindings;
    return at + 1;
}

enum xml_kind xml_next(struct xml_reader *reader, struct xml_token *token)
{
    const char *at = reader->next, *end = reader->end;
    reader->nbindings = reader->bindings_behind;
    if (at == end)
        return token->kind = reader->began && reader->depth == 0 ? XML_END : XML_ERROR;
    if (*at != '<') {
        struct xml_piece text = xml_text_ahead(reader);
        bool outside = reader->depth == 0 && skip_space(at, at + text.size) != at + text.size;
        return end_token(reader, token, XML_REST, outside ? NULL : at + text.size);
    }
    if (begins(at, end, "<?"))
        return end_token(reader, token, XML_REST, behind(reader, 2, "?>"));
    if (begins(at, end, "<!--"))
        return end_token(reader, token, XML_REST, behind(reader, 4, "-->"));
    if (begins(at, end, "<![CDATA[") && reader->depth > 0)
        return end_token(reader, token, XML_REST, behind(reader, 9, "]]>"));
    if (begins(at, end, "<!"))
        return end_token(reader, token, XML_ERROR, NULL);
    if (begins(at, end, "</"))
        return end_token(reader, token, XML_CLOSE, read_close(reader, token));
    return end_token(reader, token, XML_OPEN, read_open(reader, token));
}

int xml_attribute(const struct xml_reader *reader, const struct xml_token *token, const char **at,
                  struct xml_attribute *attribute)
{
    const char *begin = *at != NULL ? *at : token->name.whole.at + token->name.whole.size;
    const char *next = read_attribute(begin, token->whole.at + token->whole.size, attribute);
    if (next == begin)
        return 0;
    *at = next;
    if (attribute->declares) {
        attribute->name.ns = known_namespace(reader, attribute->value);
        return 1;
    }
    return resolve(reader, &attribute->name, true) ? 1 : -1;
}

struct xml_piece xml_text_ahead(const struct xml_reader *reader)
{
    const char *end = memchr(reader->next, '<', (size_t)(reader->end - reader->next));
    return (struct xml_piece){reader->next, (size_t)((end != NULL ? end : reader->end) - reader->next)};
}
