#include "internal.h"

cgrpc_certificates *cgrpc_certificates_create(const char *key_path, const char *certificate_path,
                                              const char *authority_path,
                                              uint32_t refresh_seconds) {
  // C-core asserts what is checked here: identity comes as a pair, and something must be watched.
  if ((key_path == NULL) != (certificate_path == NULL)) return NULL;
  if (key_path == NULL && authority_path == NULL) return NULL;
  grpc_tls_certificate_provider *provider = grpc_tls_certificate_provider_file_watcher_create(
      key_path, certificate_path, authority_path, refresh_seconds);
  if (provider == NULL) return NULL;
  cgrpc_certificates *certificates = gpr_malloc(sizeof *certificates);
  certificates->provider = provider;
  certificates->has_identity = key_path != NULL;
  certificates->has_authority = authority_path != NULL;
  return certificates;
}

void cgrpc_certificates_destroy(cgrpc_certificates *certificates) {
  grpc_tls_certificate_provider_release(certificates->provider);
  gpr_free(certificates);
}

static grpc_tls_credentials_options *watch(const cgrpc_certificates *certificates) {
  grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
  grpc_tls_credentials_options_set_certificate_provider(options, certificates->provider);
  if (certificates->has_identity) {
    grpc_tls_credentials_options_watch_identity_key_cert_pairs(options);
  }
  if (certificates->has_authority) grpc_tls_credentials_options_watch_root_certs(options);
  return options;
}

static cgrpc_credentials *hold(grpc_server_credentials *server,
                               grpc_channel_credentials *channel) {
  cgrpc_credentials *credentials = gpr_malloc(sizeof *credentials);
  credentials->server = server;
  credentials->channel = channel;
  return credentials;
}

cgrpc_credentials *cgrpc_credentials_create_server(cgrpc_certificates *certificates) {
  grpc_tls_credentials_options *options = watch(certificates);
  grpc_tls_credentials_options_set_cert_request_type(
      options, certificates->has_authority
                   ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                   : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return hold(grpc_tls_server_credentials_create(options), NULL);
}

cgrpc_credentials *cgrpc_credentials_create_client(cgrpc_certificates *certificates) {
  grpc_tls_credentials_options *options = watch(certificates);
  grpc_tls_credentials_options_set_verify_server_cert(options, 1);
  return hold(NULL, grpc_tls_credentials_create(options));
}

cgrpc_credentials *cgrpc_credentials_create_insecure_server(void) {
  return hold(grpc_insecure_server_credentials_create(), NULL);
}

cgrpc_credentials *cgrpc_credentials_create_insecure_client(void) {
  return hold(NULL, grpc_insecure_credentials_create());
}

void cgrpc_credentials_destroy(cgrpc_credentials *credentials) {
  if (credentials->server != NULL) grpc_server_credentials_release(credentials->server);
  if (credentials->channel != NULL) grpc_channel_credentials_release(credentials->channel);
  gpr_free(credentials);
}
