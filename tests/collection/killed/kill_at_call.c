/* Preloaded into a process: kills it at the Nth call that changes files below a folder, between two calls or
   in the middle of a write, as a crash or a power cut would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[4096];
static long seen, last;
static int in_half;

/* Counts from now on; kills at call number `at`, which is then done half if it is a write and `half` is not 0. */
void kill_at_call(const char *below, long at, int half) {
    snprintf(folder, sizeof folder, "%s", below);
    seen = 0;
    last = at;
    in_half = half;
}

long calls_seen(void) { return seen; }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int is_last(const char *path) {
    if (!folder[0] || strncmp(path, folder, strlen(folder))) return 0;
    return __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST) == last;
}

static int is_last_of(int file) {
    char link[64], path[4096];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_last(path);
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, #name))

#define WRITE(name, offset_type)                                                               \
    ssize_t name(int file, const void *data, size_t length, offset_type offset) {              \
        ssize_t (*real)(int, const void *, size_t, offset_type) = REAL(name, void *);          \
        if (is_last_of(file)) {                                                                \
            if (in_half) real(file, data, length / 2, offset);                                 \
            die();                                                                             \
        }                                                                                      \
        return real(file, data, length, offset);                                               \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int file, const void *data, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = REAL(write, void *);
    if (is_last_of(file)) {
        if (in_half) real(file, data, length / 2);
        die();
    }
    return real(file, data, length);
}

#define ON_FILE(name, more, names)                       \
    int name(int file more) {                            \
        if (is_last_of(file)) die();                     \
        return ((int (*)(int more))REAL(name, void *))(file names); \
    }
#define COMMA ,
ON_FILE(fsync, , )
ON_FILE(fdatasync, , )
ON_FILE(ftruncate, COMMA off_t length, COMMA length)
ON_FILE(ftruncate64, COMMA off64_t length, COMMA length)

int rename(const char *from, const char *to) {
    if (is_last(to)) die();
    return ((int (*)(const char *, const char *))REAL(rename, void *))(from, to);
}

int unlink(const char *path) {
    if (is_last(path)) die();
    return ((int (*)(const char *))REAL(unlink, void *))(path);
}
