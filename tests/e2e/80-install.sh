#!/bin/bash
# What is installed: by `make install`, and as a Debian package, which is built from the release, installed, run and removed. Units, alert and
# crontab are tried with their own command lines.
. "${srcdir:-$(dirname "$0")/../..}/tests/e2e/lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR

have() { command -v "$1" >/dev/null; }
root=$([ "$(id -u)" = 0 ] && echo yes)

t_start_server - <<SCRIPT
{"job":"$(job 1)","result":{"json":{"message":"m"}}}
{"job":"$(job 2)","result":{"json":{"message":"m"}}}
{"job":"$(job 3)","result":{"status":404,"envelope":"application","message":"Result is no longer available"}}
SCRIPT

# --- make install ---
dest=$T/dest
check "make install" make -C "$top_builddir" install "DESTDIR=$dest"
prefix=$(sed -n 's/^prefix = //p' "$top_builddir/Makefile")
units=$dest$prefix/lib/systemd/system
# Completions have a test of their own.
is "each file is in its place, with its mode, and nowhere else" \
  "$(cd "$dest" && find . -type f -printf '%m %P\n' | sed "s|${prefix#/}/||" | grep -vE 'completion|site-functions' | LC_ALL=C sort -k 2)" "755 bin/omni-export
644 lib/systemd/system/omni-export-alert@.service
644 lib/systemd/system/omni-export.service
644 lib/systemd/system/omni-export.timer
644 lib/systemd/system/omni-export@.service
644 lib/systemd/system/omni-export@.timer
755 libexec/omni-export/alert
644 share/doc/omni-export/LICENSE
644 share/doc/omni-export/NEWS
644 share/doc/omni-export/README.md
644 share/doc/omni-export/SECURITY.md
644 share/doc/omni-export/examples/cron/omni-export
644 share/doc/omni-export/examples/systemd/environment
644 share/doc/omni-export/examples/systemd/node-exporter.conf
644 share/man/man1/omni-export.1"
is "the units start what was installed" "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units"/*.service | sort -u)" "$prefix/bin/omni-export
$prefix/libexec/omni-export/alert"
unlike "nothing is left to be filled in" "$(cat "$units"/*)" '@[a-z]+@'
if have systemd-analyze; then
  # It looks for the programs where the units have them.
  mkdir "$T/units"
  for unit in "$units"/*; do sed "s|^ExecStart=|&$dest|" "$unit" >"$T/units/${unit##*/}"; done
  check "systemd understands the units" systemd-analyze verify --man=no "$T/units"/*
  is "without a word" "$(cat "$T/check.log")" ""
  mkdir -p "$T/system/lib/systemd"
  cp -r "$units" "$T/system/lib/systemd/system"
  check "and finds little that they might give up besides: exposure 1.1 of 10" \
    systemd-analyze security --offline=true --root="$T/system" --threshold=11 omni-export.service
else
  skip "systemd understands the units" "systemd-analyze is not installed"
fi

# --- which exit status is a failure ---
unit=$units/omni-export.service
told=$(sed -n '/^# No failure/,/^SuccessExitStatus/p' "$unit")
is "the service tells of every exit status but 0" "$(sed -n -E 's/^#   ([0-9][0-9 ]*[0-9]|[0-9]) .*/\1/p' <<<"$told" | tr ' ' '\n' | sort -n | tr '\n' ' ')" \
  "1 2 3 4 5 6 7 75 129 130 143 "
is "and what it calls no failure is none to systemd" "$(sed -n 's/^SuccessExitStatus=//p' "$unit")" \
  "$(sed -n '/^# No failure/,/^# A failure/p' "$unit" | sed -n -E 's/^#   ([0-9][0-9 ]*[0-9]|[0-9]) .*/\1/p' | tr '\n' ' ' | sed 's/ $//')"

