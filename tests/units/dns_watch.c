/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names asked of a DNS server on another host, by the C library's resolver and by hand, each noted
 * by who asks: dns_watch has to report every question once and every answer once, with its time.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <bpf/bpf.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/craft.h"
#include "tests/support/name_server.h"
#include "tests/support/neighbour.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define NOTES_MAX 65536

/* What the unit's map holds. */
struct dns_total {
	uint64_t queries, answers, unasked, malformed;
};

/* A question, as who asked it knows it. */
struct note {
	char name[256];
	bool is_ip6, is_late, is_silent;
	const char *qtype, *rcode;
	uint16_t id; /* 0: the C library's own */
	unsigned answers;
	uint64_t took_ns; /* until the answer was there */
	unsigned asked, answered;
};

struct notes {
	uint64_t count, unasked, malformed;
	int by_hand, by_hand6; /* sockets */
	struct __res_state resolver;
	struct note note[NOTES_MAX];
};

static struct shipped shipped;
static struct traffic traffic;
static struct notes *notes;
static uint64_t cgroup_id;
static struct neighbour neighbour = NEIGHBOUR_INIT;

/* ---- questions ---- */

static int connect_to_server(int family)
{
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(53)};
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	const struct timeval patience = {.tv_sec = 60};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), failed;

	(void)inet_pton(AF_INET, NEIGHBOUR_ITS4, &ip4.sin_addr);
	(void)inet_pton(AF_INET6, NEIGHBOUR_ITS6, &ip6.sin6_addr);
	failed = family == AF_INET ? connect(fd, (const struct sockaddr *)&ip4, sizeof(ip4))
				   : connect(fd, (const struct sockaddr *)&ip6, sizeof(ip6));
	if (failed || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	return fd;
}

/* Options that say nothing. */
static int add_options(int fd)
{
	const unsigned char options[4] = {IPOPT_NOOP, IPOPT_NOOP, IPOPT_NOOP, IPOPT_EOL};

	return setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)) < 0 ? -errno : 0;
}

/* Extension headers of an option that says nothing, as long as the kernel takes it to be (PadN). */
static int add_extensions(int fd)
{
	const unsigned char options[8] = {0, 0, 1, 4};

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_HOPOPTS, options, sizeof(options)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof(options)) < 0)
		return -errno;
	return 0;
}

static int prepare(void *data)
{
	struct notes *list = data;
	struct __res_state *resolver = &list->resolver;
	int err = sandbox_join_cgroup(&sandbox);

	if (err)
		return err;
	if (res_ninit(resolver) < 0)
		return -EIO;
	/* One server, asked once, with patience. */
	resolver->nscount = 1;
	resolver->retrans = 60;
	resolver->retry = 1;
	resolver->nsaddr_list[0] =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53)};
	(void)inet_pton(AF_INET, NEIGHBOUR_ITS4, &resolver->nsaddr_list[0].sin_addr);
	list->by_hand = connect_to_server(AF_INET);
	list->by_hand6 = connect_to_server(AF_INET6);
	if (list->by_hand < 0 || list->by_hand6 < 0)
		return -EIO;
	err = add_options(list->by_hand);
	return err ? err : add_extensions(list->by_hand6);
}

static struct note *note_for(struct notes *list, const char *name)
{
	struct note *note = &list->note[list->count++ % NOTES_MAX];

	*note = (struct note){.qtype = "A", .rcode = "NOERROR"};
	(void)snprintf(note->name, sizeof(note->name), "%s-%" PRIu64 ".example.test", name,
		       list->count);
	return note;
}

/* By the C library, which waits for the answer. */
static struct note *look_up(struct notes *list, const char *name)
{
	struct note *note = note_for(list, name);
	unsigned char answer[NAME_SERVER_BIG];
	const uint64_t before = traffic_now();

	(void)res_nquery(&list->resolver, note->name, ns_c_in, ns_t_a, answer, sizeof(answer));
	note->took_ns = traffic_now() - before;
	return note;
}

static int make_query(struct notes *list, const char *name, int type, unsigned char *query,
		      size_t size)
{
	return res_nmkquery(&list->resolver, ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query,
			    (int)size);
}

