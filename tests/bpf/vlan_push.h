/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define VLAN_PUSH_TYPE 0x88b6 /* IEEE 802, local experimental EtherType 2 */
#define VLAN_PUSH_ID   77
