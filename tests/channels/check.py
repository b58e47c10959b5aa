#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether payloads are as services want them.

check.py SCHEMAS - reads lines of JSON from standard input, each an object:

schema   name of SCHEMAS/NAME.schema.json, which cites the documentation
body     the payload, a text
request  method, path and headers, where one was made of it

Prints what is wrong and exits with 1, or a line that counts what was right.
Keys of the schemas that are ours: x-bytes, the most bytes of a payload, and
x-request, the request with expressions for its path and headers.
"""
import json
import os
import re
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)
MARKDOWN = {"mattermost", "discord", "github", "github-comment", "gitlab",
            "gitlab-note"}


def read_body(name, body):
    """The value that the schema is for."""
    if name == "ntfy":
        return body
    if name in ("opensearch", "elasticsearch", "splunk"):
        if not body.endswith("\n"):
            raise ValueError("the last line has no end")
        lines = [json.loads(line) for line in body[:-1].split("\n")]
        if name == "splunk":
            return lines
        if len(lines) % 2:
            raise ValueError("an action without a document")
        return [list(pair) for pair in zip(lines[::2], lines[1::2])]
    return json.loads(body)


def texts(value):
    """All texts of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from texts(v)
    elif isinstance(value, list):
        for v in value:
            yield from texts(v)


def check_neutral(name, value):
    """Nothing that somebody named a file is markup or a mention."""
    if name in MARKDOWN:
        for text in texts({k: v for k, v in value.items() if k != "title"}):
            if text.count("```") % 2:
                raise ValueError("a block of code is left open")
            bare = CODE.sub("", text)
            if name == "discord" and bare.startswith("commits "):
                continue    # a footer has no markup
            if re.search("(?<!\\\\)[<\\[`]", bare):
                raise ValueError("markup: " + bare)
            if re.search("@(everyone|here|channel|all)", bare):
                raise ValueError("a mention: " + bare)
    if name == "matrix":
        bare = re.sub("</?(p|strong|pre|code)>", "", value["formatted_body"])
        if "<" in bare or ">" in bare:
            raise ValueError("markup: " + bare)


def check_request(want, got):
    if got["method"] != want["method"]:
        raise ValueError("method %s" % got["method"])
    if not re.search(want["path"], got["path"]):
        raise ValueError("path %s" % got["path"])
    headers = {k.lower(): v for k, v in got["headers"].items()}
    for header, pattern in want["headers"].items():
        if not re.search(pattern, headers.get(header.lower(), "")):
            raise ValueError("header %s: %s"
                             % (header, headers.get(header.lower())))


def check(folder, case):
    name, body = case["schema"], case["body"]
    with open(os.path.join(folder, name + ".schema.json"),
              encoding="utf-8") as f:
        schema = json.load(f)
    if "http" not in schema["$comment"] and name != "generic":
        raise ValueError("the schema cites nothing")
    size = len(body.encode())
    if size > schema.get("x-bytes", size):
        raise ValueError("%d bytes" % size)
    if "request" in case:
        check_request(schema["x-request"], case["request"])
    value = read_body(name, body)
    if jsonschema:
        jsonschema.Draft202012Validator(
            schema, format_checker=jsonschema.FormatChecker()).validate(value)
    check_neutral(name, value)


def main():
    wrong = right = 0
    for line in sys.stdin:
        case = json.loads(line)
        try:
            check(sys.argv[1], case)
            right += 1
        except Exception as e:      # whatever it is, it is to be told
            wrong += 1
            print("%s: %s" % (case.get("case", case["schema"]),
                              str(e)[:1500]))
    print("%d right, %d wrong" % (right, wrong))
    sys.exit(wrong > 0)


main()
