# SPDX-License-Identifier: MIT
# docstrings.awk - whether everything in a public header says what it is
#
# awk -f docstrings.awk include/etcsnap/*.h
#
# Wanted right above each function, struct, enum, typedef, variable and macro
# (but the include guard): a comment that begins with two stars and names it
# first. One that explains anything as "@name:" explains every parameter, field
# or enumerator (but a last one that only counts), and none that is not there; a
# function's may do without only while it is brief, four lines at most.

function bad(line, text)
{
	print file ":" line ": " text
	found = 1
}

# The docstring without its frame; newlines are kept.
function unframe(text)
{
	gsub(/\n[ \t]*\*+\/?/, "\n", text)
	sub(/^[ \t]*\/\*\*[ \t\n]*/, "", text)
	sub(/\*\/[ \t]*$/, "", text)
	sub(/^[ \t\n]+/, "", text)
	return text
}

# Whether the docstring has @name as the subject of a line.
function doc_has(name)
{
	return match(doc, "(^|\n)[ \t]*@" name "[ \t]*:")
}

# Every "@name:" that a docstring explains must be in the set "names".
function check_stale(what,	rest, name)
{
	rest = "\n" doc
	while (match(rest, /\n[ \t]*@[A-Za-z_0-9]+[ \t]*:/)) {
		name = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		gsub(/[\n \t@:]/, "", name)
		if (!(name in names))
			bad(start, what ": docstring explains @" name \
				", which is not there")
	}
}

function check_named(what,	i)
{
	for (i = 1; i <= n_names; i++)
		if (!doc_has(order[i]) && order[i] !~ /_(COUNT|KINDS|MAX)$/)
			bad(start, what ": docstring does not explain @" order[i])
	check_stale(what)
}

# Whether the docstring above names its subject first.
function check_doc(what,	first)
{
	if (doc == "") {
		bad(start, what " has no docstring")
		return 0
	}
	first = doc
	if (index(first, what " - ") != 1 && index(first, what "() - ") != 1) {
		bad(start, what ": its docstring must begin \"" what " - \"")
		return 0
	}
	return 1
}

function add_name(name)
{
	names[name] = 1
	order[++n_names] = name
}

function clear_names()
{
	split("", names)
	split("", order)
	n_names = 0
}

# The name that a declaration declares: in (*name) or the last word.
function declared(text)
{
	if (match(text, /\(\*[ \t]*[A-Za-z_0-9]+/)) {
		text = substr(text, RSTART, RLENGTH)
		sub(/.*[ \t*]/, "", text)
		return text
	}
	sub(/:[ \t]*[0-9]+[ \t]*$/, "", text)
	while (sub(/\[[^][]*\][ \t\n]*$/, "", text))
		;
	sub(/[ \t\n]+$/, "", text)
	if (!match(text, /[A-Za-z_0-9]+$/))
		return ""
	return substr(text, RSTART, RLENGTH)
}

# Split text at any of seps outside of brackets and note each declared name.
function collect_names(text, seps,	i, c, depth, part, name)
{
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c ~ /[({]/)
			depth++
		if (c ~ /[)}]/)
			depth--
		if (!depth && index(seps, c)) {
			name = declared(part)
			if (name != "" && name != "void")
				add_name(name)
			part = ""
		} else {
			part = part c
		}
	}
	name = declared(part)
	if (name != "" && name != "void" && seps == ",")
		add_name(name)
}

# The text between the first opening bracket and its partner.
function inside(text, open, close_,	i, c, depth, out)
{
	for (i = index(text, open); i && i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == close_ && --depth == 0)
			return out
		if (depth)
			out = out c
		if (c == open)
			depth++
	}
	return out
}

# Whether a docstring is short enough to go without a list of parameters.
function is_brief(	lines, n, i, full)
{
	if (doc ~ /(^|\n)[ \t]*@[A-Za-z_0-9]+[ \t]*:/)
		return 0
	n = split(doc, lines, "\n")
	for (i = 1; i <= n; i++)
		full += lines[i] ~ /[^ \t]/
	return full <= 4
}

