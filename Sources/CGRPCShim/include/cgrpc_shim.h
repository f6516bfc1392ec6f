// The gRPC C core behind opaque structs: no policy, no retry, no threads, no C-core types.
//
// Ownership is in the names: `create` gives the caller one object, `destroy` takes it back, `view`
// borrows until the object is destroyed, `copy` writes to the caller's memory.
//
// Asynchronous functions are named `start` and return whether the tag comes back: true means that
// cgrpc_queue_next delivers it exactly once, false means never. What a call has in flight must
// come back before the call is destroyed; calls are destroyed before their server or channel,
// those before their queue. Starting two sends of one call at the same time is not allowed; a send
// beside a receive is.

#ifndef CGRPC_SHIM_H
#define CGRPC_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// --- process.c ---

// Gets the reason as text, on a thread of C-core's, where it must not wait: why a handshake failed,
// or why new files cannot be used.
typedef void cgrpc_tls_observer(const char *reason, bool is_about_files);

// Must come before everything else, once per process. Has no counterpart: C-core's own threads
// live as long as the process. False when OpenSSL cannot be held to TLS 1.3. When quiet, C-core's own
// log lines are dropped, and the observer is told what goes wrong with TLS here.
bool cgrpc_initialize(bool is_quiet, cgrpc_tls_observer *tls_failed);

// --- queue.c: one completion queue, drained by one thread ---

typedef struct cgrpc_queue cgrpc_queue;

typedef struct {
  void *_Nullable tag;
  bool succeeded;
} cgrpc_event;

cgrpc_queue *cgrpc_queue_create(void);
// Blocks until something completes. False when the queue was shut down and nothing is left in it.
bool cgrpc_queue_next(cgrpc_queue *queue, cgrpc_event *event);
// Nothing may be started on the queue from here on: C-core aborts the process.
void cgrpc_queue_shutdown(cgrpc_queue *queue);
// Only after cgrpc_queue_next has returned false.
void cgrpc_queue_destroy(cgrpc_queue *queue);

// --- options.c: channel arguments, for servers and channels ---

typedef struct cgrpc_options cgrpc_options;

cgrpc_options *cgrpc_options_create(void);
// Key and text are copied. Options beyond the sixteenth are refused: false.
bool cgrpc_options_set_integer(cgrpc_options *options, const char *key, int32_t value);
bool cgrpc_options_set_text(cgrpc_options *options, const char *key, const char *text);
void cgrpc_options_destroy(cgrpc_options *options);

// --- credentials.c: TLS from files that are read again when they change ---

// Why TLS files cannot be used.
typedef enum {
  CGRPC_TLS_GOOD,
  CGRPC_TLS_NO_KEY,
  CGRPC_TLS_NO_CERTIFICATE,
  CGRPC_TLS_NO_PAIR,
  CGRPC_TLS_NO_AUTHORITY,
} cgrpc_tls_problem;

// Looks at the files as they are now. Key and certificate come together or not at all.
cgrpc_tls_problem cgrpc_tls_check(const char *_Nullable key_path,
                                  const char *_Nullable certificate_path,
                                  const char *_Nullable authority_path);

typedef struct cgrpc_certificates cgrpc_certificates;
typedef struct cgrpc_credentials cgrpc_credentials;

// Reads the files at once and again every `refresh_seconds` (at least 1). Either both of key and
// certificate or the authority may be null. Null when C-core refuses.
cgrpc_certificates *_Nullable cgrpc_certificates_create(const char *_Nullable key_path,
                                                        const char *_Nullable certificate_path,
                                                        const char *_Nullable authority_path,
                                                        uint32_t refresh_seconds);
void cgrpc_certificates_destroy(cgrpc_certificates *certificates);

// Where there is an authority, a client must show a certificate that it has signed.
cgrpc_credentials *cgrpc_credentials_create_server(cgrpc_certificates *certificates);
// The server's certificate is always verified, its name included.
cgrpc_credentials *cgrpc_credentials_create_client(cgrpc_certificates *certificates);
cgrpc_credentials *cgrpc_credentials_create_insecure_server(void);
cgrpc_credentials *cgrpc_credentials_create_insecure_client(void);
// Servers and channels keep what they need of it: it may go as soon as they exist.
void cgrpc_credentials_destroy(cgrpc_credentials *credentials);

// --- server.c ---

typedef struct cgrpc_server cgrpc_server;

cgrpc_server *cgrpc_server_create(cgrpc_queue *queue, const cgrpc_options *options);
// Listens at "unix:/path" or "host:port". The port (1 for unix), 0 when the address is refused.
int32_t cgrpc_server_bind(cgrpc_server *server, const char *address,
                          cgrpc_credentials *credentials);
void cgrpc_server_start(cgrpc_server *server);
// No new connections and calls; the tag comes when the last call has ended.
void cgrpc_server_start_shutdown(cgrpc_server *server, void *tag);
// Only after cgrpc_server_start_shutdown.
void cgrpc_server_cancel_calls(cgrpc_server *server);
// Only after the tag of cgrpc_server_start_shutdown has come back.
void cgrpc_server_destroy(cgrpc_server *server);

// --- server_call.c ---

typedef struct cgrpc_server_call cgrpc_server_call;

