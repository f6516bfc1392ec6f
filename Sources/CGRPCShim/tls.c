#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
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
    "Protocol = -ALL,TLSv1.3\n"
    // No channel resumes a session, and two tickets cost as much as the rest of what a server sends.
    "NumTickets = 0\n";

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
  const bool releases = (SSL_CTX_get_mode(context) & SSL_MODE_RELEASE_BUFFERS) != 0;
  const bool gives_tickets = SSL_CTX_get_num_tickets(context) != 0;
  SSL_CTX_free(context);
  return (options & off) == off && (options & SSL_OP_NO_TLSv1_3) == 0 && releases && !gives_tickets;
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

// OpenSSL calls it for each new SSL_CTX, C-core's own among them. A connection that rests keeps no
// buffers, which are 34 KiB of each: a controller has one for each node.
static void release_idle_buffers(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index,
                                 long length, void *argument) {
  (void)pointer, (void)data, (void)index, (void)length, (void)argument;
  SSL_CTX_set_mode(parent, SSL_MODE_RELEASE_BUFFERS);
}

bool cgrpc_tls_prepare(void) {
  // The machine's own configuration comes first, or it would replace this one later.
  if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1) return false;
  if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, NULL, NULL, NULL,
                              remember_verification) < 0) {
    return false;
  }
  if (CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, release_idle_buffers, NULL,
                              NULL) < 0) {
    return false;
  }
  return load_settings() && are_settings_in_force();
}

// The rest of a line behind these words; null where it begins otherwise.
static const char *_Nullable behind(const char *line, const char *words) {
  size_t length = strlen(words);
  return strncmp(line, words, length) == 0 ? line + length : NULL;
}

static void describe_handshake(const char *line, char *buffer, size_t capacity) {
  // " with fatal error SSL_ERROR_SSL: error:0A0000C7:SSL routines::reason."
  const char *reason = strstr(line, "::");
  reason = reason != NULL ? reason + 2 : line;
  size_t length = strlen(reason);
  if (length > 0 && reason[length - 1] == '.') length--;
  bool is_about_certificate = behind(reason, "certificate verify failed") != NULL;
  const char *detail = is_about_certificate ? refused_certificate : "";
  snprintf(buffer, capacity, "%.*s%s%s", (int)length, reason, detail[0] == 0 ? "" : ": ", detail);
}

cgrpc_tls_line cgrpc_tls_describe(const char *line, char *buffer, size_t capacity) {
  const char *rest = behind(line, "Handshake failed");
  if (rest != NULL) {
    describe_handshake(rest, buffer, capacity);
    return CGRPC_TLS_HANDSHAKE;
  }
  // What follows is said once when files have changed, and never again for the connections that
  // fail because of it.
  const char *what = NULL;
  if (behind(line, "Invalid private key") != NULL) {
    what = "the key file has no private key, or not that of the certificate";
  } else if (behind(line, "Invalid cert chain file") != NULL) {
    what = "the certificate file has no certificate";
  } else if (behind(line, "Invalid verification certs") != NULL) {
    what = "the authority file has no certificate";
  } else if (behind(line, "All retry attempts failed") != NULL) {
    what = "certificate and key cannot be read";
  }
  if (what == NULL) return CGRPC_TLS_OTHER;
  snprintf(buffer, capacity, "%s; new connections fail until this is fixed", what);
  return CGRPC_TLS_FILES;
}

static int no_passphrase(char *buffer, int capacity, int is_writing, void *argument) {
  (void)buffer, (void)capacity, (void)is_writing, (void)argument;
  return 0;
}

static cgrpc_tls_problem look(const char *key_path, const char *certificate_path,
                              const char *authority_path) {
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  if (context == NULL) return CGRPC_TLS_GOOD;  // C-core will say why
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  cgrpc_tls_problem problem = CGRPC_TLS_GOOD;
  if (key_path != NULL && certificate_path != NULL) {
    if (SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) != 1) {
      problem = CGRPC_TLS_NO_KEY;
    } else if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1) {
      problem = CGRPC_TLS_NO_CERTIFICATE;
    } else if (SSL_CTX_check_private_key(context) != 1) {
      problem = CGRPC_TLS_NO_PAIR;
    }
  }
  if (problem == CGRPC_TLS_GOOD && authority_path != NULL &&
      SSL_CTX_load_verify_file(context, authority_path) != 1) {
    problem = CGRPC_TLS_NO_AUTHORITY;
  }
  SSL_CTX_free(context);
  ERR_clear_error();
  return problem;
}

cgrpc_tls_problem cgrpc_tls_check(const char *key_path, const char *certificate_path,
                                  const char *authority_path) {
  cgrpc_tls_problem problem = look(key_path, certificate_path, authority_path);
  // Files that change between two looks make a wrong pair; they do not change three times.
  for (int again = 0; again < 2 && problem != CGRPC_TLS_GOOD; again++) {
    problem = look(key_path, certificate_path, authority_path);
  }
  return problem;
}
