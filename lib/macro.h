/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small macros that the standard library lacks. */
#pragma once

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define MIN(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ < b_ ? a_ : b_;      \
	})

#define MAX(a, b)                       \
	({                              \
		__typeof__(a) a_ = (a); \
		__typeof__(b) b_ = (b); \
		a_ > b_ ? a_ : b_;      \
	})

/* Marks a function that formats like printf: the format is argument `f`, its values start at `v`.
 */
#define PRINTF_LIKE(f, v) __attribute__((format(printf, f, v)))

/* For functions whose calls would cost more than what they do, as has been measured. */
#define ALWAYS_INLINE inline __attribute__((always_inline))
