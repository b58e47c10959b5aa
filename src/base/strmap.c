/* SPDX-License-Identifier: MIT */
/* strmap.c - map from byte strings to pointers, by open addressing */
#include "config.h"

#include "etcsnap/strmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS 16

/* One place of the table; empty while @key is NULL. */
struct slot {
	uint64_t hash;
	char *key;
	size_t len;
	void *value;
};

struct es_strmap {
	struct slot *slots;
	size_t n_slots; /* a power of two, or 0 before the first put */
	size_t count;
	uint64_t secret[2]; /* of the hash function */
};

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/*
 * SipHash-1-3 under a random key: whoever chooses file names must not be
 * able to choose names that collide, which would make the table a list.
 */
static uint64_t hash_key(const struct es_strmap *m, const char *key, size_t len)
{
	uint64_t v[4] = { m->secret[0] ^ UINT64_C(0x736f6d6570736575),
			  m->secret[1] ^ UINT64_C(0x646f72616e646f6d),
			  m->secret[0] ^ UINT64_C(0x6c7967656e657261),
			  m->secret[1] ^ UINT64_C(0x7465646279746573) };
	uint64_t word;
	size_t left = len;

	for (; left >= 8; left -= 8, key += 8) {
		memcpy(&word, key, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = 0;
	if (left > 0)
		memcpy(&word, key, left);
	/* A tail of up to seven bytes leaves the top one for the length. */
	word ^= (uint64_t)len << 56;
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct es_strmap *es_strmap_new(void)
{
	struct es_strmap *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	/* Without randomness (early boot) the map works, only guessably. */
	if (getrandom(m->secret, sizeof(m->secret), GRND_NONBLOCK) < 0)
		m->secret[0] = (uint64_t)(uintptr_t)m;
	return m;
}

void es_strmap_free(struct es_strmap *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_slots; i++)
		free(m->slots[i].key);
	free(m->slots);
	free(m);
}

/* The slot that holds the key, or the empty one where it would go. */
static struct slot *find(const struct es_strmap *m, const char *key, size_t len,
			 uint64_t hash)
{
	size_t mask = m->n_slots - 1;

	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		struct slot *s = &m->slots[i];

		if (!s->key)
			return s;
		if (s->hash == hash && s->len == len &&
		    memcmp(s->key, key, len) == 0)
			return s;
	}
}

static int grow(struct es_strmap *m)
{
	size_t n = m->n_slots ? m->n_slots * 2 : FIRST_SLOTS;

	if (n < m->n_slots)
		return -ENOMEM;
	struct slot *slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_slots; i++) {
		if (!m->slots[i].key)
			continue;
		size_t at = (size_t)m->slots[i].hash & (n - 1);
		while (slots[at].key)
			at = (at + 1) & (n - 1);
		slots[at] = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->n_slots = n;
	return 0;
}

/* At most two thirds are in use, so that a search stays short. */
static bool is_full(const struct es_strmap *m)
{
	return m->count + 1 > m->n_slots - m->n_slots / 3;
}

int es_strmap_put(struct es_strmap *m, const char *key, size_t len, void *value)
{
	uint64_t hash = hash_key(m, key, len);

	if (is_full(m) && grow(m) < 0)
		return -ENOMEM;
	struct slot *s = find(m, key, len, hash);
	if (s->key) {
		s->value = value;
		return 0;
	}
	char *copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, key, len);
	copy[len] = '\0';
	*s = (struct slot){ hash, copy, len, value };
	m->count++;
	return 0;
}

void *es_strmap_get(const struct es_strmap *m, const char *key, size_t len)
{
	if (m->count == 0)
		return NULL;
	const struct slot *s = find(m, key, len, hash_key(m, key, len));
	return s->key ? s->value : NULL;
}

void *es_strmap_take(struct es_strmap *m, const char *key, size_t len)
{
	if (m->count == 0)
		return NULL;
	struct slot *s = find(m, key, len, hash_key(m, key, len));
	if (!s->key)
		return NULL;
	void *value = s->value;
	free(s->key);
	m->count--;

	/*
	 * Close the gap: a later entry moves into it unless its own place
	 * lies between the gap and where it is now.
	 */
	size_t mask = m->n_slots - 1;
	size_t gap = (size_t)(s - m->slots);
	for (size_t i = (gap + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
		size_t home = (size_t)m->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		m->slots[gap] = m->slots[i];
		gap = i;
	}
	m->slots[gap] = (struct slot){ 0 };
	return value;
}

size_t es_strmap_count(const struct es_strmap *m)
{
	return m->count;
}

int es_strmap_each(const struct es_strmap *m, size_t *pos, const char **key,
		   size_t *len, void **value)
{
	while (*pos < m->n_slots) {
		const struct slot *s = &m->slots[(*pos)++];

		if (!s->key)
			continue;
		*key = s->key;
		*len = s->len;
		*value = s->value;
		return 1;
	}
	return 0;
}
