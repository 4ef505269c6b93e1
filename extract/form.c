#include "form.h"

#include <string.h>

const struct node *form_field(const struct form *form, const char *block, const char *name)
{
    const struct node *fields = node_child(form->declaration, block);
    for (const struct node *node = fields ? fields->first : NULL; node; node = node->next)
        if (strcmp(node->name, name) == 0 && (node->value || node->first))
            return node;
    return NULL;
}

static const char *header_text(const struct form *form, const char *name)
{
    const struct node *node = form_field(form, "header", name);
    return node && node->value ? node->value : "";
}

const char *form_id(const struct form *form)
{
    const char *id = node_get(form->declaration, "id");
    return id ? id : "";
}

const char *form_project(const struct form *form) { return header_text(form, "project-name"); }
const char *form_code(const struct form *form) { return header_text(form, "project-code"); }
const char *form_year(const struct form *form) { return header_text(form, "fiscal-year"); }

const char *form_unit(const struct form *form)
{
    static const char *const names[] = {"implementing-unit", "reporting-unit", "competent-department"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *unit = header_text(form, names[i]);
        if (*unit)
            return unit;
    }
    return "";
}

uint32_t source_offset(const struct source *source, size_t byte)
{
    uint32_t low = 0, high = source->length;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (source_byte(source, middle) < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
