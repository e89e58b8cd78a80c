/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process that confined itself can no longer do, and what it still can. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/loader/confine.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "tests/support/skip.h"

/* ---- what is confined: pins, a store and a file that a hook names, in a folder of the test ----
 */

static char folder[] = "/tmp/ebpfd-confine-XXXXXX";

static const char *at(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	int err = 0;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	err |= mkdir(at("pins"), 0700) | mkdir(at("store"), 0700);
	err |= file_write_durably(at("named"), "x", 1) | file_write_durably(at("other"), "x", 1);
	return err;
}

static int remove_folder(void **state)
{
	(void)state;
	return bpffs_remove_tree(folder);
}

static struct unit_file *parse(const char *attach)
{
	struct unit_file *file = NULL;
	struct failure failure;
	char text[512];

	snprintf(text, sizeof(text), "[Unit]\nObject=/o\n[Hook a]\nProgram=p\nAttach=%s\n", attach);
	assert_int_equal(unit_file_parse("u", "/u.conf", text, strlen(text), &file, &failure), 0);
	return file;
}

/* The errno that the call fails with in a child that limited itself before; 0: it did not fail. */
static int errno_of(int (*limit)(struct loading *), int (*call)(void), const char *attach)
{
	char root[128], store[128];
	cleanup_unit_file struct unit_file *file = parse(attach);
	struct request request = {.root = root, .store = store};
	struct loading loading = {.request = &request, .file = file};
	int status;
	pid_t child;

	snprintf(root, sizeof(root), "%s", at("pins"));
	snprintf(store, sizeof(store), "%s", at("store/copy"));
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (limit(&loading) != 0)
			_exit(255);
		_exit(call() < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

/* ---- files ---- */

static int limit_files(struct loading *loading)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : confine_files(loading);
}

static int errno_with_files(int (*call)(void))
{
	char attach[160];

	snprintf(attach, sizeof(attach), "uprobe:%s:main", at("named"));
	return errno_of(limit_files, call, attach);
}

static int read_named(void)
{
	return open(at("named"), O_RDONLY);
}

static int write_named(void)
{
	return open(at("named"), O_WRONLY);
}

static int read_other(void)
{
	return open(at("other"), O_RDONLY);
}

static int read_passwords(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int read_symbols(void)
{
	return open("/proc/kallsyms", O_RDONLY);
}

static int read_library(void)
{
	return open("/usr/bin/env", O_RDONLY);
}

static int change_pins(void)
{
	cleanup_free char *former = strdup(at("pins/former"));

	if (!former || mkdir(at("pins/unit"), 0700) < 0 || rename(at("pins/unit"), former) < 0)
		return -1;
	return rmdir(former);
}

static int change_beside_pins(void)
{
	return mkdir(at("beside"), 0700);
}

static int put_in_store(void)
{
	return file_write_durably(at("store/copy"), "x", 1) < 0 || unlink(at("store/copy")) < 0 ? -1
												: 0;
}

static void files_that_the_unit_names_are_left(void **state)
{
	(void)state;
	skip_unless(FEATURE_LANDLOCK);
	assert_int_equal(errno_with_files(read_named), 0);
	assert_int_equal(errno_with_files(change_pins), 0);
	assert_int_equal(errno_with_files(put_in_store), 0);
	assert_int_equal(errno_with_files(read_symbols), 0);
	assert_int_equal(errno_with_files(read_library), 0);
}

static void other_files_are_out_of_reach(void **state)
{
	(void)state;
	skip_unless(FEATURE_LANDLOCK);
	assert_int_equal(errno_with_files(write_named), EACCES);
	assert_int_equal(errno_with_files(read_other), EACCES);
	assert_int_equal(errno_with_files(read_passwords), EACCES);
	assert_int_equal(errno_with_files(change_beside_pins), EACCES);
}

static void what_a_hook_names_need_not_be_there(void **state)
{
	(void)state;
	skip_unless(FEATURE_LANDLOCK);
	assert_int_equal(errno_of(limit_files, read_symbols, "cgroup:/nowhere/skb_egress"), 0);
}

/* ---- system calls ---- */

static int limit_calls(struct loading *loading)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : confine_calls(loading);
}

static int errno_with_calls(int (*call)(void))
{
	return errno_of(limit_calls, call, "xdp:lo");
}

static int open_network(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int open_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int connect_somewhere(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd < 0 ? 0 : connect(fd, (const struct sockaddr *)&address, sizeof(address));
}

static int start_process(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}

static int start_program(void)
{
	char *const none[] = {NULL};

	return execve("/bin/true", none, none);
}

static int signal_another(void)
{
	return kill(getppid(), 0);
}

static int trace_another(void)
{
	return (int)ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static int map_code(void)
{
	return mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int make_code(void)
{
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 1, PROT_READ | PROT_EXEC);
}

static int type_into_terminal(void)
{
	return ioctl(0, TIOCSTI, "x");
}

static void calls_of_no_loader_are_refused(void **state)
{
	static int (*const refused[])(void) = {
		open_network,	open_netlink,  connect_somewhere, start_process, start_program,
		signal_another, trace_another, map_code,	  make_code,	 type_into_terminal,
	};

	(void)state;
	skip_unless(FEATURE_SECCOMP);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (errno_with_calls(refused[i]) != EPERM)
			fail_msg("call %zu is not refused", i);
}

static int ask_for_interface(void)
{
	return if_nametoindex("lo") ? 0 : -1;
}

static int bind_netlink(void)
{
	const struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int fd = open_netlink();

	return fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static int use_memory(void)
{
	void *memory = malloc(1UL << 24);

	return memory ? 0 : -1;
}

static int die(void)
{
	abort();
}

static void calls_of_a_loader_go_on(void **state)
{
	(void)state;
	skip_unless(FEATURE_SECCOMP);
	assert_int_equal(errno_with_calls(ask_for_interface), 0);
	assert_int_equal(errno_with_calls(use_memory), 0);
	assert_int_equal(errno_with_calls(die), -SIGABRT);
	assert_int_equal(errno_of(limit_calls, bind_netlink, "tc:lo/ingress"), 0);
}

/* ---- both ---- */

static int limit_all(struct loading *loading)
{
	loading->notes = json_array();
	return confine(loading, NULL);
}

static int has_both_limits(void)
{
	errno = 0;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0)
		return -1;
	if (read_passwords() >= 0 || errno != EACCES)
		return 0;
	return open_network();
}

static void a_loader_has_both_limits(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	print_message("# skip: the leak check of AddressSanitizer is in the way of seccomp\n");
	skip();
#endif
	skip_unless(FEATURE_LANDLOCK);
	skip_unless(FEATURE_SECCOMP);
	assert_int_equal(errno_of(limit_all, has_both_limits, "xdp:lo"), EPERM);
}

static void the_namespace_of_a_process_lifts_the_limit_on_files_and_is_told(void **state)
{
	cleanup_unit_file struct unit_file *file = parse("netns:/proc/1/ns/net/sk_lookup");
	struct request request = {.root = "/", .store = ""};
	struct loading loading = {.request = &request, .file = file, .notes = json_array()};
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		int err = confine(&loading, NULL);

		_exit(err || read_passwords() < 0 || json_array_size(loading.notes) != 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	json_decref(loading.notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_the_unit_names_are_left),
		cmocka_unit_test(other_files_are_out_of_reach),
		cmocka_unit_test(what_a_hook_names_need_not_be_there),
		cmocka_unit_test(calls_of_no_loader_are_refused),
		cmocka_unit_test(calls_of_a_loader_go_on),
		cmocka_unit_test(a_loader_has_both_limits),
		cmocka_unit_test(the_namespace_of_a_process_lifts_the_limit_on_files_and_is_told),
	};

	return cmocka_run_group_tests_name("loader_confine", tests, make_folder, remove_folder);
}
