#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Web servers of all characters, and collectors of streams.

https.py DIR CERTS - DIR/ports gets a line "NAME PORT" for each, DIR/requests
every request that came whole, one JSON a line, DIR/NAME.got the bytes that a
collector of streams got. What a web server does, the path says:

/status/N[/AFTER]  that status, with Retry-After
/ok /created       200, 201
/lie               200, and a reset in the middle of the answer
/cut               200, Content-Length larger than what comes, then the end
/chunkcut          200, chunked, the end missing
/silent            the end without an answer
/reset             a reset after the whole request
/early             a reset before the request was read
/never             no answer
/slow              one byte a second
/big /huge         200 with 200,000 bytes, without end
/junk              no HTTP
/same/N            redirected N times on this server, by 307
/see               303 on this server
/elsewhere         redirected to another port
/down              redirected to http://
/echo              what came, as JSON
"""
import asyncio
import hashlib
import json
import os
import signal
import ssl
import sys

DIR, CERTS = sys.argv[1:3]
OTHERS = {}


class Closed(Exception):
    """The conversation is over."""


def context(name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(CERTS, name + ".pem"))
    return c


class Session:
    def __init__(self, name, reader, writer):
        self.name, self.reader, self.writer = name, reader, writer

    def put(self, data):
        self.writer.write(data if isinstance(data, bytes) else data.encode())

    async def answer(self, status, body="", headers=()):
        lines = ["HTTP/1.1 %d It is" % status,
                 "Content-Length: %d" % len(body)]
        self.put("\r\n".join(lines + list(headers)) + "\r\n\r\n" + body)
        await self.writer.drain()

    async def abort(self):
        self.writer.transport.abort()
        raise Closed

    async def request(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) if ": " in line
                       else (line.rstrip(":;"), "") for line in lines)
        if path == "/early":
            await self.abort()
        body = await self.reader.readexactly(
            int(headers.get("Content-Length", "0")))
        return {"server": self.name, "method": method, "path": path,
                "headers": headers, "length": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "body": body[:2000].decode("latin-1")}

    async def broken(self, path):
        if path == "/lie":
            self.put("HTTP/1.1 200 It is\r\nContent-Length: 100\r\n\r\nso f")
            await self.writer.drain()
            await asyncio.sleep(0.05)
            await self.abort()
        elif path == "/cut":
            self.put("HTTP/1.1 200 It is\r\nContent-Length: 100\r\n\r\nso f")
        elif path == "/chunkcut":
            self.put("HTTP/1.1 200 It is\r\nTransfer-Encoding: chunked\r\n"
                     "\r\n4\r\nso f\r\n")
        elif path == "/reset":
            await self.abort()
        elif path == "/never":
            await asyncio.sleep(600)
        elif path == "/slow":
            for byte in "HTTP/1.1 200 It is" + "x" * 500:
                self.put(byte)
                await self.writer.drain()
                await asyncio.sleep(1)
        elif path == "/huge":
            self.put("HTTP/1.1 200 It is\r\n\r\n")
            # drain() alone lets nobody tell us that the connection is lost
            while not self.writer.is_closing():
                self.put("y" * 65536)
                await self.writer.drain()
                await asyncio.sleep(0)
        elif path == "/junk":
            self.put("\0\1\2 no such thing\r\n\r\n")
        raise Closed

    async def redirect(self, path):
        port = self.writer.get_extra_info("sockname")[1]
        if path.startswith("/same/"):
            n = int(path[6:])
            to = "/same/%d" % (n - 1) if n > 1 else "/echo"
            await self.answer(307, "", ["Location: " + to])
        elif path == "/see":
            await self.answer(303, "", ["Location: /echo"])
        elif path == "/elsewhere":
            await self.answer(307, "", ["Location: https://localhost:%d/echo"
                                        % OTHERS["good2"]])
        else:
            await self.answer(308, "", ["Location: http://localhost:%d/echo"
                                        % port])

    async def handle(self, rq):
        path = rq["path"]
        if path.startswith("/status/"):
            parts = path.split("/")
            after = parts[3:] and ["Retry-After: " + parts[3]]
            await self.answer(int(parts[2]), "because of this", after or ())
        elif path in ("/ok", "/created", "/services/T0/SECRETPATH"):
            await self.answer(201 if path == "/created" else 200, "fine")
        elif path == "/big":
            await self.answer(200, "z" * 200000)
        elif path == "/echo":
            await self.answer(200, json.dumps(rq))
        elif path == "/complain":
            await self.answer(400, json.dumps(rq))
        elif path.startswith(("/same/", "/see", "/elsewhere", "/down")):
            await self.redirect(path)
        else:
            await self.broken(path)

    async def run(self):
        try:
            while True:
                rq = await self.request()
                with open(os.path.join(DIR, "requests"), "a",
                          encoding="utf-8") as f:
                    f.write(json.dumps(rq) + "\n")
                await self.handle(rq)
        except (Closed, ConnectionError, ssl.SSLError, ValueError,
                asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()


async def proxy(reader, writer, denies=False):
    """One that passes CONNECT on, or wants a password."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        with open(os.path.join(DIR, "proxied"), "ab") as f:
            f.write(head)
        if denies:
            writer.write(b"HTTP/1.1 407 Who are you\r\n"
                         b"Proxy-Authenticate: Basic realm=x\r\n"
                         b"Content-Length: 0\r\n\r\n")
            await writer.drain()
            return
        host, port = head.split(b" ")[1].decode().rsplit(":", 1)
        there, to_there = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Through\r\n\r\n")

        async def pump(source, sink):
            while True:
                data = await source.read(65536)
                if not data:
                    break
                sink.write(data)
                await sink.drain()
            sink.close()
        await asyncio.gather(pump(reader, to_there), pump(there, writer))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def collect(name, reader, writer):
    """A collector of streams that resets when it is told to."""
    try:
        with open(os.path.join(DIR, name + ".got"), "ab", buffering=0) as f:
            while True:
                data = await reader.read(65536)
                if not data:
                    break
                f.write(data)
                if b"RESET" in data:
                    writer.transport.abort()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def datagram_received(self, data, addr):
        with open(os.path.join(DIR, "udp.got"), "ab") as f:
            f.write(b"%d:%s\n" % (len(data), data))


