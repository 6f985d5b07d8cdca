# Completion of omni-export for bash 4 and later, as 'omni-export completion bash' prints it.

_omni_export_commands='run load discover status verify views report completion help'
# what a sink begins with, and where a path follows
_omni_export_schemes='sqlite: postgresql:// jsonl: csv: raw: null:'
_omni_export_paths='sqlite: jsonl: csv: raw:'

_omni_export_command()
{
	# sets $options and $operands of a command
	case $1 in
	run)
		options='--to -t --base-url --api-key-file --refetch --details --retry-lost --complete-truncated --since --discover --user-id --dry-run -n --rate --concurrency --retries --retry-wait --retry-max-wait --give-up-after --max-time --timeout --connect-timeout --max-size --no-raw --pg-schema --file-mode --views --error-file -e --summary --metrics --progress --log-format --quiet -q --verbose -v --config --cacert --allow-http --help -h --version -V '
		operands=files
		;;
	load)
		options='--to -t --from --all --no-raw --pg-schema --file-mode --views --error-file -e --summary --progress --log-format --quiet -q --verbose -v --config --help -h --version -V '
		operands=files
		;;
	discover)
		options='--base-url --api-key-file --since --user-id --not-in --rate --concurrency --retries --retry-wait --retry-max-wait --give-up-after --max-time --timeout --connect-timeout --max-size --pg-schema --progress --log-format --quiet -q --verbose -v --config --cacert --allow-http --help -h --version -V '
		operands=
		;;
	status)
		options='--since --pg-schema --json --log-format --quiet -q --verbose -v --config --help -h --version -V '
		operands=sinks
		;;
	verify)
		options='--base-url --api-key-file --sample --repair --rate --concurrency --retries --retry-wait --retry-max-wait --give-up-after --max-time --timeout --connect-timeout --max-size --no-raw --pg-schema --file-mode --json --progress --log-format --quiet -q --verbose -v --config --cacert --allow-http --help -h --version -V '
		operands=sinks
		;;
	views)
		options='--pg-schema --json --log-format --quiet -q --verbose -v --config --help -h --version -V '
		operands=sinks
		;;
	report)
		options='--since --pg-schema --file-mode --output -o --out-dir --rows --log-format --quiet -q --verbose -v --config --help -h --version -V '
		operands=sinks
		;;
	completion)
		options='--help -h --version -V '
		operands='bash zsh fish'
		;;
	help)
		options='--help -h --version -V '
		operands=$_omni_export_commands
		;;
	esac
}

_omni_export_takes()
{
	# does an option take a value? Sets $kind to what it is
	kind=
	case $1 in
	-t | --to) kind=sinks ;;
	--from) kind=sinks ;;
	--base-url) kind= ;;
	--api-key-file) kind=files ;;
	--since) kind= ;;
	--user-id) kind= ;;
	--not-in) kind=sinks ;;
	--sample) kind= ;;
	--rate) kind= ;;
	--concurrency) kind= ;;
	--retries) kind= ;;
	--retry-wait) kind= ;;
	--retry-max-wait) kind= ;;
	--give-up-after) kind= ;;
	--max-time) kind= ;;
	--timeout) kind= ;;
	--connect-timeout) kind= ;;
	--max-size) kind= ;;
	--pg-schema) kind= ;;
	--file-mode) kind= ;;
	-o | --output) kind=files ;;
	--out-dir) kind= ;;
	--rows) kind= ;;
	-e | --error-file) kind=files ;;
	--summary) kind=files ;;
	--metrics) kind=files ;;
	--progress) kind='auto always never' ;;
	--log-format) kind='text json' ;;
	--config) kind=files ;;
	--cacert) kind=files ;;
	*) return 1 ;;
	esac
}

_omni_export_add()
{
	# _omni_export_add BEFORE COMPGEN-ARGUMENT...
	local before=$1 word
	shift
	while IFS= read -r word; do
		COMPREPLY+=("$before$word")
	done < <(compgen "$@" 2>/dev/null)
}

