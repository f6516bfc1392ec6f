#include <string.h>

#include "internal.h"

struct cgrpc_server_call {
  grpc_call *_Nullable call;                 // owned, set by a successful accept
  grpc_call_details details;                 // owned
  grpc_metadata_array metadata;              // owned
  grpc_byte_buffer *_Nullable request;       // owned, set by a successful receive
  grpc_auth_context *_Nullable credentials;  // owned, set by the first look at the names
  grpc_metadata trailers[CGRPC_MAX_TRAILERS];  // keys and values owned
  size_t trailer_count;
  int cancelled;
};

cgrpc_server_call *cgrpc_server_call_create(void) {
  cgrpc_server_call *call = gpr_zalloc(sizeof *call);
  grpc_call_details_init(&call->details);
  grpc_metadata_array_init(&call->metadata);
  return call;
}

bool cgrpc_server_call_start_accept(cgrpc_server_call *call, cgrpc_server *server, void *tag) {
  return grpc_server_request_call(server->server, &call->call, &call->details, &call->metadata,
                                  server->queue, server->queue, tag) == GRPC_CALL_OK;
}

void cgrpc_server_call_destroy(cgrpc_server_call *call) {
  for (size_t index = 0; index < call->trailer_count; index++) {
    grpc_slice_unref(call->trailers[index].key);
    grpc_slice_unref(call->trailers[index].value);
  }
  grpc_auth_context_release(call->credentials);
  cgrpc_bytes_destroy(call->request);
  grpc_metadata_array_destroy(&call->metadata);
  grpc_call_details_destroy(&call->details);
  if (call->call != NULL) grpc_call_unref(call->call);
  gpr_free(call);
}

const uint8_t *cgrpc_server_call_view_method(cgrpc_server_call *call, size_t *length) {
  *length = GRPC_SLICE_LENGTH(call->details.method);
  return GRPC_SLICE_START_PTR(call->details.method);
}

int64_t cgrpc_server_call_nanoseconds_left(cgrpc_server_call *call) {
  gpr_timespec deadline = call->details.deadline;
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return INT64_MAX;
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  // A client may ask for centuries; what does not fit in 63 bits of nanoseconds is no deadline.
  if (left.tv_sec > INT64_MAX / GPR_NS_PER_SEC - 1) return INT64_MAX;
  return left.tv_sec * GPR_NS_PER_SEC + left.tv_nsec;
}

size_t cgrpc_server_call_copy_peer(cgrpc_server_call *call, char *buffer, size_t capacity) {
  char *peer = grpc_call_get_peer(call->call);
  if (peer == NULL) return 0;
  size_t length = strnlen(peer, capacity);
  memcpy(buffer, peer, length);
  gpr_free(peer);
  return length;
}

const char *cgrpc_server_call_view_name(cgrpc_server_call *call, size_t index, size_t *length) {
  if (call->credentials == NULL) call->credentials = grpc_call_auth_context(call->call);
  if (call->credentials == NULL || !grpc_auth_context_peer_is_authenticated(call->credentials)) {
    return NULL;
  }
  grpc_auth_property_iterator names = grpc_auth_context_find_properties_by_name(
      call->credentials, GRPC_X509_SAN_PROPERTY_NAME);
  const grpc_auth_property *name = grpc_auth_property_iterator_next(&names);
  for (; name != NULL && index > 0; index--) name = grpc_auth_property_iterator_next(&names);
  if (name == NULL) return NULL;
  *length = name->value_length;
  return name->value;
}

const uint8_t *cgrpc_server_call_view_header(cgrpc_server_call *call, const char *name,
                                             size_t *length) {
  return cgrpc_metadata_view(&call->metadata, name, length);
}

static bool start(cgrpc_server_call *call, const grpc_op *operations, size_t count, void *tag) {
  return grpc_call_start_batch(call->call, operations, count, tag, NULL) == GRPC_CALL_OK;
}

bool cgrpc_server_call_start_receive(cgrpc_server_call *call, void *tag) {
  grpc_op operation = {.op = GRPC_OP_RECV_MESSAGE};
  operation.data.recv_message.recv_message = &call->request;
  return start(call, &operation, 1, tag);
}

bool cgrpc_server_call_has_request(cgrpc_server_call *call) { return call->request != NULL; }

size_t cgrpc_server_call_request_length(cgrpc_server_call *call) {
  return grpc_byte_buffer_length(call->request);
}

void cgrpc_server_call_copy_request(cgrpc_server_call *call, uint8_t *buffer) {
  cgrpc_bytes_copy(call->request, buffer);
}

bool cgrpc_server_call_start_watch_end(cgrpc_server_call *call, void *tag) {
  grpc_op operation = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
  operation.data.recv_close_on_server.cancelled = &call->cancelled;
  return start(call, &operation, 1, tag);
}

bool cgrpc_server_call_was_cancelled(cgrpc_server_call *call) { return call->cancelled != 0; }

bool cgrpc_server_call_start_send(cgrpc_server_call *call, const uint8_t *bytes, size_t length,
                                  bool is_first, void *tag) {
  grpc_byte_buffer *message = cgrpc_bytes_create(bytes, length);
  grpc_op operations[2] = {{.op = GRPC_OP_SEND_MESSAGE}, {.op = GRPC_OP_SEND_INITIAL_METADATA}};
  operations[0].data.send_message.send_message = message;
  bool started = start(call, operations, is_first ? 2 : 1, tag);
  grpc_byte_buffer_destroy(message);  // the batch has taken the slices
  return started;
}

bool cgrpc_server_call_set_trailer(cgrpc_server_call *call, const char *name, const char *value) {
  if (call->trailer_count == CGRPC_MAX_TRAILERS) return false;
  grpc_metadata *trailer = &call->trailers[call->trailer_count++];
  trailer->key = grpc_slice_from_copied_string(name);
  trailer->value = grpc_slice_from_copied_string(value);
  return true;
}

bool cgrpc_server_call_start_finish(cgrpc_server_call *call, const cgrpc_outcome *outcome,
                                    void *tag) {
  grpc_op operations[3] = {{.op = GRPC_OP_SEND_STATUS_FROM_SERVER}};
  size_t count = 1;
  grpc_slice details = grpc_slice_from_copied_buffer((const char *)outcome->message,
                                                     outcome->message_length);
  operations[0].data.send_status_from_server.status = (grpc_status_code)outcome->code;
  operations[0].data.send_status_from_server.status_details = &details;
  operations[0].data.send_status_from_server.trailing_metadata = call->trailers;
  operations[0].data.send_status_from_server.trailing_metadata_count = call->trailer_count;
  if (outcome->is_first) operations[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
  grpc_byte_buffer *response = NULL;
  if (outcome->has_response) {
    response = cgrpc_bytes_create(outcome->response, outcome->response_length);
    operations[count].op = GRPC_OP_SEND_MESSAGE;
    operations[count++].data.send_message.send_message = response;
  }
  bool started = start(call, operations, count, tag);
  cgrpc_bytes_destroy(response);
  grpc_slice_unref(details);
  return started;
}
