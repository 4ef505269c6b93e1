#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "../extract/text.h"

static struct arena arena;

static struct document_text document_of(const char *text)
{
    return (struct document_text){.text = text, .length = (uint32_t)strlen(text)};
}

static const char *normal(const char *text)
{
    struct document_text document = document_of(text);
    struct span span = {0, document.length};
    return text_normal(&document, &arena, &span, 1);
}

/* ---- the normal form ---- */

static const struct {
    const char *text, *normal;
} normals[] = {
    {"", ""},
    {"   ", ""},
    {"项目  名称", "项目名称"},
    {"项 目 A B", "项目 A B"},
    {"A  B\tC", "A B C"},
    {"年度\n目标", "年度目标"},
    {"年度\r\n  目标 x", "年度目标 x"},
    {"a\343\200\200b", "a b"},
    {"\343\200\200项\343\200\200目\343\200\200", "项目"},
    {"10 %", "10 %"},
    {"≥ 95 %", "≥ 95 %"},
    {"＜5 万", "＜5 万"},
    {"“甲” 乙", "“甲”乙"},
    {"甲 “乙”", "甲“乙”"},
    {"a “b”", "a “b”"},
    {"甲—— 乙", "甲——乙"},
    {"甲 … 乙", "甲…乙"},
    {"1 · 2", "1 · 2"},
    {"甲·  乙", "甲·乙"},
    {"（一） 产出", "（一）产出"},
    {"(一) 产出", "(一) 产出"},
    {"① 产出", "① 产出"},
    {"A甲 B", "A甲 B"},
    {"Ａ Ｂ", "ＡＢ"},
    {"ＡＢ c", "ＡＢ c"},
    {"⼀ ⼆", "⼀⼆"},
    {"⽬ 标", "⽬标"},
    {"ｱ ｲ", "ｱ ｲ"},
    {"한 글", "한글"},
    {"あ い", "あい"},
    {"☑ 是 □ 否", "☑ 是 □ 否"},
    {"√ 是", "√ 是"},
    {"≤33", "≤33"},
    {"<=33", "<=33"},
    {"<33", "<33"},
    {"< 33", "< 33"},
    {"a<b", "a<b"},
    {"a < b>c", "a < b>c"},
    {"33<=x<=44", "33<=x<=44"},
    {"<1>", "<1>"},
    {"<-", "<-"},
    {"a</b", "a</b"},
    {"a</ b>", "a</ b>"},
    {"甲<br>乙", "甲\n乙"},
    {"甲<br/>乙", "甲\n乙"},
    {"甲<BR />乙", "甲\n乙"},
    {"<p>甲</p><p>乙</p>", "甲\n乙"},
    {"<p>甲</p>\n  <p> 乙 </p>", "甲\n乙"},
    {"<div>甲<div>乙</div></div>", "甲\n乙"},
    {"<ul><li>甲<li>乙</ul>", "甲\n乙"},
    {"<p></p>甲<p> </p>", "甲"},
    {"甲<b>乙</b>丙", "甲乙丙"},
    {"甲 <b>乙</b> 丙", "甲乙丙"},
    {"a <i>b</i> c", "a b c"},
    {"a<i>b</i>c", "abc"},
    {"<span title=\"x y\">甲</span>", "甲"},
    {"x<sup>2</sup>", "x"},
    {"x<sub>1</sub>y", "xy"},
    {"<sup>[1]</sup>甲", "甲"},
    {"甲<sup class=\"n\">注</sup>乙", "甲乙"},
    {"甲<SUP>注</SUP>乙", "甲乙"},
    {"甲<sub>乙", "甲乙"},
    {"甲</sub>乙", "甲乙"},
    {"甲<sup>a<sup>b</sup>c</sup>乙", "甲c乙"},
    {"甲<sub>1<sup>2</sup>3</sub>乙", "甲乙"},
    {"&nbsp;甲&nbsp;", "甲"},
    {"甲&nbsp;乙", "甲乙"},
    {"a&nbsp;b", "a b"},
    {"a&nbsp;&nbsp;b", "a b"},
    {"&lt;5%", "<5%"},
    {"&amp;lt;", "&lt;"},
    {"&gt;=3", ">=3"},
    {"&ge;95", "≥95"},
    {"&le;5", "≤5"},
    {"&times;", "×"},
    {"&ldquo;甲&rdquo; 乙", "“甲”乙"},
    {"&hellip;", "…"},
    {"&mdash;", "—"},
    {"&middot;", "·"},
    {"&#39033;&#30446;", "项目"},
    {"&#x9879;&#x76ee;", "项目"},
    {"&#X9879;", "项"},
    {"&#12288;甲", "甲"},
    {"&#x3000;", ""},
    {"a&#32;b", "a b"},
    {"a&#10;b", "a b"},
    {"&copy;", "©"},
    {"&copy 2020", "© 2020"},
    {"a&ampb", "a&b"},
    {"&", "&"},
    {"a & b", "a & b"},
    {"&&", "&&"},
    {"&x;", "&x;"},
    {"&unknown;", "&unknown;"},
    {"&#;", "&#;"},
    {"&#x;", "&#x;"},
    {"&#0;x", "�x"},
    {"&#xd800;x", "�x"},
    {"&#1114112;x", "�x"},
    {"&#128;", "€"},
    {"&#x99;", "™"},
    {"&apos;", "'"},
    {"&quot;甲&quot;", "\"甲\""},
    {"&lt;br&gt;", "<br>"},
    {"&lt;b&gt;甲&lt;/b&gt;", "<b>甲</b>"},
    {"甲\342\200\203乙", "甲乙"},
    {"a\342\200\203b", "a b"},
    {"a\302\240b", "a b"},
    {"a\302\205b", "a b"},
    {"a\342\200\250b", "a b"},
    {"a\341\232\200b", "a b"},
    {"a\342\200\257b", "a b"},
    {"a\342\201\237b", "a b"},
    {"a\342\200\213b", "a\342\200\213b"},
    {"甲\357\273\277乙", "甲\357\273\277乙"},
    {"a\034b", "a b"},
    {"a\013b", "a b"},
    {"a\014b", "a b"},
    {"a\177b", "a\177b"},
    {"𠀀 𠀁", "𠀀𠀁"},
    {"😀 甲", "😀甲"},
    {"e\314\201 x", "e\314\201 x"},
    {"甲,乙", "甲,乙"},
    {"甲, 乙", "甲, 乙"},
    {"甲， 乙", "甲，乙"},
    {"甲 ， 乙", "甲，乙"},
    {"3 000 元", "3 000 元"},
    {"2020 年 9 月", "2020 年 9 月"},
    {"No. 5", "No. 5"},
    {"<a\nhref=\"x\">甲</a>", "甲"},
    {"<a href=x", "<a href=x"},
    {"<p 甲", "<p 甲"},
    {"甲 <td>乙</td>", "甲乙"},
    {"<h1>甲</h1>乙", "甲乙"},
    {"<hr>甲", "甲"},
    {"<!DOCTYPE x>甲", "<!DOCTYPE x>甲"},
    {"<?xml?>甲", "<?xml?>甲"},
    {"<o:p>甲</o:p>", "甲"},
    {"<st1:x>甲", "甲"},
    {"<p/>甲", "甲"},
    {"甲<p/>乙", "甲\n乙"},
    {"甲<input type=\"text\">乙", "甲乙"},
    {"甲<img src=\"a.png\">乙", "甲乙"},
    {"<font color=red>甲</font>", "甲"},
    {"甲<br>\n<br>乙", "甲\n乙"},
    {"\n\n", ""},
    {"<br>", ""},
    {"甲<br>", "甲"},
    {"a<br>b", "a\nb"},
    {"a <br> b", "a\nb"},
    {"甲<p>a b</p>", "甲\na b"},
    {"<p>x<sup>1</sup></p><p>y</p>", "x\ny"},
    {"甲<br>&nbsp;<br>乙", "甲\n乙"},
    {"甲</p>乙", "甲\n乙"},
    {"甲<pre>乙", "甲乙"},
    {"甲<link>乙", "甲乙"},
    {"甲<div2>乙", "甲乙"},
    {"甲<bra>乙", "甲乙"},
    {"甲<li/>乙", "甲\n乙"},
    /* a '>' between quotes does not end the tag */
    {"<a href=\"x>y\">甲</a>", "甲"},
};

