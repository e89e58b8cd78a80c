/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet socket has its program before its first packet, and is found for as long as it is open.
 */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/packet_socket.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/command.h"
#include "tests/support/frame.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

/* ---- a program that counts the frames of the test ---- */

static int program = -1, runs = -1;

static int load(void **state)
{
	struct bpf_object *object;
	char path[PATH_MAX];

	(void)state;
	build_path("tests/bpf/life_socket_v1.bpf.o", path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	if (!object || bpf_object__load(object) < 0)
		return -EINVAL;
	program = dup(bpf_program__fd(bpf_object__find_program_by_name(object, "on_packet")));
	runs = dup(bpf_object__find_map_fd_by_name(object, "runs"));
	bpf_object__close(object);
	return program < 0 || runs < 0 ? -EBADF : 0;
}

static int unload(void **state)
{
	(void)state;
	close_and_forget(&program);
	close_and_forget(&runs);
	held_sockets_set_keeper(NULL);
	held_sockets_deinit();
	return 0;
}

/* How often it runs for one frame that is sent at the other end. */
static uint64_t heard(void)
{
	const uint32_t first = 0;
	uint64_t before = 0, after = 0;

	assert_int_equal(bpf_map_lookup_elem(runs, &first, &before), 0);
	assert_int_equal(frame_send(SANDBOX_VETH), 0);
	assert_int_equal(bpf_map_lookup_elem(runs, &first, &after), 0);
	return after - before;
}

static struct anchor anchor;

static int open_at(const char *interface)
{
	struct failure failure;
	int fd;

	skip_unless(FEATURE_PACKET_SOCKET);
	if (!sandbox.has_veth)
		skip_without("veth");
	anchor = (struct anchor){.kind = ANCHOR_SOCKET,
				 .interface = if_nametoindex(interface),
				 .program = tiny_program_id(program)};
	fd = packet_socket_open(anchor.interface, program, &anchor, &failure);
	if (fd < 0)
		fail_msg("%s", failure.text);
	return fd;
}

static void expect_there(int there)
{
	assert_int_equal(packet_socket_is_there(&anchor), there);
}

/* ---- the socket ---- */

static void program_hears_packets_while_it_is_open(void **state)
{
	cleanup_close int fd = -1;

	(void)state;
	fd = open_at(SANDBOX_PEER);
	expect_there(1);
	assert_int_equal(heard(), 1);
	close_and_forget(&fd);
	expect_there(0);
	assert_int_equal(heard(), 0);
}

static void nothing_waits_in_it(void **state)
{
	char frame[64];
	cleanup_close int fd = -1;

	(void)state;
	fd = open_at(SANDBOX_PEER);
	assert_int_equal(heard(), 1);
	assert_int_equal(recv(fd, frame, sizeof(frame), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void muted_it_is_there_and_hears_nothing(void **state)
{
	cleanup_close int fd = -1, copy = -1;

	(void)state;
	fd = open_at(SANDBOX_PEER);
	copy = dup(fd);
	packet_socket_mute(fd);
	close_and_forget(&fd);
	expect_there(1);
	assert_int_equal(heard(), 0);
}

static void interface_that_is_down_is_heard_once_it_is_up(void **state)
{
	cleanup_close int fd = -1;

	(void)state;
	skip_unless(FEATURE_PACKET_SOCKET);
	if (!sandbox.has_veth)
		skip_without("veth");
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "down", NULL), 0);
	fd = open_at(SANDBOX_PEER);
	expect_there(1);
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "up", NULL), 0);
	/* The kernel has frames pass when it comes to it (net/core/link_watch.c). */
	for (int tries = 0; heard() == 0; tries++) {
		assert_in_range(tries, 0, 100);
		usleep(100000);
	}
	assert_int_equal(heard(), 1);
}

static void interface_that_goes_leaves_it_nowhere(void **state)
{
	cleanup_close int fd = -1;

	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth");
	assert_int_equal(command_run("ip", "link", "add", "gone0", "type", "veth", NULL), 0);
	fd = open_at("gone0");
	expect_there(1);
	assert_int_equal(command_run("ip", "link", "del", "gone0", NULL), 0);
	expect_there(0);
}

