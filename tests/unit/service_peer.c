/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of a socket, and what they may do. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/service/asker.h"
#include "daemon/service/peer.h"
#include "lib/cleanup.h"
#include "lib/str.h"

static bool has_group(const struct peer *peer, gid_t group)
{
	for (size_t i = 0; i < peer->group_count; i++)
		if (peer->groups[i] == group)
			return true;
	return false;
}

static void own_credentials_are_read(void **state)
{
	gid_t groups[256];
	int ends[2], count = getgroups(ARRAY_SIZE(groups), groups);
	struct peer peer;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(peer_read(ends[0], &peer), 0);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_true(has_group(&peer, getegid()));
	for (int i = 0; i < count; i++)
		assert_true(has_group(&peer, groups[i]));
	assert_int_equal(peer.group_count, count + 1);
	peer_deinit(&peer);
	peer_deinit(&peer);
	close(ends[0]);
	close(ends[1]);
}

/* The cgroup is what /proc says of this very process. */
static void who_asks_has_a_cgroup(void **state)
{
	char expected[512], line[sizeof(expected)] = "";
	FILE *file = fopen("/proc/self/cgroup", "re");
	struct peer peer = {.pid = getpid(), .uid = 7};
	json_t *asker;
	int ends[2];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && !str_has_prefix(line, "0::", NULL))
		continue;
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	asker = asker_client(ends[0], &peer);
	assert_string_equal(json_string_value(json_object_get(asker, "by")), "client");
	assert_int_equal(json_integer_value(json_object_get(asker, "pid")), getpid());
	assert_int_equal(json_integer_value(json_object_get(asker, "uid")), 7);
	(void)snprintf(expected, sizeof(expected), "0::%s",
		       json_string_value(json_object_get(asker, "cgroup")));
	assert_string_equal(expected, line);
	json_decref(asker);
	close(ends[0]);
	close(ends[1]);
}

static void who_has_no_process_has_no_cgroup(void **state)
{
	const struct peer peer = {.pid = 1};
	json_t *asker = asker_client(-1, &peer);

	(void)state;
	assert_true(json_is_null(json_object_get(asker, "cgroup")));
	json_decref(asker);
}

static void what_is_no_socket_is_an_error(void **state)
{
	cleanup_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct peer peer;

	(void)state;
	assert_int_equal(peer_read(fd, &peer), -ENOTSOCK);
}

static void root_may_change(void **state)
{
	const struct peer root = {.uid = 0};

	(void)state;
	assert_true(peer_may_change(&root, NULL));
	assert_true(peer_may_change(&root, "no-such-group-here"));
}

static void nobody_else_may_without_a_group(void **state)
{
	gid_t groups[] = {0, 1000};
	const struct peer peer = {.uid = 1000, .groups = groups, .group_count = 2};

	(void)state;
	assert_false(peer_may_change(&peer, NULL));
}

static void members_of_the_group_may(void **state)
{
	const struct group *group = getgrgid(0);
	gid_t with[] = {1000, 0}, without[] = {1000};
	const struct peer member = {.uid = 1000, .groups = with, .group_count = 2};
	const struct peer other = {.uid = 1000, .groups = without, .group_count = 1};

	(void)state;
	assert_non_null(group);
	assert_true(peer_may_change(&member, group->gr_name));
	assert_false(peer_may_change(&other, group->gr_name));
}

static void group_that_does_not_exist_admits_nobody(void **state)
{
	gid_t groups[] = {0};
	const struct peer peer = {.uid = 1000, .groups = groups, .group_count = 1};

	(void)state;
	assert_false(peer_may_change(&peer, "no-such-group-here"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_credentials_are_read),
		cmocka_unit_test(who_asks_has_a_cgroup),
		cmocka_unit_test(who_has_no_process_has_no_cgroup),
		cmocka_unit_test(what_is_no_socket_is_an_error),
		cmocka_unit_test(root_may_change),
		cmocka_unit_test(nobody_else_may_without_a_group),
		cmocka_unit_test(members_of_the_group_may),
		cmocka_unit_test(group_that_does_not_exist_admits_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
