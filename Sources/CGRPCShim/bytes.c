#include <string.h>

#include "internal.h"

grpc_byte_buffer *cgrpc_bytes_create(const uint8_t *bytes, size_t length) {
  grpc_slice slice = grpc_slice_malloc(length);
  if (length > 0) memcpy(GRPC_SLICE_START_PTR(slice), bytes, length);
  grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);  // the buffer holds its own reference
  return buffer;
}

void cgrpc_bytes_copy(grpc_byte_buffer *buffer, uint8_t *into) {
  grpc_byte_buffer_reader reader;
  if (!grpc_byte_buffer_reader_init(&reader, buffer)) return;
  grpc_slice *slice;
  while (grpc_byte_buffer_reader_peek(&reader, &slice)) {
    size_t length = GRPC_SLICE_LENGTH(*slice);
    memcpy(into, GRPC_SLICE_START_PTR(*slice), length);
    into += length;
  }
  grpc_byte_buffer_reader_destroy(&reader);
}

void cgrpc_bytes_destroy(grpc_byte_buffer *buffer) {
  if (buffer != NULL) grpc_byte_buffer_destroy(buffer);
}
