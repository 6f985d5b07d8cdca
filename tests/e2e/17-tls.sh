#!/bin/bash
# Which addresses are asked, and which servers are believed.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

id=00000001-0000-4000-8000-000000000000
echo $id >"$T/jobs.txt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=other.example \
  -keyout "$T/key2.pem" -out "$T/cert2.pem" 2>/dev/null
t_start_server - --tls-cert "$T/cert.pem" --tls-key "$T/key.pem" <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
OMNI_SETTINGS=("SSLKEYLOGFILE=$T/keylog")
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --retry-wait 0
is "a certificate that nobody signed" "$RC" 3
like "is told as such, without a second try" "$(sql "$T/a.db" "SELECT state, attempts, error FROM jobs")" 'failed\|1\|.*certificate'
is "the request never went out" "$(server_count '/result')" 0
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --cacert "$T/cert.pem"
is "--cacert: it is trusted" "$RC" 0
check "SSLKEYLOGFILE is ignored" test ! -e "$T/keylog"
port=${URL##*:}
OMNI_SETTINGS=("OMNI_BASE_URL=https://LOCALHOST:$port")
run_omni run "$T/jobs.txt" -t "$T/b.db" --rate 0 --cacert "$T/cert.pem"
is "without /api; the name in any case" "$RC $(sql "$T/b.db" "SELECT instance FROM jobs")" "0 https://localhost:$port"
run_omni run "$T/jobs.txt" -t "$T/c.db" --rate 0 --cacert "$T/jobs.txt"
is "--cacert without a certificate is bad configuration" "$RC" 2
run_omni run "$T/jobs.txt" -t "$T/c.db" --rate 0 --cacert "$T/nowhere.pem"
is "--cacert of no file too" "$RC" 2
t_stop_server
t_start_server - --tls-cert "$T/cert2.pem" --tls-key "$T/key2.pem" <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
OMNI_SETTINGS=()
run_omni run "$T/jobs.txt" -t "$T/d.db" --rate 0 --cacert "$T/cert2.pem"
is "a certificate of another name" "$RC $(sql "$T/d.db" "SELECT state FROM jobs")" "3 failed"
t_stop_server

t_start_server - <<'SCRIPT'
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
port=${URL##*:}
try() { # URL -> exit code
  OMNI_SETTINGS=("OMNI_BASE_URL=$1")
  rm -f "$T/e.db"
  run_omni run "$T/jobs.txt" -t "$T/e.db" --rate 0 --retries 0 --connect-timeout 1
}
for url in "http://127.0.0.1:$port" "http://127.0.0.1:$port/" "http://127.0.0.1:$port/api" "http://127.0.0.1:$port/api/" " http://localhost:$port/api "; do
  try "$url"
  is "'$url' is loopback: http is fine" "$RC" 0
done
for url in http://omni.example http://127.0.0.1.example "http://user:pw@127.0.0.1:$port" ftp://127.0.0.1 127.0.0.1 "http://127.0.0.1:$port/?x=1" "https://" ""; do
  try "$url"
  is "'$url' is refused" "$RC" 2
  check "and nothing is made" test ! -e "$T/e.db"
done
OMNI_SETTINGS=("OMNI_BASE_URL=http://127.0.0.1:$port" http_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9)
run_omni run "$T/jobs.txt" -t "$T/f.db" --rate 0 --retries 0
is "loopback is never proxied" "$RC" 0
OMNI_SETTINGS=()
finish
