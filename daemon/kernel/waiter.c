/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/waiter.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/thread.h"

struct job {
	struct job *next;
	waiter_work_fn work;
	waiter_done_fn done;
	void *data;
	int result;
};

struct queue {
	struct job *first;
	struct job **last;
};

struct waiter {
	pthread_t thread;
	pthread_mutex_t mutex; /* guards the three below */
	pthread_cond_t changed;
	struct queue submitted;
	struct queue finished;
	bool stopping;
	int finished_fd; /* eventfd: something is in `finished` */
	sd_event_source *source;
};

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_push(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct job *queue_pop(struct queue *queue)
{
	struct job *job = queue->first;

	if (job) {
		queue->first = job->next;
		if (!queue->first)
			queue->last = &queue->first;
	}
	return job;
}

static struct job *wait_for_job(struct waiter *waiter)
{
	struct job *job = NULL;

	pthread_mutex_lock(&waiter->mutex);
	while (!waiter->stopping && !(job = queue_pop(&waiter->submitted)))
		pthread_cond_wait(&waiter->changed, &waiter->mutex);
	pthread_mutex_unlock(&waiter->mutex);
	return job;
}

static void *run_jobs(void *data)
{
	struct waiter *waiter = data;
	struct job *job;

	while ((job = wait_for_job(waiter))) {
		uint64_t one = 1;

		job->result = job->work(job->data);
		pthread_mutex_lock(&waiter->mutex);
		queue_push(&waiter->finished, job);
		pthread_mutex_unlock(&waiter->mutex);
		(void)!write(waiter->finished_fd, &one, sizeof(one));
	}
	return NULL;
}

static struct job *take_finished(struct waiter *waiter)
{
	struct job *job;

	pthread_mutex_lock(&waiter->mutex);
	job = queue_pop(&waiter->finished);
	pthread_mutex_unlock(&waiter->mutex);
	return job;
}

static int report_finished(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct waiter *waiter = data;
	struct job *job;
	uint64_t count;

	(void)source;
	(void)events;
	(void)!read(fd, &count, sizeof(count));
	while ((job = take_finished(waiter))) {
		waiter_done_fn done = job->done;
		void *done_data = job->data;
		int result = job->result;

		free(job);
		done(done_data, result);
	}
	return 0;
}

int waiter_new(sd_event *event, struct waiter **ret)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	int err;

	if (!waiter)
		return -ENOMEM;
	queue_init(&waiter->submitted);
	queue_init(&waiter->finished);
	pthread_mutex_init(&waiter->mutex, NULL);
	pthread_cond_init(&waiter->changed, NULL);
	waiter->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (waiter->finished_fd < 0) {
		free(waiter);
		return -errno;
	}
	err = sd_event_add_io(event, &waiter->source, waiter->finished_fd, EPOLLIN, report_finished,
			      waiter);
	if (err >= 0)
		err = thread_start(&waiter->thread, run_jobs, waiter);
	if (err < 0) {
		sd_event_source_unref(waiter->source);
		close(waiter->finished_fd);
		free(waiter);
		return err;
	}
	*ret = waiter;
	return 0;
}

static void queue_clear(struct queue *queue)
{
	struct job *job;

	while ((job = queue_pop(queue)))
		free(job);
}

struct waiter *waiter_free(struct waiter *waiter)
{
	if (!waiter)
		return NULL;
	pthread_mutex_lock(&waiter->mutex);
	waiter->stopping = true;
	pthread_cond_signal(&waiter->changed);
	pthread_mutex_unlock(&waiter->mutex);
	pthread_join(waiter->thread, NULL);
	queue_clear(&waiter->submitted);
	queue_clear(&waiter->finished);
	sd_event_source_unref(waiter->source);
	close(waiter->finished_fd);
	pthread_cond_destroy(&waiter->changed);
	pthread_mutex_destroy(&waiter->mutex);
	free(waiter);
	return NULL;
}

int waiter_submit(struct waiter *waiter, waiter_work_fn work, waiter_done_fn done, void *data)
{
	struct job *job = malloc(sizeof(*job));

	if (!job)
		return -ENOMEM;
	*job = (struct job){.work = work, .done = done, .data = data};
	pthread_mutex_lock(&waiter->mutex);
	queue_push(&waiter->submitted, job);
	pthread_cond_signal(&waiter->changed);
	pthread_mutex_unlock(&waiter->mutex);
	return 0;
}
