#define _GNU_SOURCE
#include "chost_shim.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

struct chost_semaphore {
  sem_t signals;
};

chost_semaphore *chost_semaphore_create(void) {
  chost_semaphore *semaphore = malloc(sizeof *semaphore);
  if (semaphore) sem_init(&semaphore->signals, 0, 0);
  return semaphore;
}

void chost_semaphore_destroy(chost_semaphore *semaphore) {
  sem_destroy(&semaphore->signals);
  free(semaphore);
}

void chost_semaphore_signal(chost_semaphore *semaphore) { sem_post(&semaphore->signals); }

// Only the handler of a signal can cut a wait short.
void chost_semaphore_wait(chost_semaphore *semaphore) {
  while (sem_wait(&semaphore->signals) < 0) continue;
}

bool chost_semaphore_wait_within(chost_semaphore *semaphore, int64_t seconds, int64_t nanoseconds) {
  const int64_t second = 1000000000;
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += seconds + (end.tv_nsec + nanoseconds) / second;
  end.tv_nsec = (end.tv_nsec + nanoseconds) % second;
  int result;
  do {
    result = sem_clockwait(&semaphore->signals, CLOCK_MONOTONIC, &end);
  } while (result < 0 && errno == EINTR);
  return result == 0;
}
