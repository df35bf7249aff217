/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse/windows_xml.h - Windows events as XML: what the event viewer, wevtutil, PowerShell's ToXml
 * and Sysmon for Linux write.
 *
 *   <Event xmlns='…'><System>…</System><EventData><Data Name='N'>V</Data>…</EventData></Event>
 *
 * The element is written anew in the form that converters of EVTX give it as JSON, and read as
 * that: so names, channel, aliases and rules are those of every other Windows event
 * (parse/windows.c).
 *
 * Layer:  parse. Input untrusted: entities of its own are refused, depth and size are bounded.
 * Source: MS-EVEN6 sec. 2.2.13 ff.; libexpat.
 * Tests:  tests/unit/parse/test_windows.c, tests/fuzz/fuzz_parse_windows_xml.c
 */
#pragma once

#include "parse/format-int.h"

#define YG_XML_DEPTH_MAX 32u
#define YG_XML_JSON_MAX	 (8u << 20) /* bytes of an event written as JSON */

bool yg_windows_xml_fits(struct yg_bytes record);
yg_read_fn yg_windows_xml_read;
