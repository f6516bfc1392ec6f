#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "internal.h"

// What OpenSSL applies to each new SSL_CTX of the process, C-core's own among them. C-core 1.51 has
// no public setting for it, and sets a least version of 1.2 afterwards: versions that are switched
// off one by one stay off.
static const char settings[] =
    "cairn = process\n"
    "[process]\n"
    "ssl_conf = connections\n"
    "[connections]\n"
    "system_default = all\n"
    "[all]\n"
    "Protocol = -ALL,TLSv1.3\n";

static bool load_settings(void) {
  CONF *conf = NCONF_new(NULL);
  BIO *text = BIO_new_mem_buf(settings, (int)sizeof settings - 1);
  bool is_loaded = conf != NULL && text != NULL && NCONF_load_bio(conf, text, NULL) > 0 &&
                   CONF_modules_load(conf, "cairn", 0) > 0;
  BIO_free(text);
  NCONF_free(conf);
  return is_loaded;
}

static bool are_settings_in_force(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  if (context == NULL) return false;
  const uint64_t off = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
  const uint64_t options = SSL_CTX_get_options(context);
  SSL_CTX_free(context);
  return (options & off) == off && (options & SSL_OP_NO_TLSv1_3) == 0;
}

// What OpenSSL last found wrong with a certificate on this thread; empty when it was good.
static _Thread_local char refused_certificate[512];

// OpenSSL calls it at the end of each verification. C-core reports each refusal as "certificate
// verify failed", whatever the reason; it does so on the same thread right afterwards.
static void remember_verification(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index,
                                  long length, void *argument) {
  (void)pointer, (void)data, (void)index, (void)length, (void)argument;
  X509_STORE_CTX *verification = parent;
  refused_certificate[0] = 0;
  int error = X509_STORE_CTX_get_error(verification);
  X509 *certificate = X509_STORE_CTX_get0_cert(verification);
  BIO *text = error == X509_V_OK || certificate == NULL ? NULL : BIO_new(BIO_s_mem());
  if (text == NULL) return;
  BIO_printf(text, "%s: ", X509_verify_cert_error_string(error));
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  int count = BIO_read(text, refused_certificate, (int)sizeof refused_certificate - 1);
  refused_certificate[count > 0 ? count : 0] = 0;
  BIO_free(text);
}

bool cgrpc_tls_prepare(void) {
  // The machine's own configuration comes first, or it would replace this one later.
  if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1) return false;
  if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, NULL, NULL, NULL,
                              remember_verification) < 0) {
    return false;
  }
  return load_settings() && are_settings_in_force();
}

bool cgrpc_tls_describe_failure(const char *line, char *buffer, size_t capacity) {
  // "Handshake failed with fatal error SSL_ERROR_SSL: error:0A0000C7:SSL routines::reason."
  if (strncmp(line, "Handshake failed", strlen("Handshake failed")) != 0) return false;
  const char *reason = strstr(line, "::");
  reason = reason != NULL ? reason + 2 : line;
  size_t length = strlen(reason);
  if (length > 0 && reason[length - 1] == '.') length--;
  bool is_about_certificate = strncmp(reason, "certificate verify failed", length) == 0;
  const char *detail = is_about_certificate ? refused_certificate : "";
  snprintf(buffer, capacity, "%.*s%s%s", (int)length, reason, detail[0] == 0 ? "" : ": ", detail);
  return true;
}