cgrpc_server_call *cgrpc_server_call_create(void);
// Waits for the next call of any method. Fails (event.succeeded false) at shutdown.
bool cgrpc_server_call_start_accept(cgrpc_server_call *call, cgrpc_server *server, void *tag);
void cgrpc_server_call_destroy(cgrpc_server_call *call);

const uint8_t *cgrpc_server_call_view_method(cgrpc_server_call *call, size_t *length);
// Nanoseconds until the client's deadline; INT64_MAX when it set none.
int64_t cgrpc_server_call_nanoseconds_left(cgrpc_server_call *call);
// Writes at most `capacity` bytes; returns how many.
size_t cgrpc_server_call_copy_peer(cgrpc_server_call *call, char *buffer, size_t capacity);
// The subject alternative names of a verified peer, by index; null behind the last.
const char *_Nullable cgrpc_server_call_view_name(cgrpc_server_call *call, size_t index,
                                                  size_t *length);

// The value of the first header of this name, which is in lower case; null where the client sent
// none.
const uint8_t *_Nullable cgrpc_server_call_view_header(cgrpc_server_call *call, const char *name,
                                                       size_t *length);

// The request, once received.
bool cgrpc_server_call_start_receive(cgrpc_server_call *call, void *tag);
bool cgrpc_server_call_has_request(cgrpc_server_call *call);
size_t cgrpc_server_call_request_length(cgrpc_server_call *call);
// Writes the whole request, whose length is asked before.
void cgrpc_server_call_copy_request(cgrpc_server_call *call, uint8_t *buffer);

// The tag comes when the call is over, for whatever reason.
bool cgrpc_server_call_start_watch_end(cgrpc_server_call *call, void *tag);
// After that: whether the client gave up, its deadline passed, or the connection was lost.
bool cgrpc_server_call_was_cancelled(cgrpc_server_call *call);

// One message of several. `is_first` sends the headers with it. The bytes are copied.
bool cgrpc_server_call_start_send(cgrpc_server_call *call, const uint8_t *_Nullable bytes,
                                  size_t length, bool is_first, void *tag);

typedef struct {
  int32_t code;
  const uint8_t *_Nullable message;
  size_t message_length;
  // Whether a response goes with the status.
  bool has_response;
  const uint8_t *_Nullable response;
  size_t response_length;
  // Whether no cgrpc_server_call_start_send came before.
  bool is_first;
} cgrpc_outcome;

// Goes with the status: before cgrpc_server_call_start_finish. The name is in lower case, the value
// ASCII; both are copied. Trailers beyond the fourth are refused: false.
bool cgrpc_server_call_set_trailer(cgrpc_server_call *call, const char *name, const char *value);
// The last send of a call. The bytes are copied.
bool cgrpc_server_call_start_finish(cgrpc_server_call *call, const cgrpc_outcome *outcome,
                                    void *tag);

// --- channel.c ---

typedef struct cgrpc_channel cgrpc_channel;

cgrpc_channel *cgrpc_channel_create(const char *target, const cgrpc_options *options,
                                    cgrpc_credentials *credentials);
void cgrpc_channel_destroy(cgrpc_channel *channel);

// --- client_call.c ---

typedef struct cgrpc_client_call cgrpc_client_call;

typedef struct {
  // INT64_MAX for none.
  int64_t timeout_nanoseconds;
  // Wait for a connection until the deadline instead of failing at once.
  bool waits_for_ready;
} cgrpc_call_options;

cgrpc_client_call *cgrpc_client_call_create(cgrpc_channel *channel, cgrpc_queue *queue,
                                            const char *method, cgrpc_call_options options);
// Adds a header with a name in lower case; both texts are copied. False where the call holds no more.
// Before the request is sent.
bool cgrpc_client_call_set_header(cgrpc_client_call *call, const char *name, const char *value);
// Sends the request, receives the response and the status: all of a unary call.
bool cgrpc_client_call_start_unary(cgrpc_client_call *call, const uint8_t *_Nullable bytes,
                                   size_t length, void *tag);
// Sends the request of a streaming call and waits for the headers of the answer.
bool cgrpc_client_call_start_stream(cgrpc_client_call *call, const uint8_t *_Nullable bytes,
                                    size_t length, void *tag);
// The next message of a stream; afterwards has_response is false at the end of the stream.
bool cgrpc_client_call_start_receive(cgrpc_client_call *call, void *tag);
// The status of a streaming call; comes when the call is over.
bool cgrpc_client_call_start_status(cgrpc_client_call *call, void *tag);
// Safe on any thread until the call is destroyed.
void cgrpc_client_call_cancel(cgrpc_client_call *call);
void cgrpc_client_call_destroy(cgrpc_client_call *call);

bool cgrpc_client_call_has_response(cgrpc_client_call *call);
size_t cgrpc_client_call_response_length(cgrpc_client_call *call);
void cgrpc_client_call_copy_response(cgrpc_client_call *call, uint8_t *buffer);
int32_t cgrpc_client_call_code(cgrpc_client_call *call);
const uint8_t *cgrpc_client_call_view_message(cgrpc_client_call *call, size_t *length);
// The value of the first trailer of this name, which is in lower case; null where the server sent
// none. Only once the status has come.
const uint8_t *_Nullable cgrpc_client_call_view_trailer(cgrpc_client_call *call, const char *name,
                                                        size_t *length);

#pragma clang assume_nonnull end

#endif
