# Completion of omni-export for fish, as 'omni-export completion fish' prints it.

# what a sink begins with, and where a path follows
set -g __omni_export_schemes 'sqlite:' 'postgresql://' 'jsonl:' 'csv:' 'raw:' 'null:'
set -g __omni_export_paths '^(?:sqlite:|jsonl:|csv:|raw:)'

function __omni_export_sinks
    set -l word (commandline -ct | string replace -r -- '^(--[a-z-]+=|-[a-zA-Z])' '')
    set -l quote (string match -r -- '^["\']' "$word")
    set word (string replace -r -- '^["\']' '' "$word")
    set -l begin (string match -r -- $__omni_export_paths "$word")
    if test -n "$begin"
        set word (string replace -- "$begin" '' "$word")
    else
        printf '%s\n' $__omni_export_schemes
        string match -q '*:*' -- "$word"; and return
    end
    for path in (complete -C "'' $quote$word")
        printf '%s%s\n' "$begin" $path
    end
end

function __omni_export_no_command
    test (count (commandline -opc)) -eq 1
end

function __omni_export_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

complete -c omni-export -f
complete -c omni-export -n __omni_export_no_command -a run -d 'fetch the results of the jobs in FILE, write them to sinks'
complete -c omni-export -n __omni_export_no_command -a load -d 'write results again from stored bodies; asks the API nothing'
complete -c omni-export -n __omni_export_no_command -a discover -d 'list the jobs that the instance\'s conversations know'
complete -c omni-export -n __omni_export_no_command -a status -d 'tell what a sink holds, what is missing, what expires next'
complete -c omni-export -n __omni_export_no_command -a verify -d 'check a sink against itself: bodies, rows, files, checksums'
complete -c omni-export -n __omni_export_no_command -a views -d 'make one typed SQL view for each shape of result'
complete -c omni-export -n __omni_export_no_command -a report -d 'show what the AI was asked, did and answered, as an HTML page'
complete -c omni-export -n __omni_export_no_command -a completion -d 'print the completion script of a shell'
complete -c omni-export -n __omni_export_no_command -a help -d 'tell how a command is used'
complete -c omni-export -n '__omni_export_no_command' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_no_command' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command run' -F
complete -c omni-export -n '__omni_export_command run' -l to -s t -r -f -a '(__omni_export_sinks)' -d 'where to write (default: sqlite:omni-export.db)'
complete -c omni-export -n '__omni_export_command run' -l base-url -r -f -d 'the instance, with or without /api'
complete -c omni-export -n '__omni_export_command run' -l api-key-file -r -F -d 'the first line of FILE is the key'
complete -c omni-export -n '__omni_export_command run' -l refetch -d 'fetch also what the sinks hold'
complete -c omni-export -n '__omni_export_command run' -l details -d 'also keep each job\'s status document (prompt, user, model, times)'
complete -c omni-export -n '__omni_export_command run' -l retry-lost -d 'ask again for jobs recorded as lost'
complete -c omni-export -n '__omni_export_command run' -l complete-truncated -d 'run the queries of results that the API truncated again, and keep the whole results beside them, in SQLite and PostgreSQL'
complete -c omni-export -n '__omni_export_command run' -l since -r -f -d 'how far back to look (default: 14d)'
complete -c omni-export -n '__omni_export_command run' -l discover -d 'find the jobs in the instance\'s conversations, as \'discover\' does, beside those in FILE'
complete -c omni-export -n '__omni_export_command run' -l user-id -r -f -d 'list the conversations of this user alone (run'
complete -c omni-export -n '__omni_export_command run' -l dry-run -s n -d 'say what would be fetched and from where'
complete -c omni-export -n '__omni_export_command run' -l rate -r -f -d 'requests in any second (s), minute (m) or hour (h), shared by all processes of this user that use the same key (default: 60/m)'
complete -c omni-export -n '__omni_export_command run' -l concurrency -r -f -d 'transfers at a time (default: 4)'
complete -c omni-export -n '__omni_export_command run' -l retries -r -f -d 'tries after the first, for each job (default: 8)'
complete -c omni-export -n '__omni_export_command run' -l retry-wait -r -f -d 'where the backoff starts, in seconds (default: 1)'
complete -c omni-export -n '__omni_export_command run' -l retry-max-wait -r -f -d 'cap of one wait, also of what the API asks for (default: 120)'
complete -c omni-export -n '__omni_export_command run' -l give-up-after -r -f -d 'end the run when the API has been down for so long (default: 300)'
complete -c omni-export -n '__omni_export_command run' -l max-time -r -f -d 'stop starting requests after S seconds'
complete -c omni-export -n '__omni_export_command run' -l timeout -r -f -d 'give up on a transfer that moves no byte for S seconds (default: 60)'
complete -c omni-export -n '__omni_export_command run' -l connect-timeout -r -f -d 'give up on a connection that takes longer (default: 15)'
complete -c omni-export -n '__omni_export_command run' -l max-size -r -f -d 'the largest body accepted, after decompression (K, M, G) (default: 4G)'
complete -c omni-export -n '__omni_export_command run' -l no-raw -d 'keep no bodies in database sinks'
complete -c omni-export -n '__omni_export_command run' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command run' -l file-mode -r -f -d 'permission bits of what is created, in octal (default: 0600)'
complete -c omni-export -n '__omni_export_command run' -l views -d 'at the end make the typed views of databases, as the command \'views\' does'
complete -c omni-export -n '__omni_export_command run' -l error-file -s e -r -F -d 'the jobs of this input that are not stored, one a line'
complete -c omni-export -n '__omni_export_command run' -l summary -r -F -d 'write the summary as one JSON object'
complete -c omni-export -n '__omni_export_command run' -l metrics -r -F -d 'write Prometheus text for node_exporter\'s textfile collector'
complete -c omni-export -n '__omni_export_command run' -l progress -r -f -a 'auto always never' -d 'how far it is (default: auto)'
complete -c omni-export -n '__omni_export_command run' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command run' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command run' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command run' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command run' -l cacert -r -F -d 'trust the CA certificates in FILE (PEM) as well'
complete -c omni-export -n '__omni_export_command run' -l allow-http -d 'permit http:// to a host that is not loopback'
complete -c omni-export -n '__omni_export_command run' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command run' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command load' -F
complete -c omni-export -n '__omni_export_command load' -l to -s t -r -f -a '(__omni_export_sinks)' -d 'where to write (default: sqlite:omni-export.db)'
complete -c omni-export -n '__omni_export_command load' -l from -r -f -a '(__omni_export_sinks)' -d 'the sink whose bodies are loaded (default: sqlite:omni-export.db)'
complete -c omni-export -n '__omni_export_command load' -l all -d 'load everything, also what the targets hold from the same body'
complete -c omni-export -n '__omni_export_command load' -l no-raw -d 'keep no bodies in database sinks'
complete -c omni-export -n '__omni_export_command load' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command load' -l file-mode -r -f -d 'permission bits of what is created, in octal (default: 0600)'
complete -c omni-export -n '__omni_export_command load' -l views -d 'at the end make the typed views of databases, as the command \'views\' does'
complete -c omni-export -n '__omni_export_command load' -l error-file -s e -r -F -d 'the jobs of this input that are not stored, one a line'
complete -c omni-export -n '__omni_export_command load' -l summary -r -F -d 'write the summary as one JSON object'
complete -c omni-export -n '__omni_export_command load' -l progress -r -f -a 'auto always never' -d 'how far it is (default: auto)'
complete -c omni-export -n '__omni_export_command load' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command load' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command load' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command load' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command load' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command load' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command discover' -f
complete -c omni-export -n '__omni_export_command discover' -l base-url -r -f -d 'the instance, with or without /api'
complete -c omni-export -n '__omni_export_command discover' -l api-key-file -r -F -d 'the first line of FILE is the key'
complete -c omni-export -n '__omni_export_command discover' -l since -r -f -d 'how far back to look (default: 14d)'
complete -c omni-export -n '__omni_export_command discover' -l user-id -r -f -d 'list the conversations of this user alone (run'
complete -c omni-export -n '__omni_export_command discover' -l not-in -r -f -a '(__omni_export_sinks)' -d 'leave out the jobs that \'run\' would not ask for again with this sink'
complete -c omni-export -n '__omni_export_command discover' -l rate -r -f -d 'requests in any second (s), minute (m) or hour (h), shared by all processes of this user that use the same key (default: 60/m)'
complete -c omni-export -n '__omni_export_command discover' -l concurrency -r -f -d 'transfers at a time (default: 4)'
complete -c omni-export -n '__omni_export_command discover' -l retries -r -f -d 'tries after the first, for each job (default: 8)'
complete -c omni-export -n '__omni_export_command discover' -l retry-wait -r -f -d 'where the backoff starts, in seconds (default: 1)'
complete -c omni-export -n '__omni_export_command discover' -l retry-max-wait -r -f -d 'cap of one wait, also of what the API asks for (default: 120)'
complete -c omni-export -n '__omni_export_command discover' -l give-up-after -r -f -d 'end the run when the API has been down for so long (default: 300)'
complete -c omni-export -n '__omni_export_command discover' -l max-time -r -f -d 'stop starting requests after S seconds'
complete -c omni-export -n '__omni_export_command discover' -l timeout -r -f -d 'give up on a transfer that moves no byte for S seconds (default: 60)'
complete -c omni-export -n '__omni_export_command discover' -l connect-timeout -r -f -d 'give up on a connection that takes longer (default: 15)'
complete -c omni-export -n '__omni_export_command discover' -l max-size -r -f -d 'the largest body accepted, after decompression (K, M, G) (default: 4G)'
complete -c omni-export -n '__omni_export_command discover' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command discover' -l progress -r -f -a 'auto always never' -d 'how far it is (default: auto)'
complete -c omni-export -n '__omni_export_command discover' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command discover' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command discover' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command discover' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command discover' -l cacert -r -F -d 'trust the CA certificates in FILE (PEM) as well'
complete -c omni-export -n '__omni_export_command discover' -l allow-http -d 'permit http:// to a host that is not loopback'
complete -c omni-export -n '__omni_export_command discover' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command discover' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command status' -f -a '(__omni_export_sinks)'
complete -c omni-export -n '__omni_export_command status' -l since -r -f -d 'how far back to look (default: 14d)'
complete -c omni-export -n '__omni_export_command status' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command status' -l json -d 'one JSON object instead of text'
complete -c omni-export -n '__omni_export_command status' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command status' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command status' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command status' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command status' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command status' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command verify' -f -a '(__omni_export_sinks)'
complete -c omni-export -n '__omni_export_command verify' -l base-url -r -f -d 'the instance, with or without /api'
complete -c omni-export -n '__omni_export_command verify' -l api-key-file -r -F -d 'the first line of FILE is the key'
complete -c omni-export -n '__omni_export_command verify' -l sample -r -f -d 'look at so many of the jobs, chosen by chance'
complete -c omni-export -n '__omni_export_command verify' -l repair -d 'write damaged jobs again from their good bodies, fetch the others again, and look once more'
complete -c omni-export -n '__omni_export_command verify' -l rate -r -f -d 'requests in any second (s), minute (m) or hour (h), shared by all processes of this user that use the same key (default: 60/m)'
complete -c omni-export -n '__omni_export_command verify' -l concurrency -r -f -d 'transfers at a time (default: 4)'
complete -c omni-export -n '__omni_export_command verify' -l retries -r -f -d 'tries after the first, for each job (default: 8)'
complete -c omni-export -n '__omni_export_command verify' -l retry-wait -r -f -d 'where the backoff starts, in seconds (default: 1)'
complete -c omni-export -n '__omni_export_command verify' -l retry-max-wait -r -f -d 'cap of one wait, also of what the API asks for (default: 120)'
complete -c omni-export -n '__omni_export_command verify' -l give-up-after -r -f -d 'end the run when the API has been down for so long (default: 300)'
complete -c omni-export -n '__omni_export_command verify' -l max-time -r -f -d 'stop starting requests after S seconds'
complete -c omni-export -n '__omni_export_command verify' -l timeout -r -f -d 'give up on a transfer that moves no byte for S seconds (default: 60)'
complete -c omni-export -n '__omni_export_command verify' -l connect-timeout -r -f -d 'give up on a connection that takes longer (default: 15)'
complete -c omni-export -n '__omni_export_command verify' -l max-size -r -f -d 'the largest body accepted, after decompression (K, M, G) (default: 4G)'
complete -c omni-export -n '__omni_export_command verify' -l no-raw -d 'keep no bodies in database sinks'
complete -c omni-export -n '__omni_export_command verify' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command verify' -l file-mode -r -f -d 'permission bits of what is created, in octal (default: 0600)'
complete -c omni-export -n '__omni_export_command verify' -l json -d 'one JSON object instead of text'
complete -c omni-export -n '__omni_export_command verify' -l progress -r -f -a 'auto always never' -d 'how far it is (default: auto)'
complete -c omni-export -n '__omni_export_command verify' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command verify' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command verify' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command verify' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command verify' -l cacert -r -F -d 'trust the CA certificates in FILE (PEM) as well'
complete -c omni-export -n '__omni_export_command verify' -l allow-http -d 'permit http:// to a host that is not loopback'
complete -c omni-export -n '__omni_export_command verify' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command verify' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command views' -f -a '(__omni_export_sinks)'
complete -c omni-export -n '__omni_export_command views' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command views' -l json -d 'one JSON object instead of text'
complete -c omni-export -n '__omni_export_command views' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command views' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command views' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command views' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command views' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command views' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command report' -f -a '(__omni_export_sinks)'
complete -c omni-export -n '__omni_export_command report' -l since -r -f -d 'how far back to look (default: 14d)'
complete -c omni-export -n '__omni_export_command report' -l pg-schema -r -f -d 'the schema of the tables in PostgreSQL (default: omni_export)'
complete -c omni-export -n '__omni_export_command report' -l file-mode -r -f -d 'permission bits of what is created, in octal (default: 0600)'
complete -c omni-export -n '__omni_export_command report' -l output -s o -r -F -d 'write all of it to one page'
complete -c omni-export -n '__omni_export_command report' -l out-dir -r -f -d 'write pages of 100 jobs into DIR, and index.html with the charts and a list of all jobs'
complete -c omni-export -n '__omni_export_command report' -l rows -r -f -d 'show the first N rows of each result (default: 20)'
complete -c omni-export -n '__omni_export_command report' -l log-format -r -f -a 'text json' -d 'lines for people, or one JSON object a line (default: text)'
complete -c omni-export -n '__omni_export_command report' -l quiet -s q -d 'errors alone'
complete -c omni-export -n '__omni_export_command report' -l verbose -s v -d 'each request too'
complete -c omni-export -n '__omni_export_command report' -l config -r -F -d 'long options as lines \'name = value\''
complete -c omni-export -n '__omni_export_command report' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command report' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command completion' -f -a 'bash zsh fish'
complete -c omni-export -n '__omni_export_command completion' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command completion' -l version -s V -d 'print the version and exit'

complete -c omni-export -n '__omni_export_command help' -f -a 'run load discover status verify views report completion help'
complete -c omni-export -n '__omni_export_command help' -l help -s h -d 'print this help and exit'
complete -c omni-export -n '__omni_export_command help' -l version -s V -d 'print the version and exit'
