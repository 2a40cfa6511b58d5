// A stand-in for the part of the kernel that loads modules, preloaded into systemd-modules-load and modprobe: it takes what libkmod hands to the
// kernel, keeps "loaded" modules in the /sys/module of a private mount namespace, and writes down what came, line by line, to $STAND_IN_LOG.
// It refuses what the kernel refuses: a module whose dependencies are not there (ENOENT, unknown symbol), and the names in $STAND_IN_REFUSES
// (EPERM, module_blacklist=; "*" is nomodule).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static void note(const char *kind, const char *name, const char *text, int result) {
    FILE *log = fopen(getenv("STAND_IN_LOG"), "ae");
    if (log) {
        fprintf(log, "%s\t%s\t%s\t%d\n", kind, name, text, result);
        fclose(log);
    }
}

static void name_of(const char *path, char *name) {
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t i = 0;
    for (; base[i] && base[i] != '.' && i < 255; i++)
        name[i] = base[i] == '-' ? '_' : base[i];
    name[i] = 0;
}

static int is_there(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "/sys/module/%s/initstate", name);
    return access(path, F_OK) == 0;
}

static int needs_more(const char *name) {
    struct utsname u;
    uname(&u);
    char path[512], line[65536], found[256];
    snprintf(path, sizeof path, "/lib/modules/%s/modules.dep", u.release);
    FILE *file = fopen(path, "re");
    int missing = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon)
            continue;
        *colon = 0;
        name_of(line, found);
        if (strcmp(found, name))
            continue;
        for (char *p = strtok(colon + 1, " \n"); p; p = strtok(NULL, " \n")) {
            name_of(p, found);
            missing |= !is_there(found);
        }
    }
    if (file)
        fclose(file);
    return missing;
}

static int load(const char *name, const char *options) {
    char path[512];
    int error = 0;
    const char *refuses = getenv("STAND_IN_REFUSES");
    if (refuses && !strcmp(refuses, "*"))
        error = EPERM;
    else if (refuses) {
        char list[4096];
        snprintf(list, sizeof list, "%s", refuses);
        for (char *p = strtok(list, ","); p; p = strtok(NULL, ","))
            if (!strcmp(p, name))
                error = EPERM;
    }
    if (!error && is_there(name))
        error = EEXIST;
    if (!error && needs_more(name))
        error = ENOENT;
    note("load", name, options ? options : "", error);
    if (error) {
        errno = error;
        return -1;
    }
    snprintf(path, sizeof path, "/sys/module/%s", name);
    mkdir(path, 0755);
    strcat(path, "/initstate");
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    if (fd >= 0) {
        (void)!write(fd, "live\n", 5);
        close(fd);
    }
    return 0;
}

int finit_module(int fd, const char *options, int flags) {
    (void)flags;
    char link[64], path[4096], name[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    name_of(path, name);
    return load(name, options);
}

int init_module(void *image, unsigned long length, const char *options) {
    char *at = memmem(image, length, "\0name=", 6);
    return load(at ? at + 6 : "?", options);
}

long syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long a = va_arg(arguments, long), b = va_arg(arguments, long), c = va_arg(arguments, long);
    long d = va_arg(arguments, long), e = va_arg(arguments, long), f = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_finit_module)
        return finit_module((int)a, (const char *)b, (int)c);
    static long (*real)(long, ...);
    if (!real)
        real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(number, a, b, c, d, e, f);
}

int system(const char *command) {
    static int (*real)(const char *);
    if (!real)
        real = (int (*)(const char *))dlsym(RTLD_NEXT, "system");
    const char *name = getenv("MODPROBE_MODULE");
    note("install", name ? name : "", command, 0);
    return real(command);
}
