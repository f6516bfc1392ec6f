// The first process of the test guest: it makes the host's root its own, runs one command, and
// ends the guest.
//
// It reads what to do from a folder that the host shares under the tag "run":
//
//   arguments     the command, each word ended by a NUL
//   environment   NAME=VALUE, the same way
//   directory     where the command starts
//   modules       the host's folder with the kernel's modules
//   binds         paths of the host that must be seen even under /tmp and /run, one a line
//   shares        paths of the host that are written to, one a line; their tags are share0, ...
//
// and writes the command's exit status to "status" there. A guest that ends without has died.
//
// Built as a static program: there is nothing else in the first file system.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The msize is the most that virtio carries at once: 125 pages (net/9p/trans_virtio.c).
#define NINE_P "trans=virtio,version=9p2000.L,access=any,msize=512000,"

enum { text_limit = 128 * 1024, word_limit = 1024 };

// Ends the guest; the host runs QEMU with -no-reboot.
static void end_guest(void)
{
    sync();
    reboot(RB_AUTOBOOT);
    for (;;) pause();
}

// Says on the console what cannot be done, and ends the guest.
__attribute__((format(printf, 1, 2), noreturn)) static void give_up(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    dprintf(2, "init: ");
    vdprintf(2, format, values);
    dprintf(2, ": %s\n", strerror(error));
    va_end(values);
    end_guest();
    __builtin_unreachable();
}

// Reads a small file whole, a NUL behind it; the answer is its length, or -1.
static ssize_t read_file(const char *path, char *text, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    size_t length = 0;
    ssize_t count = 0;
    while (length < size - 1 && (count = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)count;
    close(file);
    text[length] = '\0';
    return count < 0 ? -1 : (ssize_t)length;
}

static void read_order(const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/run/%s", name);
    if (read_file(path, text, size) < 0) give_up("cannot read the order's %s", name);
}

static void make_folders(const char *path)
{
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(part, 0755);
        *slash = '/';
    }
    mkdir(part, 0755);
}

static void mount_at(const char *source, const char *target, const char *type,
                     unsigned long flags, const char *options)
{
    make_folders(target);
    if (mount(source, target, type, flags, options) != 0)
        give_up("cannot mount %s at %s", source, target);
}

// What udev makes on a host.
static void make_links(void)
{
    if (symlink("/proc/self/fd", "/dev/fd") != 0 || symlink("fd/0", "/dev/stdin") != 0
        || symlink("fd/1", "/dev/stdout") != 0 || symlink("fd/2", "/dev/stderr") != 0)
        give_up("cannot make the links of /dev");
}

// Loads the modules that /modules/list names, in its order.
static void load_modules(void)
{
    char list[8192];
    if (read_file("/modules/list", list, sizeof list) < 0) give_up("there is no list of modules");
    for (char *path = strtok(list, "\n"); path; path = strtok(NULL, "\n")) {
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST
                         && errno != ENODEV))
            give_up("cannot load %s", path);
        close(file);
    }
}

// Brings a file of the first file system into the root.
static void copy_file(const char *from, const char *to)
{
    char text[16384];
    ssize_t length = read_file(from, text, sizeof text);
    int file = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (length < 0 || file < 0 || write(file, text, (size_t)length) != length)
        give_up("cannot copy %s to %s", from, to);
    close(file);
}

// Paths of the host that a new /tmp or /run has covered.
static void bind_paths(void)
{
    char list[text_limit], from[word_limit], to[word_limit];
    read_order("binds", list, sizeof list);
    for (char *path = strtok(list, "\n"); path; path = strtok(NULL, "\n")) {
        snprintf(from, sizeof from, "/host%s", path);
        snprintf(to, sizeof to, "/root%s", path);
        if (access(to, F_OK) != 0) mount_at(from, to, NULL, MS_BIND, NULL);
    }
}

static void mount_shares(void)
{
    char list[text_limit], tag[16], to[word_limit];
    int count = 0;
    read_order("shares", list, sizeof list);
    for (char *path = strtok(list, "\n"); path; path = strtok(NULL, "\n")) {
        snprintf(tag, sizeof tag, "share%d", count++);
        snprintf(to, sizeof to, "/root%s", path);
        mount_at(tag, to, "9p", 0, NINE_P "cache=mmap");
    }
}

// The host's root, read-only, beneath a layer in memory; /tmp and /run are the guest's own.
static void make_root(void)
{
    char modules[word_limit], from[word_limit + 8];
    mount_at("hostroot", "/host", "9p", MS_RDONLY, NINE_P "cache=loose");
    mount_at("layer", "/layer", "tmpfs", 0, "mode=755,size=80%");
    make_folders("/layer/upper");
    make_folders("/layer/work");
    mount_at("overlay", "/root", "overlay", 0,
             "lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work");
    mount_at("run", "/root/run", "tmpfs", 0, "mode=755");
    mount_at("tmp", "/root/tmp", "tmpfs", 0, "mode=1777,size=80%");
    make_folders("/root/run/lock");
    bind_paths();
    mount_shares();
    // The kernel asks modprobe for all that is not loaded yet.
    read_order("modules", modules, sizeof modules);
    snprintf(from, sizeof from, "/host%s", modules);
    mount_at(from, "/root/usr/lib/modules", NULL, MS_BIND, NULL);
    make_folders("/root/etc/lvm");
    copy_file("/lvm.conf", "/root/etc/lvm/lvm.conf");
    mount_at("/run", "/root/run/cairn-guest", NULL, MS_MOVE, NULL);
    mount_at("/proc", "/root/proc", NULL, MS_MOVE, NULL);
    mount_at("/sys", "/root/sys", NULL, MS_MOVE, NULL);
    mount_at("/dev", "/root/dev", NULL, MS_MOVE, NULL);
}

