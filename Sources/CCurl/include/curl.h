#pragma once
#include <curl/curl.h>

// Loads libcurl, whose functions below are only to be called afterwards: a server that sends no mail and knows no
// provider does without it and the two dozen libraries that it brings. Not to be called by two threads at once. NULL,
// or what is wrong.
const char *curl_load(void);

// curl_easy_setopt takes what it is given as variable arguments, which Swift cannot pass.
typedef size_t (*curl_transfer)(char *, size_t, size_t, void *);
CURLcode curl_set_text(CURL *h, CURLoption o, const char *v);
CURLcode curl_set_number(CURL *h, CURLoption o, long v);
CURLcode curl_set_list(CURL *h, CURLoption o, struct curl_slist *v);
CURLcode curl_set_pointer(CURL *h, CURLoption o, void *v);
CURLcode curl_set_transfer(CURL *h, CURLoption o, curl_transfer v);
CURLcode curl_status(CURL *h, long *v);
