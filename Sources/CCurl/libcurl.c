#define CURL_DISABLE_TYPECHECK
#include "include/curl.h"
#include <dlfcn.h>

// Every function of libcurl that we call: result, name, parameters, arguments.
#define FUNCTIONS(F) \
    F(void, curl_easy_cleanup, (CURL *h), (h)) \
    F(CURL *, curl_easy_init, (void), ()) \
    F(CURLcode, curl_easy_perform, (CURL *h), (h)) \
    F(const char *, curl_easy_strerror, (CURLcode c), (c)) \
    F(CURLcode, curl_global_init, (long f), (f)) \
    F(struct curl_slist *, curl_slist_append, (struct curl_slist *l, const char *t), (l, t)) \
    F(void, curl_slist_free_all, (struct curl_slist *l), (l))

#define POINTER(result, name, parameters, arguments) static result(*loaded_##name) parameters;
FUNCTIONS(POINTER)
static CURLcode (*loaded_setopt)(CURL *, CURLoption, ...);
static CURLcode (*loaded_getinfo)(CURL *, CURLINFO, ...);

// The library's name, so that callers and compiler see libcurl's own header; it goes where the pointer goes.
#define FORWARD(result, name, parameters, arguments) \
    __attribute__((visibility("hidden"))) result name parameters { return loaded_##name arguments; }
FUNCTIONS(FORWARD)

CURLcode curl_set_text(CURL *h, CURLoption o, const char *v) { return loaded_setopt(h, o, v); }
CURLcode curl_set_number(CURL *h, CURLoption o, long v) { return loaded_setopt(h, o, v); }
CURLcode curl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return loaded_setopt(h, o, v); }
CURLcode curl_set_pointer(CURL *h, CURLoption o, void *v) { return loaded_setopt(h, o, v); }
CURLcode curl_set_transfer(CURL *h, CURLoption o, curl_transfer v) { return loaded_setopt(h, o, v); }
CURLcode curl_status(CURL *h, long *v) { return loaded_getinfo(h, CURLINFO_RESPONSE_CODE, v); }

#define LOAD(result, name, parameters, arguments) \
    loaded_##name = (result(*) parameters)dlsym(library, #name); \
    if (!loaded_##name) return "libcurl.so.4 is too old: it has no " #name;

const char *curl_load(void) {
    static void *library;
    if (library) return 0;
    library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    FUNCTIONS(LOAD)
    loaded_setopt = (CURLcode(*)(CURL *, CURLoption, ...))dlsym(library, "curl_easy_setopt");
    loaded_getinfo = (CURLcode(*)(CURL *, CURLINFO, ...))dlsym(library, "curl_easy_getinfo");
    if (!loaded_setopt || !loaded_getinfo) return "libcurl.so.4 has no curl_easy_setopt or curl_easy_getinfo";
    return 0;
}
