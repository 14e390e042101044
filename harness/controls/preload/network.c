/* The network: loopback and what was declared; anything else is unreachable, and noted in the page. */
#include "page.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

static void note(const char *text)
{
    for (int i = 0; i < 32; i++) {
        struct refused *slot = &page->refused[i];
        uint64_t none = 0;
        if (__atomic_compare_exchange_n(&slot->count, &none, 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            strncpy(slot->text, text, sizeof slot->text - 1);
            return;
        }
        if (strncmp(slot->text, text, sizeof slot->text) == 0) {
            ADD(slot->count, 1);
            return;
        }
    }
}

static int split(const struct sockaddr *address, uint16_t *family, uint16_t *port, uint8_t *bytes)
{
    memset(bytes, 0, 16);
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        *family = 4, *port = ntohs(four->sin_port), memcpy(bytes, &four->sin_addr, 4);
        return 1;
    }
    if (address->sa_family != AF_INET6) return 0;
    const struct sockaddr_in6 *six = (const void *)address;
    *family = 6, *port = ntohs(six->sin6_port), memcpy(bytes, &six->sin6_addr, 16);
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        memmove(bytes, bytes + 12, 4), memset(bytes + 4, 0, 12);
        *family = 4;
    }
    return 1;
}

static int is_loopback(uint16_t family, const uint8_t *bytes)
{
    static const uint8_t zero[16];
    if (family == 4) return bytes[0] == 127 || memcmp(bytes, zero, 4) == 0;
    return memcmp(bytes, zero, 15) == 0 && bytes[15] <= 1;
}

/* Whether a program may go there; loopback too is told, by 2. */
static int may_reach(const struct sockaddr *address)
{
    uint16_t family, port;
    uint8_t bytes[16];
    if (!page || !address || !GET(page->network) || !split(address, &family, &port, bytes)) return 1;
    if (is_loopback(family, bytes)) return 2;
    for (uint64_t i = 0; i < page->allowed_count && i < 32; i++) {
        const struct allowed *entry = &page->allowed[i];
        if (entry->family == family && (!entry->port || entry->port == port) && !memcmp(entry->address, bytes, 16))
            return 1;
    }
    char host[INET6_ADDRSTRLEN] = "?", text[80];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, host, sizeof host);
    snprintf(text, sizeof text, family == 4 ? "%s:%u" : "[%s]:%u", host, port);
    note(text);
    return 0;
}

static int is_uuid_server(const struct sockaddr *address)
{
    return page && GET(page->random) && address && address->sa_family == AF_UNIX &&
           strcmp(((const struct sockaddr_un *)(const void *)address)->sun_path, "/run/uuidd/request") == 0;
}

/* Whether nothing listens there; on loopback that is known at once, for descriptors that do not block too. */
static int is_refused(int descriptor, int error)
{
    struct pollfd waiting = {descriptor, POLLOUT, 0};
    return error == ECONNREFUSED || (error == EINPROGRESS && poll(&waiting, 1, 0) == 1 && waiting.revents & POLLERR);
}

PUBLIC int connect(int descriptor, const struct sockaddr *address, socklen_t size)
{
    REAL(int, "connect", int, const struct sockaddr *, socklen_t);
    int allowed = may_reach(address);
    if (!allowed) return errno = ENETUNREACH, -1;
    if (is_uuid_server(address)) return errno = ECONNREFUSED, -1;
    int result = real(descriptor, address, size), error = errno;
    if (result < 0 && allowed == 2 && GET(page->isolated) && is_refused(descriptor, error)) ADD(page->loopback, 1);
    errno = error;
    return result;
}

PUBLIC ssize_t sendto(int descriptor, const void *data, size_t size, int flags, const struct sockaddr *address,
                      socklen_t length)
{
    REAL(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    if (!may_reach(address)) return errno = ENETUNREACH, -1;
    return real(descriptor, data, size, flags, address, length);
}

PUBLIC ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    if (message && message->msg_namelen && !may_reach(message->msg_name)) return errno = ENETUNREACH, -1;
    return real(descriptor, message, flags);
}

static int in_list(const char *list, const char *name) /* one name a line */
{
    size_t size = strlen(name);
    for (const char *line = list; *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strcspn(line, "\n") == size && strncasecmp(line, name, size) == 0) return 1;
    return 0;
}

static int may_resolve(const char *name, const char *service)
{
    uint8_t bytes[16];
    char text[112];
    if (!page || !name || !*name || !GET(page->network)) return 1;
    if (inet_pton(AF_INET, name, bytes) == 1 || strchr(name, ':')) return 1;
    if (in_list(page->names, name)) return 1; /* localhost, /etc/hosts and what was declared */
    snprintf(text, sizeof text, service && *service ? "%.90s:%.16s" : "%.90s", name, service ? service : "");
    note(text);
    return 0;
}

PUBLIC int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                       struct addrinfo **restrict result)
{
    REAL(int, "getaddrinfo", const char *, const char *, const struct addrinfo *, struct addrinfo **);
    return may_resolve(name, service) ? real(name, service, hints, result) : EAI_AGAIN;
}

PUBLIC struct hostent *gethostbyname(const char *name)
{
    REAL(struct hostent *, "gethostbyname", const char *);
    if (may_resolve(name, NULL)) return real(name);
    h_errno = TRY_AGAIN;
    return NULL;
}

PUBLIC int gethostbyname_r(const char *restrict name, struct hostent *restrict place, char *restrict buffer,
                           size_t size, struct hostent **restrict result, int *restrict error)
{
    REAL(int, "gethostbyname_r", const char *, struct hostent *, char *, size_t, struct hostent **, int *);
    if (may_resolve(name, NULL)) return real(name, place, buffer, size, result, error);
    *result = NULL;
    *error = TRY_AGAIN;
    return EAGAIN;
}
