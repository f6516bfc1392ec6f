// libmicrohttpd as a server of small pages, on threads of its own: one for each connection, so that a
// page that takes long holds nobody else.
//
// It answers GET and HEAD; what else comes is refused with 405 and its body is not read. It
// serves 16 connections at a time and ends those that are idle for 15 seconds. A 17th gets the place
// of the idlest one of the address that has the most.

#ifndef CHTTP_SHIM_H
#define CHTTP_SHIM_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct chttp_server chttp_server;
typedef struct chttp_page chttp_page;

// Called on the thread of its connection, several at a time, for a path like /metrics. It writes the
// page; what it does not write is answered with 404.
typedef void (*chttp_handler)(void *context, const char *path, chttp_page *page);

// `status` is that of HTTP. The bytes and the type are copied. Called at most once for a page.
void chttp_page_write(chttp_page *page, uint16_t status, const char *content_type,
                      const uint8_t *bytes, size_t length);

// Listens on a numeric address or a name; an empty host is every address of the machine, and port 0
// is one that the kernel chooses. NULL on failure, with the errno in `failure`: EADDRNOTAVAIL where
// the host has no address.
chttp_server *_Nullable chttp_server_create(const char *host, uint16_t port, chttp_handler handler,
                                            void *context, int32_t *failure);
uint16_t chttp_server_port(const chttp_server *server);
// Returns when the handler is not running any more and never will be.
void chttp_server_destroy(chttp_server *server);

#pragma clang assume_nonnull end

#endif
