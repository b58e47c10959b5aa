# SPDX-License-Identifier: MIT
# code.awk - C source with comments and literals emptied, lines kept
#
# Comments become one blank, "text" becomes "", 'c' becomes ''. Names after
# #include stay, so that the layer check can read them from here too.
{
	line = $0
	out = ""
	include = line ~ /^[ \t]*#[ \t]*include/
	while (line != "") {
		if (comment) {
			end = index(line, "*/")
			if (!end) {
				line = ""
				break
			}
			line = substr(line, end + 2)
			comment = 0
			out = out " "
			continue
		}
		two = substr(line, 1, 2)
		one = substr(line, 1, 1)
		if (two == "/*") {
			comment = 1
			line = substr(line, 3)
		} else if (two == "//") {
			line = ""
		} else if (!include && (one == "\"" || one == "'")) {
			line = substr(line, 2)
			while (line != "" && substr(line, 1, 1) != one)
				line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
			line = substr(line, 2)
			out = out one one
		} else {
			out = out one
			line = substr(line, 2)
		}
	}
	print out
}