/*
 * Each has an id of its own, from 2 on. They are even: the answer to nobody has all bits of it
 * turned, and must not fit one in vain.
 */
static uint16_t id_for(const struct notes *list)
{
	return (uint16_t)(2 * (list->count % (NOTES_MAX / 2)));
}

/* Sends it as it is, but for its id, and waits for so many answers. */
static bool exchange(struct notes *list, struct note *note, unsigned char *query, int length,
		     unsigned answers)
{
	const int fd = note->is_ip6 ? list->by_hand6 : list->by_hand;
	unsigned char answer[NAME_SERVER_BIG];
	const uint64_t before = traffic_now();

	if (!note->id)
		note->id = id_for(list);
	((HEADER *)query)->id = htons(note->id);
	if (length <= 0 || send(fd, query, (size_t)length, 0) != length)
		return false;
	for (unsigned i = 0; i < answers; i++)
		if (recv(fd, answer, sizeof(answer), 0) <= 0)
			return false;
	note->took_ns = traffic_now() - before;
	return true;
}

static bool ask_by_hand(struct notes *list, struct note *note, unsigned answers)
{
	unsigned char query[512];
	const int length = make_query(list, note->name, note->is_ip6 ? ns_t_aaaa : ns_t_a, query,
				      sizeof(query));

	return exchange(list, note, query, length, answers);
}

/* Nobody answers. */
static bool ask_in_vain(struct notes *list)
{
	struct note *note = note_for(list, "silent");

	note->is_silent = true;
	return ask_by_hand(list, note, 0);
}

/* With the id of the one before, which still waits at another socket. */
static bool ask6(struct notes *list)
{
	const uint16_t id = id_for(list);
	struct note *note = note_for(list, "ok6");

	note->is_ip6 = true;
	note->id = id;
	note->qtype = "AAAA";
	return ask_by_hand(list, note, 1);
}

/* By a socket that still listens when the second answer comes. */
static bool ask_for_two(struct notes *list)
{
	list->unasked++;
	return ask_by_hand(list, note_for(list, "twice"), 2);
}

/* One of both is no answer. */
static bool ask_for_malformed(struct notes *list)
{
	list->malformed += 2;
	return ask_by_hand(list, note_for(list, "echo"), 2) &&
	       ask_by_hand(list, note_for(list, "cut"), 2);
}

/* Within a name there may be anything. */
static bool ask_for_odd_bytes(struct notes *list)
{
	struct note *note = note_for(list, "o??d");
	unsigned char query[512];
	const int length = make_query(list, note->name, ns_t_a, query, sizeof(query));

	query[sizeof(HEADER) + 2] = '\n';
	query[sizeof(HEADER) + 3] = '.';
	return exchange(list, note, query, length, 1);
}

static bool ask_for_root(struct notes *list)
{
	struct note *note = note_for(list, "root");
	unsigned char query[512];
	const int length = make_query(list, ".", ns_t_ns, query, sizeof(query));

	(void)snprintf(note->name, sizeof(note->name), ".");
	note->qtype = "NS";
	return exchange(list, note, query, length, 1);
}

/* As long as a label may be, and almost as long as a name. */
static struct note *look_up_the_longest(struct notes *list)
{
	char name[240], label[64];

	memset(label, 'x', 63);
	label[63] = '\0';
	(void)snprintf(name, sizeof(name), "%s.%s.%s.%.20s", label, label, label, label);
	return look_up(list, name);
}

/* Cut in the header, in a name and before its type, with two questions, an answer to nobody. */
static bool send_malformed(struct notes *list)
{
	static const int lengths[] = {5, 11, 20, 27};
	unsigned char query[512];
	HEADER *header = (HEADER *)query;
	int length = make_query(list, "silent.example.test", ns_t_a, query, sizeof(query));

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		if (send(list->by_hand, query, (size_t)lengths[i], 0) != lengths[i])
			return false;
	header->qdcount = htons(2);
	if (send(list->by_hand, query, (size_t)length, 0) != length)
		return false;
	header->qdcount = htons(1);
	header->qr = 1;
	if (send(list->by_hand, query, (size_t)length, 0) != length)
		return false;
	header->qr = 0;
	query[sizeof(*header)] = 64; /* no length that a label can have */
	if (send(list->by_hand, query, (size_t)length, 0) != length)
		return false;
	list->malformed += ARRAY_SIZE(lengths) + 3;
	return true;
}

