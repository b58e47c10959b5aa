/* SPDX-License-Identifier: MIT */
/* test_charset.c - unit tests of encodings: told apart, and made UTF-8 */
#include "config.h"

#include "etcsnap/charset.h"
#include "etcsnap/quote.h"

#include "base/charset_priv.h"
#include "unit.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#define LITERAL(s) (s), sizeof(s) - 1
#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *data;
	size_t len;
	enum es_charset cs;
	const char *text; /* decoded; as @data when NULL */
	size_t text_len;
} kinds[] = {
	{ NULL, 0, ES_CHARSET_ASCII, LITERAL("") },
	{ LITERAL("a\n"), ES_CHARSET_ASCII, NULL, 0 },
	{ LITERAL("\033\b\0\x7f"), ES_CHARSET_ASCII, NULL, 0 },
	{ LITERAL("\xc3\xbc"), ES_CHARSET_UTF8, NULL, 0 },
	{ LITERAL("a\0\xc3\xbc"), ES_CHARSET_UTF8, NULL, 0 },
	{ LITERAL("\xef\xbb\xbf"), ES_CHARSET_UTF8_BOM, LITERAL("") },
	{ LITERAL("\xef\xbb\xbf"
		  "a"),
	  ES_CHARSET_UTF8_BOM, LITERAL("a") },
	/* broken places stay broken, and only the first mark is one */
	{ LITERAL("\xef\xbb\xbf\xff\xef\xbb\xbf"), ES_CHARSET_UTF8_BOM,
	  LITERAL("\xff\xef\xbb\xbf") },
	{ LITERAL("\xef\xbb"), ES_CHARSET_LATIN1, LITERAL("\xc3\xaf\xc2\xbb") },
	{ LITERAL("\xff\xfe"), ES_CHARSET_UTF16LE, LITERAL("") },
	{ LITERAL("\xfe\xff"), ES_CHARSET_UTF16BE, LITERAL("") },
	{ LITERAL("\xff\xfe"
		  "a"),
	  ES_CHARSET_UTF16LE, LITERAL("") },
	{ LITERAL("\xff\xfe"
		  "a\0b"),
	  ES_CHARSET_UTF16LE, LITERAL("a") },
	{ LITERAL("\xfe\xff\0a\0\0\0\n"), ES_CHARSET_UTF16BE,
	  LITERAL("a\0\n") },
	{ LITERAL("\xff\xfe\xac\x20\x3d\xd8\x00\xde"), ES_CHARSET_UTF16LE,
	  LITERAL("\xe2\x82\xac\xf0\x9f\x98\x80") },
	/* surrogates: alone, in the wrong order, at the end, cut */
	{ LITERAL("\xff\xfe\x3d\xd8"
		  "a\0"),
	  ES_CHARSET_UTF16LE, LITERAL(FFFD "a") },
	{ LITERAL("\xfe\xff\xde\x00\xd8\x3d"), ES_CHARSET_UTF16BE,
	  LITERAL(FFFD FFFD) },
	{ LITERAL("\xfe\xff\xd8\x3d\xd8\x3d\xde\x00"), ES_CHARSET_UTF16BE,
	  LITERAL(FFFD "\xf0\x9f\x98\x80") },
	{ LITERAL("\xfe\xff\xd8\x3d\xde"), ES_CHARSET_UTF16BE, LITERAL(FFFD) },
	/* a second mark is a character */
	{ LITERAL("\xff\xfe\xff\xfe"), ES_CHARSET_UTF16LE,
	  LITERAL("\xef\xbb\xbf") },
	{ LITERAL("\xff"), ES_CHARSET_LATIN1, LITERAL("\xc3\xbf") },
	{ LITERAL("\xfc\r\n"), ES_CHARSET_LATIN1, LITERAL("\xc3\xbc\r\n") },
	{ LITERAL("5 \x80\n"), ES_CHARSET_WINDOWS_1252,
	  LITERAL("5 \xe2\x82\xac\n") },
	/* a gap of one Windows page alone, and of both */
	{ LITERAL("\x88\n"), ES_CHARSET_WINDOWS_1252, LITERAL("\xcb\x86\n") },
	{ LITERAL("\x8d\n"), ES_CHARSET_WINDOWS_1250, LITERAL("\xc5\xa4\n") },
	{ LITERAL("\x81\xfc\n"), ES_CHARSET_UNKNOWN, NULL, 0 },
	/* control characters */
	{ LITERAL("\xfc\1"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xfc\0"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xfc\x7f"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xfc\033[m"), ES_CHARSET_LATIN1, LITERAL("\xc3\xbc\033[m") },
	/* UTF-8 with broken places, and pages with chance sequences */
	{ LITERAL("\xc3\xbc \xfc"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xc3\xbc \xfc \xfc"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xc3\xbc\xc3"), ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xdf\xbb \xfc \xfc \xfc"), ES_CHARSET_LATIN1,
	  LITERAL("\xc3\x9f\xc2\xbb \xc3\xbc \xc3\xbc \xc3\xbc") },
	/* another alphabet: only a text of some length tells */
	{ LITERAL("\xcf\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2 \xd0\xd2\xc9\xd7\xc5"
		  "\xd4 \xcd\xc9\xd2 \xcf\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2 "
		  "\xcf\xd2\xc9\xd7\xc5\xd4"),
	  ES_CHARSET_UNKNOWN, NULL, 0 },
	{ LITERAL("\xe4\xf6\xfc\xc4\xd6\xdc\xdf\n"), ES_CHARSET_LATIN1,
	  LITERAL("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x84\xc3\x96\xc3\x9c"
		  "\xc3\x9f\n") },
};

START_TEST(kinds_of_text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	const char *want = kinds[_i].text;
	size_t len = kinds[_i].text_len;
	/* an exact copy, so that reading beyond the end is seen */
	char *copy = kinds[_i].len ? malloc(kinds[_i].len) : NULL;
	enum es_charset cs;

	if (copy)
		memcpy(copy, kinds[_i].data, kinds[_i].len);
	if (!want && copy) {
		want = kinds[_i].data;
		len = kinds[_i].len;
	}
	cs = es_charset_detect(copy, kinds[_i].len);
	ck_assert_str_eq(es_charset_name(cs), es_charset_name(kinds[_i].cs));
	ck_assert_int_eq(es_charset_decode(&out, cs, copy, kinds[_i].len), 0);
	ck_assert_uint_eq(out.len, len);
	ck_assert_mem_eq(es_buf_str(&out), want, len);
	free(copy);
}
END_TEST

/* Our pages against those of the C library, byte for byte. */
static const struct {
	enum es_charset cs;
	unsigned int gaps;
} pages[] = {
	{ ES_CHARSET_LATIN1, 0 },
	{ ES_CHARSET_WINDOWS_1252, 5 },
	{ ES_CHARSET_LATIN2, 0 },
	{ ES_CHARSET_WINDOWS_1250, 5 },
};

START_TEST(pages_are_those_of_the_c_library)
{
	enum es_charset cs = pages[_i].cs;
	iconv_t theirs = iconv_open("UTF-8", es_charset_name(cs));
	unsigned int gaps = 0;

	if (theirs == (iconv_t)-1) {
		fprintf(stderr, "iconv(3) has no %s\n", es_charset_name(cs));
		return;
	}
	for (unsigned int b = 0; b < 256; b++) {
		ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(64);
		char raw = (char)b, text[8];
		char *in = &raw, *to = text;
		size_t in_len = 1, room = sizeof(text);

		ck_assert_int_eq(es_charset_decode(&out, cs, &raw, 1), 0);
		ck_assert(es_utf8_valid(out.data, out.len));
		if (iconv(theirs, &in, &in_len, &to, &room) == (size_t)-1) {
			ck_assert_uint_eq(charset_point(cs, (unsigned char)b),
					  0);
			iconv(theirs, NULL, NULL, NULL, NULL);
			gaps++;
			continue;
		}
		ck_assert_uint_eq(out.len, sizeof(text) - room);
		ck_assert_mem_eq(out.data, text, out.len);
	}
	ck_assert_uint_eq(gaps, pages[_i].gaps);
	iconv_close(theirs);
}
END_TEST

/* What people write: found again from its bytes in a page. */
static const struct {
	enum es_charset cs;
	const char *text;
} samples[] = {
	{ ES_CHARSET_LATIN1, "# Grüße aus München\n" },
	{ ES_CHARSET_LATIN1, "Zugriff nur für Befugte. «Grüße»\n" },
	{ ES_CHARSET_LATIN1, "Accès réservé à l'élève, garçon, où ça ?\n" },
	{ ES_CHARSET_LATIN1, "Défaut : clé non trouvée\n" },
	{ ES_CHARSET_LATIN1, "¿Qué año? El niño comió aquí\n" },
	{ ES_CHARSET_LATIN1, "¡Atención!\n" },
	{ ES_CHARSET_LATIN1, "Não há informação sobre as ações\n" },
	{ ES_CHARSET_LATIN1, "Perché è così: più città, però\n" },
	{ ES_CHARSET_LATIN1, "Räksmörgås på ön\n" },
	{ ES_CHARSET_LATIN1, "Rødgrød med fløde på, blåbærgrød\n" },
	{ ES_CHARSET_LATIN1, "Það er ekki hægt að opna þessa skrá\n" },
	{ ES_CHARSET_LATIN1, "Één geïnde financiële coëfficiënt\n" },
	{ ES_CHARSET_LATIN1, "Tere tulemast, õun öös ja täht\n" },
	{ ES_CHARSET_LATIN1, "# © 2020 Foo, © 2021 Bar, ®\n" },
	{ ES_CHARSET_LATIN1, "timeout 30 µs, 5 µm, 20 °C ± 2, 3 m²\n" },
	{ ES_CHARSET_LATIN1, "pay £100 or ½ of it, §7\n" },
	{ ES_CHARSET_WINDOWS_1252, "# “quoted” – it’s 5 €…\n" },
	{ ES_CHARSET_WINDOWS_1252, "Cœur – élève à l’œuvre\n" },
	{ ES_CHARSET_WINDOWS_1252, "„Grüße“ für 5 €\n" },
	{ ES_CHARSET_LATIN2, "zażółć gęślą jaźń\n" },
	{ ES_CHARSET_LATIN2, "Błąd: nie można otworzyć pliku\n" },
	{ ES_CHARSET_LATIN2, "Příliš žluťoučký kůň\n" },
	{ ES_CHARSET_LATIN2, "Přístup odepřen, soubor nelze otevřít\n" },
	{ ES_CHARSET_LATIN2, "Súbor sa nedá otvoriť, ďalší ľahký\n" },
	{ ES_CHARSET_LATIN2, "árvíztűrő tükörfúrógép\n" },
	{ ES_CHARSET_LATIN2, "A kiszolgáló időtúllépés miatt leállt\n" },
	{ ES_CHARSET_LATIN2, "Datoteka već postoji, žao nam je što ćete\n" },
	{ ES_CHARSET_LATIN2, "Fişierul nu poate fi găsit în această reţea\n" },
	{ ES_CHARSET_LATIN2, "ZAŻÓŁĆ GĘŚLĄ JAŹŃ\n" },
	{ ES_CHARSET_LATIN2, "PŘÍLIŠ ŽLUŤOUČKÝ KŮŇ\n" },
	{ ES_CHARSET_WINDOWS_1250, "zażółć gęślą jaźń\n" },
	{ ES_CHARSET_WINDOWS_1250,
	  "Brak dostępu – „proszę” się zgłosić później\n" },
	{ ES_CHARSET_WINDOWS_1250, "Příliš žluťoučký kůň\n" },
	{ ES_CHARSET_WINDOWS_1250, "Súbor sa nedá otvoriť, ďalší ľahký\n" },
};

static void encode(struct es_buf *out, enum es_charset cs, const char *text)
{
	while (*text) {
		ES_CLEANUP(es_buf_dispose) struct es_buf one = ES_BUF_INIT(64);
		unsigned int b = 0;

		for (; b < 256; b++) {
			char raw = (char)b;

			es_buf_reset(&one);
			es_charset_decode(&one, cs, &raw, 1);
			if (strncmp(text, es_buf_str(&one), one.len) == 0 &&
			    (b || !*text))
				break;
		}
		ck_assert_msg(b < 256, "not in the page: %s", text);
		es_buf_addc(out, (char)b);
		text += one.len;
	}
}

START_TEST(languages_are_recognised)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	enum es_charset cs;

	encode(&raw, samples[_i].cs, samples[_i].text);
	cs = es_charset_detect(raw.data, raw.len);
	ck_assert_int_eq(es_charset_decode(&out, cs, raw.data, raw.len), 0);
	ck_assert_str_eq(out.data, samples[_i].text);
	ck_assert_str_eq(es_charset_name(cs), es_charset_name(samples[_i].cs));
}
END_TEST

static const struct {
	const char *was;
	const char *is;
	enum es_charset old;
	enum es_charset new;
	bool differs;
} both[] = {
	{ "", "", ES_CHARSET_ASCII, ES_CHARSET_ASCII, false },
	{ "a", "\xfc", ES_CHARSET_ASCII, ES_CHARSET_LATIN1, false },
	{ "\xfc", "", ES_CHARSET_LATIN1, ES_CHARSET_ASCII, false },
	{ "a", "\xc3\xbc", ES_CHARSET_ASCII, ES_CHARSET_UTF8, false },
	{ "a", "\xef\xbb\xbf", ES_CHARSET_ASCII, ES_CHARSET_UTF8_BOM, true },
	{ "\xff\xfe", "a", ES_CHARSET_UTF16LE, ES_CHARSET_ASCII, true },
	{ "\xff\xfe", "\xfe\xff", ES_CHARSET_UTF16LE, ES_CHARSET_UTF16BE,
	  true },
	{ "\xfc", "\xc3\xbc", ES_CHARSET_LATIN1, ES_CHARSET_UTF8, true },
	{ "\xc3\xbc", "\xc3\xbc\xfc", ES_CHARSET_UTF8, ES_CHARSET_UNKNOWN,
	  true },
	/* the more telling state tells for both */
	{ "\xfc", "\x80", ES_CHARSET_WINDOWS_1252, ES_CHARSET_WINDOWS_1252,
	  false },
	{ "p\xb3yta",
	  "pro\xb6\xb3 \xbf\xb1"
	  "dany",
	  ES_CHARSET_LATIN2, ES_CHARSET_LATIN2, false },
	{ "\xfc\n", "\xfcz\xb3\xb1\xb6y\n", ES_CHARSET_LATIN2,
	  ES_CHARSET_LATIN2, false },
	/* what only fits when each is alone */
	{ "\x8d", "\x88", ES_CHARSET_UNKNOWN, ES_CHARSET_UNKNOWN, false },
	{ "\xfc", "\xfc\1", ES_CHARSET_UNKNOWN, ES_CHARSET_UNKNOWN, false },
	{ "\xfc\1", "\xfc", ES_CHARSET_UNKNOWN, ES_CHARSET_UNKNOWN, false },
};

START_TEST(two_states_are_guessed_together)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(1 << 16);
	enum es_charset old, new;

	es_buf_adds(&was, both[_i].was);
	es_buf_adds(&is, both[_i].is);
	es_charset_detect_both(&old, &was, &new, &is);
	ck_assert_str_eq(es_charset_name(old), es_charset_name(both[_i].old));
	ck_assert_str_eq(es_charset_name(new), es_charset_name(both[_i].new));
	ck_assert_int_eq(es_charset_differs(old, new), both[_i].differs);
	ck_assert_int_eq(es_charset_differs(new, old), both[_i].differs);
	ck_assert(!es_charset_differs(ES_CHARSET_NONE, new));
}
END_TEST

START_TEST(long_text_is_judged_by_all_of_it)
{
	size_t len = 300000;
	char *text = malloc(len);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	memset(text, 'a', len);
	ck_assert_int_eq(es_charset_detect(text, len), ES_CHARSET_ASCII);
	text[len - 1] = '\xfc';
	ck_assert_int_eq(es_charset_detect(text, len), ES_CHARSET_LATIN1);
	ck_assert_int_eq(es_charset_decode(&out, ES_CHARSET_LATIN1, text, len),
			 0);
	ck_assert_uint_eq(out.len, len + 1);
	ck_assert_str_eq(out.data + len - 1, "\xc3\xbc");
	text[70000] = '\0';
	ck_assert_int_eq(es_charset_detect(text, len), ES_CHARSET_UNKNOWN);
	free(text);
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4);

	ck_assert_int_eq(es_charset_decode(&out, ES_CHARSET_WINDOWS_1252,
					   "\x80\x80\x80\x80", 4),
			 -EFBIG);
}
END_TEST

/* Any bytes at all: no crash, and of all but unknown ones well-formed UTF-8. */
START_TEST(any_bytes)
{
	uint32_t seed = 4711;

	for (int round = 0; round < 2000; round++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf out = ES_BUF_INIT(1 << 16);
		size_t len = (size_t)round % 67;
		char *raw = malloc(len ? len : 1);
		enum es_charset cs;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1664525 + 1013904223;
			raw[i] = (char)(seed >> 24);
		}
		if (len > 2 && round % 3 == 0)
			memcpy(raw, round % 2 ? "\xff\xfe" : "\xfe\xff", 2);
		cs = es_charset_detect(raw, len);
		ck_assert_int_eq(es_charset_decode(&out, cs, raw, len), 0);
		if (cs == ES_CHARSET_UNKNOWN)
			ck_assert_uint_eq(out.len, len);
		else
			ck_assert(es_utf8_valid(es_buf_str(&out), out.len));
		free(raw);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("charset");
	TCase *t = tcase_create("charset");

	tcase_add_loop_test(t, kinds_of_text, 0, es_lengthof(kinds));
	tcase_add_loop_test(t, pages_are_those_of_the_c_library, 0,
			    es_lengthof(pages));
	tcase_add_loop_test(t, languages_are_recognised, 0,
			    es_lengthof(samples));
	tcase_add_loop_test(t, two_states_are_guessed_together, 0,
			    es_lengthof(both));
	tcase_add_test(t, long_text_is_judged_by_all_of_it);
	tcase_add_test(t, a_full_buffer_is_told);
	tcase_add_test(t, any_bytes);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
