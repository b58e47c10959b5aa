/* SPDX-License-Identifier: MIT */
/* urls.c - libcurl's URL parser for a process that has no libcurl */
#include "config.h"

#include "deliver/urls_priv.h"

#include <dlfcn.h>
#include <string.h>

bool es_urls_load(struct urls *out)
{
	const struct {
		const char *name;
		void *slot;
	} calls[] = {
		{ "curl_url", &out->make },
		{ "curl_url_cleanup", &out->cleanup },
		{ "curl_url_set", &out->set },
		{ "curl_url_get", &out->get },
		{ "curl_free", &out->free },
	};
	/* It stays: to load it again would cost as much again. */
	void *lib =
		dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);

	for (size_t i = 0; lib && i < sizeof(calls) / sizeof(*calls); i++) {
		void *call = dlsym(lib, calls[i].name);

		if (!call) {
			dlclose(lib);
			return false;
		}
		memcpy(calls[i].slot, &call, sizeof(call));
	}
	if (lib)
		dlclose(lib);
	return lib != NULL;
}
