/* What a rule means. */
#include "../explain.h"

#include <stdio.h>
#include <string.h>

#include "../base/caret.h"
#include "../base/report.h"
#include "../check.h"
#include "reporting.h"

enum { KEY_LANG = 512 };

struct options {
    enum language language;
    const char *rule;
};

static const struct argp_option option_table[] = {
    {"lang", KEY_LANG, "LANG", 0, "Speak zh or en; the default is that of the locale", 1},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_LANG:
        options->language = language_named(argument, state);
        return 0;
    case ARGP_KEY_ARG:
        if (options->rule)
            argp_error(state, "one argument too many: '%s'", argument);
        options->rule = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {option_table,
                                 parse,
                                 "[RULE]",
                                 "Explain what a rule of check and compare means, where it comes from, and "
                                 "what to do. Without RULE, list the rules.",
                                 NULL,
                                 NULL,
                                 NULL};

static const char *const severities_zh[SEVERITIES] = {"错误", "警告", "提示"};

static const char *title(enum check check, enum language language)
{
    return language == LANGUAGE_ZH ? checks[check].zh : checks[check].en;
}

static const char *severity(enum check check, enum language language)
{
    return language == LANGUAGE_ZH ? severities_zh[checks[check].severity]
                                   : severity_names[checks[check].severity];
}

static void list(enum language language)
{
    size_t width = 0;
    for (enum check check = 0; check < CHECKS; check++)
        width = strlen(checks[check].name) > width ? strlen(checks[check].name) : width;
    for (enum check check = 0; check < CHECKS; check++) {
        const char *level = severity(check, language);
        int blanks = 9 - (int)shown_width(level, strlen(level));
        printf("%-*s  %s%*s%s\n", (int)width, checks[check].name, level, blanks, "", title(check, language));
    }
}

int command_explain(int argc, char **argv)
{
    struct options options = {.language = language_of_locale()};
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) != 0)
        return STATUS_FAILED;
    if (!options.rule) {
        list(options.language);
        return STATUS_FINE;
    }
    char hint[256];
    enum check check = reporting_check(options.rule, strlen(options.rule), hint, sizeof hint);
    struct place place = {.path = "shenbao"};
    if (check == CHECKS) {
        report(REPORT_ERROR, place, "unknown rule '%s'%s", options.rule, hint);
        return STATUS_FAILED;
    }
    struct arena arena = {0};
    const char *section = explain_rule(check, options.language, &arena);
    if (section)
        printf(options.language == LANGUAGE_ZH ? "%s（%s）：%s\n\n%s\n" : "%s (%s): %s\n\n%s\n",
               checks[check].name, severity(check, options.language), title(check, options.language),
               section);
    else
        report(REPORT_ERROR, place, "the explanations are not installed");
    arena_release(&arena);
    return section ? STATUS_FINE : STATUS_FAILED;
}
