#include "reporting.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/report.h"
#include "../check.h"
#include "../explain.h"

enum {
    KEY_LANG = 768,
    KEY_ONLY,
    KEY_IGNORE,
    KEY_BASELINE,
    KEY_WRITE_BASELINE,
    KEY_SEVERITY,
    KEY_SUMMARY,
    KEY_REFUSED
};

/* ---- options ---- */

static const struct argp_option option_table[] = {
    {"format", 'f', "FORMAT", 0, "Write text (the default), json, sarif or csv", 1},
    {"output", 'o', "FILE", 0, "Write to FILE, not to standard output", 1},
    {"lang", KEY_LANG, "LANG", 0, "Speak zh or en; the default is that of the locale", 1},
    {"quiet", 'q', NULL, 0, "No summary behind the findings", 1},
    {"summary", KEY_SUMMARY, NULL, 0, "Nothing but the summary", 1},
    {"only", KEY_ONLY, "RULE", 0, "Only findings of RULE; several parted by commas, or given again", 1},
    {"ignore", KEY_IGNORE, "RULE", 0, "No findings of RULE", 1},
    {"severity", KEY_SEVERITY, "LEVEL", 0, "Nothing less severe than error, warning or info", 1},
    {"refused", KEY_REFUSED, NULL, 0, "List also what could not be decided, and why (json and csv always do)",
     1},
    {"baseline", KEY_BASELINE, "FILE", 0, "Hide the findings that are in FILE, a report in json", 1},
    {"write-baseline", KEY_WRITE_BASELINE, "FILE", 0, "Write all findings to FILE, to be a baseline", 1},
    {0},
};

/* Edit distance of short names. */
static size_t distance(const char *a, size_t a_length, const char *b)
{
    enum { MOST = 64 };
    size_t row[MOST + 1], b_length = strlen(b);
    if (a_length > MOST || b_length > MOST)
        return SIZE_MAX;
    for (size_t k = 0; k <= b_length; k++)
        row[k] = k;
    for (size_t i = 1; i <= a_length; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b_length; k++) {
            size_t above = row[k], cost = corner + (a[i - 1] != b[k - 1]);
            corner = above;
            row[k] = cost < above + 1 ? cost : above + 1;
            if (row[k - 1] + 1 < row[k])
                row[k] = row[k - 1] + 1;
        }
    }
    return row[b_length];
}

enum check reporting_check(const char *name, size_t length, char *hint, size_t room)
{
    enum { HINTS = 3 };
    enum check found = check_named(name, length);
    *hint = '\0';
    if (found < CHECKS && length)
        return found;
    size_t near[CHECKS], used = 0;
    for (enum check check = 0; check < CHECKS; check++) {
        near[check] = distance(name, length, checks[check].name);
        /* A part of the name is near, too: 'sum' is funding-sum. */
        if (length >= 3 && length < 64 &&
            memmem(checks[check].name, strlen(checks[check].name), name, length))
            near[check] = 1;
    }
    for (unsigned i = 0; i < HINTS; i++) {
        enum check best = 0;
        for (enum check check = 1; check < CHECKS; check++)
            if (near[check] < near[best])
                best = check;
        if (near[best] > length / 3 + 1)
            break;
        int more = snprintf(hint + used, room - used, "%s'%s'", i ? ", " : "; near: ", checks[best].name);
        if (more < 0 || (size_t)more >= room - used)
            break;
        used += (size_t)more;
        near[best] = SIZE_MAX;
    }
    if (!used)
        snprintf(hint, room, "; 'shenbao explain' lists them");
    return CHECKS;
}

static void parse_rules(bool *set, const char *list, const struct argp_state *state)
{
    for (;;) {
        size_t length = strcspn(list, ",");
        char hint[256];
        enum check check = reporting_check(list, length, hint, sizeof hint);
        if (check == CHECKS) {
            argp_error(state, "unknown rule '%.*s'%s", (int)length, list, hint);
            return;
        }
        set[check] = true;
        if (!list[length])
            return;
        list += length + 1;
    }
}

static enum severity severity_named(const char *name)
{
    enum severity severity = 0;
    while (severity < SEVERITIES && strcmp(name, severity_names[severity]) != 0)
        severity++;
    return severity;
}

static enum findings_format format_named(const char *name)
{
    enum findings_format format = 0;
    while (format < FINDINGS_FORMATS && strcmp(name, findings_format_names[format]) != 0)
        format++;
    return format;
}

