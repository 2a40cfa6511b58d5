#!/bin/bash
# Makes the modules of an imagined kernel in the folder $1: object files with no more in them than depmod looks at, and its indexes.
set -e
out=$1; mkdir -p "$out/kernel"; cd "$out"
# name, symbols that it exports, symbols that it needs, further lines of .modinfo
module() {
  local name=${1//-/_} file=$1 exports=$2 needs=$3 info=$4 c
  c="const char info[] __attribute__((section(\".modinfo\"))) = \"license=GPL\\0name=$name\\0$info\";"
  [ -n "$exports" ] && c+="const char strings[] __attribute__((section(\"__ksymtab_strings\"))) = \"$exports\";"
  for symbol in $needs; do c+="extern int $symbol; int *use_$symbol = &$symbol;"; done
  echo "$c" | gcc -x c -c -o "kernel/$file.ko" -
}
module llc 'llc_open' '' 'alias=net-pf-26\0'
module stp 'stp_register' 'llc_open' ''
module bridge 'br_forward' 'stp_register llc_open' 'alias=rtnl-link-bridge\0'
module br_netfilter '' 'br_forward' 'softdep=pre: nf_defrag\0'
module overlay '' '' 'alias=fs-overlay\0'
module nf_defrag 'nf_defrag_enable' '' ''
module nf-conntrack 'nf_ct_get' 'nf_defrag_enable' 'alias=nf_conntrack-2\0'
module ip_vs 'ip_vs_new' 'nf_ct_get' 'softdep=pre: crc32c post: ip_vs_rr\0'
module ip_vs_rr '' 'ip_vs_new' ''
module crc32c-generic '' '' 'alias=crc32c\0alias=crypto-crc32*\0'
module crc32c-intel '' '' 'alias=crc32c\0'
module dummy '' '' 'alias=rtnl-link-dummy\0'
module gone 'gone_away' '' ''
module orphan '' 'gone_away' ''
printf 'kernel/net/ip_tables.ko\nkernel/fs/ext4.ko\n' > modules.builtin
printf 'ip_tables.alias=ipt-icmp\0ext4.alias=fs-ext4\0' > modules.builtin.modinfo
ls kernel | sed 's,^,kernel/,' > modules.order
xz -k --check=crc32 kernel/overlay.ko && rm kernel/overlay.ko
mkdir -p "$out/base/lib/modules"; ln -s "$out" "$out/base/lib/modules/6.1.0"
depmod -b "$out/base" 6.1.0
rm -r "$out/base" kernel/gone.ko
