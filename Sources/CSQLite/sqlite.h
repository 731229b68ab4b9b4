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

// The header of the WAL index (https://www.sqlite.org/walformat.html, "The WAL-Index File Format"): 48 bytes of shared
// memory that every commit of every process changes. SQLite's own mapping, which lives as long as the connection; null
// when there is none.
static inline const void *sqlite_wal_index_header(sqlite3 *db) {
    sqlite3_file *file = 0;
    volatile void *page = 0;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file || !file->pMethods
        || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap)
        return 0;
    if (file->pMethods->xShmMap(file, 0, 32768, 0, &page) != SQLITE_OK) return 0;
    return (const void *)page;
}
