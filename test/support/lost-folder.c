/*
 * Stands for a disk or share that goes away while it is searched: listing a folder whose path ends with OFX_TEST_LOST gives
 * its first entries, then OFX_TEST_ERRNO. Loaded by LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENTRIES_BEFORE = 1 };

static int ends_with(const char *path, const char *end) {
  size_t length = strlen(path), tail = strlen(end);
  return length >= tail && strcmp(path + length - tail, end) == 0;
}

static const char *lost(void) { return getenv("OFX_TEST_LOST"); }
static int failure(void) { return atoi(getenv("OFX_TEST_ERRNO")); }

struct dirent64 *readdir64(DIR *folder) {
  static struct dirent64 *(*next)(DIR *);
  if (!next) next = dlsym(RTLD_NEXT, "readdir64");
  if (lost()) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd(folder));
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
      path[length] = 0;
      if (ends_with(path, lost()) && telldir(folder) != 0) {
        static __thread int given;
        if (++given > ENTRIES_BEFORE) {
          given = 0;
          errno = failure();
          return NULL;
        }
      }
    }
  }
  return next(folder);
}

int scandir64(const char *path, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*order)(const struct dirent64 **, const struct dirent64 **)) {
  static int (*all)(const char *, struct dirent64 ***, int (*)(const struct dirent64 *),
                    int (*)(const struct dirent64 **, const struct dirent64 **));
  if (!all) all = dlsym(RTLD_NEXT, "scandir64");
  if (lost() && ends_with(path, lost())) {
    errno = failure();
    return -1;
  }
  return all(path, names, filter, order);
}