Test(normal, is_that_of_the_vocabulary)
{
    for (size_t i = 0; i < sizeof normals / sizeof *normals; i++)
        cr_assert_str_eq(normal(normals[i].text), normals[i].normal, "of '%s': '%s', not '%s'", normals[i].text,
                         normal(normals[i].text), normals[i].normal);
    arena_release(&arena);
}

Test(normal, of_a_normal_form_is_itself)
{
    for (size_t i = 0; i < sizeof normals / sizeof *normals; i++) {
        const char *text = normals[i].normal;
        if (strpbrk(text, "<&\n") || strstr(text, "\342\200\213"))
            continue; /* markup when read again */
        cr_assert_str_eq(normal(text), text, "'%s' became '%s'", text, normal(text));
    }
    arena_release(&arena);
}

Test(normal, joins_the_pieces_of_a_statement)
{
    struct document_text document = document_of("≥|95|%|<p>甲</p>|<p>乙</p>| 丙 |x| y");
    struct span spans[] = {{0, 3}, {4, 6}, {7, 8}};
    cr_assert_str_eq(text_normal(&document, &arena, spans, 3), "≥95%");
    struct span paragraphs[] = {{9, 19}, {20, 30}};
    cr_assert_str_eq(text_normal(&document, &arena, paragraphs, 2), "甲\n乙");
    struct span blanks[] = {{31, 36}, {37, 38}, {39, 41}};
    cr_assert_str_eq(text_normal(&document, &arena, blanks, 3), "丙 x y");
    cr_assert_str_eq(text_normal(&document, &arena, spans, 0), "");
    arena_release(&arena);
}