static int ask_all(void *data)
{
	struct notes *list = data;

	(void)look_up(list, "ok");
	look_up(list, "nx")->rcode = "NXDOMAIN";
	look_up(list, "late")->is_late = true;
	look_up(list, "big")->answers = 1;
	(void)look_up_the_longest(list);
	return ask_in_vain(list) && ask6(list) && ask_for_two(list) && ask_for_malformed(list) &&
			       ask_for_odd_bytes(list) && ask_for_root(list) && send_malformed(list)
		       ? 0
		       : -EIO;
}

/* ---- what was reported ---- */

static const char *text_of(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static uint64_t number_of(const json_t *line, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(line, name));
}

/* By the number that note_for() wrote behind the last '-', or, without one, that id_for() made. */
static struct note *note_of(struct notes *list, const json_t *line)
{
	const char *name = text_of(line, "name"), *dash = strrchr(name, '-');
	const uint64_t number = dash ? strtoull(dash + 1, NULL, 10) : number_of(line, "id") / 2;

	if (number < 1 || number > list->count || strcmp(list->note[number - 1].name, name) != 0)
		fail_msg("nobody asked for %s", name);
	return &list->note[number - 1];
}

static void expect_question(const struct note *note, const json_t *line)
{
	assert_string_equal(text_of(line, "server"),
			    note->is_ip6 ? NEIGHBOUR_ITS6 : "::ffff:" NEIGHBOUR_ITS4);
	assert_string_equal(text_of(line, "qtype"), note->qtype);
	if (note->id)
		assert_int_equal(number_of(line, "id"), note->id);
	assert_int_equal(number_of(line, "cgroup"), cgroup_id);
}

static void take_answer(struct note *note, const json_t *line)
{
	const uint64_t took = number_of(line, "took_ns");

	assert_string_equal(text_of(line, "rcode"), note->rcode);
	assert_int_equal(number_of(line, "answers"), note->answers);
	assert_in_range(took, note->is_late ? NAME_SERVER_LATE_MSEC * 1000000 : 1, note->took_ns);
	note->answered++;
}

static void take_event(const json_t *line, void *data)
{
	struct note *note = note_of(data, line);

	expect_question(note, line);
	if (strcmp(text_of(line, "type"), "dns_answer") == 0)
		take_answer(note, line);
	else
		note->asked++;
}

static uint64_t questions_that_wait(void)
{
	cleanup_close int map = shipped_map(&shipped, "waiting");
	char key[16], *before = NULL;
	uint64_t count = 0;

	for (; bpf_map_get_next_key(map, before, key) == 0; before = key)
		count++;
	return count;
}

static void account(void)
{
	uint64_t answered = 0, silent = 0, reported_asked = 0, reported_answered = 0;

	assert_in_range(notes->count, 1, NOTES_MAX / 2 - 1);
	for (uint64_t i = 0; i < notes->count; i++)
		silent += notes->note[i].is_silent;
	answered = notes->count - silent;
	(void)sink_wait(shipped.sink, notes->count + answered);
	(void)sink_read(shipped.sink, take_event, notes);
	for (uint64_t i = 0; i < notes->count; i++) {
		assert_in_range(notes->note[i].asked, 0, 1);
		assert_in_range(notes->note[i].answered, 0, !notes->note[i].is_silent);
		reported_asked += notes->note[i].asked;
		reported_answered += notes->note[i].answered;
	}
	shipped_account(&shipped, "questions reported", notes->count, reported_asked);
	shipped_account(&shipped, "answers reported", answered, reported_answered);
	shipped_account(&shipped, "questions counted", notes->count,
			SHIPPED_TOTAL(&shipped, struct dns_total, queries));
	shipped_account(&shipped, "answers counted", answered,
			SHIPPED_TOTAL(&shipped, struct dns_total, answers));
	shipped_account(&shipped, "questions that wait", silent, questions_that_wait());
	shipped_account(&shipped, "answers that nobody waits for", notes->unasked,
			SHIPPED_TOTAL(&shipped, struct dns_total, unasked));
	shipped_account(&shipped, "malformed packets", notes->malformed,
			SHIPPED_TOTAL(&shipped, struct dns_total, malformed));
}