# --- a run as the service does it ---
# run_unit ROOT: the service's command, environment and rights, with its folders below $T. Sets RC; output in $T/out, $T/err.
run_unit() {
  local line file=$1$prefix/lib/systemd/system/omni-export.service settings=() as=() command
  [ -e "$file" ] || file=$1/lib/systemd/system/omni-export.service
  while read -r line; do settings+=("$line"); done < <(sed -n 's/^Environment=//p' "$file" | sed -e 's/%N/omni-export/g' -e "s|%S|$T/var/lib|g" -e "s|/etc/|$T/etc/|g"
    grep -hE '^[A-Z]' "$T/etc/omni-export/environment")
  # shellcheck disable=SC2016
  command=$(sed -n 's/^ExecStart=//p' "$file")
  [ -z "$root" ] || as=(setpriv --reuid=61184 --regid=61184 --clear-groups --no-new-privs)
  (cd "$T/var/lib/omni-export" && exec env -i "PATH=$PATH" HOME=/ "${settings[@]}" "CREDENTIALS_DIRECTORY=$T/credentials" "STATE_DIRECTORY=$T/var/lib/omni-export" \
    "${as[@]}" sh -c "umask 077; exec $1$command") </dev/null >"$T/out" 2>"$T/err"
  RC=$?
}
metric() { sed -n "s/^omni_export_$1 //p" "$T/var/lib/omni-export/metrics.prom"; }
chmod 711 "$T"
mkdir -p "$T/etc/omni-export" "$T/var/lib/omni-export" "$T/credentials"
echo "$TOKEN" >"$T/credentials/omni-api-key"
chmod 400 "$T/credentials/omni-api-key"
[ -z "$root" ] || chown -R 61184:61184 "$T/var/lib/omni-export" "$T/credentials"
echo "OMNI_BASE_URL=$URL" >"$T/etc/omni-export/environment"
run_unit "$dest"
is "the service without a list: 2, says what is missing, and tells the metrics" "$RC $(grep -c "cannot open '$T/etc/omni-export/jobs.txt'" "$T/err") $(metric last_run_exit_code)" "2 1 2"
for i in 1 2 3; do job $i; done >"$T/etc/omni-export/jobs.txt"
run_unit "$dest"
is "with one: what can be had is in its folder" "$RC $(sql "$T/var/lib/omni-export/results.db" "SELECT group_concat(state) FROM (SELECT state FROM jobs ORDER BY job_id)")" "4 stored,stored,expired"
like "what is missing too" "$(cat "$T/var/lib/omni-export/missing.tsv")" "^$(job 3)	expired"
job 2 >"$T/etc/omni-export/more.txt"
echo "LISTS=$T/etc/omni-export/more.txt $T/etc/omni-export/jobs.txt" >>"$T/etc/omni-export/environment"
run_unit "$dest"
is "again, with two lists: nothing is left to do" "$RC $(metric last_run_exit_code) $(metric 'jobs{state="already_stored"}') $(server_count "$(job 2)/result")" "0 0 2 1"

# --- the alert ---
mkdir "$T/bin"
printf '#!/bin/sh\ncat >"%s"\n' "$T/mail" >"$T/bin/sendmail"
printf '#!/bin/sh\necho "the log of $*"\n' >"$T/bin/journalctl"
chmod 755 "$T/bin/sendmail" "$T/bin/journalctl"
alert() { # RESULT STATUS
  MONITOR_SERVICE_RESULT=$1 MONITOR_EXIT_STATUS=$2 MONITOR_INVOCATION_ID=42 PATH="$T/bin:$PATH" "$dest$prefix/libexec/omni-export/alert" omni-export.service 2>&1
}
for code in 1 2 4 5 6 7 243; do
  unlike "the alert knows what $code means" "$(alert exit-code $code)" 'systemd says|unknown'
done
like "it is one line of the journal, of the highest priority but one" "$(alert exit-code 4)" "^<1>omni-export.service failed on $(uname -n): jobs were lost[^
]*$"
like "and a mail with the log of that run" "$(cat "$T/mail")" $'^To: root\nSubject: omni-export.service failed on .*: jobs were lost.*\n\n.*Exit status 4\..*the log of .*_SYSTEMD_INVOCATION_ID=42'
like "a time-out has no exit status of its own" "$(alert timeout TERM)" 'did not end in time'

# --- the crontab ---
line=$(sed -n -E 's/^([0-9*]+ +){5}omni-export +//p' "$srcdir/contrib/cron/omni-export")
unlike "cron takes no percent sign for a newline" "$line" '%'
for code in 0 1 2 3 4 5 6 7 75 143; do
  printf '#!/bin/sh\necho said >&2\nexit %d\n' "$code" >"$T/bin/omni-export"
  chmod 755 "$T/bin/omni-export"
  echo "$code:$(PATH="$T/bin:$PATH" sh -c "$line" 2>&1 | tr '\n' ' ')"
done >"$T/cron"
is "cron has something to mail when somebody has to look, and then alone" "$(cat "$T/cron")" "0:
1:said exit status 1 
2:said exit status 2 
3:
4:said exit status 4 
5:said exit status 5 
6:said exit status 6 
7:said exit status 7 
75:
143:said exit status 143 "

# --- the Debian package ---
version=$(sed -n 's/^AC_INIT(\[omni-export\], \[\([^]]*\)\].*/\1/p' "$srcdir/configure.ac")
is "the package has the program's version" "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$srcdir/debian/changelog")" "$version"
is "it is built from what scripts/packages.sh names" \
  "$(sed -n '/^Build-Depends/,/^Standards/p' "$srcdir/debian/control" | grep -oE '[a-z0-9.+-]+(-dev|-config)' | sort | tr '\n' ' ')" \
  "$(. "$srcdir/scripts/packages.sh"; tr ' ' '\n' <<<"$BUILD_PACKAGES" | grep -E -- '-(dev|config)$' | sort | tr '\n' ' ')"
