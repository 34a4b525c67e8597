/* Pieces of the text form that a dump shares with single values; for this folder only. */
#ifndef ORR_SPACE_VALUE_PARSE_H
#define ORR_SPACE_VALUE_PARSE_H

#include "space/value.h"

void orr_value_print_string(orr_text *out, const char *text, size_t size); /* quoted and escaped */
/* `text` starts with a quote: appends what the string says, sets `*used` to the bytes behind its closing
 * quote. */
ORR_MUST_CHECK orr_status orr_value_parse_quoted(const char *text, size_t size, orr_text *out, size_t *used,
                                                 orr_error *err);

#endif