static void other_descriptors_are_told_from_it(void **state)
{
	cleanup_close int fd = open_at(SANDBOX_PEER), other = socket(AF_UNIX, SOCK_STREAM, 0);
	struct anchor again = {0};

	(void)state;
	assert_int_equal(packet_socket_identify(fd, &again), 0);
	assert_int_equal(again.cookie, anchor.cookie);
	assert_int_equal(again.inode, anchor.inode);
	assert_int_equal(packet_socket_identify(other, &again), -ENOTSOCK);
	assert_int_equal(packet_socket_identify(program, &again), -ENOTSOCK);
}

/* ---- held ---- */

static char kept[64], forgotten[64];

static void keep(const char *name, int fd)
{
	(void)fd;
	(void)snprintf(kept, sizeof(kept), "%s", name);
}

static void forget(const char *name)
{
	(void)snprintf(forgotten, sizeof(forgotten), "%s", name);
}

static void set_keeper(void)
{
	static const struct held_sockets_keeper keeper = {.keep = keep, .forget = forget};

	kept[0] = forgotten[0] = '\0';
	held_sockets_set_keeper(&keeper);
}

static void held_socket_is_found_by_its_program_and_released(void **state)
{
	struct anchor found;

	(void)state;
	set_keeper();
	assert_int_equal(held_sockets_add(&anchor, open_at(SANDBOX_PEER)), 0);
	assert_true(strncmp(kept, HELD_SOCKET_PREFIX, strlen(HELD_SOCKET_PREFIX)) == 0);
	assert_int_equal(heard(), 1);
	assert_false(held_sockets_find(anchor.program + 1, &found));
	assert_true(held_sockets_find(anchor.program, &found));
	assert_int_equal(found.cookie, anchor.cookie);
	held_sockets_release(&anchor);
	assert_string_equal(forgotten, kept);
	assert_int_equal(heard(), 0);
	expect_there(0);
	assert_false(held_sockets_find(anchor.program, &found));
}

/* A unit of one hook whose link is the anchor. */
static void pin_anchor(void)
{
	static const char *const folders[] = {"u", "u/hooks", "u/hooks/in"};
	cleanup_close int fd = anchor_make(&anchor, NULL);
	char path[PIN_PATH_MAX];

	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		pin_path(path, sandbox.bpffs, "%s", folders[i]);
		assert_int_equal(bpffs_make_directory(path), 0);
	}
	pin_path(path, sandbox.bpffs, "u/hooks/in/link");
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
}

static void what_is_offered_is_kept_if_an_anchor_names_it(void **state)
{
	const struct unit_pins pins = {.root = sandbox.bpffs, .unit = "u"};
	cleanup_close int first = -1, second = -1;
	struct anchor found, other;
	char path[PIN_PATH_MAX];

	(void)state;
	set_keeper();
	first = open_at(SANDBOX_PEER);
	other = anchor;
	second = open_at(SANDBOX_PEER);
	pin_anchor();
	assert_null(held_sockets_offer(TAKE_FD(first)));
	assert_null(held_sockets_offer(TAKE_FD(second)));
	held_sockets_claim(&pins);
	assert_int_equal(held_sockets_drop_unclaimed(), 1);
	expect_there(1);
	assert_int_equal(packet_socket_is_there(&other), 0);
	assert_true(held_sockets_find(anchor.program, &found));
	assert_int_equal(found.cookie, anchor.cookie);
	/* With the unit goes the socket. */
	pin_path(path, sandbox.bpffs, "u");
	assert_int_equal(bpffs_remove_unit(path), 0);
	expect_there(0);
	assert_string_equal(forgotten, kept);
}

static void what_is_no_packet_socket_is_not_taken(void **state)
{
	cleanup_close int other = socket(AF_UNIX, SOCK_STREAM, 0), fd = -1, copy = -1;

	(void)state;
	assert_string_equal(held_sockets_offer(other), "is no packet socket");
	fd = open_at(SANDBOX_PEER);
	copy = dup(fd);
	assert_null(held_sockets_offer(TAKE_FD(fd)));
	assert_string_equal(held_sockets_offer(copy), "is there twice");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)
	static const struct CMUnitTest tests[] = {
		TEST(program_hears_packets_while_it_is_open),
		TEST(nothing_waits_in_it),
		TEST(muted_it_is_there_and_hears_nothing),
		TEST(interface_that_is_down_is_heard_once_it_is_up),
		TEST(interface_that_goes_leaves_it_nowhere),
		TEST(other_descriptors_are_told_from_it),
		TEST(held_socket_is_found_by_its_program_and_released),
		TEST(what_is_offered_is_kept_if_an_anchor_names_it),
		TEST(what_is_no_packet_socket_is_not_taken),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
