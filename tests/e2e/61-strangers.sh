#!/bin/bash
# Whom the program believes, and whom it follows: redirects and other wishes of a server, TLS, addresses that look like loopback.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

job 1 >"$T/jobs.txt"

# --- nobody is followed ---
t_start_server - <<SCRIPT
{"job":"*","result":{"json":{"message":"not the one that was asked"}}}
SCRIPT
other_log=$SERVER_LOG
other=$URL
echo "secret of a file" >"$T/file"
t_start_server - <<SCRIPT
$(i=10 && for code in 301 302 303 307 308; do
  for to in "$other/api/v1/ai/jobs/$(job 1)/result" "/api/v1/ai/jobs/$(job 1)/result" "file://$T/file"; do
    echo "{\"job\":\"$(job $i)\",\"result\":{\"status\":$code,\"headers\":{\"Location\":\"$to\"},\"body\":\"moved\"}}"
    i=$((i + 1))
  done
done)
{"job":"$(job 1)","result":{"json":{"message":"m"},"headers":{"Refresh":"0; url=$other/","Set-Cookie":"stay=here; Path=/",
  "Alt-Svc":"h2=\\"${other#http://}\\"; ma=86400","Strict-Transport-Security":"max-age=31536000","Link":"<$other/>; rel=preload"}}}
{"job":"$(job 2)","result":{"json":{"message":"m"}}}
{"job":"$(job 3)","result":{"status":401,"headers":{"WWW-Authenticate":"Basic realm=\\"x\\""},"body":""}}
SCRIPT
for i in $(seq 10 24); do job $i; done >"$T/redirects.txt"
run_omni run "$T/redirects.txt" -t "$T/a.db" --rate 0
is "15 redirects: each is a failure, told with its code and place" \
  "$RC $(sql "$T/a.db" "SELECT count(*), count(DISTINCT http_status), sum(attempts), sum(error LIKE '%redirected to%not followed') FROM jobs WHERE state = 'failed'")" "3 15|5|15|15"
is "each was asked for once" "$(server_count /result)" 15
{ job 1; job 2; } >"$T/wishes.txt"
printf 'machine 127.0.0.1 login me password hunter2\n' >"$T/home.netrc"
mkdir -p "$T/home"
cp "$T/home.netrc" "$T/home/.netrc"
chmod 600 "$T/home/.netrc"
OMNI_SETTINGS=("CURL_HOME=$T/home" "NETRC=$T/home/.netrc")
run_omni run "$T/wishes.txt" -t "$T/b.db" --rate 0 --concurrency 1
is "Refresh, Alt-Svc, HSTS, cookies: the next request is as the first" "$RC $(sql "$T/b.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 2"
job 3 >"$T/basic.txt"
run_omni run "$T/basic.txt" -t "$T/c.db" --rate 0
is "a wish for a password gets none" "$RC $(server_count "$(job 3)")" "6 1"
OMNI_SETTINGS=()
is "the other server was never asked" "$(wc -l <"$other_log")" 0
is "nothing was kept for later in the home folder" "$(find "$T/home" -type f ! -name .netrc | wc -l)" 0
t_stop_server

# A server that shows what it is sent: the first request, as it came.
head_of_request() { # SETTING...: the header of a request, in $T/head
  local port
  rm -f "$T/head" "$T/port"
  perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die;
    $| = 1; print $s->sockport, "\n";
    my $c = $s->accept; my $n = 0;
    while (my $line = <$c>) { print STDERR $line; last if $line eq "\r\n"; }
    print $c "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nSet-Cookie: a=b\r\n\r\n{\"message\":\"m\"}";
    while (my $line = <$c>) { print STDERR $line; last if $line eq "\r\n"; }
    close $c' >"$T/port" 2>"$T/head" &
  T_PIDS+=($!)
  until [ -s "$T/port" ]; do sleep 0.02; done
  port=$(cat "$T/port")
  OMNI_SETTINGS=("OMNI_BASE_URL=http://127.0.0.1:$port" "$@")
  run_omni run "$T/wishes.txt" -t "$T/head.db" --rate 0 --retries 0 --concurrency 1 --refetch
  OMNI_SETTINGS=()
}
head_of_request "CURL_HOME=$T/home" http_proxy=http://me:hunter2@127.0.0.1:1
is "the key goes into one header of each request" "$(grep -ac "^Authorization: Bearer $TOKEN"$'\r$' "$T/head") $(grep -aoF "$TOKEN" "$T/head" | wc -l)" "2 2"
is "only encodings that are decoded in little memory are asked for" "$(grep -ai '^Accept-Encoding:' "$T/head" | tr -d '\r' | sort -u)" "Accept-Encoding: gzip, deflate"
is "and no cookie, password or referrer into any" "$(grep -aciE '^(cookie|referer|proxy-|.*basic )' "$T/head")" 0

# --- TLS ---
cert() { # NAME DAYS-FROM DAYS-TO [REQ ARGS...]: a certificate of localhost, signed by itself
  local name=$1 from=$2 to=$3
  shift 3
  [ $# -gt 0 ] || set -- -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
  openssl req -new -nodes -subj /CN=localhost "$@" -keyout "$T/$name.key" -out "$T/$name.csr" 2>/dev/null
  mkdir -p "$T/ca-$name"
  : >"$T/ca-$name/index.txt"
  printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index.txt\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=%s\npolicy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:TRUE\n' \
    "$T/ca-$name" "$T/ca-$name" "sha256" >"$T/ca-$name/conf"
  openssl ca -batch -config "$T/ca-$name/conf" -selfsign -keyfile "$T/$name.key" -in "$T/$name.csr" -out "$T/$name.pem" -notext \
    -startdate "$(date -u -d "$from days" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "$to days" +%Y%m%d%H%M%SZ)" 2>/dev/null
}
cert good -1 2
cert expired -5 -1
cert early 2 5
cert weak -1 2 -newkey rsa:1024
OMNI_SETTINGS=()
tls() { # NAME CERT EXPECTED: a server with this certificate, trusted by --cacert
  t_start_server - --tls-cert "$T/$2.pem" --tls-key "$T/$2.key" <<SCRIPT
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
  rm -f "$T/tls.db"
  run_omni run "$T/jobs.txt" -t "$T/tls.db" --rate 0 --cacert "$T/$2.pem" --retries 0
  is "TLS: $1" "$RC $(sql "$T/tls.db" "SELECT state FROM jobs") $(server_count /result)" "$3"
  t_stop_server
}
tls "a certificate that is good" good "0 stored 1"
tls "one that has expired" expired "3 failed 0"
tls "one that is not valid yet" early "3 failed 0"
tls "a key of 1024 bits" weak "3 failed 0"
t_start_server - --tls-cert "$T/good.pem" --tls-key "$T/good.key" <<SCRIPT
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
OMNI_SETTINGS=("SSL_CERT_FILE=$T/good.pem" "SSL_CERT_DIR=$T" "CURL_CA_BUNDLE=$T/good.pem" "SSLKEYLOGFILE=$T/keylog")
run_omni run "$T/jobs.txt" -t "$T/env.db" --rate 0 --retries 0
is "the environment makes no certificate trusted, and writes down no secrets of the connection" "$RC $(server_count /result) $(ls "$T/keylog" 2>/dev/null)" "3 0 "
OMNI_SETTINGS=()
t_stop_server
old_tls() { # PROTOCOL: the exit code against a server that speaks that alone
  local port server line
  rm -f "$T/s_server" # else the last one's would be read
  openssl s_server -accept 127.0.0.1:0 -"$1" -cipher 'ALL:@SECLEVEL=0' -cert "$T/good.pem" -key "$T/good.key" -HTTP >"$T/s_server" 2>&1 &
  server=$!
  T_PIDS+=("$server")
  until grep -qs '^ACCEPT' "$T/s_server" || ! kill -0 "$server" 2>/dev/null; do sleep 0.02; done
  port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$T/s_server")
  OMNI_SETTINGS=("OMNI_BASE_URL=https://127.0.0.1:$port")
  run_omni run "$T/jobs.txt" -t "$T/$1.db" --rate 0 --retries 0 --cacert "$T/good.pem"
  OMNI_SETTINGS=()
  kill "$server"
  wait "$server" 2>/dev/null
  t_forget "$server"
  sql "$T/$1.db" "SELECT http_status, error FROM jobs"
}
like "TLS 1.2 is spoken" "$(old_tls tls1_2)" '^200\|'
for version in tls1 tls1_1; do
  like "$version alone is refused" "$(old_tls $version)" '^\|.*(SSL|TLS|protocol)'
done

# --- what is loopback, and so may do without TLS ---
t_start_server - <<SCRIPT
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
port=${URL##*:}
for host in 127.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 127.0.0.01 127.0.0.1. localhost. localhost.evil.example 127.0.0.1.evil.example \
  '[::ffff:127.0.0.1]' '[::1%25lo]' 0.0.0.0 '[::]' 'ⓛocalhost' 'xn--localhost-.example' '127.0.0.1@evil.example' 'evil.example#@127.0.0.1' \
  '127.0.0.1\@evil.example' 'evil.example\127.0.0.1' '127.0.0.1:80:81' $'127.0.0.1\r\nX-Evil: 1' $'127.0.0.1\tevil' '127.0.0.1%00.evil.example'; do
  OMNI_SETTINGS=("OMNI_BASE_URL=http://$host:$port")
  rm -f "$T/host.db"
  run_omni run "$T/jobs.txt" -t "$T/host.db" --rate 0 --retries 0 --connect-timeout 1
  is "http://$(printf %q "$host") is not taken for loopback" "$RC $(test -e "$T/host.db" && echo made)" "2 "
done
is "no request came of them" "$(server_count /v1)" 0
# localhost is what this machine calls itself, whatever /etc/hosts or a name server say.
printf '127.0.0.2 localhost\n' >"$T/hosts"
if unshare -m true 2>/dev/null; then
  whole=$OMNI
  printf '#!/bin/bash\nexec unshare -m bash -c %q "$0" "$@"\n' "mount --bind $(printf %q "$T/hosts") /etc/hosts && exec $(printf %q "$whole") \"\$@\"" >"$T/lied-to"
  chmod +x "$T/lied-to"
  OMNI=$T/lied-to
  OMNI_SETTINGS=("OMNI_BASE_URL=http://localhost:$port")
  run_omni run "$T/jobs.txt" -t "$T/lied.db" --rate 0 --retries 0 --connect-timeout 2
  OMNI=$whole
  is "localhost is not looked up" "$RC $(server_count /result)" "0 1"
else
  skip "localhost is not looked up" "no mount namespace can be had here"
fi
OMNI_SETTINGS=()
finish
