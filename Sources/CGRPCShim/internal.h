// The structs behind the opaque names, shared by the files of this target only.

#ifndef CGRPC_INTERNAL_H
#define CGRPC_INTERNAL_H

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/slice.h>
#include <grpc/support/alloc.h>
#include <grpc/support/time.h>

#include "cgrpc_shim.h"

#pragma clang assume_nonnull begin

#define CGRPC_MAX_OPTIONS 20
#define CGRPC_MAX_TRAILERS 4
#define CGRPC_MAX_HEADERS 4
// No TLS record that is sent is larger. C-core keeps a buffer of this size for each connection, 16 KiB
// where nothing is said.
#define CGRPC_MAX_FRAME 4096

struct cgrpc_queue {
  grpc_completion_queue *queue;  // owned
};

struct cgrpc_options {
  grpc_arg arguments[CGRPC_MAX_OPTIONS];  // keys and texts owned
  size_t count;
};

struct cgrpc_certificates {
  grpc_tls_certificate_provider *provider;  // owned
  bool has_identity;
  bool has_authority;
};

// Exactly one of the two is set.
struct cgrpc_credentials {
  grpc_server_credentials *_Nullable server;    // owned
  grpc_channel_credentials *_Nullable channel;  // owned
};

struct cgrpc_server {
  grpc_server *server;           // owned
  grpc_completion_queue *queue;  // reference
};

struct cgrpc_channel {
  grpc_channel *channel;  // owned
};

// Holds every TLS connection of this process to TLS 1.3. Comes before the first.
bool cgrpc_tls_prepare(void);
typedef enum { CGRPC_TLS_OTHER, CGRPC_TLS_HANDSHAKE, CGRPC_TLS_FILES } cgrpc_tls_line;
// Whether a log line of C-core's says that a handshake failed, or that files cannot be used; then
// writes why.
cgrpc_tls_line cgrpc_tls_describe(const char *line, char *buffer, size_t capacity);

grpc_channel_args cgrpc_options_view(const cgrpc_options *options);

// Gives one buffer that holds a copy of the bytes.
grpc_byte_buffer *cgrpc_bytes_create(const uint8_t *_Nullable bytes, size_t length);
// Writes the whole buffer to memory of its length.
void cgrpc_bytes_copy(grpc_byte_buffer *buffer, uint8_t *into);
// The value of the first entry of this key; null where there is none.
const uint8_t *_Nullable cgrpc_metadata_view(const grpc_metadata_array *metadata, const char *key,
                                             size_t *length);
// Destroys the buffer, if there is one.
void cgrpc_bytes_destroy(grpc_byte_buffer *_Nullable buffer);

#pragma clang assume_nonnull end

#endif
