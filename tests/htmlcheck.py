# SPDX-License-Identifier: MIT
# htmlcheck.py - whether a report as HTML can be sent to anyone
"""Usage: htmlcheck.py FILE

Checks what no browser complains of: that tags are balanced, that nothing is
fetched or run, that links lead to pages or to anchors that are there, that
anchors are numbers, that the rows of a table have as many cells, and that all text is to be read on its ground (a contrast
of 4.5 and more), light and dark. Prints each fault and ends with 1, else
prints the title, and the counts of changes, lines of content and links.
"""

import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "rect", "link", "img", "hr", "input", "base"}
BANNED = {"script", "link", "img", "iframe", "object", "embed", "form",
          "base", "input", "video", "audio", "image", "use", "foreignobject"}
LOADS = {"src", "srcset", "background", "poster", "data", "action",
         "formaction", "xlink:href"}


def luminance(color):
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= .03928 else ((c + .055) / 1.055) ** 2.4
             for c in parts]
    return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + .05) / (low + .05)


def declarations(text):
    found = {}
    for part in text.split(";"):
        name, _, value = part.partition(":")
        important = "!important" in value
        value = value.replace("!important", "").strip()
        name = name.strip()
        if name == "background":
            name = "background-color"
        if name in ("color", "background-color"):
            found[name] = (value, important)
    return found


def rules(css):
    """(dark, selector, declarations) of every rule about colours."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    found = []

    def walk(text, media):  # blocks may be one in another
        at = 0
        while True:
            start = text.find("{", at)
            if start < 0:
                return
            head, depth, end = text[at:start].strip(), 1, start + 1
            while depth:
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                end += 1
            body = text[start + 1:end - 1]
            if head.startswith("@"):
                walk(body, head)
            elif "max-width" not in media and "print" not in media:
                for selector in head.split(","):
                    found.append(("dark" in media, selector.strip(),
                                  declarations(body)))
            at = end
    walk(css, "")
    return found


def simple(element, part):
    """Whether an element (tag, classes) is of a selector without blanks."""
    part = re.sub(r":[a-z-]+(\([^)]*\))?", "", part)
    names = re.findall(r"[.]?[\w-]+", part)
    return all(n[1:] in element["classes"] if n[0] == "."
               else n == element["tag"] for n in names) and bool(names)


def matches(stack, selector):
    parts = selector.split()
    if "::" in selector or not parts or not simple(stack[-1], parts[-1]):
        return False
    at = len(stack) - 2
    for part in reversed(parts[:-1]):
        while at >= 0 and not simple(stack[at], part):
            at -= 1
        if at < 0:
            return False
        at -= 1
    return True


class Report(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.faults, self.stack = [], []
        self.ids, self.links, self.classes = [], [], {}
        self.title, self.pairs = "", {}
        css = re.search(r"<style>(.*?)</style>", text, re.S)
        self.rules = rules(css.group(1) if css else "")
        self.feed(text)
        self.close()
        for element in self.stack:
            self.fault(f"<{element['tag']}> is not closed")
        for link in self.links:
            if link.startswith("#") and link[1:] not in self.ids:
                self.fault(f"{link} leads nowhere")
        for name in set(self.ids):
            if self.ids.count(name) > 1:
                self.fault(f"id {name} is there twice")

    def fault(self, text):
        self.faults.append(f"line {self.getpos()[0]}: {text}")

    def color(self, name, dark):
        """A colour of the innermost element, from it or around it."""
        for depth in range(len(self.stack), 0, -1):
            element = self.stack[depth - 1]
            key = (name, dark)
            if key not in element["colors"]:
                element["colors"][key] = self.own(depth, name, dark)
            if element["colors"][key]:
                return element["colors"][key]
        return {"color": ("#000000", "#ffffff"),
                "background-color": ("#ffffff", "#121212")}[name][dark]

    def own(self, depth, name, dark):
        stack, best, rank = self.stack[:depth], None, -1
        for of_dark, selector, found in self.rules:
            if name not in found or (of_dark and not dark):
                continue
            value, important = found[name]
            this = 2 if important else 0
            if this >= rank and matches(stack, selector):
                best, rank = value, this
        inline = stack[-1]["style"].get(name)
        if inline and rank < 1:
            best = inline[0]
        return best if best and best.startswith("#") else None

    def handle_starttag(self, tag, attrs):
        values = {k: v or "" for k, v in attrs}
        if len(values) != len(attrs):
            self.fault(f"<{tag}> has an attribute twice")
        if tag in BANNED:
            self.fault(f"<{tag}>")
        for name, value in values.items():
            if name.startswith("on") or name in LOADS:
                self.fault(f"{tag} {name}={value!r}")
            if re.search(r"url\(|expression|javascript:", value, re.I) and \
                    name != "href":
                self.fault(f"{tag} {name}={value!r}")
        if "href" in values:
            self.links.append(values["href"])
            if not re.match(r"https?://[!-~]+$|#[cs]\d+$", values["href"]):
                self.fault(f"link to {values['href']!r}")
        if "id" in values:
            self.ids.append(values["id"])
            if not re.match(r"[cs]\d+$", values["id"]):
                self.fault(f"id {values['id']!r}")
        classes = values.get("class", "").split()
        for name in classes:
            self.classes[name] = self.classes.get(name, 0) + 1
        if tag in ("td", "th") and self.stack:
            self.stack[-1]["cells"] += int(values.get("colspan", 1))
        if tag not in VOID:
            self.stack.append({
                "tag": tag, "classes": classes, "colors": {}, "cells": 0,
                "style": declarations(values.get("style", ""))})

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.stack or self.stack[-1]["tag"] != tag:
            self.fault(f"</{tag}> out of place")
            return
        cells = self.stack.pop()["cells"]
        if tag == "tr" and self.stack:
            table = self.stack[-1]
            if table.setdefault("columns", cells) != cells:
                self.fault(f"a row of {cells} cells below one of "
                           f"{table['columns']}")

    def handle_data(self, data):
        tags = [e["tag"] for e in self.stack]
        if tags[-1:] == ["title"]:
            self.title += data
        if tags[-1:] == ["style"] and re.search(
                r"url\(|@import|expression|</", data, re.I):
            self.fault("the style loads something")
        if "body" not in tags or not data.strip():
            return
        for dark in (False, True):
            pair = (self.color("color", dark),
                    self.color("background-color", dark))
            if pair not in self.pairs:
                self.pairs[pair] = contrast(*pair)
                if self.pairs[pair] < 4.5:
                    self.fault("%s on %s is %.1f (%s): %r" % (
                        *pair, self.pairs[pair], "dark" if dark else "light",
                        data.strip()[:40]))


def main():
    raw = open(sys.argv[1], "rb").read()
    text = raw.decode("utf-8")
    report = Report(text)
    for match in re.finditer(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f"
                             r"\u202a-\u202e\u2066-\u2069\ufeff]", text):
        report.faults.append("character %#x" % ord(match.group()))
    if not text.startswith("<!DOCTYPE html>"):
        report.faults.append("no doctype")
    for fault in report.faults[:50]:
        print(fault)
    if report.faults:
        sys.exit(1)
    count = report.classes.get
    print(report.title.strip())
    print(count("change", 0), "changes,",
          count("plus", 0) + count("minus", 0), "lines,",
          sum(not link.startswith("#") for link in report.links), "links,",
          "contrast %.1f" % min(report.pairs.values()))


main()
