#pragma once
#include <sqlite3.h>

// sqlite3_config takes variable arguments, which Swift cannot pass.
static inline int sqlite_config_number(int option, int value) { return sqlite3_config(option, value); }

// The destructor constants are casts, which Swift's importer cannot read.
static inline int sqlite_bind_text_copy(sqlite3_stmt *s, int i, const char *p, int n) {
    return sqlite3_bind_text(s, i, p, n, SQLITE_TRANSIENT);
}
static inline int sqlite_bind_blob_copy(sqlite3_stmt *s, int i, const void *p, int n) {
    return sqlite3_bind_blob(s, i, n == 0 ? "" : p, n, SQLITE_TRANSIENT);
}
static inline void sqlite_result_text_copy(sqlite3_context *c, const char *p, int n) {
    sqlite3_result_text(c, p, n, SQLITE_TRANSIENT);
}