_omni_export_files()
{
	# _omni_export_files BEFORE PATH
	local n=${#COMPREPLY[@]}
	case $2 in
	[\'\"]*) _omni_export_add "$1${2:0:1}" -f -- "${2:1}" ;;
	*) _omni_export_add "$1" -f -- "$2" ;;
	esac
	[ "${#COMPREPLY[@]}" -eq "$n" ] || compopt -o filenames 2>/dev/null
}

_omni_export_sinks()
{
	# _omni_export_sinks BEFORE SINK
	local start=${2%%:*}:
	case $2 in
	*:*)
		case " $_omni_export_paths " in
		*" $start "*) _omni_export_files "$1$start" "${2#*:}" ;;
		*) _omni_export_add "$1" -W "$_omni_export_schemes" -- "$2" ;;
		esac
		;;
	*)
		_omni_export_files "$1" "$2"
		_omni_export_add "$1" -W "$_omni_export_schemes" -- "$2"
		;;
	esac
	# what a sink begins with is not the end of the word
	case ${#COMPREPLY[@]},${COMPREPLY[0]-} in
	1,*: | 1,*://) compopt -o nospace +o filenames 2>/dev/null ;;
	esac
}

_omni_export_value()
{
	# _omni_export_value KIND BEFORE WORD
	case $1 in
	files) _omni_export_files "$2" "$3" ;;
	sinks) _omni_export_sinks "$2" "$3" ;;
	*) _omni_export_add "$2" -W "$1" -- "$3" ;;
	esac
}

_omni_export()
{
	local rest=${COMP_LINE:0:COMP_POINT} IFS=$' \t\n'
	local i word before= pending= only_operands= options= operands= kind= value kept
	local -a words=()

	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${rest#"${rest%%[![:space:]]*}"}
		[ "$i" -eq "$COMP_CWORD" ] || word=${COMP_WORDS[i]}
		case $rest in
		[[:space:]]*) words+=("$word") ;;
		*) words[${#words[@]} > 0 ? ${#words[@]} - 1 : 0]+=$word ;;
		esac
		rest=${rest#"${rest%%[![:space:]]*}"}
		rest=${rest#"$word"}
	done
	word=${words[${#words[@]} - 1]}
	kept=${word%"$2"}
	COMPREPLY=()
	_omni_export_command "${words[1]-}"

	for ((i = 2; i < ${#words[@]} - 1; i++)); do
		if [ -n "$pending" ]; then
			pending=
			continue
		fi
		case ${words[i]} in
		--)
			only_operands=yes
			break
			;;
		--*) _omni_export_takes "${words[i]}" && pending=${words[i]} ;;
		-?*)
			# letters: the first one that takes a value takes the rest of the word, or else the next one
			value=${words[i]#-}
			while [ -n "$value" ] && ! _omni_export_takes "-${value:0:1}"; do
				value=${value:1}
			done
			[ "${#value}" -ne 1 ] || pending=-$value
			;;
		esac
	done

	case $only_operands,$pending,$word in
	,,--*=*)
		pending=${word%%=*}
		before=$pending=
		word=${word#*=}
		;;
	esac
	# an opening quote is readline's
	case $word in
	[\'\"]*)
		before=$before${word:0:1}
		word=${word:1}
		;;
	esac
	if [ -n "$pending" ]; then
		_omni_export_takes "$pending" && _omni_export_value "$kind" "$before" "$word"
	elif [ "${#words[@]}" -eq 2 ]; then
		_omni_export_value "$_omni_export_commands --help --version" "$before" "$word"
	else
		case $only_operands,$word in
		,-*) _omni_export_value "$options" "$before" "$word" ;;
		*) _omni_export_value "$operands" "$before" "$word" ;;
		esac
	fi
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$kept"}
	done
}
complete -F _omni_export omni-export
