#include "postgres.h"
#include <dlfcn.h>

// Every function of libpq that we call: result, name, parameters, arguments.
#define FUNCTIONS(F) \
    F(void, PQclear, (PGresult *r), (r)) \
    F(char *, PQcmdTuples, (PGresult *r), (r)) \
    F(PGconn *, PQconnectdbParams, (const char *const *k, const char *const *v, int e), (k, v, e)) \
    F(void, PQconninfoFree, (PQconninfoOption *o), (o)) \
    F(PQconninfoOption *, PQconninfoParse, (const char *i, char **e), (i, e)) \
    F(int, PQconsumeInput, (PGconn *c), (c)) \
    F(int, PQenterPipelineMode, (PGconn *c), (c)) \
    F(char *, PQerrorMessage, (const PGconn *c), (c)) \
    F(PGresult *, PQexec, (PGconn *c, const char *q), (c, q)) \
    F(void, PQfinish, (PGconn *c), (c)) \
    F(int, PQflush, (PGconn *c), (c)) \
    F(PGresult *, PQgetResult, (PGconn *c), (c)) \
    F(int, PQgetisnull, (const PGresult *r, int t, int f), (r, t, f)) \
    F(int, PQgetlength, (const PGresult *r, int t, int f), (r, t, f)) \
    F(char *, PQgetvalue, (const PGresult *r, int t, int f), (r, t, f)) \
    F(int, PQisBusy, (PGconn *c), (c)) \
    F(int, PQnfields, (const PGresult *r), (r)) \
    F(int, PQntuples, (const PGresult *r), (r)) \
    F(int, PQpipelineSync, (PGconn *c), (c)) \
    F(PGresult *, PQprepare, (PGconn *c, const char *s, const char *q, int n, const Oid *t), (c, s, q, n, t)) \
    F(char *, PQresultErrorField, (const PGresult *r, int f), (r, f)) \
    F(ExecStatusType, PQresultStatus, (const PGresult *r), (r)) \
    F(int, PQsendPrepare, (PGconn *c, const char *s, const char *q, int n, const Oid *t), (c, s, q, n, t)) \
    F(int, PQsendQueryParams, (PGconn *c, const char *q, int n, const Oid *t, const char *const *v, const int *l, \
                               const int *f, int r), (c, q, n, t, v, l, f, r)) \
    F(int, PQsendQueryPrepared, (PGconn *c, const char *s, int n, const char *const *v, const int *l, const int *f, \
                                 int r), (c, s, n, v, l, f, r)) \
    F(int, PQsetnonblocking, (PGconn *c, int a), (c, a)) \
    F(int, PQsocket, (const PGconn *c), (c)) \
    F(ConnStatusType, PQstatus, (const PGconn *c), (c))

#define POINTER(result, name, parameters, arguments) static result(*loaded_##name) parameters;
FUNCTIONS(POINTER)

// The library's name, so that callers and compiler see libpq's own header; it goes where the pointer goes.
#define FORWARD(result, name, parameters, arguments) \
    __attribute__((visibility("hidden"))) result name parameters { return loaded_##name arguments; }
FUNCTIONS(FORWARD)

#define LOAD(result, name, parameters, arguments) \
    loaded_##name = (result(*) parameters)dlsym(library, #name); \
    if (!loaded_##name) return "libpq.so.5 is too old: it has no " #name;

const char *postgres_load(void) {
    static void *library;
    if (library) return 0;
    library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    FUNCTIONS(LOAD)
    return 0;
}
