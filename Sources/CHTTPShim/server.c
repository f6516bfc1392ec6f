#include "internal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

struct chttp_server {
  struct MHD_Daemon *daemon;
  chttp_handler handler;
  void *context;
  uint16_t port;
  chttp_seats seats;
};

struct chttp_page {
  struct MHD_Response *response;
  unsigned status;
};

static const unsigned idle_seconds = 15;
// Of one connection: the request's head and the answer's.
static const size_t memory_bytes = 16 << 10;

void chttp_page_write(chttp_page *page, uint16_t status, const char *content_type,
                      const uint8_t *bytes, size_t length) {
  if (page->response) return;
  page->status = status;
  page->response = MHD_create_response_from_buffer(length, (void *)bytes, MHD_RESPMEM_MUST_COPY);
  if (!page->response) return;
  MHD_add_response_header(page->response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
}

static enum MHD_Result send_empty(struct MHD_Connection *connection, unsigned status) {
  struct MHD_Response *response =
      MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  if (!response) return MHD_NO;
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    // The body, which is not read, must not be taken for the next request.
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  }
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static void seat(void *context, struct MHD_Connection *connection, void **place,
                 enum MHD_ConnectionNotificationCode change) {
  chttp_server *server = context;
  if (change == MHD_CONNECTION_NOTIFY_CLOSED) {
    if (*place) chttp_seat_leave(&server->seats, *place);
    *place = NULL;
    return;
  }
  const union MHD_ConnectionInfo *socket =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const union MHD_ConnectionInfo *address =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  *place = socket && address
               ? chttp_seat_take(&server->seats, socket->connect_fd, address->client_addr)
               : NULL;
}

static void count_use(chttp_server *server, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *place =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  if (place && place->socket_context) chttp_seat_use(&server->seats, place->socket_context);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_length, void **state) {
  (void)version, (void)body, (void)body_length, (void)state;
  count_use(context, connection);
  if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
    return send_empty(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
  }
  chttp_server *server = context;
  chttp_page page = {0};
  server->handler(server->context, path, &page);
  if (!page.response) return send_empty(connection, MHD_HTTP_NOT_FOUND);
  enum MHD_Result result = MHD_queue_response(connection, page.status, page.response);
  MHD_destroy_response(page.response);
  return result;
}

static struct MHD_Daemon *start(chttp_server *server, int listener) {
  return MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, NULL, NULL, answer, server,
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
      (unsigned)CHTTP_MOST_SEATS, MHD_OPTION_NOTIFY_CONNECTION, seat, server,
      MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      memory_bytes, MHD_OPTION_END);
}

chttp_server *chttp_server_create(const char *host, uint16_t port, chttp_handler handler,
                                  void *context, int32_t *failure) {
  int listener = chttp_listen(host, port, failure);
  if (listener < 0) return NULL;
  *failure = ENOMEM;
  chttp_server *server = calloc(1, sizeof *server);
  if (server) {
    server->handler = handler;
    server->context = context;
    server->port = chttp_port(listener);
    pthread_mutex_init(&server->seats.lock, NULL);
    server->daemon = start(server, listener);
    if (server->daemon) return server;
    pthread_mutex_destroy(&server->seats.lock);
  }
  free(server);
  close(listener);
  return NULL;
}

uint16_t chttp_server_port(const chttp_server *server) { return server->port; }

void chttp_server_destroy(chttp_server *server) {
  // Closes the listener too, and waits for every connection's thread.
  MHD_stop_daemon(server->daemon);
  pthread_mutex_destroy(&server->seats.lock);
  free(server);
}
