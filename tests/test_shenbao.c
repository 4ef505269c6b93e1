/* The public interface, through the shared library alone. */
#include <criterion/criterion.h>
#include <string.h>

#include "shenbao.h"

static const char form[] = "项目支出绩效目标申报表\n（2023年度）\n项目名称\t镇区路灯检修\n年度资金总额\t12.50万元\n";

static struct shenbao_extraction *extract(const struct shenbao_options *options)
{
    struct shenbao_grammar *grammar = shenbao_grammar_load(NULL, 0);
    cr_assert_not_null(grammar);
    struct shenbao_extraction *extraction;
    cr_assert_eq(shenbao_extract(grammar, form, sizeof form - 1, options, &extraction), SHENBAO_FINE);
    shenbao_grammar_release(grammar);
    return extraction;
}

Test(shenbao, extracts_without_options)
{
    struct shenbao_extraction *extraction = extract(NULL);
    cr_assert_eq(extraction->declarations, 1);
    cr_assert_eq(strlen(extraction->text), extraction->length);
    cr_assert(strstr(extraction->text, ">镇区路灯检修</project-name>"), "%s", extraction->text);
    cr_assert(strstr(extraction->text, ">125000.00</amount>"), "%s", extraction->text);
    shenbao_extraction_release(extraction);
}

Test(shenbao, options_choose_format_and_name)
{
    struct shenbao_extraction *extraction =
        extract(&(struct shenbao_options){.format = SHENBAO_JSONL, .href = "a.md", .encoding = "no such encoding"});
    cr_assert_eq(extraction->text[0], '{');
    cr_assert(strstr(extraction->text, "\"href\":\"a.md\""), "%s", extraction->text);
    shenbao_extraction_release(extraction);
}

Test(shenbao, binary_is_told)
{
    struct shenbao_grammar *grammar = shenbao_grammar_load(NULL, 0);
    struct shenbao_extraction *extraction = (void *)1;
    cr_assert_eq(shenbao_extract(grammar, "\0\1\2\3\0\0\0\0\5", 9, NULL, &extraction), SHENBAO_BINARY);
    cr_assert_null(extraction);
    shenbao_grammar_release(grammar);
}

Test(shenbao, wrong_grammars_give_none)
{
    cr_assert_null(shenbao_grammar_load((const char *const[]){"/no/such/folder"}, 1));
    shenbao_grammar_release(NULL);
    shenbao_extraction_release(NULL);
}

Test(shenbao, has_a_version) { cr_assert_eq(strspn(shenbao_version(), "0123456789."), strlen(shenbao_version())); }