/* A blank between two pieces counts as inside the text, whichever piece it stands in. */
Test(normal, knows_the_width_across_pieces)
{
    struct document_text document = document_of("甲 乙 a");
    struct span spans[] = {{0, 4}, {4, 7}, {7, 9}};
    cr_assert_str_eq(text_normal(&document, &arena, spans, 3), "甲乙 a");
    arena_release(&arena);
}

/* ---- glyphs ---- */

/* Kinds and spans, one a line: "C 4e00 0-3". */
static const char *glyphs_said(const struct document_text *document, struct span span)
{
    static const char kinds[] = "EC BXx";
    static char said[2000];
    size_t length = 0;
    struct glyphs glyphs = glyphs_of(document, span);
    for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;) {
        if (length)
            said[length++] = ' ';
        said[length++] = kinds[g.kind] == ' ' ? '_' : kinds[g.kind];
        if (g.kind == GLYPH_CHARACTER)
            length += (size_t)snprintf(said + length, 16, "%x", g.code);
        length += (size_t)snprintf(said + length, 32, ":%u-%u", g.at.from, g.at.to);
        cr_assert_lt(length, sizeof said - 64);
    }
    for (int i = 0; i < 3; i++) {
        struct glyph end = glyph_next(&glyphs);
        cr_assert(end.kind == GLYPH_END && end.at.from == span.to && end.at.to == span.to);
    }
    said[length] = 0;
    return said;
}

static const char *glyphs_in(const char *text)
{
    struct document_text document = document_of(text);
    return glyphs_said(&document, (struct span){0, document.length});
}

Test(glyphs, know_where_they_stand)
{
    cr_assert_str_eq(glyphs_in("a项\t𠀀"), "C61:0-1 C9879:1-4 _:4-5 C20000:5-9");
    cr_assert_str_eq(glyphs_in("\343\200\200甲\302\240"), "_:0-3 C7532:3-6 _:6-8");
    cr_assert_str_eq(glyphs_in("<b>甲</b><br/>乙"), "C7532:3-6 B:10-15 C4e59:15-18");
    cr_assert_str_eq(glyphs_in(""), "");
    cr_assert_str_eq(glyphs_in("<b></b>"), "");
}

