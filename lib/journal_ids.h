/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon's messages are found by in the journal; shared by daemon and ctl. See ebpfd(8).
 */
#pragma once

/* Name, MESSAGE_ID=. An id is for good: what it means is never changed, and it is not used again.
 */
#define JOURNAL_MESSAGES(MESSAGE)                                          \
	MESSAGE(DAEMON_READY, "e288bd161cd0abea4363676a458c82aa")          \
	MESSAGE(DAEMON_DEGRADED, "a2486adeb2ab8a11b2c3e21e06606d8d")       \
	MESSAGE(DAEMON_STOPPING, "7b22b6373435205c30482cc18e4e95ea")       \
	MESSAGE(UNIT_LOADED, "f7863beeba4c6f74451053bb6e412495")           \
	MESSAGE(UNIT_RELOADED, "1f5ba8ac1eb19b9de54d7bee3562d5eb")         \
	MESSAGE(UNIT_ROLLED_BACK, "3b6316ea735dd5ded45e191496163de2")      \
	MESSAGE(UNIT_UNLOADED, "d83155720b55df593c4b47fd846ab953")         \
	MESSAGE(UNIT_REFUSED, "7a55ad233783424e8656941fbecf9ecb")          \
	MESSAGE(UNIT_TAKEN_BACK, "e503be6ffeeb8e20573f5fa0e72419c3")       \
	MESSAGE(UNIT_TAKE_BACK_FAILED, "94327c279f50db08bfb6e4b777b39e81") \
	MESSAGE(UNIT_FAILED, "3b6d98a6675ee1a9ab823d370e81adba")           \
	MESSAGE(DRIFT_FOUND, "0f3998bc0343f19a5f9e337f1cf8af5b")           \
	MESSAGE(DRIFT_HEALED, "0e6fee972ea36d43688cefc0fa1b5a48")          \
	MESSAGE(EVENTS_LOST, "187287a562cf12883088b5f6e2d5b03f")
