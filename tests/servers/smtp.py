#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mail servers of all characters, each on a port of its own.

smtp.py DIR CERTS - DIR/ports gets a line "NAME PORT" for each, DIR/log every
command with the server's name and whether it came over TLS, DIR/NAME.N the
N-th mail that a server took, as JSON. Users are "user" and "pass"; addresses
that begin with "bad" are refused for good, with "later" for now. Further
arguments are the only servers that are wanted; the environment's PORT_NAME is
the port of one. A server that is started again goes on counting mails.
"""
import asyncio
import base64
import json
import os
import signal
import ssl
import sys

DIR, CERTS = sys.argv[1:3]
WANTED = sys.argv[3:]

# What differs from the good one. Keys in capitals are answers to a command;
# an answer that is None never comes, one that is "" is a closed connection.
SERVERS = {
    "good": {},
    "good6": {},
    "implicit": {"tls": True},
    "lazy": {"lazy": 0.1},
    "plain": {"starttls": False, "auth": ""},
    "plainauth": {"starttls": False},
    "nostarttls": {"starttls": False},
    "noauth": {"auth": ""},
    "onlylogin": {"auth": "LOGIN"},
    "wantsauth": {"MAIL": "530 5.7.0 authentication required"},
    "patient": {"patient": True},
    "noutf8": {"utf8": False},
    "nomail": {"GREETING": "554 5.3.2 no mail here"},
    "busy": {"GREETING": "421 4.3.2 too busy"},
    "mute": {"GREETING": None},
    "hello": {"EHLO": "502 5.5.1 what is that", "starttls": False},
    "tlslater": {"STARTTLS": "454 4.7.0 no entropy"},
    "authlater": {"AUTH": "454 4.7.0 no database"},
    "mail451": {"MAIL": "451 4.3.0 not now"},
    "mail550": {"MAIL": "550 5.7.1 not you"},
    "data451": {"DATA": "451 4.3.0 not now"},
    "data554": {"DATA": "554 5.5.1 no"},
    "greylist": {"DOT": "451 4.7.1 greylisted, come back in 5 minutes"},
    "dot552": {"DOT": "552 5.3.4 too big"},
    "dotmute": {"DOT": None},
    "dotclose": {"DOT": ""},
    "dotslow": {"slow": "DOT"},
    "datareset": {"reset": True},
    "slow": {"slow": "GREETING"},
    "garbage": {"GREETING": "\x01\x02 hello\x1b[31m"},
    "endless": {"endless": True},
    "echo": {"MAIL": "550 you said {line}"},
    "echoauth": {"AUTH": "535 5.7.8 you said {line}"},
    "quitdies": {"QUIT": ""},
    "expired": {"cert": "expired"},
    "selfsigned": {"cert": "selfsigned"},
    "wrongname": {"cert": "wrongname"},
}
count = {}


class Closed(Exception):
    """The conversation is over."""


def context(name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(os.path.join(CERTS, name + ".pem"))
    return c


def log(name, over_tls, line):
    with open(os.path.join(DIR, "log"), "a", encoding="utf-8",
              errors="backslashreplace") as f:
        f.write("%s %s %s\n" % (name, "tls" if over_tls else "open", line))


class Session:
    def __init__(self, name, traits, reader, writer):
        self.name, self.traits = name, traits
        self.reader, self.writer = reader, writer
        self.over_tls = bool(traits.get("tls"))
        self.login = None
        self.sender, self.options, self.recipients = None, "", []

    async def say(self, step, line, usual):
        answer = self.traits.get(step, usual)
        if self.traits.get("slow") == step:
            for byte in ("250 " if step == "DOT" else "220 ") + "x" * 200:
                self.writer.write(byte.encode())
                await self.writer.drain()
                await asyncio.sleep(1)
        if answer is None:
            await asyncio.sleep(600)
        if answer == "":
            raise Closed
        self.writer.write((answer.replace("{line}", line) + "\r\n").encode())
        await self.writer.drain()
        return answer[0] in "23"

    async def line(self):
        line = await self.reader.readline()
        if not line:
            raise Closed
        line = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        log(self.name, self.over_tls, line)
        return line

    async def ehlo(self, line):
        t = self.traits
        if "EHLO" in t:
            await self.say("EHLO", line, "")
            return
        lines = ["greetings", "SIZE 100000000", "8BITMIME"]
        if t.get("starttls", True) and not self.over_tls:
            lines.append("STARTTLS")
        if t.get("auth", True) and (self.over_tls or "plain" in self.name):
            lines.append("AUTH " + t.get("auth", "PLAIN LOGIN XOAUTH2"))
        if t.get("utf8", True):
            lines.append("SMTPUTF8")
        for i, text in enumerate(lines):
            sign = " " if i == len(lines) - 1 else "-"
            self.writer.write(("250" + sign + text + "\r\n").encode())
        await self.writer.drain()

    async def starttls(self, line):
        if not await self.say("STARTTLS", line, "220 go ahead"):
            return
        await self.writer.start_tls(context(self.traits.get("cert", "good")))
        # Python 3.11 leaves the reader with the transport that it had.
        self.reader._transport = self.writer.transport
        self.over_tls = True

    async def ask(self, prompt):
        self.writer.write(("334 " + prompt + "\r\n").encode())
        await self.writer.drain()
        return base64.b64decode(await self.line()).decode()

    async def auth(self, line):
        words = line.split()
        how = words[1].upper()
        first = base64.b64decode(words[2]).decode() if len(words) > 2 else None
        if how == "PLAIN":
            given = (first or await self.ask("")).split("\0")[1:]
        elif how == "LOGIN":
            user = first or await self.ask("VXNlcm5hbWU6")
            given = [user, await self.ask("UGFzc3dvcmQ6")]
        else:
            parts = (first or await self.ask("")).split("\1")
            given = [parts[0][5:], parts[1][len("auth=Bearer "):]]
        if given == ["user", "secret-pass"]:
            if await self.say("AUTH", line, "235 welcome"):
                self.login = how
        else:
            await self.say("AUTH", line, "535 5.7.8 who are you")

    async def rcpt(self, line):
        address = line[line.index("<") + 1:line.index(">")]
        if address.startswith("bad"):
            await self.say("-", line, "550 5.1.1 no such user")
        elif (address.startswith("later") and
              not self.traits.get("patient")):
            await self.say("-", line, "450 4.2.1 mailbox is busy")
        else:
            self.recipients.append(address)
            await self.say("RCPT", line, "250 ok")

    async def data(self, line):
        if not await self.say("DATA", line, "354 go on"):
            return
        if self.traits.get("reset"):
            await self.reader.readline()
            self.writer.transport.abort()
            raise Closed
        content = b""
        while True:
            got = await self.reader.readline()
            if not got:
                raise Closed
            if got == b".\r\n":
                break
            content += got[1:] if got.startswith(b".") else got
        log(self.name, self.over_tls, ".")
        await asyncio.sleep(self.traits.get("lazy", 0) / 4)
        n = count.get(self.name, 0) + 1
        while os.path.exists(os.path.join(DIR, "%s.%d" % (self.name, n))):
            n += 1
        count[self.name] = n
        with open(os.path.join(DIR, "%s.%d" % (self.name, n)), "w",
                  encoding="utf-8") as f:
            json.dump({"from": self.sender, "to": self.recipients,
                       "options": self.options, "login": self.login,
                       "tls": self.over_tls,
                       "message": content.decode("latin-1")}, f)
        # who is killed now has taken it and has not said so
        await asyncio.sleep(self.traits.get("lazy", 0))
        await self.say("DOT", line, "250 2.0.0 taken as %d" % n)

    async def command(self, line):
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            await self.ehlo(line)
        elif verb == "HELO":
            await self.say("HELO", line, "250 hello")
        elif verb == "STARTTLS":
            await self.starttls(line)
        elif verb == "AUTH":
            await self.auth(line)
        elif verb == "MAIL":
            self.sender = line[line.index("<") + 1:line.index(">")]
            self.options = line[line.index(">") + 1:]
            await self.say("MAIL", line, "250 ok")
        elif verb == "RCPT":
            await self.rcpt(line)
        elif verb == "DATA":
            await self.data(line)
        elif verb == "QUIT":
            await self.say("QUIT", line, "221 bye")
            raise Closed
        else:
            await self.say("-", line, "500 what")

    async def run(self):
        try:
            # drain() alone lets nobody tell us that the connection is lost
            while (self.traits.get("endless") and
                   not self.writer.is_closing()):
                self.writer.write(b"220-and another line of many\r\n" * 999)
                await self.writer.drain()
                await asyncio.sleep(0)
            await self.say("GREETING", "", "220 localhost ESMTP")
            while True:
                await self.command(await self.line())
        except (Closed, ConnectionError, ssl.SSLError,
                asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()


async def main():
    loop = asyncio.get_running_loop()
    # A client that does not like our certificate is what we are here for.
    loop.set_exception_handler(lambda loop, context: None)
    ports = []
    for name, traits in SERVERS.items():
        if WANTED and name not in WANTED:
            continue
        def serve(reader, writer, name=name, traits=traits):
            return Session(name, traits, reader, writer).run()
        try:
            server = await asyncio.start_server(
                serve, "::1" if name == "good6" else "127.0.0.1",
                int(os.environ.get("PORT_" + name) or 0),
                limit=1 << 26,
                ssl=context("good") if traits.get("tls") else None)
        except OSError:
            continue  # there is no IPv6
        ports.append("%s %d\n" % (name,
                                  server.sockets[0].getsockname()[1]))
    with open(os.path.join(DIR, "ports.new"), "w", encoding="ascii") as f:
        f.writelines(ports)
    os.rename(os.path.join(DIR, "ports.new"), os.path.join(DIR, "ports"))
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    os._exit(0)


asyncio.run(main())