Test(glyphs, of_entities_span_the_entity)
{
    cr_assert_str_eq(glyphs_in("&lt;&nbsp;&#39033;&#x76ee;"), "C3c:0-4 _:4-10 C9879:10-18 C76ee:18-26");
    cr_assert_str_eq(glyphs_in("&copy2&amp"), "Ca9:0-5 C32:5-6 C26:6-10");
    cr_assert_str_eq(glyphs_in("&&x;"), "C26:0-1 C26:1-2 C78:2-3 C3b:3-4");
    cr_assert_str_eq(glyphs_in("&#;&#x;"), "C26:0-1 C23:1-2 C3b:2-3 C26:3-4 C23:4-5 C78:5-6 C3b:6-7");
    cr_assert_str_eq(glyphs_in("&#0;&#xd800;&#9999999999999;"), "Cfffd:0-4 Cfffd:4-12 Cfffd:12-24 C39:24-25 C39:25-26 C39:26-27 C3b:27-28");
    cr_assert_str_eq(glyphs_in("&#128;&#39"), "C20ac:0-6 C27:6-10");
}

Test(glyphs, of_check_boxes)
{
    cr_assert_str_eq(glyphs_in("<input type=\"checkbox\" checked>a"), "X:0-31 C61:31-32");
    cr_assert_str_eq(glyphs_in("<INPUT TYPE=radio>a"), "x:0-18 C61:18-19");
    cr_assert_str_eq(glyphs_in("<input type=text>a<input>"), "C61:17-18");
}

Test(glyphs, leave_out_footnote_marks)
{
    cr_assert_str_eq(glyphs_in("x<sup>2</sup>y"), "C78:0-1 C79:13-14");
    cr_assert_str_eq(glyphs_in("x<sub>2y"), "C78:0-1 C32:6-7 C79:7-8");
    cr_assert_str_eq(glyphs_in("x</sub>y"), "C78:0-1 C79:7-8");
    cr_assert_str_eq(glyphs_in("<sup>a</sub>b</sup>c"), "C63:19-20");
}

Test(glyphs, of_what_only_looks_like_markup)
{
    cr_assert_str_eq(glyphs_in("<=33"), "C3c:0-1 C3d:1-2 C33:2-3 C33:3-4");
    cr_assert_str_eq(glyphs_in("a<"), "C61:0-1 C3c:1-2");
    cr_assert_str_eq(glyphs_in("<b"), "C3c:0-1 C62:1-2");
    cr_assert_str_eq(glyphs_in("</"), "C3c:0-1 C2f:1-2");
    cr_assert_str_eq(glyphs_in("<b<i>x"), "C3c:0-1 C62:1-2 C78:5-6");
    cr_assert_str_eq(glyphs_in("<项>"), "C3c:0-1 C9879:1-4 C3e:4-5");
}

Test(glyphs, of_holes_are_none)
{
    struct span holes[] = {{1, 9}, {10, 12}, {13, 14}};
    struct document_text document = document_of("a<!-- -->b<!c d");
    document.holes.items = holes;
    document.holes.count = 3;
    cr_assert_str_eq(glyphs_said(&document, (struct span){0, 15}), "C61:0-1 C62:9-10 C63:12-13 C64:14-15");
    cr_assert_str_eq(glyphs_said(&document, (struct span){9, 10}), "C62:9-10");
    cr_assert_str_eq(glyphs_said(&document, (struct span){1, 9}), "");
    cr_assert_str_eq(glyphs_said(&document, (struct span){4, 11}), "C62:9-10");
    cr_assert_str_eq(text_normal(&document, &arena, &(struct span){0, 15}, 1), "abcd");
    struct span trimmed = text_trim(&document, (struct span){1, 11});
    cr_assert(trimmed.from == 9 && trimmed.to == 10);
    struct span pieces[8];
    cr_assert_eq(text_pieces(&document, (struct span){0, 15}, pieces, 8), 4);
    cr_assert(pieces[0].from == 0 && pieces[0].to == 1 && pieces[3].from == 14 && pieces[3].to == 15);
    arena_release(&arena);
}

