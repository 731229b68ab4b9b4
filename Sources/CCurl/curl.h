#pragma once
#include <curl/curl.h>

// curl_easy_setopt takes what it is given as variable arguments, which Swift cannot pass.
static inline CURLcode curl_set_text(CURL *h, CURLoption o, const char *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode curl_set_number(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode curl_set_list(CURL *h, CURLoption o, struct curl_slist *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode curl_set_pointer(CURL *h, CURLoption o, void *v) { return curl_easy_setopt(h, o, v); }
typedef size_t (*curl_transfer)(char *, size_t, size_t, void *);
static inline CURLcode curl_set_transfer(CURL *h, CURLoption o, curl_transfer v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode curl_status(CURL *h, long *v) { return curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, v); }
