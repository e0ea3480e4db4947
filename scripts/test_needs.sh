#!/bin/sh
# What the tests need beside Python: a browser, a PostgreSQL server and a reader of PDF pages, from the system's packages.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
for pair in mosquitto:mosquitto mosquitto_pub:mosquitto-clients sshd:openssh-server prometheus:prometheus nginx:nginx-light; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
# Not every system has it: the one test that wants it is left out then.
sender=""
PATH="$PATH:/usr/sbin" command -v collectd >/dev/null 2>&1 || sender="collectd-core libyajl2"
[ -z "$missing$sender" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Cài gói hệ thống · installing system packages:$missing $sender"
  apt-get update -qq
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 (a list of names)
  [ -z "$missing" ] || apt-get install -y -qq --no-install-recommends $missing >/dev/null
  # shellcheck disable=SC2086
  [ -z "$sender" ] || apt-get install -y -qq --no-install-recommends $sender >/dev/null || echo "collectd: –" >&2
elif [ -n "$missing" ]; then
  echo "Các phép thử cần thêm gói hệ thống:$missing. Hãy cài bằng quyền quản trị: apt-get install$missing" >&2
  echo "The tests need system packages:$missing. Install them as an administrator: apt-get install$missing" >&2
  exit 1
fi