static void check_options(struct reporting *reporting, const struct argp_state *state)
{
    if (reporting->is_quiet && reporting->is_summary)
        argp_error(state, "--quiet and --summary exclude each other");
    if ((reporting->is_quiet || reporting->is_summary) && reporting->format != FINDINGS_TEXT)
        argp_error(state, "--quiet and --summary are for text");
    for (enum check check = 0; reporting->has_only && check < CHECKS; check++)
        if (!reporting->has_kept[check])
            reporting->filter.is_off[check] = true;
        else if (!checks[check].run != reporting->is_across)
            report(REPORT_NOTE, (struct place){0}, "'%s' is a rule of 'shenbao %s'", checks[check].name,
                   reporting->is_across ? "check" : "compare");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct reporting *reporting = state->input;
    switch (key) {
    case 'f':
        reporting->format = format_named(argument);
        if (reporting->format == FINDINGS_FORMATS)
            argp_error(state, "unknown format '%s'; text, json, sarif and csv are known", argument);
        return 0;
    case 'o':
        reporting->file = strcmp(argument, "-") == 0 ? NULL : argument;
        return 0;
    case 'q':
        reporting->is_quiet = true;
        return 0;
    case KEY_LANG:
        reporting->language = language_named(argument, state);
        return 0;
    case KEY_ONLY:
        reporting->has_only = true;
        parse_rules(reporting->has_kept, argument, state);
        return 0;
    case KEY_IGNORE:
        parse_rules(reporting->filter.is_off, argument, state);
        return 0;
    case KEY_SEVERITY:
        reporting->filter.has_least = true;
        reporting->filter.least = severity_named(argument);
        if (reporting->filter.least == SEVERITIES)
            argp_error(state, "unknown level '%s'; error, warning and info are known", argument);
        return 0;
    case KEY_SUMMARY:
        reporting->is_summary = true;
        return 0;
    case KEY_REFUSED:
        reporting->filter.shows_refused = true;
        return 0;
    case KEY_BASELINE:
        reporting->baseline = argument;
        return 0;
    case KEY_WRITE_BASELINE:
        reporting->write_baseline = argument;
        return 0;
    case ARGP_KEY_END:
        check_options(reporting, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp reporting_argp = {.options = option_table, .parser = parse};

/* By the environment alone: whether the locale is installed does not matter. */
enum language language_of_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncasecmp(value, "zh", 2) == 0 && !isalpha((unsigned char)value[2]) ? LANGUAGE_ZH
                                                                                         : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}

enum language language_named(const char *name, const struct argp_state *state)
{
    enum language language = 0;
    while (language < LANGUAGES && strcmp(name, language_names[language]) != 0)
        language++;
    if (language == LANGUAGES)
        argp_error(state, "unknown language '%s'; zh and en are known", name);
    return language;
}

struct reporting reporting_new(bool is_across)
{
    return (struct reporting){.language = language_of_locale(), .is_across = is_across};
}

/* ---- outputs ---- */

static bool fail_output(const char *path, int failure)
{
    if (failure != EPIPE) /* whoever read it has had enough */
        report(REPORT_ERROR, (struct place){.path = path}, "cannot write: %s", strerror(failure));
    return false;
}

static bool target_find(struct output_target *target, const char *file, const char *const *inputs, size_t count)
{
    *target = (struct output_target){.folder = -1};
    if (output_is_input(file, inputs, count)) {
        report(REPORT_ERROR, (struct place){.path = file}, "is an input; choose another output");
        return false;
    }
    int failure = output_target_find(target, file);
    return !failure || fail_output(file, failure);
}

static bool target_open(struct output_target *target, const char *file, struct output *output)
{
    int failure = output_target_open(target, output);
    return !failure || fail_output(file, failure);
}

/* ---- the report ---- */

static bool wants_colour(const struct reporting *reporting)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !reporting->file && reporting->format == FINDINGS_TEXT && !(never && *never) && terminal &&
           strcmp(terminal, "dumb") != 0 && isatty(STDOUT_FILENO);
}

bool reporting_begin(struct reporting *reporting, const char *const *inputs, size_t count)
{
    if (reporting->baseline && !(reporting->filter.baseline = baseline_read(reporting->baseline)))
        return false;
    output_guard();
    if (reporting->write_baseline) {
        struct output_target *target = reporting->known_target = memory_resize(NULL, sizeof *target);
        if (!target_find(target, reporting->write_baseline, inputs, count))
            return false;
        /* Only one unfinished file at a time is cleaned up behind a signal: this one waits without a name. */
        reporting->spool = tmpfile();
        if (!reporting->spool)
            return fail_output("temporary file", errno);
        output_begin_in_place(&reporting->known_output, fileno(reporting->spool));
        reporting->no_filter.shows_refused = true;
        reporting->known = (struct findings_writer){.format = FINDINGS_JSON,
                                                    .language = reporting->language,
                                                    .filter = &reporting->no_filter,
                                                    .out = &reporting->known_output.buffer};
        findings_write_begin(&reporting->known);
    }
    if (reporting->file) {
        struct output_target *target = reporting->target = memory_resize(NULL, sizeof *target);
        if (!target_find(target, reporting->file, inputs, count) ||
            !target_open(target, reporting->file, &reporting->output))
            return false;
    } else {
        output_begin_in_place(&reporting->output, STDOUT_FILENO);
    }
    if (reporting->format == FINDINGS_SARIF)
        explain_descriptions(reporting->descriptions, reporting->language, &reporting->arena);
    reporting->writer = (struct findings_writer){
        .format = reporting->format,
        .language = reporting->language,
        .filter = &reporting->filter,
        .out = &reporting->output.buffer,
        .has_colour = wants_colour(reporting),
        .is_quiet = reporting->is_quiet,
        .is_summary = reporting->is_summary,
        .descriptions = reporting->format == FINDINGS_SARIF ? reporting->descriptions : NULL,
    };
    findings_write_begin(&reporting->writer);
    reporting->is_begun = true;
    return true;
}

void reporting_add(struct reporting *reporting, const struct form *form, const struct findings *findings)
{
    reporting->writer.form = form;
    findings_write(&reporting->writer, findings);
    if (reporting->spool) {
        reporting->known.form = form;
        findings_write(&reporting->known, findings);
    }
}

static bool finish_baseline(struct reporting *reporting)
{
    const char *file = reporting->write_baseline;
    int failure = output_finish(&reporting->known_output);
    if (failure)
        return fail_output("temporary file", failure);
    if (!target_open(reporting->known_target, file, &reporting->known_output))
        return false;
    char part[64 * 1024];
    rewind(reporting->spool);
    for (size_t length; (length = fread(part, 1, sizeof part, reporting->spool)) > 0;)
        buffer_add(&reporting->known_output.buffer, part, length);
    if (ferror(reporting->spool)) {
        output_abandon(&reporting->known_output);
        return fail_output("temporary file", EIO);
    }
    failure = output_finish(&reporting->known_output);
    return !failure || fail_output(file, failure);
}

int reporting_end(struct reporting *reporting, const struct findings *findings, size_t forms, size_t failures,
                  bool is_empty)
{
    struct findings_writer *writer = &reporting->writer;
    reporting->is_begun = false;
    writer->forms = forms;
    writer->failures = failures;
    findings_write_end(writer, findings);
    bool is_fine = failures == 0;
    if (is_empty) {
        output_abandon(&reporting->output);
    } else {
        int failure = output_finish(&reporting->output);
        if (failure)
            is_fine = fail_output(reporting->file ? reporting->file : "standard output", failure);
    }
    if (reporting->spool) {
        reporting->known.forms = forms;
        reporting->known.failures = failures;
        findings_write_end(&reporting->known, findings);
        if (!is_empty && !finish_baseline(reporting))
            is_fine = false;
    }
    return !is_fine ? STATUS_FAILED : writer->shown[SEVERITY_ERROR] ? STATUS_FOUND : STATUS_FINE;
}

void reporting_release(struct reporting *reporting)
{
    if (reporting->is_begun)
        output_abandon(&reporting->output);
    output_release(&reporting->output);
    output_release(&reporting->known_output);
    if (reporting->spool)
        fclose(reporting->spool);
    struct output_target *targets[] = {reporting->target, reporting->known_target};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (targets[i]) {
            output_target_release(targets[i]);
            free(targets[i]);
        }
    baseline_release(reporting->filter.baseline);
    arena_release(&reporting->arena);
}

void forms_report(const char *path, enum forms_trouble trouble, const char *detail)
{
    static const char *const messages[] = {
        [FORMS_FINE] = "",
        [FORMS_UNREADABLE] = "cannot read",
        [FORMS_NO_EXTRACTION] = "neither a document nor an extraction",
        [FORMS_OTHER_VERSION] = "an extraction of another vocabulary version; extract its document anew",
        [FORMS_BROKEN] = "a broken extraction",
    };
    struct place place = {.path = path};
    if (detail && *detail)
        report(REPORT_ERROR, place, "%s: %s", messages[trouble], detail);
    else
        report(REPORT_ERROR, place, "%s", messages[trouble]);
}

/* ---- progress ---- */

enum { PROGRESS_INTERVAL = 100 }; /* milliseconds */

struct progress progress_new(size_t total, const struct reporting *reporting)
{
    return (struct progress){.total = total,
                             .is_shown = total > 1 && isatty(STDERR_FILENO) &&
                                         (reporting->file || !isatty(STDOUT_FILENO))};
}

void progress_show(struct progress *progress, size_t done)
{
    if (!progress->is_shown)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    long time = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (time - progress->time < PROGRESS_INTERVAL)
        return;
    progress->time = time;
    progress->width = fprintf(stderr, "\r%zu/%zu ", done, progress->total) - 1;
}

void progress_hide(struct progress *progress)
{
    if (progress->width)
        fprintf(stderr, "\r%*s\r", progress->width, "");
    progress->width = 0;
}