/* A span ends where it ends: nothing behind it is looked at. */
Test(glyphs, do_not_look_behind_the_span)
{
    struct document_text document = document_of("<b>甲&lt;</b>");
    cr_assert_str_eq(glyphs_said(&document, (struct span){0, 2}), "C3c:0-1 C62:1-2");
    cr_assert_str_eq(glyphs_said(&document, (struct span){6, 8}), "C26:6-7 C6c:7-8");
    cr_assert_str_eq(glyphs_said(&document, (struct span){3, 6}), "C7532:3-6");
}

/* ---- trimming and counting ---- */

static void trims_to(const char *text, uint32_t from, uint32_t to)
{
    struct document_text document = document_of(text);
    struct span span = text_trim(&document, (struct span){0, document.length});
    cr_assert(span.from == from && span.to == to, "'%s': %u-%u, not %u-%u", text, span.from, span.to, from, to);
}

Test(trim, takes_blanks_and_markup_off_both_ends)
{
    trims_to("", 0, 0);
    trims_to(" \t\r\n", 0, 0);
    trims_to("\343\200\200", 0, 0);
    trims_to(" 甲 乙 ", 1, 8);
    trims_to("\343\200\200\302\240甲\342\200\203", 5, 8);
    trims_to("<p> 甲 </p>", 4, 7);
    trims_to("<p></p>", 0, 0);
    trims_to("&nbsp;甲&nbsp;", 6, 9);
    trims_to("甲<sup>1</sup>", 0, 3);
    trims_to(" <input type=checkbox> ", 1, 22);
    trims_to("<", 0, 1);
}

Test(characters, are_counted_as_they_are_seen)
{
    struct document_text document = document_of("甲 a\343\200\200&lt;<b>乙</b><sup>1</sup><input type=checkbox>");
    cr_assert_eq(text_characters(&document, (struct span){0, document.length}), 4);
    cr_assert_eq(text_characters(&document, (struct span){0, 4}), 1);
    cr_assert_eq(text_characters(&document, (struct span){0, 0}), 0);
}

/* ---- views ---- */

static struct view view_of(const char *text)
{
    struct view view;
    struct document_text document = document_of(text);
    view_build(&view, &document, (struct span){0, document.length});
    return view;
}

Test(view, is_folded_without_blanks_and_leads_back)
{
    struct view view = view_of("（一） 项\343\200\200目<b>名</b>称：&nbsp;⼀\xef\xbc\xa1");
    cr_assert_str_eq(view.text, "(一)项目名称:一A");
    cr_assert_eq(view.length, strlen(view.text));
    cr_assert(view.is_whole && !view.has_break);
    cr_assert(view.at[0] == 0 && view.to[0] == 3);   /* （ */
    cr_assert(view.at[1] == 3 && view.to[3] == 6);   /* 一 */
    cr_assert(view.is_gapped[5] && !view.is_gapped[4] && !view.is_gapped[0]);
    cr_assert(view.at[5] == 10 && view.to[7] == 13); /* 项 */
    cr_assert(view.is_gapped[8] && view.at[8] == 16);
    for (unsigned i = 0; i < view.length; i++) /* each byte of a character says where that character stands */
        if (((unsigned char)view.text[i] & 0xc0) == 0x80)
            cr_assert(view.at[i] == view.at[i - 1] && view.to[i] == view.to[i - 1] && !view.is_gapped[i]);
    cr_assert(view.is_gapped[view.length] && view.at[view.length] == view.to[view.length - 1]);
}