async def main():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: None)
    ports = {}

    async def serve(name, handler, tls=None):
        server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=tls,
                                            limit=1 << 26)
        ports[name] = server.sockets[0].getsockname()[1]

    for name in ("good", "good2", "expired", "selfsigned", "wrongname"):
        await serve(name, lambda r, w, n=name: Session(n, r, w).run(),
                    context(name.rstrip("2")))
    await serve("plain", lambda r, w: Session("plain", r, w).run())
    await serve("proxy", proxy)
    await serve("denies", lambda r, w: proxy(r, w, True))
    await serve("tcp", lambda r, w: collect("tcp", r, w))
    await serve("tls", lambda r, w: collect("tls", r, w), context("good"))
    await serve("badtls", lambda r, w: collect("badtls", r, w),
                context("selfsigned"))
    udp, _ = await loop.create_datagram_endpoint(
        Datagrams, local_addr=("127.0.0.1", 0))
    ports["udp"] = udp.get_extra_info("sockname")[1]
    await asyncio.start_unix_server(
        lambda r, w: Session("unix", r, w).run(), os.path.join(DIR, "socket"))
    os.chmod(os.path.join(DIR, "socket"), 0o777)
    OTHERS.update(ports)
    with open(os.path.join(DIR, "ports.new"), "w", encoding="ascii") as f:
        f.writelines("%s %d\n" % item for item in ports.items())
    os.rename(os.path.join(DIR, "ports.new"), os.path.join(DIR, "ports"))
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    os._exit(0)


asyncio.run(main())