static void enter_root(void)
{
    if (chdir("/root") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0
        || chdir("/") != 0)
        give_up("cannot enter the root");
    // As systemd has it on hosts; it lets mounts travel between namespaces.
    mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

static void bring_loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int link = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (link < 0 || ioctl(link, SIOCSIFFLAGS, &request) != 0) give_up("cannot bring lo up");
    close(link);
}

// Opens the serial port of that name, or says -1: without udev it has no path of its own.
static int find_port(const char *name)
{
    char path[64], found[64];
    for (int number = 1; number < 8; number++) {
        snprintf(path, sizeof path, "/sys/class/virtio-ports/vport0p%d/name", number);
        ssize_t length = read_file(path, found, sizeof found);
        if (length <= 0) continue;
        found[length - 1] = '\0';
        if (strcmp(found, name) != 0) continue;
        snprintf(path, sizeof path, "/dev/vport0p%d", number);
        return open(path, O_RDWR | O_CLOEXEC);
    }
    return -1;
}

// QEMU announces the ports while the guest starts; they may take a moment.
static int open_port(const char *name)
{
    for (int tries = 0; tries < 1000; tries++) {
        int port = find_port(name);
        if (port >= 0) return port;
        usleep(5000);
    }
    give_up("there is no port %s", name);
}

// The words of an order as what execve takes; they point into a buffer that stays.
static char **words(const char *name)
{
    static char texts[2][text_limit];
    static char *lists[2][word_limit];
    static int used = 0;
    char *text = texts[used], **list = lists[used++];
    char path[64];
    snprintf(path, sizeof path, "/run/cairn-guest/%s", name);
    ssize_t length = read_file(path, text, text_limit);
    if (length < 0) give_up("cannot read the order's %s", name);
    int count = 0;
    for (char *word = text; word < text + length && count < word_limit - 1;
         word += strlen(word) + 1)
        list[count++] = word;
    return list;
}

__attribute__((noreturn)) static void run_command(int output, int errors)
{
    char directory[word_limit];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
    dup2(output, 1);
    dup2(errors, 2);
    char **arguments = words("arguments");
    environ = words("environment");
    if (read_file("/run/cairn-guest/directory", directory, sizeof directory) < 0
        || chdir(directory) != 0)
        dprintf(2, "vm: cannot start in %s: %s\n", directory, strerror(errno));
    else {
        execvp(arguments[0], arguments);
        dprintf(2, "vm: cannot run %s: %s\n", arguments[0], strerror(errno));
    }
    _exit(errno == ENOENT ? 127 : 126);
}

// Moves what there is from a pipe to its port; false at its end.
static bool pump(int from, int to)
{
    static char bytes[65536];
    ssize_t count = read(from, bytes, sizeof bytes);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    for (ssize_t done = 0; done < count;) {
        ssize_t written = write(to, bytes + done, (size_t)(count - done));
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) done += written;
    }
    return count > 0;
}

// Reaps whatever has ended; true once the command is among it, with its status as a shell tells it.
static bool reap(pid_t command, int *status)
{
    int raw;
    pid_t ended;
    bool found = false;
    while ((ended = waitpid(-1, &raw, WNOHANG)) > 0) {
        if (ended != command) continue;
        *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
        found = true;
    }
    return found;
}

static void on_child(int signal) { (void)signal; }

// Runs the command to its end, and passes on what it writes. Programs that outlive it are cut off.
static int supervise(void)
{
    int output[2], errors[2], ports[2] = {open_port("stdout"), open_port("stderr")};
    struct sigaction action = {.sa_handler = on_child};
    sigset_t children, none;
    sigemptyset(&none);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    sigaction(SIGCHLD, &action, NULL);
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) give_up("no pipes");
    pid_t command = fork();
    if (command < 0) give_up("cannot fork");
    if (command == 0) run_command(output[1], errors[1]);
    close(output[1]);
    close(errors[1]);

    struct pollfd ends[2] = {{output[0], POLLIN, 0}, {errors[0], POLLIN, 0}};
    struct timespec now = {0, 0};
    int status = 0;
    for (bool ended = false;;) {
        int ready = ppoll(ends, 2, ended ? &now : NULL, &none);
        for (int at = 0; ready > 0 && at < 2; at++)
            if (ends[at].revents && !pump(ends[at].fd, ports[at])) ends[at].fd = -1;
        if (ended && ready <= 0) return status;
        ended = reap(command, &status) || ended;
    }
}

static void tell(const char *name, const char *format, double value)
{
    char path[64];
    snprintf(path, sizeof path, "/run/cairn-guest/%s", name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || dprintf(file, format, value) < 0 || close(file) != 0)
        give_up("cannot write %s", path);
}

// Seconds since the kernel started.
static double uptime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    mount_at("proc", "/proc", "proc", 0, NULL);
    mount_at("sys", "/sys", "sysfs", 0, NULL);
    mount_at("dev", "/dev", "devtmpfs", 0, NULL);
    mount_at("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666");
    mount_at("shm", "/dev/shm", "tmpfs", 0, NULL);
    make_links();
    load_modules();
    mount_at("run", "/run", "9p", 0, NINE_P "cache=none");
    make_root();
    enter_root();
    sethostname("cairn-guest", strlen("cairn-guest"));
    bring_loopback_up();
    tell("booted", "%.3f\n", uptime());
    int status = supervise();
    tell("ended", "%.3f\n", uptime());
    tell("status", "%.0f\n", status);
    end_guest();
}
