# SPDX-License-Identifier: MIT
# layers.awk - whether each include points to a lower layer
#
# awk -f layers.awk layers.txt src/*.c src/*/*.[ch] include/etcsnap/*.h

function bad(text)
{
	print FILENAME ":" FNR ": " text
	found = 1
}

# The name between the brackets or quotes of an #include.
function included(line)
{
	sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", line)
	sub(/[>"].*$/, "", line)
	return line
}

function check_own(name,	header, owner)
{
	header = substr(name, length("etcsnap/") + 1)
	sub(/\.h$/, "", header)
	if (!(header in folder_of)) {
		bad(name " is in no layer of layers.txt")
		return
	}
	owner = folder_of[header]
	if (owner != folder && level[owner] + 0 >= level[folder] + 0)
		bad(name " belongs to " owner ", which is not below " folder)
}

function check_private(name,	parts)
{
	split(name, parts, "/")
	if (name == "config.h" || parts[1] == folder)
		return
	if (folder == "main.c" && parts[1] == "cmd")
		return
	bad("\"" name "\" is not this folder's own and not in etcsnap/")
}

function check_library(name,	prefix, parts, n, i)
{
	for (prefix in allowed) {
		if (index(name, prefix) != 1)
			continue
		if (in_include)
			bad("<" name "> in a public header")
		n = split(allowed[prefix], parts, " ")
		for (i = 1; i <= n; i++)
			if (parts[i] == folder)
				return
		bad("<" name "> is for src/" allowed[prefix] " alone")
		return
	}
	if (name ~ /^(sys|linux)\// || name in is_system)
		return
	bad("<" name "> is neither a library nor a system header of layers.txt")
}

FNR == NR {
	if ($1 == "layer") {
		level[$2] = $3
		for (i = 4; i <= NF; i++)
			folder_of[$i] = $2
	} else if ($1 == "library") {
		allowed[$2] = $3
		for (i = 4; i <= NF; i++)
			allowed[$2] = allowed[$2] " " $i
	} else if ($1 == "system") {
		for (i = 2; i <= NF; i++)
			is_system[$i] = 1
	}
	next
}

FNR == 1 {
	n = split(FILENAME, path, "/")
	in_include = path[1] == "include"
	folder = path[2]
	if (in_include) {
		header = path[n]
		sub(/\.h$/, "", header)
		folder = header in folder_of ? folder_of[header] : ""
	}
	if (!(folder in level)) {
		bad("has no layer; layers.txt names them")
		folder = ""
	}
}

folder == "" { next }

/^[ \t]*#[ \t]*include[ \t]*"etcsnap\// { check_own(included($0)); next }
/^[ \t]*#[ \t]*include[ \t]*"/ { check_private(included($0)); next }
/^[ \t]*#[ \t]*include[ \t]*</ { check_library(included($0)) }

END { exit found }