Test(view, knows_breaks_boxes_and_its_end)
{
    cr_assert(view_of("甲<br>乙").has_break);
    struct view box = view_of("甲<input type=checkbox>乙");
    cr_assert_str_eq(box.text, "甲");
    cr_assert(!box.is_whole);
    char text[3 * 81 + 1] = "";
    for (int i = 0; i < 79; i++)
        strcat(text, "项");
    cr_assert_eq(view_of(text).length, 237);
    cr_assert(view_of(text).is_whole);
    strcat(text, "目");
    cr_assert_eq(view_of(text).length, 237);
    cr_assert(!view_of(text).is_whole);
    struct view empty = view_of(" ");
    cr_assert(empty.length == 0 && empty.is_whole && empty.text[0] == 0 && empty.at[0] == 0);
}

/* ---- characters ---- */

Test(character, folds_width_and_compatibility)
{
    cr_assert_eq(character_fold(0xff08), '(');
    cr_assert_eq(character_fold(0xff21), 'A');
    cr_assert_eq(character_fold(0xff5e), '~');
    cr_assert_eq(character_fold(0xff5f), 0xff5f);
    cr_assert_eq(character_fold(0x2f00), 0x4e00); /* ⼀, a Kangxi radical */
    cr_assert_eq(character_fold(0x2f6c), 0x76ee); /* ⽬ */
    cr_assert_eq(character_fold(0xf900), 0x8c48);
    cr_assert_eq(character_fold(0xfe55), ':');
    cr_assert_eq(character_fold(0x3000), 0x3000);
    cr_assert_eq(character_fold(0x9879), 0x9879);
    cr_assert_eq(character_fold('a'), 'a');
}

