#!/bin/bash
# Boots trees of configuration: for each folder below $1, the real systemd-modules-load and modprobe run over its files, in a private mount
# namespace (call it with unshare -m), with the stand-in for the kernel ($2) preloaded.
# In a tree:  root/ what lies over /etc, /run, /usr/local/lib and /usr/lib;  cmdline, refuses, names
# Out of it:  log (what the kernel was handed), said (what systemd-modules-load said), there (what is loaded), depends.NAME (modprobe -D)
set -e
trees=$1 stand_in=$2 modules=$3
mount --make-rprivate /
work=$(mktemp -d); mount -t tmpfs tmpfs "$work"
mkdir "$work"/{u,w}
mount -t overlay overlay -o "lowerdir=/usr/lib,upperdir=$work/u,workdir=$work/w" /usr/lib
[ -L /lib ] || mount --rbind /usr/lib/modules /lib/modules
mkdir -p /usr/lib/{modules-load.d,modprobe.d,modules}
for place in /etc/modules-load.d /etc/modprobe.d /usr/lib/modules-load.d /usr/lib/modprobe.d /usr/lib/modules /usr/local/lib /run /sys/module; do
  mount -t tmpfs tmpfs "$place"
done
mkdir "/usr/lib/modules/$(uname -r)"
cp -a "$modules"/. "/usr/lib/modules/$(uname -r)/"
: > "$work/cmdline"; mount --bind "$work/cmdline" /proc/cmdline
places=(/etc/modules-load.d /etc/modprobe.d /usr/lib/modules-load.d /usr/lib/modprobe.d /usr/local/lib /run /sys/module)
export STAND_IN_LOG STAND_IN_REFUSES SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console
shopt -s nullglob
for tree in "$trees"/*/; do
  find "${places[@]}" -xdev -mindepth 1 -delete
  parts=("$tree"root/[eru]*)
  # Not -a: the folders that are there already keep their own modes and times.
  [ ${#parts[@]} -eq 0 ] || cp -dR "${parts[@]}" /
  printf '%s\n' "$(<"$tree/cmdline")" > "$work/cmdline"
  STAND_IN_REFUSES=$(<"$tree/refuses") STAND_IN_LOG=/dev/null
  while read -r name; do
    LD_PRELOAD=$stand_in modprobe -D "$name" > "$tree/depends.$name" 2> /dev/null || :
  done < "$tree/names"
  STAND_IN_LOG=$tree/log; : > "$STAND_IN_LOG"
  SYSTEMD_PROC_CMDLINE=$(<"$tree/cmdline") LD_PRELOAD=$stand_in \
    timeout -k 1 10 /usr/lib/systemd/systemd-modules-load > "$tree/said" 2>&1 || :
  there=(/sys/module/*); printf '%s\n' "${there[@]##*/}" > "$tree/there"
done
