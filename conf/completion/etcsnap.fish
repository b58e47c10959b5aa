# SPDX-License-Identifier: MIT
# etcsnap.fish - words of etcsnap completed in fish
#
# All that is known of them the program says; the last record is their kind.
function __etcsnap_words
	set -l before (commandline -opc)
	set -l typed (commandline -ct)
	set -l word (string unescape -- $typed; or string trim -lc '\'"' -- $typed)
	set -l said ($before[1] completion fish -- $before "$word" 2>/dev/null \
		| string split0)
	switch "$said[-1]"
		case files
			__fish_complete_path "$word"
		case directories
			__fish_complete_directories "$word"
		case words paths
			set -e said[-1]
			printf '%s\0' $said | string split0
	end
end
complete -c etcsnap -f -k -a '(__etcsnap_words)'
