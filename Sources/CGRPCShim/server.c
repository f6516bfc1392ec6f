#include "internal.h"

cgrpc_server *cgrpc_server_create(cgrpc_queue *queue, const cgrpc_options *options) {
  grpc_channel_args arguments = cgrpc_options_view(options);
  cgrpc_server *server = gpr_malloc(sizeof *server);
  server->queue = queue->queue;
  server->server = grpc_server_create(&arguments, NULL);
  grpc_server_register_completion_queue(server->server, server->queue, NULL);
  return server;
}

int32_t cgrpc_server_bind(cgrpc_server *server, const char *address,
                          cgrpc_credentials *credentials) {
  if (credentials->server == NULL) return 0;
  return grpc_server_add_http2_port(server->server, address, credentials->server);
}

void cgrpc_server_start(cgrpc_server *server) { grpc_server_start(server->server); }

void cgrpc_server_start_shutdown(cgrpc_server *server, void *tag) {
  grpc_server_shutdown_and_notify(server->server, server->queue, tag);
}

void cgrpc_server_cancel_calls(cgrpc_server *server) {
  grpc_server_cancel_all_calls(server->server);
}

void cgrpc_server_destroy(cgrpc_server *server) {
  grpc_server_destroy(server->server);
  gpr_free(server);
}