Test(character, spaces_are_those_of_unicode)
{
    static const uint32_t spaces[] = {9, 10, 11, 12, 13, 0x1c, 0x1f, ' ', 0x85, 0xa0, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
    static const uint32_t others[] = {0, 8, 14, 0x1b, '!', 0x7f, 0xa1, 0x200b, 0x2027, 0x2030, 0x2060, 0x3001, 0xfeff, 0xff01};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        cr_assert(character_is_space(spaces[i]), "U+%04X", spaces[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(character_is_space(others[i]), "U+%04X", others[i]);
}

Test(character, is_wide_as_the_vocabulary_says)
{
    static const uint32_t wide[] = {0x4e00, 0x9879, 0x20000, 0x3001, 0x300a, 0xff0c, 0xff21, 0x201c, 0x2019, 0x2014, 0x2026, 0xb7, 0xac00, 0x3042, 0x1f600};
    static const uint32_t narrow[] = {'a', '%', 0xe9, 0x2265, 0x2013, 0x2460, 0x25a1, 0xff61, 0xff71};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        cr_assert(character_is_wide(wide[i]), "U+%04X", wide[i]);
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++)
        cr_assert_not(character_is_wide(narrow[i]), "U+%04X", narrow[i]);
}

Test(character, comes_back_from_its_bytes)
{
    for (uint32_t code = 1; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
        char bytes[5] = "";
        unsigned length;
        unsigned written = character_encode(code, bytes);
        cr_assert(character_decode(bytes, &length) == code && length == written);
    }
}

Test(loose, is_nfkc_without_white_space)
{
    static const struct {
        const char *text, *loose;
    } cases[] = {
        {"", ""}, {"项 目\n名", "项目名"}, {"（一）ＡＢ", "(一)AB"}, {"①", "1"}, {"℃", "°C"}, {"㎡", "m2"}, {"e\314\201", "é"},
        {"ﾊﾟ", "パ"}, {"⼀", "一"}, {"a\343\200\200b", "ab"}, {"≥９５％", "≥95%"}, {"“甲”…", "“甲”..."}, {"<\314\270", "≮"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(text_loose(&arena, cases[i].text), cases[i].loose, "of '%s'", cases[i].text);
    arena_release(&arena);
}

/* ---- tags ---- */

Test(tag, attributes_are_found_however_they_are_written)
{
    static const char text[] = "<td ROWSPAN=2 colspan = '3' title=\"a b\" checked>";
    struct tag tag;
    struct span value;
    cr_assert(tag_read(text, 0, sizeof text - 1, &tag));
    cr_assert_str_eq(tag.name, "td");
    cr_assert(!tag.is_closing && tag.end == sizeof text - 1);
    cr_assert(tag_attribute(text, 0, &tag, "rowspan", &value) && value.to - value.from == 1 && text[value.from] == '2');
    cr_assert(tag_attribute(text, 0, &tag, "colspan", &value) && value.to - value.from == 1 && text[value.from] == '3');
    cr_assert(tag_attribute(text, 0, &tag, "title", &value) && value.to - value.from == 3);
    cr_assert(tag_attribute(text, 0, &tag, "checked", &value) && span_is_empty(value));
    cr_assert_not(tag_attribute(text, 0, &tag, "span", &value));
}

/* ---- all of them, against the glyphs, on texts made of pieces ---- */

static uint32_t seed = 1;
static uint32_t random_below(uint32_t most)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % most;
}

static const char *random_text(char *text, size_t room)
{
    static const char *const pieces[] = {
        "项", "目", "a", "9", " ", "\t", "\n", "\343\200\200", "\302\240", "（", "：", "“", "…", "≥", "⼀", "\xef\xa4\x80", "\xf0\xa0\x80\x80", "<b>", "</b>",
        "<br>", "<p>", "</p>", "<sub>", "</sub>", "<sup>1</sup>", "<", "&", "&lt;", "&nbsp;", "&#x9879;", "<input type=checkbox>", "\342\200\203", "\302\267",
    };
    size_t length = 0;
    text[0] = 0;
    for (uint32_t count = random_below(30); count && length + 24 < room; count--) {
        const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
        strcpy(text + length, piece);
        length += strlen(piece);
    }
    return text;
}

Test(text, agrees_with_its_glyphs)
{
    for (int round = 0; round < 20000; round++) {
        char text[800], expected[900] = "";
        struct document_text document = document_of(random_text(text, sizeof text));
        struct span whole = {0, document.length}, seen = {0, 0};
        size_t characters = 0, length = 0;
        bool is_spaced = false, is_broken = false, was_wide = false, is_first = true;
        char folded[VIEW_ROOM + 8] = "";
        size_t folded_length = 0;
        bool is_whole = true;
        struct glyphs glyphs = glyphs_of(&document, whole);
        for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;) {
            if (g.kind == GLYPH_SPACE) {
                is_spaced = true;
                continue;
            }
            if (g.kind == GLYPH_BREAK) {
                is_broken = true;
                continue;
            }
            if (is_first)
                seen.from = g.at.from;
            is_first = false;
            seen.to = g.at.to;
            if (g.kind != GLYPH_CHARACTER) {
                is_whole = false;
                continue;
            }
            characters++;
            bool is_wide = character_is_wide(g.code);
            if (length && is_broken)
                expected[length++] = '\n';
            else if (length && is_spaced && !(is_wide && was_wide))
                expected[length++] = ' ';
            length += character_encode(g.code, expected + length);
            is_spaced = is_broken = false;
            was_wide = is_wide;
            if (folded_length + 4 > VIEW_ROOM)
                is_whole = false;
            if (is_whole)
                folded_length += character_encode(character_fold(g.code), folded + folded_length);
        }
        expected[length] = folded[folded_length] = 0;
        struct span trimmed = text_trim(&document, whole);
        cr_assert(trimmed.from == seen.from && trimmed.to == seen.to, "trim '%s': %u-%u, not %u-%u", text, trimmed.from, trimmed.to, seen.from, seen.to);
        cr_assert_eq(text_characters(&document, whole), characters, "characters of '%s'", text);
        cr_assert_str_eq(text_normal(&document, &arena, &whole, 1), expected, "normal form of '%s'", text);
        struct view view = view_of(text);
        cr_assert_str_eq(view.text, folded, "view of '%s'", text);
        cr_assert_eq(view.is_whole, is_whole, "view of '%s'", text);
        arena_reset(&arena);
    }
    arena_release(&arena);
}