function check_function(text,	name)
{
	name = substr(text, 1, index(text, "(") - 1)
	name = declared(name)
	if (!check_doc(name) || is_brief())
		return
	clear_names()
	collect_names(inside(text, "(", ")"), ",")
	check_named(name)
}

function check_aggregate(text, kind,	name, body)
{
	match(text, /(struct|enum|union)[ \t]+[A-Za-z_0-9]+/)
	name = substr(text, RSTART, RLENGTH)
	gsub(/[ \t]+/, " ", name)
	if (!check_doc(name) || doc !~ /(^|\n)[ \t]*@/)
		return
	body = inside(text, "{", "}")
	if (body == "")
		return
	clear_names()
	if (kind == "enum") {
		gsub(/=[^,]*/, "", body)
		collect_names(body, ",")
	} else {
		collect_names(body, ",;")
	}
	check_named(name)
}

# One whole declaration at the top level has been read.
function judge(text,	flat)
{
	flat = text
	gsub(/[ \t\n]+/, " ", flat)
	sub(/^ /, "", flat)
	sub(/;$/, "", flat)
	if (flat == "" || flat ~ /^(ES_DEFINE_CLEANUP|_Static_assert)/ ||
	    flat ~ /^extern "C"/)
		return
	sub(/ ?__attribute__.*/, "", flat)
	if (flat ~ /^(struct|enum|union) [A-Za-z_0-9]+( \{.*\})?$/)
		check_aggregate(flat, substr(flat, 1, 4))
	else if (flat ~ /^typedef/)
		check_doc(declared(flat))
	else if (flat ~ /\(/)
		check_function(flat)
	else
		check_doc(declared(flat))
}

function judge_macro(text,	name)
{
	sub(/^[ \t]*#[ \t]*define[ \t]+/, "", text)
	match(text, /^[A-Za-z_0-9]+/)
	name = substr(text, 1, RLENGTH)
	if (name ~ /^ETCSNAP_[A-Z_0-9]+_H$/)
		return
	check_doc(name)
}

function reset()
{
	doc = ""
	statement = ""
	depth = 0
	comment = 0
	macro = 0
}

FNR == 1 {
	file = FILENAME
	reset()
}

# Inside a comment: gather it; at its end it is the docstring or nothing.
comment {
	text = text "\n" $0
	if (index($0, "*/")) {
		comment = 0
		if (!depth && statement == "")
			doc = text ~ /^[ \t]*\/\*\*[^*\/]/ ? unframe(text) : ""
	}
	next
}

# The rest of a macro of several lines.
macro {
	macro = $0 ~ /\\$/
	if (!macro)
		doc = ""
	next
}

/^[ \t]*#/ {
	start = FNR
	if ($0 ~ /^[ \t]*#[ \t]*define/)
		judge_macro($0)
	macro = $0 ~ /\\$/
	if (!macro)
		doc = ""
	next
}

/^[ \t]*\/\*/ && !/\*\// {
	comment = 1
	text = $0
	next
}

/^[ \t]*\/\*.*\*\/[ \t]*$/ {
	if (!depth && statement == "")
		doc = $0 ~ /^[ \t]*\/\*\*[^*\/]/ ? unframe($0) : ""
	next
}

/^[ \t]*$/ {
	if (statement == "")
		doc = ""
	next
}

{
	line = $0
	gsub(/\/\*[^*]*\*\//, " ", line)
	if (statement == "")
		start = FNR
	statement = statement (statement == "" ? "" : "\n") line
	opens = gsub(/[{]/, "{", line)
	depth += opens
	depth -= gsub(/[}]/, "}", line)
	is_function = statement ~ /\)[ \t\n]*\{/ && statement ~ /^[^={]*\(/
	done = line ~ /;[ \t]*$/ || (is_function && line ~ /\}[ \t]*$/) ||
		statement ~ /^ES_DEFINE_CLEANUP\([^)]*\)[ \t]*$/
	if (!depth && done) {
		judge(statement)
		statement = ""
		doc = ""
	}
}

END { exit found }
