// flood PORT FILE: the least that a server can do. For each end of a request head in what it reads it sends the bytes of
// FILE; it parses nothing and looks nothing up. Nobody who answers requests is faster, so what it reaches is what a
// client can read.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ATMOST = 256 };

static void watch(int set, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
}

static int heads(const char *bytes, ssize_t length) {
    int count = 0;
    const char *end = bytes + length;
    while ((bytes = memmem(bytes, end - bytes, "\r\n\r\n", 4))) {
        count++;
        bytes += 4;
    }
    return count < ATMOST ? count : ATMOST;
}

int main(int count, char **arguments) {
    static char answer[65536], answers[ATMOST * sizeof answer], input[65536];
    FILE *file = count == 3 ? fopen(arguments[2], "rb") : NULL;
    if (!file) return fprintf(stderr, "flood PORT FILE\n"), 1;
    size_t length = fread(answer, 1, sizeof answer, file);
    for (int i = 0; i < ATMOST; i++) memcpy(answers + i * length, answer, length);

    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 512)) return perror("flood"), 1;
    int set = epoll_create1(0);
    watch(set, listener);
    while (1) {
        struct epoll_event events[256];
        int ready = epoll_wait(set, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener) {
                int client = accept(listener, NULL, NULL);
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                watch(set, client);
                continue;
            }
            ssize_t got = read(descriptor, input, sizeof input);
            if (got <= 0) {
                close(descriptor);
                continue;
            }
            send(descriptor, answers, heads(input, got) * length, MSG_NOSIGNAL);
        }
    }
}
