#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void fail(const char* what) {
  perror(what);
  exit(1);
}

// Seconds.
static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}