have dpkg-buildpackage && have dh || { skip "the package" "debhelper is not installed"; finish; }
deb=$T/deb/omni-export_${version}_$(dpkg --print-architecture).deb
mkdir "$T/deb"
release=$T/deb/omni-export
if [ -e "$srcdir/.git" ]; then
  check "the release has the package's files" make -C "$top_builddir" distdir "distdir=$release"
else # the tree is one (make distcheck)
  mkdir "$release"
  check "the release has the package's files" cp -R $(find "$srcdir" -mindepth 1 -maxdepth 1 ! -name '_*' ! -name build ! -name '*.tar.*') "$release"
  chmod -R u+w "$release"
fi
# What this build has compiled the package does not compile again, where both compile the same (OMNI_EXHAUSTIVE=1: it does). It is configured, linked and put
# together by its own rules.
if [ -z "${OMNI_EXHAUSTIVE:-}" ] && ! grep -q '^SANITIZE_CFLAGS = .' "$top_builddir/Makefile" && grep -q '^#define WITH_POSTGRES' "$top_builddir/config.h"; then
  for dir in src sinks; do
    mkdir -p "$release/$dir/.deps"
    touch "$release/$dir/.dirstamp" "$release/$dir/.deps/.dirstamp"
    cp "$top_builddir/$dir"/*.o "$release/$dir"
  done
fi
# Without optimization: it is compiled to be looked at and run a few times.
check "the package can be built" env -C "$release" -u CC -u CFLAGS DEB_BUILD_OPTIONS="nocheck noautodbgsym noopt parallel=2" dpkg-buildpackage -us -uc -b
[ -e "$deb" ] || finish
if have lintian; then
  check "lintian has nothing to say against it" lintian --allow-root --fail-on error,warning "$T/deb"/*.changes
else
  skip "lintian" "it is not installed"
fi
is "it has what make install has, but for the licence, which is in copyright" \
  "$(dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -n -E 's|^\./||; s|^usr/||; s|\.gz$||; /[^/]$/p' | grep -vE '^(etc/|share/doc/omni-export/(changelog|copyright)|.*(completion|site-functions))' | LC_ALL=C sort)" \
  "$(cd "$dest$prefix" && find . -type f -printf '%P\n' | grep -vE 'completion|site-functions|LICENSE' | LC_ALL=C sort)"
is "its one configuration file" "$(dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles)" /etc/omni-export/environment

[ -n "$root" ] || { skip "the package is installed" "not root"; finish; }
if [ -e /usr/bin/omni-export ] || [ -e /etc/omni-export ] || dpkg-query -W omni-export >/dev/null 2>&1; then
  skip "the package is installed" "omni-export is installed on this machine, and is left alone"
  finish
fi
# What the package leaves on this machine if the test dies is removed with it.
t_cleanup_package() {
  dpkg --purge omni-export >/dev/null 2>&1
  t_cleanup
}
trap t_cleanup_package EXIT
# By dpkg, since what it depends on is here: it was built here. Manuals are wanted, whatever an image leaves out.
package() { dpkg --path-include='/usr/share/man/*' --path-include='/usr/share/doc/*' "$@"; }
check "it is installed" package --install "$deb"
is "the program is there" "$(/usr/bin/omni-export --version)" "omni-export $version"
if have man; then
  like "and its manual" "$(MANPAGER=cat MANWIDTH=80 man omni-export 2>&1)" 'save the results of Omni AI jobs'
else
  skip "and its manual" "no man"
fi
is "no timer is enabled" "$(find /etc/systemd/system -name 'omni-export*' | wc -l)" 0
prefix=/usr
rm -rf "$T/var/lib/omni-export/"*
run_unit ""
is "its service's run" "$RC $(sql "$T/var/lib/omni-export/results.db" "SELECT group_concat(state) FROM (SELECT state FROM jobs ORDER BY job_id)")" "4 stored,stored,expired"
check "it is removed" package --remove omni-export
is "its settings stay" "$(ls /etc/omni-export) $(ls /usr/bin/omni-export 2>/dev/null)" "environment "
check "it is purged" package --purge omni-export
is "nothing is left" "$(while read -r file; do ls -d "/$file" 2>/dev/null; done < <(dpkg-deb --fsys-tarfile "$deb" | tar -t | sed -n "s|^./||; /omni-export/p")
  find /etc/systemd /var/lib/systemd /var/lib/dpkg/info -name "omni-export*")" ""
finish
