/* SPDX-License-Identifier: MIT */
/* mask_codes.c - expressions of masks, compiled when one is needed */
#include "config.h"

#include "config/mask_codes_priv.h"

#include "etcsnap/mask.h"
#include "etcsnap/quote.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* @code is set once, by who holds the lock, and read without it. */
struct code {
	char *regex;
	_Atomic(pcre2_code *) code;
};

struct es_mask_codes {
	pthread_mutex_t lock;
	size_t n;
	struct code v[];
};

static int compile(pcre2_code **out, const char *regex, struct es_error *err)
{
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	uint32_t groups = 0;
	int code;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	if (!context)
		return es_fail_oom(err);
	/* $ stands before \r\n as well. */
	pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);

	pcre2_code *re = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
				       PCRE2_MULTILINE | PCRE2_NEVER_UTF |
					       PCRE2_NEVER_BACKSLASH_C,
				       &code, &at, context);

	pcre2_compile_context_free(context);
	if (!re && code == PCRE2_ERROR_HEAP_FAILED)
		return es_fail_oom(err);
	if (!re) {
		if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
			why[0] = '\0';
		return es_fail_config(err, "mask '%s': %s at character %zu",
				      ES_Q(regex), (char *)why, at + 1);
	}
	pcre2_pattern_info(re, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (!groups) {
		pcre2_code_free(re);
		return es_fail_config(err,
				      "mask '%s' has no group; put (...) "
				      "around the secret part",
				      ES_Q(regex));
	}
	*out = re;
	return 0;
}

int es_mask_check(const char *regex, struct es_error *err)
{
	pcre2_code *re = NULL;
	int rc = compile(&re, regex, err);

	pcre2_code_free(re);
	return rc;
}

int es_mask_codes_new(struct es_mask_codes **out, const char *const *regexes,
		      size_t n, struct es_error *err)
{
	ES_CLEANUP(es_mask_codes_freep)
	struct es_mask_codes *codes =
		calloc(1, sizeof(*codes) + n * sizeof(codes->v[0]));

	if (!codes)
		return es_fail_oom(err);
	pthread_mutex_init(&codes->lock, NULL);
	for (; codes->n < n; codes->n++) {
		struct code *c = &codes->v[codes->n];

		atomic_init(&c->code, NULL);
		c->regex = strdup(regexes[codes->n]);
		if (!c->regex)
			return es_fail_oom(err);
	}
	*out = es_steal_ptr(&codes);
	return 0;
}

void es_mask_codes_free(struct es_mask_codes *codes)
{
	if (!codes)
		return;
	for (size_t i = 0; i < codes->n; i++) {
		pcre2_code_free(atomic_load(&codes->v[i].code));
		free(codes->v[i].regex);
	}
	pthread_mutex_destroy(&codes->lock);
	free(codes);
}

size_t es_mask_codes_count(const struct es_mask_codes *codes)
{
	return codes->n;
}

/* The lock is held. Another thread may have been here first. */
static int compile_once(struct code *c)
{
	struct es_error err = ES_ERROR_INIT;
	pcre2_code *re = NULL;

	if (atomic_load(&c->code))
		return 0;
	if (compile(&re, c->regex, &err) < 0)
		return err.code;
	/* Without a JIT for this machine all is only slower. */
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	atomic_store(&c->code, re);
	return 0;
}

int es_mask_codes_get(struct es_mask_codes *codes, size_t index,
		      const struct pcre2_real_code_8 **out)
{
	struct code *c = &codes->v[index];
	int rc;

	*out = atomic_load_explicit(&c->code, memory_order_acquire);
	if (*out)
		return 0;
	pthread_mutex_lock(&codes->lock);
	rc = compile_once(c);
	pthread_mutex_unlock(&codes->lock);
	*out = atomic_load(&c->code);
	return rc;
}

size_t es_mask_codes_compiled(const struct es_mask_codes *codes)
{
	size_t n = 0;

	for (size_t i = 0; i < codes->n; i++)
		n += atomic_load(&codes->v[i].code) != NULL;
	return n;
}
