// What Glibc's own Swift module leaves out.
#pragma once
#include <netinet/in.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

// accept4 stands behind _GNU_SOURCE, which a module map cannot define for its importer.
extern int accept4(int, struct sockaddr *, socklen_t *, int);
static inline int linux_accept(int listener, struct sockaddr_storage *peer, socklen_t *length) {
    return accept4(listener, (struct sockaddr *)peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
