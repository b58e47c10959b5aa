#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""All the services that webhooks are for, in one server.

hooks.py DIR CERTS - DIR/ports gets a line "good PORT"; DIR/requests gets
every request, one JSON a line. Answers as each service does; beside that

DIR/open        there is: each tracker has an open ticket
DIR/answer      "STATUS [HEADER: VALUE]" for every request instead; of
                several lines each is for one request, the last for the rest
DIR/errors      there is: bulk requests answer that documents failed
"""
import asyncio
import json
import os
import re
import signal
import ssl
import sys

DIR, CERTS = sys.argv[1:3]

# expression for the path, status, answer without and with an open ticket
ANSWERS = [
    ("GET", "/rest/api/3/search/jql", 200, {"issues": []},
     {"issues": [{"id": "10042", "key": "OPS-7"}]}),
    ("GET", "/api/now/table/incident", 200, {"result": []},
     {"result": [{"sys_id": "9d385017c611228701d22104cc95c371"}]}),
    ("GET", "/repos/", 200, [], [{"number": 7, "state": "open"}]),
    ("GET", "/api/v4/projects/", 200, [], [{"id": 99, "iid": 7}]),
    ("POST", "/rest/api/3/issue|/api/now/|/repos/|/api/v4/", 201,
     {"id": 1}, None),
    ("PATCH", "/api/now/", 200, {"result": {}}, None),
    ("PUT", "/_matrix/", 200, {"event_id": "$x"}, None),
    ("POST", "/api/webhooks/|/loki/", 204, None, None),
    ("POST", "/v2/|/workflows/", 202, {"status": "success"}, None),
    ("POST", ".*/_bulk", 200, {"errors": False}, None),
    ("POST", "/services/collector", 200, {"text": "Success", "code": 0}, None),
    ("POST", "/", 200, "ok", None),
]


def flag(name):
    path = os.path.join(DIR, name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return f.read()


def answer(method, path):
    """Status, further headers, body."""
    said = flag("answer")
    if said:
        said, _, rest = said.strip().partition("\n")
        if rest:
            with open(os.path.join(DIR, "answer"), "w",
                      encoding="utf-8") as f:
                f.write(rest)
        status, _, header = said.partition(" ")
        return int(status), [header] if header else [], "because of this"
    for verb, pattern, status, none, some in ANSWERS:
        if verb != method or not re.match(pattern, path):
            continue
        body = some if some is not None and flag("open") is not None else none
        if "_bulk" in path and flag("errors") is not None:
            body = {"errors": True}
        if body is None:
            return status, [], ""
        return status, [], body if isinstance(body, str) else json.dumps(body)
    return 404, [], "no such service"


async def talk(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode("utf-8").rstrip("\r\n").split("\r\n")
            method, path, _ = first.split(" ")
            headers = dict(line.split(": ", 1) for line in lines
                           if ": " in line)
            body = await reader.readexactly(
                int(headers.get("Content-Length", "0")))
            with open(os.path.join(DIR, "requests"), "a",
                      encoding="ascii") as f:
                f.write(json.dumps({"method": method, "path": path,
                                    "headers": headers,
                                    "body": body.decode("utf-8")}) + "\n")
            status, more, text = answer(method, path)
            lines = ["HTTP/1.1 %d It is" % status] + more
            if status != 204:
                lines.append("Content-Length: %d" % len(text))
            writer.write(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
            await writer.drain()
    except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(CERTS, "good.pem"))
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context,
                                        limit=1 << 26)
    with open(os.path.join(DIR, "ports.new"), "w", encoding="ascii") as f:
        f.write("good %d\n" % server.sockets[0].getsockname()[1])
    os.rename(os.path.join(DIR, "ports.new"), os.path.join(DIR, "ports"))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    os._exit(0)


asyncio.run(main())
