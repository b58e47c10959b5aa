/* SPDX-License-Identifier: MIT */
/* etcsnap_send.c - the process that talks to the network */
/*
 * A program of its own, so that etcsnap itself starts without the libraries
 * that networks need, and so that nothing of etcsnap's memory is in this one.
 * It is started by etcsnap alone: src/deliver/child.c says what it does.
 */
#include "config.h"

#include "etcsnap/transport.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	es_transport_child(argc, argv);
	fputs("etcsnap-send: etcsnap(8) starts this program, nobody else\n",
	      stderr);
	return 2;
}
