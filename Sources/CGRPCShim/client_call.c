#include <string.h>

#include "internal.h"

struct cgrpc_client_call {
  grpc_call *call;                       // owned
  uint32_t flags;                        // of the initial metadata
  grpc_metadata sent[CGRPC_MAX_HEADERS];  // keys and values owned
  size_t sent_count;
  grpc_metadata_array headers;           // owned
  grpc_metadata_array trailers;          // owned
  grpc_byte_buffer *_Nullable response;  // owned
  grpc_status_code code;
  grpc_slice message;  // owned
};

static gpr_timespec deadline_in(int64_t nanoseconds) {
  if (nanoseconds == INT64_MAX) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(nanoseconds, GPR_TIMESPAN));
}

cgrpc_client_call *cgrpc_client_call_create(cgrpc_channel *channel, cgrpc_queue *queue,
                                            const char *method, cgrpc_call_options options) {
  cgrpc_client_call *call = gpr_zalloc(sizeof *call);
  grpc_slice path = grpc_slice_from_copied_string(method);
  call->call = grpc_channel_create_call(channel->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                        queue->queue, path, NULL,
                                        deadline_in(options.timeout_nanoseconds), NULL);
  grpc_slice_unref(path);
  if (options.waits_for_ready) {
    call->flags =
        GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
  }
  grpc_metadata_array_init(&call->headers);
  grpc_metadata_array_init(&call->trailers);
  call->message = grpc_empty_slice();
  return call;
}

bool cgrpc_client_call_set_header(cgrpc_client_call *call, const char *name, const char *value) {
  if (call->sent_count == CGRPC_MAX_HEADERS) return false;
  grpc_metadata *header = &call->sent[call->sent_count++];
  header->key = grpc_slice_from_copied_string(name);
  header->value = grpc_slice_from_copied_string(value);
  return true;
}

void cgrpc_client_call_destroy(cgrpc_client_call *call) {
  for (size_t index = 0; index < call->sent_count; index++) {
    grpc_slice_unref(call->sent[index].key);
    grpc_slice_unref(call->sent[index].value);
  }
  grpc_slice_unref(call->message);
  cgrpc_bytes_destroy(call->response);
  grpc_metadata_array_destroy(&call->trailers);
  grpc_metadata_array_destroy(&call->headers);
  grpc_call_unref(call->call);
  gpr_free(call);
}

static bool start(cgrpc_client_call *call, const grpc_op *operations, size_t count, void *tag) {
  return grpc_call_start_batch(call->call, operations, count, tag, NULL) == GRPC_CALL_OK;
}

// Fills four operations: the request, its end, and the headers of the answer.
static void fill_request(cgrpc_client_call *call, grpc_byte_buffer *request,
                         grpc_op *operations) {
  operations[0].op = GRPC_OP_SEND_INITIAL_METADATA;
  operations[0].flags = call->flags;
  operations[0].data.send_initial_metadata.count = call->sent_count;
  operations[0].data.send_initial_metadata.metadata = call->sent;
  operations[1].op = GRPC_OP_SEND_MESSAGE;
  operations[1].data.send_message.send_message = request;
  operations[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
  operations[3].op = GRPC_OP_RECV_INITIAL_METADATA;
  operations[3].data.recv_initial_metadata.recv_initial_metadata = &call->headers;
}

static void fill_receive(cgrpc_client_call *call, grpc_op *operation) {
  operation->op = GRPC_OP_RECV_MESSAGE;
  operation->data.recv_message.recv_message = &call->response;
}

static void fill_status(cgrpc_client_call *call, grpc_op *operation) {
  operation->op = GRPC_OP_RECV_STATUS_ON_CLIENT;
  operation->data.recv_status_on_client.trailing_metadata = &call->trailers;
  operation->data.recv_status_on_client.status = &call->code;
  operation->data.recv_status_on_client.status_details = &call->message;
}

bool cgrpc_client_call_start_unary(cgrpc_client_call *call, const uint8_t *bytes, size_t length,
                                   void *tag) {
  grpc_op operations[6];
  memset(operations, 0, sizeof operations);
  grpc_byte_buffer *request = cgrpc_bytes_create(bytes, length);
  fill_request(call, request, operations);
  fill_receive(call, &operations[4]);
  fill_status(call, &operations[5]);
  bool started = start(call, operations, 6, tag);
  grpc_byte_buffer_destroy(request);  // the batch has taken the slices
  return started;
}

bool cgrpc_client_call_start_stream(cgrpc_client_call *call, const uint8_t *bytes, size_t length,
                                    void *tag) {
  grpc_op operations[4];
  memset(operations, 0, sizeof operations);
  grpc_byte_buffer *request = cgrpc_bytes_create(bytes, length);
  fill_request(call, request, operations);
  bool started = start(call, operations, 4, tag);
  grpc_byte_buffer_destroy(request);
  return started;
}

bool cgrpc_client_call_start_receive(cgrpc_client_call *call, void *tag) {
  cgrpc_bytes_destroy(call->response);
  call->response = NULL;
  grpc_op operation;
  memset(&operation, 0, sizeof operation);
  fill_receive(call, &operation);
  return start(call, &operation, 1, tag);
}

bool cgrpc_client_call_start_status(cgrpc_client_call *call, void *tag) {
  grpc_op operation;
  memset(&operation, 0, sizeof operation);
  fill_status(call, &operation);
  return start(call, &operation, 1, tag);
}

void cgrpc_client_call_cancel(cgrpc_client_call *call) { grpc_call_cancel(call->call, NULL); }

bool cgrpc_client_call_has_response(cgrpc_client_call *call) { return call->response != NULL; }

size_t cgrpc_client_call_response_length(cgrpc_client_call *call) {
  return grpc_byte_buffer_length(call->response);
}

void cgrpc_client_call_copy_response(cgrpc_client_call *call, uint8_t *buffer) {
  cgrpc_bytes_copy(call->response, buffer);
}

int32_t cgrpc_client_call_code(cgrpc_client_call *call) { return (int32_t)call->code; }

const uint8_t *cgrpc_client_call_view_trailer(cgrpc_client_call *call, const char *name,
                                              size_t *length) {
  return cgrpc_metadata_view(&call->trailers, name, length);
}

const uint8_t *cgrpc_client_call_view_message(cgrpc_client_call *call, size_t *length) {
  *length = GRPC_SLICE_LENGTH(call->message);
  return GRPC_SLICE_START_PTR(call->message);
}