/* ---- tests ---- */

static void start(const char *server_port)
{
	char folder[96];

	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	neighbour_start(&neighbour, name_server_run);
	notes = traffic_share(sizeof(*notes));
	cgroup_id = shipped_cgroup_id(&sandbox);
	(void)snprintf(folder, sizeof(folder), "cgroup:%s/", sandbox.cgroup);
	shipped_load(&shipped, &sandbox, "dns_watch",
		     (struct shipped_change[]){{"cgroup:/sys/fs/cgroup/", folder},
					       {"server_port=53", server_port},
					       {0}});
}

static void questions_and_answers_are_reported_once(void **state)
{
	(void)state;
	start("server_port=53");
	traffic = (struct traffic){
		.step = ask_all, .prepare = prepare, .data = notes, .pause_usec = 2000};
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account();
}

/* What a packet without a UDP header has in that place (tests/support/craft.h). */
#define PORT_OF_PAYLOAD 515

#define IP4_PACKET \
	.source = NEIGHBOUR_OWN4, .destination = NEIGHBOUR_ITS4, .destination_port = PORT_OF_PAYLOAD
#define IP6_PACKET                                                               \
	.is_ip6 = true, .source = NEIGHBOUR_OWN6, .destination = NEIGHBOUR_ITS6, \
	.destination_port = PORT_OF_PAYLOAD

/* No questions, for there is nothing behind the header, or not enough. */
static const struct craft with_header[] = {
	{IP4_PACKET},
	{IP4_PACKET, .options = 3},
	{IP4_PACKET, .payload = 8, .more_fragments = true},
	{IP6_PACKET, .extensions = 5},
	{IP6_PACKET, .payload = 8, .more_fragments = true},
	{IP6_PACKET, .extensions = 2, .has_ah = true},
};

/* None of them can be told to be of that port, and so none counts. */
static const struct craft without_header[] = {
	{IP4_PACKET, .payload = 80, .fragment_offset = 10},
	{IP4_PACKET, .cut = 6},
	{IP6_PACKET, .payload = 80, .fragment_offset = 10},
	{IP6_PACKET, .payload = 80, .extensions = 7},
	{IP6_PACKET, .cut = 6},
	{IP6_PACKET, .extensions = 1, .cut = 14},
};

static int send_packets(const struct craft *packets, size_t number)
{
	int err = 0;

	for (size_t i = 0; !err && i < number; i++)
		err = craft_send_packet(&packets[i]);
	return err;
}

/* And questions to port 53, which is not the one. */
static int send_by_hand(void *data)
{
	struct notes *list = data;
	int err = send_packets(with_header, ARRAY_SIZE(with_header));

	if (!err)
		err = send_packets(without_header, ARRAY_SIZE(without_header));
	if (!err)
		list->malformed += ARRAY_SIZE(with_header);
	(void)look_up(list, "ok");
	return err;
}

static void packets_count_by_their_udp_header(void **state)
{
	(void)state;
	start("server_port=515");
	traffic = (struct traffic){.step = send_by_hand, .prepare = prepare, .data = notes};
	traffic_begin(&traffic, 10);
	(void)traffic_end(&traffic, false);
	shipped_account(&shipped, "packets to the port, with all headers", notes->malformed,
			SHIPPED_TOTAL(&shipped, struct dns_total, malformed));
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct dns_total, queries), 0);
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct dns_total, answers), 0);
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct dns_total, unasked), 0);
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	neighbour_end(&neighbour);
	traffic_unshare(notes, sizeof(*notes));
	notes = NULL;
	shipped_end(&shipped);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(questions_and_answers_are_reported_once, clean),
		cmocka_unit_test_teardown(packets_count_by_their_udp_header, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
