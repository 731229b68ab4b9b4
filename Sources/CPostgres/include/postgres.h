#pragma once
#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

// Loads libpq, whose functions below are only to be called afterwards: a server on SQLite neither needs it nor waits
// for it and the libraries that it brings. Not to be called by two threads at once. NULL, or what is wrong.
const char *postgres_load(void);
