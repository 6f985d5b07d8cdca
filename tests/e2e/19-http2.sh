#!/bin/bash
# HTTP/2 where it is offered: nginx in front of the test API, many jobs on few connections.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"

nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip_all "nginx is not installed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
t_start_server - <<SCRIPT
{"job":"$(job 3)","result":[{"json":{"message":"m"},"cut_after":5},{"json":{"message":"m"}}]}
{"job":"$(job 7)","result":{"csv_rows":50000}}
{"job":"*","result":{"json":{"message":"m"}}}
SCRIPT
mkdir "$T/nginx"
# A free port: nginx has no way to choose one, so some are tried.
for port in $(shuf -i 20000-32000 -n 20); do
  cat >"$T/nginx.conf" <<CONF
daemon off; master_process off; pid $T/nginx/pid; error_log $T/nginx/error.log;
events { worker_connections 64; }
http {
  log_format v '\$server_protocol \$connection';
  access_log $T/nginx/access.log v;
  client_body_temp_path $T/nginx; proxy_temp_path $T/nginx; fastcgi_temp_path $T/nginx; uwsgi_temp_path $T/nginx; scgi_temp_path $T/nginx;
  server {
    listen 127.0.0.1:$port ssl http2;
    ssl_certificate $T/cert.pem; ssl_certificate_key $T/key.pem;
    location / { proxy_pass $URL; proxy_http_version 1.1; }
  }
}
CONF
  "$nginx" -c "$T/nginx.conf" >"$T/nginx.out" 2>&1 &
  pid=$!
  T_PIDS+=("$pid")
  until grep -q . "$T/nginx/pid" 2>/dev/null || ! kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  kill -0 "$pid" 2>/dev/null && break
  wait "$pid"
  t_forget "$pid"
done
check "nginx is up" test -s "$T/nginx/pid"
for i in $(seq 100); do job "$i"; done >"$T/jobs.txt"
OMNI_SETTINGS=("OMNI_BASE_URL=https://localhost:$port")
run_omni run "$T/jobs.txt" -t "$T/a.db" --rate 0 --concurrency 8 --retry-wait 0 --cacert "$T/cert.pem"
is "all are stored" "$RC $(sql "$T/a.db" "SELECT count(*) FROM jobs WHERE state = 'stored'")" "0 100"
is "the large one whole" "$(sql "$T/a.db" "SELECT count(*) FROM result_rows")" 50000
is "every request was HTTP/2" "$(grep -vc '^HTTP/2.0' "$T/nginx/access.log")" 0
is "on few connections" "$(($(cut -d' ' -f2 "$T/nginx/access.log" | sort -u | wc -l) <= 8))" 1
kill "$pid"
wait "$pid"
t_forget "$pid"
finish
