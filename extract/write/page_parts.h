/* The page's template, style and script: extract/page/ as it was when the program was
 * built (cmake/embed.cmake writes page_parts.c). NUL-terminated. */
#ifndef SHENBAO_WRITE_PAGE_PARTS_H
#define SHENBAO_WRITE_PAGE_PARTS_H

#include <stddef.h>

extern const unsigned char page_html[], page_css[], page_js[];
extern const size_t page_html_length, page_css_length, page_js_length;

#endif
